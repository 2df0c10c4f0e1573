"""Sample pictures: a still life for each set, drawn as SVG, cut to the view that a picture slot wants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "art"
_SECOND = 6000  # where the second arrangement of a drawing begins
_WHOLE = 'viewBox="0 0 2000 2000"'


@dataclass(frozen=True, slots=True)
class View:
    """A place to look from, in the drawing's units.

    Attributes:
        second: whether at the second arrangement, of another light and other things.
        across: the centre, right of the product's own.
        down: the centre, below the product's own.
        span: the shorter side of what is seen.
    """

    second: bool
    across: int
    down: int
    span: int


# By the name of the picture slot; those in lists by their number as well.
_VIEWS = {
    "hero": View(False, 60, -40, 1460),
    "scene": View(True, 60, 20, 1360),
    "photo": View(True, 0, 0, 1340),
    "detail": View(False, -60, -80, 640),
    "0": View(False, 40, 20, 900),
    "1": View(True, -60, -60, 620),
    "2": View(False, 240, 220, 760),
    "3": View(True, 0, 80, 1000),
}
# The middle of the product in its drawing.
_CENTRES = {
    "food": (980, 1130),
    "beauty": (930, 1200),
    "fashion": (1000, 960),
    "electronics": (900, 1040),
    "living": (940, 1190),
    "general": (1000, 1170),
}


def drawn() -> frozenset[str]:
    """The products that there are drawings of: `food`, `beauty` ..."""
    return frozenset(_CENTRES)


def picture(product: str, key: str, width: int, height: int) -> str:
    """An SVG document of `width` x `height` pixels.

    Args:
        product: one of `drawn()`.
        key: of a picture in a template: `hero`, `items.0.photo`.
        width: at least 1.
        height: at least 1.
    """
    parts = key.split(".")
    view = _VIEWS.get(parts[1] if len(parts) > 1 else key, _VIEWS["photo"])
    wide = view.span * max(1.0, width / height)
    high = view.span * max(1.0, height / width)
    x, y = _CENTRES[product]
    left = x + view.across + (_SECOND if view.second else 0) - wide / 2
    top = y + view.down - high / 2
    box = f'viewBox="{left:.0f} {top:.0f} {wide:.0f} {high:.0f}" width="{width}" height="{height}"'
    return _drawing(product).replace(_WHOLE, box, 1)


@cache
def _drawing(product: str) -> str:
    return (_FOLDER / f"{product}.svg").read_text("utf-8")

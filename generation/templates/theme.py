"""The look of a page: a handful of colours, a corner radius and a font stack, checked and completed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from shared.errors import FieldIssue, FieldsError

FONTS: Mapping[str, str] = {
    "sans": "'Noto Sans KR','Apple SD Gothic Neo','Malgun Gothic','Noto Sans CJK KR',sans-serif",
    "serif": "'Noto Serif KR','Nanum Myeongjo','Noto Serif CJK KR','AppleMyungjo',serif",
}

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_MAX_RADIUS = 40
_READABLE = 4.5  # WCAG 2.2, 1.4.3: contrast of body text
_VISIBLE = 3.0  # WCAG 2.2, 1.4.3: contrast of large text


@dataclass(frozen=True, slots=True)
class Theme:
    """Design tokens; colours are `#rrggbb`.

    Attributes:
        accent: the one strong colour: buttons, numbers, marks.
        accent_soft: its pale companion, for grounds.
        ink: headings and body text; also the ground of dark blocks.
        muted: captions and secondary text.
        surface: the page's ground.
        line: hairlines of tables and frames.
        radius: corners, in pixels.
        font: of body text, a key of `FONTS`.
        heading_font: of headlines, a key of `FONTS`.
    """

    accent: str = "#2f5d50"
    accent_soft: str = "#eef3f0"
    ink: str = "#1c1f1e"
    muted: str = "#67706c"
    surface: str = "#ffffff"
    line: str = "#e2e6e3"
    radius: int = 12
    font: str = "sans"
    heading_font: str = "sans"

    @property
    def tokens(self) -> Mapping[str, str]:
        """CSS values by the name a template uses after `theme.`; the last three are derived to stay readable."""
        return _tokens(self)

    def as_json(self) -> dict[str, Any]:
        """What `parse_theme` reads back."""
        return asdict(self)


@lru_cache(maxsize=256)  # a page asks once for each of its blocks
def _tokens(theme: Theme) -> Mapping[str, str]:
    colours = {name: getattr(theme, name) for name in _COLOURS}
    return MappingProxyType(
        {
            **colours,
            "radius": f"{theme.radius}px",
            "font": FONTS[theme.font],
            "heading_font": FONTS[theme.heading_font],
            "on_accent": _readable_on(theme.accent, theme.surface, theme.ink),
            "accent_text": _towards(theme.accent, theme.ink, on=theme.accent_soft),
            "accent_bright": _towards(theme.accent, "#ffffff", on=theme.ink),
        }
    )


_COLOURS = ("accent", "accent_soft", "ink", "muted", "surface", "line")


def parse_theme(data: Mapping[str, Any], base: Theme | None = None) -> Theme:
    """A theme from JSON; what is not given is taken from `base` (the default theme if None).

    Raises:
        FieldsError: an unknown key, a bad value, or text that could not be read on its ground.
    """
    issues = [issue for key, value in data.items() if (issue := _issue(key, value))]
    if issues:
        raise FieldsError(issues)
    given: dict[str, Any] = {
        key: value.lower() if isinstance(value, str) else value for key, value in data.items()
    }
    theme = replace(base or Theme(), **given)
    if issues := _unreadable(theme):
        raise FieldsError(issues)
    return theme


def _issue(key: str, value: object) -> FieldIssue | None:
    loc = f"theme.{key}"
    if key in _COLOURS:
        is_colour = isinstance(value, str) and _COLOUR.fullmatch(value.lower())
        return None if is_colour else FieldIssue(loc, "a colour is written #rrggbb")
    if key in {"font", "heading_font"}:
        return (
            None
            if isinstance(value, str) and value in FONTS
            else FieldIssue(loc, f"one of {', '.join(FONTS)}")
        )
    if key == "radius":
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_RADIUS
        return None if good else FieldIssue(loc, f"whole pixels from 0 to {_MAX_RADIUS}")
    return FieldIssue(loc, f"not a theme token; there are {', '.join(field.name for field in fields(Theme))}")


def _unreadable(theme: Theme) -> list[FieldIssue]:
    needed = (
        ("ink", theme.surface, _READABLE),
        ("ink", theme.accent_soft, _READABLE),
        ("muted", theme.surface, _VISIBLE),
    )
    return [
        FieldIssue(f"theme.{name}", f"cannot be read on {ground}: contrast {found:.1f}, needed {least}")
        for name, ground, least in needed
        if (found := contrast(getattr(theme, name), ground)) < least
    ]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [_linear(int(colour[n : n + 2], 16) / 255) for n in (1, 3, 5)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004  sRGB


def _readable_on(ground: str, *candidates: str) -> str:
    return max((*candidates, "#ffffff"), key=lambda colour: contrast(colour, ground))


def _towards(colour: str, target: str, *, on: str) -> str:
    """`colour`, moved towards `target` only as far as small text on `on` needs."""
    for tenths in range(11):
        mixed = _mix(colour, target, tenths / 10)
        if contrast(mixed, on) >= _READABLE:
            return mixed
    return target


def _mix(one: str, other: str, share: float) -> str:
    pairs = [(int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


THEMES: Mapping[str, Theme] = {
    "forest": Theme(surface="#fdfcf9", accent_soft="#eef2ea", line="#dfe4da", radius=18),
    "roastery": Theme(
        accent="#a2562b",
        accent_soft="#f7efe4",
        ink="#2a1f18",
        muted="#75655a",
        surface="#fffdf9",
        line="#e6d8c7",
        radius=4,
        heading_font="serif",
    ),
    "porcelain": Theme(
        accent="#4b6a88", accent_soft="#eff3f6", ink="#1b2530", muted="#5f6b77", line="#e1e7ec", radius=16
    ),
    "petal": Theme(
        accent="#b4586c",
        accent_soft="#fbf0ef",
        ink="#2c2024",
        muted="#7a686d",
        surface="#fffcfb",
        line="#f0dfe0",
        radius=26,
        heading_font="serif",
    ),
    "atelier": Theme(
        accent="#3a3a38", accent_soft="#f3f1ec", ink="#161615", muted="#6a6762", line="#dcd8d0", radius=0
    ),
    "circuit": Theme(
        accent="#2456e6", accent_soft="#f0f4fe", ink="#0e1320", muted="#5a6376", line="#dfe5f1", radius=18
    ),
}

# The names a template may write after `theme.`.
TOKENS = frozenset(Theme().tokens)

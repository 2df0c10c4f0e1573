"""The choices that make one picture differ from another, all from the sha256 of what is asked for."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from random import Random

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one scene: the wall's light and shade, the floor's light and shade, an accent."""

    wall: Color
    wall_shade: Color
    floor: Color
    floor_shade: Color
    accent: Color


_PALETTES = {
    "cream": Palette((247, 240, 228), (226, 209, 186), (236, 222, 200), (205, 182, 152), (214, 170, 122)),
    "sage": Palette((228, 236, 224), (188, 205, 185), (214, 224, 206), (160, 182, 156), (122, 156, 128)),
    "sky": Palette((228, 238, 247), (182, 205, 226), (214, 228, 240), (152, 180, 206), (112, 152, 190)),
    "blush": Palette((250, 234, 230), (232, 200, 194), (244, 220, 214), (212, 172, 166), (214, 136, 128)),
    "sand": Palette((240, 230, 214), (212, 190, 160), (224, 204, 176), (182, 154, 120), (168, 122, 84)),
    "lilac": Palette((238, 233, 246), (206, 196, 226), (226, 218, 238), (176, 164, 204), (150, 128, 190)),
    "stone": Palette((236, 236, 234), (200, 200, 198), (220, 219, 216), (168, 167, 164), (132, 132, 130)),
    "sunset": Palette((255, 228, 200), (240, 176, 140), (246, 204, 168), (206, 138, 104), (226, 112, 76)),
    "mint": Palette((226, 244, 238), (178, 220, 208), (206, 234, 224), (142, 194, 180), (84, 166, 148)),
    "walnut": Palette((232, 220, 206), (190, 168, 146), (176, 134, 98), (118, 82, 56), (142, 92, 58)),
    "night": Palette((74, 84, 106), (36, 42, 60), (62, 68, 88), (26, 30, 44), (196, 160, 108)),
    "forest": Palette((206, 218, 200), (132, 156, 130), (150, 160, 128), (86, 98, 74), (72, 104, 76)),
}
_WORDS = (
    (r"night|dark|evening lamp", ("night", "walnut")),
    (r"wood|rustic|desk|shelf|table", ("walnut", "sand", "cream")),
    (r"sunset|golden|late afternoon|warm", ("sunset", "cream", "sand", "walnut")),
    (r"forest|leaf|garden|green|herb", ("forest", "sage", "mint")),
    (r"sea|water|blue|bathroom|cool|summer", ("sky", "mint")),
    (r"pink|vanity|flower", ("blush", "lilac")),
    (r"studio|plain|neutral|minimal|clean", ("stone", "sky", "cream", "lilac")),
    (r"morning|kitchen|bright|sunlit", ("cream", "sage", "sky", "sunset")),
)


def rng_for(*parts: object) -> Random:
    """A generator that depends on all parts and on nothing else."""
    text = "\x1f".join(str(part) for part in parts)
    return Random(hashlib.sha256(text.encode("utf-8", "replace")).digest())


def palette_for(prompt: str, rng: Random) -> Palette:
    """A palette that suits the prompt's words, if it has telling ones."""
    fitting = [name for pattern, names in _WORDS if re.search(pattern, prompt.lower()) for name in names]
    return _PALETTES[rng.choice(fitting or list(_PALETTES))]


def mix(one: Color, other: Color, share: float) -> Color:
    """`one` with `share` (0-1) of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue

"""Themes: parsing, and colours that stay readable."""

from typing import Any

import pytest

from generation.templates.css import clean_style
from generation.templates.theme import THEMES, TOKENS, Theme, contrast, parse_theme
from shared.errors import FieldsError


@pytest.mark.parametrize("name", THEMES)
def test_built_in_themes_are_readable(name: str) -> None:
    """Every text colour of a built-in theme passes WCAG AA on the grounds it is used on."""
    theme = THEMES[name]
    tokens = theme.tokens
    pairs = [
        ("ink", "surface"), ("ink", "accent_soft"), ("muted", "surface"), ("muted", "accent_soft"),
        ("accent_text", "surface"), ("accent_text", "accent_soft"), ("on_accent", "accent"), ("accent_bright", "ink"),
    ]  # fmt: skip

    assert {
        pair: contrast(tokens[pair[0]], tokens[pair[1]])
        for pair in pairs
        if contrast(tokens[pair[0]], tokens[pair[1]]) < 4.5
    } == {}
    assert parse_theme(theme.as_json()) == theme


def test_tokens_are_plain_css() -> None:
    """What a template may write after `theme.` always survives the style filter."""
    for name, value in Theme().tokens.items():
        assert name in TOKENS
        assert clean_style(f"{'font-family' if 'font' in name else 'color'}:{value}")


def test_a_partial_theme_completes_the_base() -> None:
    """What is not given comes from the base; colours are written in small letters."""
    assert parse_theme({"accent": "#AABBCC"}, THEMES["petal"]).radius == THEMES["petal"].radius
    assert parse_theme({"accent": "#AABBCC"}).accent == "#aabbcc"


@pytest.mark.parametrize(
    ("data", "loc"),
    [
        ({"accent": "red"}, "theme.accent"),
        ({"accent": "#fff"}, "theme.accent"),
        ({"accent": "#ffffff;x:url(y)"}, "theme.accent"),
        ({"accent": None}, "theme.accent"),
        ({"accent": ["#ffffff"]}, "theme.accent"),
        ({"radius": "12px"}, "theme.radius"),
        ({"radius": True}, "theme.radius"),
        ({"radius": 41}, "theme.radius"),
        ({"font": "Comic Sans"}, "theme.font"),
        ({"font": []}, "theme.font"),
        ({"background": "#ffffff"}, "theme.background"),
        ({"ink": "#eeeeee"}, "theme.ink"),
        ({"muted": "#f0f0f0"}, "theme.muted"),
    ],
)
def test_bad_tokens_are_named(data: dict[str, Any], loc: str) -> None:
    """Unknown keys, other notations and unreadable text are refused, each with its path."""
    with pytest.raises(FieldsError) as caught:
        parse_theme(data)

    assert caught.value.issues[0].loc == loc


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast_is_wcags(one: str, other: str, ratio: float) -> None:
    """The values WCAG's own formula gives."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(other, one) == contrast(one, other)

"""The seed library: complete, compiled, and clean enough that the sanitiser has nothing to do."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from generation.templates.category_words import match_category
from generation.templates.library_files import read_library
from generation.templates.models import Template, TemplateSet
from generation.templates.page_shell import render_page
from generation.templates.preview import preview_block, preview_set, write_previews
from generation.templates.sanitize import sanitize
from generation.templates.schema import check_values, fit_values
from generation.templates.theme import THEMES

LIBRARY = read_library()
BLOCK_TYPES = {
    "introduction", "key_features", "story", "gallery", "specification", "how_to_use", "comparison", "size_chart",
    "ingredients", "faq", "reviews", "product_notice", "shipping_returns", "recycling_guide", "cautions",
}  # fmt: skip
FACT_BLOCKS = {
    "specification", "product_notice", "size_chart", "ingredients", "shipping_returns", "recycling_guide", "cautions",
    "reviews",
}  # fmt: skip
VOCABULARY = {
    "eyebrow", "headline", "subhead", "body", "caption", "items", "rows", "columns", "cells", "title", "label", "value",
    "question", "answer", "step", "ours", "usual", "call_to_action", "note", "unit", "hero", "photo", "detail", "scene",
}  # fmt: skip
PICTURES = "https://example.com/pictures"

every_template = pytest.mark.parametrize("template", LIBRARY.templates, ids=lambda one: one.template_id)
every_set = pytest.mark.parametrize("template_set", LIBRARY.sets, ids=lambda one: one.template_set_id)


def test_the_library_is_complete() -> None:
    """Five categories, every block type, 30 templates, a default set for each category and one for the rest."""
    assert {one.category_id for one in LIBRARY.categories} == {
        "food",
        "living",
        "beauty",
        "fashion",
        "electronics",
    }
    assert {one.block_type for one in LIBRARY.templates} >= BLOCK_TYPES
    assert len(LIBRARY.templates) >= 30
    defaults = [one.category_id for one in LIBRARY.sets if one.is_default]
    assert sorted(map(str, defaults)) == sorted(["None", *(one.category_id for one in LIBRARY.categories)])


@every_template
def test_templates_compile_and_speak_the_vocabulary(template: Template) -> None:
    """Every template is in the language, described in Korean, and uses the shared slot names."""
    names = {slot.name for slot in template.slots} | {
        field.name
        for slot in template.slots
        for field in (*slot.fields, *(f for one in slot.fields for f in one.fields))
    }

    assert names <= VOCABULARY
    assert re.search("[가-힣]", template.name)
    assert template.description
    assert template.template_id.startswith(f"{template.block_type}-")
    assert template.needs_facts == (
        template.block_type in FACT_BLOCKS or template.template_id == "key_features-figures"
    )


@every_template
def test_samples_are_good_values(template: Template) -> None:
    """Samples pass the checks that sellers' own values must pass, and fitting leaves them alone."""
    assert check_values(template, template.samples) == []
    assert fit_values(template, template.samples) == {
        key: value for key, value in template.samples.items() if value
    }


@every_template
def test_the_sanitiser_changes_nothing_but_spelling(template: Template) -> None:
    """Every element, attribute and declaration a template uses is allowed."""
    html = preview_block(template, THEMES["roastery"], PICTURES)

    assert _shape(sanitize(html)) == _shape(html)


@every_template
def test_missing_optional_parts_leave_nothing_behind(template: Template) -> None:
    """Without optional texts and without any picture there is no empty element and no broken image."""
    required = {slot.name: template.samples.get(slot.name) for slot in template.slots if slot.required}
    html = template.compiled.render(required, {}, THEMES["forest"])
    empty = [
        node.html
        for node in LexborHTMLParser(html).css("p,h1,h2,h3,td,figure,section")
        if not node.text(strip=True)
    ]

    assert "<img" not in html
    assert [one for one in empty if one and "<th" not in one] == []


@every_template
def test_pages_are_for_narrow_screens_too(template: Template) -> None:
    """No fixed width over a phone's, no tiny text, no classes or style elements to rely on."""
    source = template.template_html

    assert not [width for width in re.findall(r"[^-]width:(\d+)px", source) if int(width) > 340]
    assert not [size for size in re.findall(r"font-size:(\d+)px", source) if int(size) < 14]
    assert "class=" not in source
    assert "@media" not in source


@every_set
def test_sets_make_a_whole_page(template_set: TemplateSet) -> None:
    """Six to eight different blocks that exist and suit the category, opened by an introduction."""
    blocks = [LIBRARY.by_id[one] for one in template_set.template_ids]

    assert 6 <= len(blocks) <= 8
    assert len({one.template_id for one in blocks}) == len(blocks)
    assert blocks[0].block_type == "introduction"
    assert sum(any(slot.kind == "image" for slot in one.slots) for one in blocks) >= 3
    assert all(one.category_id in {None, template_set.category_id} for one in blocks)
    assert "product_notice" in {one.block_type for one in blocks}


@every_set
def test_set_previews_show_every_picture(template_set: TemplateSet) -> None:
    """A preview page holds one image per image slot."""
    html = preview_set(template_set, LIBRARY.by_id, PICTURES)
    slots = sum(
        slot.kind == "image" for one in template_set.template_ids for slot in LIBRARY.by_id[one].slots
    )

    assert html.count("<img ") == slots


@every_set
def test_set_previews_tell_of_one_product(template_set: TemplateSet) -> None:
    """Each set has a sample product with values for every block, good enough to be a seller's."""
    sample = LIBRARY.samples[template_set.template_set_id]

    assert set(sample.slots) == set(template_set.template_ids)
    for template_id, values in sample.slots.items():
        template = LIBRARY.by_id[template_id]
        assert check_values(template, values) == []
        assert fit_values(template, values) == values


def test_each_set_has_a_look_of_its_own() -> None:
    """No two sets share their colours or their first screen, and half of what a set shows differs from any other."""
    for one, other in combinations(LIBRARY.sets, 2):
        assert one.theme.accent != other.theme.accent
        assert one.template_ids[0] != other.template_ids[0]
        shared = {
            block
            for block in set(one.template_ids) & set(other.template_ids)
            if not LIBRARY.by_id[block].needs_facts
        }
        assert len(shared) <= 4


def test_previews_are_written_for_everything(tmp_path: Path) -> None:
    """One HTML file for each set and each template."""
    written = write_previews(LIBRARY, tmp_path, None)

    assert len(written) == len(LIBRARY.sets) + len(LIBRARY.templates)
    assert all(path.read_text("utf-8").startswith("<!doctype html>") for path in written)


def test_library_files_have_no_strays() -> None:
    """Each HTML file has its JSON and nothing else lies beside them."""
    folder = Path(__file__).parents[3] / "generation/templates/library/templates"
    names = [path.name for path in folder.iterdir()]

    assert sorted({Path(name).suffix for name in names}) == [".html", ".json"]
    assert len(names) == 2 * len(LIBRARY.templates)
    assert all(json.loads(path.read_text("utf-8"))["block_type"] for path in folder.glob("*.json"))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("식품", "food"),
        ("주방용품", "living"),
        ("화장품", "beauty"),
        ("의류", "fashion"),
        ("가전", "electronics"),
        ("주방용품 > 텀블러", "living"),
        ("생활가전/선풍기", "electronics"),
        ("여성의류 > 원피스", "fashion"),
        ("Fashion", "fashion"),
        ("에티오피아 예가체프 원두 200g", "food"),
        ("원목 2단 신발장", "living"),
        ("원목 옷걸이", "living"),
        ("우유 아이스크림", "food"),
        ("우주선", None),
        ("", None),
    ],
)
def test_sellers_words_find_their_category(text: str, category: str | None) -> None:
    """The words sellers use lead to a category; an unknown word to none."""
    assert match_category(text) == category


def _shape(html: str) -> list[object]:
    """Elements with their attributes, and how many declarations each style has."""
    tree = LexborHTMLParser(render_page("x", THEMES["roastery"], []).replace("</body>", f"{html}</body>"))
    return [
        (node.tag, {key: _count(key, value) for key, value in node.attributes.items()})
        for node in tree.css("body *")
    ]


def _count(name: str, value: str | None) -> object:
    if name != "style":
        return value
    return [part.split(":")[0].strip() for part in (value or "").split(";") if part.strip()]

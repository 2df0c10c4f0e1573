"""What the template language accepts, and the slots it derives."""

import pytest

from generation.templates.language import MAX_OUTPUT_BYTES, ImageRef, compile_template
from generation.templates.theme import Theme
from shared.errors import FieldsError, TooLargeError

ACCEPTED = """\
<section style="padding:40px;color:{{ theme.ink }};{% if hero %}margin:0{% endif %}" class="block">
  {% if hero %}
  <img src="{{ hero.url }}" alt="{{ hero.alt }}" width="{{ hero.width }}" height="{{ hero.height }}">
  {% endif %}
  <h2 title="{{ headline }}">{{ headline | trim | upper }}</h2>
  {% for row in rows %}
    <div>{{ loop.index | two_digits }}{{ row.label }}
    {% for cell in row.cells %}<b>{{ cell.value }}</b>{% endfor %}
    {% if row.photo %}<img src="{{ row.photo.url }}" alt="">{% elif loop.last %}<br>{% else %}<hr/>{% endif %}</div>
  {% endfor %}
  <!-- a note -->
  <div>{{ body | rich }}</div><p>{{ body | inline }}</p>
</section>
"""
PICTURE = ImageRef("https://example.com/a.jpg", 'a "cup"', 10, 20)


def render(source: str, **slots: object) -> str:
    """`source` with the given slots."""
    return compile_template(source, {}).render(slots, {}, Theme())


def test_slots_are_derived_in_the_order_of_first_use() -> None:
    """Kinds follow from how the source uses a name; what is tested is optional."""
    slots = compile_template(ACCEPTED, {}).slots

    assert [(slot.name, slot.kind, slot.required) for slot in slots] == [
        ("hero", "image", False),
        ("headline", "text", True),
        ("rows", "list", True),
        ("body", "rich", True),
    ]
    assert [(field.name, field.kind) for field in slots[2].fields] == [
        ("label", "text"),
        ("cells", "list"),
        ("photo", "image"),
    ]


def test_everything_in_the_language_renders() -> None:
    """Slots, loops two deep, conditions, filters, pictures and theme tokens come out where they stand."""
    html = compile_template(ACCEPTED, {}).render(
        {
            "headline": " a&b ",
            "rows": [{"label": "L", "cells": [{"value": "1"}, {"value": "2"}]}, {"label": "M", "cells": []}],
            "body": "one **two**\nthree",
        },
        {"hero": PICTURE, "rows.1.photo": PICTURE},
        Theme(ink="#123456"),
    )

    assert "padding:40px;color:#123456;margin:0" in html
    assert 'src="https://example.com/a.jpg" alt="a &#34;cup&#34;" width="10" height="20"' in html
    assert '<h2 title="a&amp;b">A&amp;B</h2>' in html
    assert "01L" in html
    assert "<b>1</b><b>2</b>" in html
    assert html.count("<img") == 2
    assert '<p style="margin:0">one <strong>two</strong></p><p style="margin:0.9em 0 0">three</p>' in html
    assert "<p>one <strong>two</strong><br>three</p>" in html


def test_metadata_refines_slots() -> None:
    """Labels, hints, limits, ratios and samples come from the metadata, down to a list's fields."""
    source = "<h2>{{ headline }}</h2>{% for item in items %}<p>{{ item.title }}</p>{% endfor %}"
    metadata = {
        "slots": {
            "headline": {"max_chars": 12, "label": "큰 제목", "required": False},
            "items": {"min_items": 2, "max_items": 3, "fields": {"title": {"max_chars": 5}}},
        }
    }
    headline, items = compile_template(source, metadata).slots

    assert (headline.max_chars, headline.label, headline.required) == (12, "큰 제목", False)
    assert (items.min_items, items.max_items, items.fields[0].max_chars) == (2, 3, 5)


@pytest.mark.parametrize(
    ("slots", "loc"),
    [
        ({"nope": {}}, "metadata.slots.nope"),
        ({"headline": {"max_chars": 0}}, "metadata.slots.headline.max_chars"),
        ({"headline": {"max_chars": True}}, "metadata.slots.headline.max_chars"),
        ({"headline": {"max_items": 2}}, "metadata.slots.headline.max_items"),
        ({"headline": {"kind": "list"}}, "metadata.slots.headline.kind"),
        ({"headline": {"label": 3}}, "metadata.slots.headline.label"),
        ({"headline": []}, "metadata.slots.headline"),
        ([], "metadata.slots"),
    ],
)
def test_metadata_that_does_not_fit_is_named(slots: object, loc: str) -> None:
    """Each bad entry of the metadata is reported with its path."""
    with pytest.raises(FieldsError) as caught:
        compile_template("<h2>{{ headline }}</h2>", {"slots": slots})

    assert [issue.loc for issue in caught.value.issues] == [loc]


def test_a_template_that_could_explode_is_refused() -> None:
    """Limits that together pass the output cap are refused when the template is compiled."""
    source = "{% for a in rows %}{% for b in a.cells %}<p>{{ b.value }}</p>{% endfor %}{% endfor %}"
    cells = {"max_items": 50, "fields": {"value": {"max_chars": 4000}}}

    with pytest.raises(FieldsError, match="too large"):
        compile_template(source, {"slots": {"rows": {"max_items": 50, "fields": {"cells": cells}}}})


def test_values_far_beyond_the_limits_are_cut_off_by_the_cap() -> None:
    """Values nobody checked cannot make a block larger than the cap."""
    with pytest.raises(TooLargeError):
        render("<p>{{ body }}</p>", body="가" * (MAX_OUTPUT_BYTES // 2))


def test_fields_named_like_methods_are_fields() -> None:
    """`item.items` is the item's field, never a method of the mapping behind it."""
    html = render(
        "{% for row in rows %}<p>{{ row.items }}{{ row.keys }}</p>{% endfor %}", rows=[{"items": "x"}]
    )

    assert html == "<p>x</p>"


@pytest.mark.parametrize("value", [None, True, [], {}, object(), b"x", ["a"], {"a": 1}])
def test_values_of_a_wrong_type_count_as_empty(value: object) -> None:
    """A value of another type than the slot's leaves it empty instead of failing."""
    source = "<p>{{ headline }}</p>{% for item in items %}<b>{{ item.title }}</b>{% endfor %}"

    assert render(source, headline=value, items=value) == "<p></p>"


def test_a_picture_with_an_unsafe_address_counts_as_missing() -> None:
    """Only http and https addresses reach `src`."""
    template = compile_template('{% if hero %}<img src="{{ hero.url }}">{% else %}none{% endif %}', {})

    for url in ("javascript:alert(1)", "data:image/png;base64,AA", "//x.y/z.png", "/a.png", "https://a b"):
        assert template.render({}, {"hero": ImageRef(url, "", 1, 1)}, Theme()) == "none"


def test_static_text_is_kept() -> None:
    """Entities, void elements and nested elements pass as written."""
    source = '<ul><li>&lt;1 &amp; 2<br><img src="https://example.com/i.png" alt="x"></li></ul>'

    assert render(source) == source

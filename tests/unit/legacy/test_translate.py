"""Old templates in the template language: what becomes of placeholders, pictures, styles and hostile markup."""

import time

import pytest

from generation.templates.checked import checked_template
from generation.templates.language import ImageRef
from generation.templates.legacy.translate import translate
from generation.templates.theme import THEMES
from shared.errors import InvalidError

IMAGE = (
    '<img src="{{ photo.url }}" alt="{{ photo.alt }}" width="{{ photo.width }}" height="{{ photo.height }}">'
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<p>{product_name}</p>", "<p>{{ headline }}</p>"),
        ("<p>${상품설명}</p>", "<p>{{ body }}</p>"),
        ("<p>[[세일 문구]]</p>", "<p>{{ text }}</p>"),
        ("<p>%SUBTITLE%</p>", "<p>{{ subhead }}</p>"),
        ("<p><%= brandName %></p>", "<p>{{ eyebrow }}</p>"),
        ("<p>{{{ raw }}}</p>", "<p>{{ raw }}</p>"),
        ("<p>{{ 제목 | safe }}</p>", "<p>{{ headline }}</p>"),
        ("<p>{theme} {a-b}</p>", "<p>{{ text }} {{ a_b }}</p>"),
        ("<h1>{title}</h1><h2>{상품명}</h2>", "<h1>{{ headline }}</h1><h2>{{ headline_2 }}</h2>"),
        ("<i>{title}</i><b>{title}</b>", "<i>{{ headline }}</i><b>{{ headline }}</b>"),
        ('<p title="{제목}">{제목}</p>', '<p title="{{ headline }}">{{ headline }}</p>'),
        ('<img src="{{ image_url }}" alt="{{ x }}">', IMAGE),
        ("<img src='{photo}' width=100%>", IMAGE),
        ("<img src={x}>{x}", IMAGE.replace("photo", "x") + "{{ x_2 }}"),
    ],
)
def test_placeholders_become_slots(old: str, new: str) -> None:
    """Each of the old notations; names become the vocabulary's where they mean the same, and never clash."""
    assert translate(old).html == new


def test_what_is_in_the_language_stays_as_it_is() -> None:
    """To the letter, loops and all."""
    source = '<ul class="x">{% for item in items %}<li>{{ item.title }}</li>{% endfor %}</ul>'
    found = translate(source)
    assert (found.html, found.changes, found.metadata) == (source, [], {})


def test_fixed_pictures_become_slots() -> None:
    """Other people's hosts, data addresses and missing ones: pictures are the seller's."""
    found = translate('<img src="https://via.placeholder.com/300"><img src="data:image/png;base64,AA"><img>')
    assert [name for name in ("photo", "detail", "scene") if f"{{{{ {name}.url }}}}" in found.html] == [
        "photo",
        "detail",
        "scene",
    ]
    assert "placeholder.com" not in found.html
    assert any("via.placeholder.com" in change for change in found.changes)


def test_losses_are_told() -> None:
    """What the sanitiser drops is in the report, and not in the template."""
    found = translate(
        "<style>.a{color:red}</style><script>x()</script>"
        '<div onclick="y()" style="color:red;position:fixed"><a href="{link}">{cta}</a></div>'
    )
    assert found.html == '<div style="color:red">{{ call_to_action }}</div>'
    told = " / ".join(found.changes)
    for part in ("<script>", "<a>", "attribute onclick", "style position", "style sheet", "placeholder link"):
        assert part in told


def test_korean_names_stay_as_labels() -> None:
    """An editor sees the name the old service had."""
    metadata = translate("<p>{세일 문구}</p><p>{product_name}</p>").metadata
    assert metadata == {"slots": {"text": {"label": "세일 문구"}}}


def test_a_translation_renders() -> None:
    """With values and a picture, escaped as any other template's."""
    found = translate('<div style="padding:8px"><h2>{title}</h2><img src="{img}"></div>')
    compiled = checked_template(found.html, found.metadata)
    image = ImageRef("https://cdn.example/a.jpg", "머그", 8, 6)
    html = compiled.render({"headline": "<b>컵</b>"}, {"photo": image}, next(iter(THEMES.values())))
    assert html == (
        '<div style="padding:8px"><h2>&lt;b&gt;컵&lt;/b&gt;</h2>'
        '<img src="https://cdn.example/a.jpg" alt="머그" width="8" height="6"></div>'
    )


@pytest.mark.parametrize(
    ("old", "reason"),
    [
        ("{% include 'a' %}<p>x</p>", "include"),
        ("{% for x in range(9) %}<p>{{ x }}</p>{% endfor %}", "line 1"),
        ("<p>{{ a.__class__.mro() }}</p>", None),
        ("<script>alert(1)</script>", "nothing of it is allowed"),
        ("<p>" + "x" * 70_000 + "</p>", "characters"),
        ("<p>{{ {{ }}</p>", "template language"),
        ("<p>{# note</p>", "template language"),
    ],
)
def test_what_cannot_be_said_is_refused_with_a_reason(old: str, reason: str | None) -> None:
    """Or, where only a name was odd, it becomes a harmless slot."""
    if reason is None:
        assert "__" not in translate(old).html
        return
    with pytest.raises(InvalidError, match=reason):
        translate(old)


@pytest.mark.parametrize(
    "old",
    [
        "<img " * 13_000,
        '<img "' * 10_000,
        "{{" + " " * 60_000,
        "{{ " * 20_000,
        "<!--" * 16_000,
        "<![CDATA[" * 7_000,
        "<a" * 30_000,
        "<div>" * 3_000,
        "</" * 30_000,
        "<p style='" + "a:b;" * 12_000,
        "[[" * 30_000,
        "<%" * 30_000,
        "%a" * 30_000,
        "\ue0007\ue001" * 100,
        "<b title='\ue0000\ue001'>{x}</b>",
    ],
)
def test_hostile_templates_cost_little(old: str) -> None:
    """Translated or refused within seconds of CPU, and what comes out is in the language."""
    began = time.process_time()
    try:
        found = translate(old)
        checked_template(found.html, found.metadata)
    except InvalidError:
        pass
    assert time.process_time() - began < 10

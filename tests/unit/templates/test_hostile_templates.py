"""What the template language refuses, and where it says the problem is."""

import time
from typing import Any

import pytest

from generation.templates.checked import checked_template
from generation.templates.language import TemplateSyntaxIssue, compile_template
from generation.templates.library_files import read_library
from generation.templates.sanitize import sanitize
from generation.templates.syntax import MAX_SOURCE_CHARS, MAX_TAGS
from generation.templates.theme import Theme

REFUSED = [
    # calls, arithmetic and everything else that computes
    ("<p>{{ f() }}</p>", 1, 7, "call"),
    ("\n  {{ a + 1 }}", 2, 6, "add"),
    ('{{ "A" * 900000000 }}', 1, 4, "mul"),
    ("{{ a ** b }}", 1, 4, "pow"),
    ("{{ a ~ b }}", 1, 4, "concat"),
    ("{{ a == b }}", 1, 4, "compare"),
    ("{{ not a }}", 1, 4, "not"),
    ("{{ a and b }}", 1, 4, "and"),
    ("{{ a if b else c }}", 1, 4, "condexpr"),
    ("{{ a is defined }}", 1, 4, "test"),
    ("{{ 1 }}", 1, 4, "const"),
    ("{{ [a] }}", 1, 4, "list"),
    ('{{ {"a": 1} }}', 1, 4, "dict"),
    ("{{ lipsum() }}", 1, 4, "call"),
    ("{% for i in range(9) %}{% endfor %}", 1, 13, "call"),
    # attributes and names
    ("{{ a.b.c }}", 1, 4, "item.field"),
    ("{{ a.b }}", 1, 4, "item.field"),
    ('{{ a["b"] }}', 1, 4, "getitem"),
    ("{{ a.0 }}", 1, 4, "getitem"),
    ("{{ _a }}", 1, 4, "not a name"),
    ("{{ a.__class__ }}", 1, 4, "not a name"),
    ("{{ ''.__class__.__mro__ }}", 1, 4, "const"),
    ("{{ Upper }}", 1, 4, "not a name"),
    ("{{ 이름 }}", 1, 4, "not a name"),
    ("{{ my-title }}", 1, 4, "written with _"),
    (f"{{{{ {'a' * 41} }}}}", 1, 4, "at most 40"),
    ("{{ self }}", 1, 4, "reserved"),
    ("{{ loop.index }}", 1, 4, "loop.index"),
    ("{% for a in b %}{{ loop.cycle }}{% endfor %}", 1, 20, "loop.index"),
    ("{% for a in b %}{{ a }}{% endfor %}", 1, 20, "a.field"),
    ("{{ a }}{% for x in a %}{% endfor %}", 1, 20, "used as text"),
    ("<p style='color:{{ theme.nope }}'></p>", 1, 20, "theme tokens"),
    ("<p>{{ theme.ink }}</p>", 1, 7, "style attributes only"),
    # statements
    ('{% include "x" %}', 1, 4, "include"),
    ('{% extends "x" %}', 1, 4, "extends"),
    ('{% import "x" as y %}', 1, 4, "import"),
    ("{% set a = 1 %}", 1, 4, "{% set %}"),
    ("{% set a %}x{% endset %}", 1, 4, "{% set %}"),
    ('{% from "x" import y %}', 1, 4, "{% from %}"),
    ("{% macro m() %}{% endmacro %}", 1, 4, "macro"),
    ("{% block b %}{% endblock %}", 1, 4, "block"),
    ("{% filter upper %}{% endfilter %}", 1, 4, "{% filter %}"),
    ("{% with %}{% endwith %}", 1, 4, "with"),
    ("{% autoescape false %}{% endautoescape %}", 1, 4, "{% autoescape %}"),
    ("{% raw %}{{ a }}{% endraw %}", 1, 1, "raw"),
    ("{% for a, b in c %}{% endfor %}", 1, 9, "one variable"),
    ("{% for _a in c %}{% endfor %}", 1, 8, "one variable"),
    ("{% for a in c if a %}{% endfor %}", 1, 4, "no condition"),
    ("{% for a in c recursive %}{% endfor %}", 1, 4, "recursion"),
    ("{% for a in c %}{% else %}x{% endfor %}", 1, 4, "no else"),
    (
        "{% for a in x %}{% for b in a.y %}{% for c in b.z %}{% endfor %}{% endfor %}{% endfor %}",
        1,
        38,
        "deep",
    ),
    ("{% for a in x %}{% for a in a.y %}{% endfor %}{% endfor %}", 1, 24, "outer loop"),
    # filters
    ("{{ a | safe }}", 1, 8, "no filter safe"),
    ("{{ a | attr('b') }}", 1, 8, "no filter attr"),
    ("{{ a | center(900000000) }}", 1, 8, "no filter center"),
    ("{{ a | upper(1) }}", 1, 8, "no arguments"),
    ("{{ a | rich | upper }}", 1, 8, "last filter"),
    # places
    ('<p style="color:{{ a }}">x</p>', 1, 20, "may not stand in style"),
    ('<div style="{{ a }}"></div>', 1, 16, "may not stand in style"),
    ('<p onclick="{{ a }}">x</p>', 1, 4, "onclick"),
    ('<img src="{{ a }}">', 1, 14, "may not stand in src"),
    ('<img src="https://x/{{ a.url }}">', 1, 24, "stands alone"),
    ('<img src="{{ a.url }}?x">', 1, 22, "nothing else"),
    ('<img src="javascript:alert(1)">', 1, 11, "http(s)"),
    ('<img srcset="{{ a.url }} 2x">', 1, 6, "srcset"),
    ("<img src={{ a.url }}>", 1, 6, "nothing else"),
    ("<{{ a }}>x", 1, 1, "bare <"),
    ("<p {{ a }}>x</p>", 1, 4, "inside a tag"),
    ('<p {{ a }}="x">x</p>', 1, 4, "inside a tag"),
    ("<p {% if a %}title='b'{% endif %}>x</p>", 1, 4, "inside a tag"),
    ("<p{# x #}re>", 1, 3, "inside a tag"),
    ("<script>{{ a }}</script>", 1, 1, "<script>"),
    ("<style>p{color:red}</style>", 1, 1, "<style>"),
    ("<a href='{{ a }}'>x</a>", 1, 1, "<a>"),
    ("<iframe></iframe>", 1, 1, "<iframe>"),
    ("<svg><p>x</p></svg>", 1, 1, "<svg>"),
    ("<!-- {{ a }} -->", 1, 1, "comment"),
    ("<p>{{ a.url }}</p>", 1, 7, "in src only"),
    ("<p>{{ a | rich }}</p>", 1, 7, "use inline"),
    ('<p title="{{ a | inline }}">x</p>', 1, 14, "rich text"),
    ("<p style='background:url(x)'>x</p>", 1, 11, "background"),
    ("<p style='position:fixed'>x</p>", 1, 11, "position"),
    ("<p style='color:red;cursor:pointer'>x</p>", 1, 11, "may not set cursor"),
    ("<p style='position:fixed'>x</p>", 1, 11, "position to this value"),
    ("<p style='position:fi&#120;ed'>x</p>", 1, 11, "position to this value"),
    ("<p style='background:url&#40;x&#41;'>x</p>", 1, 11, "background to this value"),
    ("<p style='}p{'>x</p>", 1, 11, "no declaration"),
    # structure
    ("<div>", 1, 6, "never closed"),
    ("</div>", 1, 1, "no end tag"),
    ("<div><p></div></p>", 1, 9, "where </p> belongs"),
    ("{% if a %}<div>{% endif %}</div>", 1, 4, "every branch"),
    ("{% for a in b %}<div>{% endfor %}", 1, 4, "must close"),
    ('<p title="', 1, 11, "inside an attribute"),
    # not even Jinja2
    ("{{ a", 1, 4, "unexpected end"),
    ("<p>\n{% if a %}", 2, 9, "unexpected end"),
    ("{{}}", 1, 3, "expected an expression"),
    ("{% nonsense %}", 1, 4, "unknown tag"),
    ("a\n{# never ends", 2, 1, "comment"),
    ("<p>a</p>\n  <p>{{ a $ b }}</p>", 2, 11, "unexpected char '$'"),
    ("<p>\n{{ a } }}</p>", 2, 6, "unexpected '}'"),
    ('<p>\n{{ "a }}</p>', 2, 4, "unexpected char"),
    ("{{#items}}", 1, 3, "unexpected char '#'"),
    # numbers that Python itself would not read
    (f"<p>{{{{ {'1' * 5_000} }}}}</p>", 1, 7, "only names"),
    (f"{{% if {'1_' * 3_000}1 %}}x{{% endif %}}", 1, 7, "only names"),
    (f"{{{{ a.{'1' * 5_000} }}}}", 1, 6, "only names"),
    ("{{ 1e400 }}", 1, 4, "only names"),
]


@pytest.mark.parametrize(("source", "line", "column", "says"), REFUSED)
def test_refused_with_its_place(source: str, line: int, column: int, says: str) -> None:
    """Whatever is outside the language is refused, with the line and column where it stands."""
    with pytest.raises(TemplateSyntaxIssue) as caught:
        compile_template(source, {})

    problem = caught.value.problems[0]
    assert says in problem.message.lower()
    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize("source", ["", " \n\t"])
def test_an_empty_template_is_refused(source: str) -> None:
    """A page made of it would have a block that shows nothing."""
    with pytest.raises(TemplateSyntaxIssue) as caught:
        checked_template(source, {})
    assert (caught.value.line, caught.value.column) == (1, 1)


def test_styles_are_read_as_a_browser_reads_them() -> None:
    """Copied from a browser, quotes within a style are written as entities."""
    source = '<p style="font-family:&quot;Noto Sans KR&quot;, sans-serif">x</p>'
    rendered = compile_template(source, {}).render({}, {}, Theme())
    assert "Noto Sans KR" in sanitize(rendered)


def test_several_problems_are_reported_at_once() -> None:
    """An author sees every problem, each with its place."""
    with pytest.raises(TemplateSyntaxIssue) as caught:
        compile_template("<p>{{ f() }}</p>\r\n<p>{{ _x }}</p>\n<p>{{ a|safe }}</p>", {})

    assert [(problem.line, problem.column) for problem in caught.value.problems] == [(1, 7), (2, 7), (3, 9)]
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 20_000 + "a" + ")" * 20_000 + " }}",
        "{% if a %}" * 3_000 + "{% endif %}" * 3_000,
        "{{ a" + ".b" * 20_000 + " }}",
        "{{ a" + "|upper" * 9_000 + " }}",
        "{{ " + "-" * 30_000 + "a }}",
        "<div>" * 10_000,
        "<p " + "a " * 30_000 + ">",
        "<" * 60_000,
        "{{" * 30_000,
        "{% for a in b %}" * 4_000,
        "<p style='" + "a:" * 30_000 + "'>",
        "<p style='width:" + "calc(" * 3_000 + "'>",
        "x" * 70_000,
        "{# " * 20_000,
        "<!--" * 15_000,
        "{{ a }}" * (MAX_TAGS + 1),
        "{% if a %}{% endif %}" * 600,
        "{{ a | trim | upper | lower }}" * 2_000,
    ],
)
def test_hostile_sizes_are_refused_quickly(source: str) -> None:
    """Deep or long input is refused within a second, never by a crash."""
    started = time.perf_counter()

    with pytest.raises(TemplateSyntaxIssue):
        compile_template(source, {})

    assert time.perf_counter() - started < 2


ONE_LETTER: dict[str, Any] = {"max_chars": 1}
LARGEST = {
    "slots": ("{{ a }}" * MAX_TAGS, {"a": ONE_LETTER}),
    "filters": ("{{ a | trim | upper | lower }}" * MAX_TAGS, {"a": ONE_LETTER}),
    "conditions": ("{% if a %}{{ a }}{% else %}{{ a }}{% endif %}" * (MAX_TAGS // 5), {"a": ONE_LETTER}),
    "branches": ("{% if a %}x" + "{% elif a %}y" * (MAX_TAGS - 2) + "{% endif %}", {"a": ONE_LETTER}),
    "loops": (
        "{% for i in t %}{% for j in i.u %}{{ j.a }}{% endfor %}{% endfor %}" * (MAX_TAGS // 5),
        {
            "t": {
                "max_items": 1,
                "fields": {"u": {"max_items": 1, "fields": {"a": ONE_LETTER}}},
            }
        },
    ),
    "styles": ('<p style="width:12px;color:{{ theme.ink }}">x</p>' * (MAX_TAGS - 1), {}),
}


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_template_is_checked_in_a_moment(name: str) -> None:
    """A save never holds up a worker: as many tags as allowed, in the largest source, take a fraction of a second."""
    source, slots = LARGEST[name]
    source += "<br>" * ((MAX_SOURCE_CHARS - len(source)) // 4)
    started = time.thread_time()  # whatever else the machine does
    compile_template(source, {"slots": slots})
    assert time.thread_time() - started < 0.5


def test_the_library_is_far_from_the_limit() -> None:
    """No template of the library has a tenth of the tags that are allowed."""
    for template in read_library().templates:
        assert template.template_html.count("{{") + template.template_html.count("{%") < MAX_TAGS / 10

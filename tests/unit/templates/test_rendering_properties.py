"""Whatever the language accepts renders, for any values its schema allows."""

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.templates.language import MAX_OUTPUT_BYTES, TemplateSyntaxIssue, compile_template
from generation.templates.library_files import read_library
from generation.templates.models import Template
from generation.templates.sanitize import sanitize
from generation.templates.theme import THEMES
from shared.errors import FieldsError
from tests.unit.templates.strategies import IMAGES, templates, values

TEMPLATES = read_library().templates

PIECES = st.sampled_from(
    [
        "<div>", "</div>", "<p>", "</p>", "<br>", "text ", "&amp;", '<img src="', '" alt="', '">', '<p title="',
        '<p style="color:', "{{ a }}", "{{ b | rich }}", "{{ c | inline }}", "{{ item.a }}", "{{ item.b | upper }}",
        "{{ d.url }}", "{{ d.alt }}", "{{ theme.ink }}", "{{ loop.index | two_digits }}", "{% for item in e %}",
        "{% for item in item.f %}", "{% for cell in item.f %}", "{{ cell.a }}", "{% endfor %}", "{% if a %}",
        "{% if item.a %}", "{% if d %}", "{% else %}", "{% elif loop.first %}", "{% endif %}", "\n",
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=14).map("".join), st.data())
def test_accepted_templates_render_within_the_cap(source: str, data: st.DataObject) -> None:
    """A template is either refused with a place, or renders any allowed values within the cap."""
    try:
        template = compile_template(source, {})
    except (TemplateSyntaxIssue, FieldsError):
        return
    slots = data.draw(values(template.slots))
    html = template.render(slots, {"d": data.draw(IMAGES)}, THEMES["forest"])

    assert len(html.encode()) <= MAX_OUTPUT_BYTES


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(templates(), st.data())
def test_what_the_language_allows_renders_within_the_cap(source: str, data: st.DataObject) -> None:
    """Sources built from the language's own rules compile (unless they could grow too large) and render any values."""
    try:
        template = compile_template(source, {})
    except FieldsError:
        return
    html = template.render(data.draw(values(template.slots)), {"g": data.draw(IMAGES)}, THEMES["forest"])

    assert len(html.encode()) <= MAX_OUTPUT_BYTES
    assert sanitize(sanitize(html)) == sanitize(html)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}%|.<>/\"'= abfort_\n#-~*()[]", max_size=60))
def test_no_source_crashes_the_compiler(source: str) -> None:
    """Any text at all either compiles or is refused in the promised way."""
    with suppress(TemplateSyntaxIssue, FieldsError):
        compile_template(source, {})


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.sampled_from(TEMPLATES), st.data())
def test_library_templates_render_whatever_their_schema_allows(
    template: Template, data: st.DataObject
) -> None:
    """The seed library stays within the cap, and nothing in a value becomes markup."""
    slots: dict[str, Any] = data.draw(values(template.slots))
    images = {slot.name: data.draw(IMAGES) for slot in template.slots if slot.kind == "image"}
    html = template.compiled.render(slots, images, THEMES["petal"])

    assert len(html.encode()) <= MAX_OUTPUT_BYTES
    assert "<script" not in html
    assert sanitize(sanitize(html)) == sanitize(html)

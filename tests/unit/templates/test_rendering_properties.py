"""Whatever the language accepts renders, for any values its schema allows."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.templates.language import (
    MAX_OUTPUT_BYTES,
    MAX_STEPS,
    CompiledTemplate,
    TemplateSyntaxIssue,
    compile_template,
)
from generation.templates.library_files import read_library
from generation.templates.models import Template
from generation.templates.sanitize import sanitize
from generation.templates.slots import ImageRef
from generation.templates.theme import THEMES
from shared.errors import FieldsError
from tests.unit.templates.strategies import IMAGES, templates, values

TEMPLATES = read_library().templates

LIMIT = 0.05  # seconds of its own thread's time, whatever else the machine does


def rendered(template: CompiledTemplate, slots: dict[str, Any], images: dict[str, ImageRef]) -> str:
    """The block, rendered within the limit; another thing's garbage may be collected in one turn, not in three."""
    taken = []
    for _ in range(3):
        started = time.thread_time()
        html = template.render(slots, images, THEMES["petal"])
        taken.append(time.thread_time() - started)
        if taken[-1] < LIMIT:
            return html
    raise AssertionError(f"rendered in {min(taken) * 1000:.0f} ms")


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
    html = rendered(template, slots, {"d": data.draw(IMAGES)})

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
    html = rendered(template, data.draw(values(template.slots)), {"g": data.draw(IMAGES)})

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
    html = rendered(template.compiled, slots, images)

    assert len(html.encode()) <= MAX_OUTPUT_BYTES
    assert "<script" not in html
    assert sanitize(sanitize(html)) == sanitize(html)


INNER = "{% for row in rows %}{% for cell in row.cells %}BODY{% endfor %}{% endfor %}"
BODIES = {
    "printing": "{{ cell.a }}",
    "testing": "{% if cell.a %}{% endif %}",
    "formatting": "{{ cell.a | inline }}",
    "counting": "{{ loop.index | two_digits }}{% if cell.a %}{% endif %}",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("times", [1, 2, 4])
def test_full_lists_render_within_the_limit(name: str, times: int) -> None:
    """Two loops, one in the other, with as many items as the language lets them have."""
    fields = {"a": {"max_chars": 1}}
    source = INNER.replace("BODY", BODIES[name] * times)
    for items in (50, 40, 30, 20, 10):
        metadata = {
            "slots": {
                "rows": {"max_items": items, "fields": {"cells": {"max_items": items, "fields": fields}}}
            }
        }
        with suppress(FieldsError):
            template = compile_template(source, metadata)
            rows = [{"cells": [{"a": "&"}] * items}] * items
            rendered(template, {"rows": rows}, {})
            break
    else:
        pytest.fail("not even ten by ten")


def test_loops_that_print_nothing_are_refused() -> None:
    """No limit of size would stop them."""
    source = INNER.replace("BODY", "{% if cell.a %}{% endif %}" * 20)
    full = {"max_items": 50, "fields": {"cells": {"max_items": 50}}}
    with pytest.raises(FieldsError, match="too long") as caught:
        compile_template(source, {"slots": {"rows": full}})
    assert f"of {MAX_STEPS}" in caught.value.issues[0].msg

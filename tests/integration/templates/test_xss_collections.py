"""Large collections of payloads in every place a stranger's text can reach: nothing executes in Chromium.

`XSS_PAYLOADS=FOLDER pytest -s` on this file runs the collections in FOLDER (text, JSON, JavaScript, Markdown) and says
how many payloads there were; without it, our own sample runs. Pages are opened without their Content-Security-Policy:
checker, escaping and sanitiser have to hold alone.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path

import pytest

from generation.templates.language import TemplateSyntaxIssue, compile_template
from generation.templates.library_files import read_library
from generation.templates.models import Template
from generation.templates.page_shell import render_page
from generation.templates.sanitize import sanitize
from generation.templates.slots import ImageRef, Slot
from generation.templates.theme import Theme
from shared.errors import FieldsError
from tests.integration.templates.browser import PICTURE, Pages, Tab, browsing, serving
from tests.integration.templates.payload_files import read_payloads
from tests.integration.templates.payloads import BREAKOUTS, MARKUP

FROM = os.environ.get("XSS_PAYLOADS", "")
AT_ONCE = 40  # payloads in one page; a page that does anything is opened again payload by payload
POLICY_ELEMENT = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
HOLES = ("{}", "<section>{}</section>", '<section title="{}">x</section>', '<p style="color:{}">x</p>',
         "<p {}>x</p>", '<img src="{}" alt="x">', "<p>{{{{ {} }}}}</p>", "{{% if {} %}}x{{% endif %}}")  # fmt: skip
LIBRARY = read_library().templates
THEME = Theme()

pytestmark = pytest.mark.timeout(3600 if FROM else 120)


@dataclass(frozen=True)
class Attack:
    """A payload in one place, and the markup that came of it."""

    place: str
    payload: str
    title: str
    block: str


def attacks(payload: str, number: int) -> Iterator[Attack]:
    """The payload in every place; `number` chooses the template of the library that states it as product data."""
    template = LIBRARY[number % len(LIBRARY)]
    yield Attack("slots", payload, "x", _filled(template, payload))
    yield Attack("product data", payload, payload, _filled(SPECIFICATION, payload))
    yield Attack("the sanitiser alone", payload, "x", payload)
    for hole in HOLES:
        source = hole.format(payload) if "{{" in hole or "{%" in hole else hole.replace("{}", payload)
        try:
            compiled = compile_template(source, {})
        except (TemplateSyntaxIssue, FieldsError):
            continue
        yield Attack(f"source {hole}", payload, "x", compiled.render({}, {}, THEME))


SPECIFICATION = next(one for one in LIBRARY if one.template_id == "specification-table")


def _filled(template: Template, payload: str) -> str:
    """A block whose every text, and every picture's description, is the payload."""
    values = {slot.name: _value(slot, payload) for slot in template.slots if slot.kind != "image"}
    picture = ImageRef(f"http://hit.invalid{PICTURE}", payload, 8, 8)
    images = {slot.name: picture for slot in template.slots if slot.kind == "image"}
    return template.compiled.render(values, images, THEME)


def _value(slot: Slot, payload: str) -> object:
    if slot.kind == "list":
        return [{field.name: _value(field, payload) for field in slot.fields if field.kind != "image"}] * 2
    return payload


async def _harm(tab: Tab, pages: Pages, shown: list[Attack]) -> list[str]:
    """What a page of these blocks did besides loading pictures."""
    title = " ".join(one.title for one in shown)
    html = render_page(title, THEME, [one.block for one in shown]).replace("http://hit.invalid", pages.url)
    seen = await tab.visit(pages.add(POLICY_ELEMENT.sub("", html), {}))
    pages.documents[-1] = ("", {})
    return [one for one in seen if not re.fullmatch(r"request Image https?://\S+", one)]


def _collections() -> dict[str, list[str]]:
    return read_payloads(Path(FROM)) if FROM else {"our own": [*MARKUP, *BREAKOUTS]}


async def test_no_payload_of_a_collection_executes(tmp_path: Path) -> None:
    """In source, slot values, product data, the sanitiser: no dialog, console message, navigation, foreign request."""
    collections = _collections()
    payloads = [payload for found in collections.values() for payload in found]
    assert payloads
    blocks: dict[tuple[str, str], Attack] = {}
    attempts = 0
    for number, payload in enumerate(payloads):
        for attack in attacks(payload, number):
            attempts += 1
            # Most payloads leave the same markup behind: each different one is opened once.
            clean = sanitize(attack.block)
            blocks.setdefault((clean, attack.title), replace(attack, block=clean))
    found = {}
    async with serving() as pages, browsing(tmp_path / "profile") as tab:
        for several in batched(blocks.values(), AT_ONCE, strict=False):
            if await _harm(tab, pages, list(several)):
                for one in several:
                    if harm := await _harm(tab, pages, [one]):
                        found[f"{one.place}: {one.payload}"] = harm
    counts = [f"{len(listed):6} {name}" for name, listed in collections.items()]
    total = (
        f"{len(payloads)} payloads, {attempts} attacks, {len(blocks)} different blocks, {len(found)} harmful"
    )
    sys.stdout.write("\n".join(["", *counts, total, ""]))
    assert found == {}


@pytest.mark.skipif(not FROM, reason="test_xss.py has the control of our own sample")
async def test_the_payloads_would_have_done_harm(tmp_path: Path) -> None:
    """A control: some hundred of the payloads as they are, in a page of nobody's care; many execute."""
    payloads = [payload for found in _collections().values() for payload in found]
    some = payloads[:: max(1, len(payloads) // 100)]
    harmful = 0
    async with serving() as pages, browsing(tmp_path / "profile") as tab:
        for payload in some:
            seen = await tab.visit(pages.add(f"<!doctype html><body><div>{payload}</div>", {}))
            harmful += bool(seen)
    sys.stdout.write(f"\n{harmful} of {len(some)} payloads do harm as they are\n")
    assert harmful > len(some) / 5

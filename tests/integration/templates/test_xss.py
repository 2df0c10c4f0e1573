"""Hostile templates and values, previewed and opened in a browser: nothing runs, loads or leads away.

Each page is opened twice: as the API sends it, and without its Content-Security-Policy, so that the checker, the
escaping and the sanitiser have to hold alone.
"""

import html
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.templates.browser import PICTURE, Pages, browsing, serving
from tests.integration.templates.payloads import ADDRESSES, BREAKOUTS, HIT, MARKUP

FRAME = """<section style="padding:20px;color:{{ theme.ink }}" title="{{ headline }}" aria-label="{{ headline }}">
<h2>{{ headline }}</h2><div>{{ body | rich }}</div><p>{{ note | inline }}</p>
{% if photo %}<img src="{{ photo.url }}" alt="{{ photo.alt }}">{% endif %}
{% for item in items %}<p title="{{ item.title }}">{{ item.title | upper }}</p>{% endfor %}</section>"""
ROOM = {"max_chars": 2000}
METADATA = {
    "slots": {
        "headline": ROOM,
        "body": ROOM,
        "note": ROOM,
        "items": {"max_items": 2, "fields": {"title": ROOM}},
    }
}
POLICY_ELEMENT = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')

pytestmark = pytest.mark.timeout(300)


def storable(payload: str) -> str:
    """Without NUL, which is refused before anything looks at it."""
    return payload.replace("\0", "")


def slot_previews(api: httpx.Client) -> list[tuple[str, httpx.Response]]:
    """Every payload as every kind of value, in one page each."""
    previews = []
    for payload in (*MARKUP, *BREAKOUTS):
        text = storable(payload)
        line = " ".join(text.split())
        slots = {"headline": line, "body": text, "note": text, "items": [{"title": line}]}
        images = {"photo": {"url": f"{HIT}{PICTURE}", "alt": line[:300]}}
        previews.append(
            (
                f"slots: {payload}",
                previewed(api, FRAME, METADATA, {"slots": slots, "images": images, "theme": {}}),
            )
        )
    return previews


def source_previews(api: httpx.Client) -> list[tuple[str, httpx.Response]]:
    """Every payload as a template: alone, in an element, in an attribute, in a style."""
    holes = ("{}", "<section>{}</section>", '<section title="{}">x</section>', '<p style="color:{}">x</p>')
    return [
        (f"source: {hole} {payload}", previewed(api, hole.replace("{}", payload), {}, {}))
        for payload in (*MARKUP, *BREAKOUTS)
        for hole in holes
    ]


def previewed(
    api: httpx.Client, source: str, metadata: dict[str, Any], more: dict[str, Any]
) -> httpx.Response:
    """A preview, or its refusal."""
    body = {"block_type": "x", "template_html": source, "metadata": metadata, **more}
    answer = api.post("/templates/preview", json=body)
    assert answer.status_code in {200, 422}, answer.text
    return answer


def addressed(pages: Pages, text: str) -> str:
    """`text` with the address nobody may ask for led to the test's server."""
    host = HIT.removeprefix("http://")
    return text.replace(host, pages.url.removeprefix("http://"))


def as_sent(answer: httpx.Response) -> dict[str, str]:
    """The headers that count."""
    return {"Content-Security-Policy": answer.headers["content-security-policy"]}


async def test_nothing_in_a_preview_runs(api: httpx.Client, tmp_path: Path) -> None:
    """No dialog, no console message, no navigation, no request but for the picture that was asked for."""
    answers = slot_previews(api)
    assert {answer.status_code for _, answer in answers} == {200}
    sources = source_previews(api)
    accepted = [(name, answer) for name, answer in sources if answer.status_code == 200]
    assert len(accepted) < len(sources) / 2  # most are no templates at all
    # Most payloads leave the same page behind: each different one is opened once.
    different = {answer.text: (name, answer) for name, answer in (*answers, *accepted)}
    found = {}
    async with serving() as pages, browsing(tmp_path / "profile") as tab:
        for name, answer in different.values():
            bare = POLICY_ELEMENT.sub("", answer.text)
            assert bare != answer.text
            for how, text, headers in (("as sent", answer.text, as_sent(answer)), ("bare", bare, {})):
                seen = await tab.visit(pages.add(addressed(pages, text), headers), touch=not headers)
                if harm := [one for one in seen if one != f"request Image {pages.url}{PICTURE}"]:
                    found[f"{how}, {name}"] = harm
        hits = pages.hits
    assert found == {}
    assert hits == []


async def test_the_browser_would_have_noticed(tmp_path: Path) -> None:
    """The same payloads as they are: most of them do their harm, in as many ways as there are."""
    kinds: set[str] = set()
    harmful = 0
    async with serving() as pages, browsing(tmp_path / "profile") as tab:
        for payload in MARKUP:
            page = f"<!doctype html><html><body><div>{addressed(pages, payload)}</div></body></html>"
            seen = await tab.visit(pages.add(page, {}))
            harmful += bool(seen)
            kinds |= {one.split(" ")[0] for one in seen}
        asked = set(pages.hits)
    assert harmful > len(MARKUP) * 0.7
    assert {"dialog", "request"} <= kinds
    assert {"/sheet", "/frame", "/inline", "/script"} <= asked


@pytest.mark.parametrize("address", ADDRESSES)
def test_pictures_have_ordinary_addresses(api: httpx.Client, address: str) -> None:
    """An address that is code, relative or holds markup is refused, left out, or quoted whole in `src`."""
    answer = previewed(api, FRAME, METADATA, {"images": {"photo": {"url": address}}})
    if answer.status_code == 200:
        for source in re.findall(r'<img src="([^"]*)"', answer.text):
            assert html.unescape(source).startswith("https://x.invalid/")
        assert "onerror=" not in re.sub(r'src="[^"]*"', "", answer.text)
        assert "<script" not in answer.text
    else:
        assert answer.json()["errors"][0]["loc"] == "images.photo.url"


@pytest.mark.parametrize("payload", ["\0<script>", "a\0", "\ud800"])
def test_what_no_text_can_hold_is_refused(api: httpx.Client, payload: str) -> None:
    """NUL and half surrogate pairs: 4xx, in source and in values."""
    for body in (
        {"block_type": "x", "template_html": payload},
        {"block_type": "x", "template_html": "<p>{{ headline }}</p>", "slots": {"headline": payload}},
    ):
        content = json.dumps(body)
        answer = api.post("/templates/preview", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}

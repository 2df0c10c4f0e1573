"""Requests no generator is likely to draw, each of which once was, or could be, a 500."""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.fuzz.material import prepare
from tests.stack import RunningStack

JSON = {"Content-Type": "application/json"}
DEEP = b'{"a":' * 300 + b"1" + b"}" * 300


@pytest.fixture(scope="module")
def admin(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """An admin with a page."""
    token, material = prepare(stack, "hostile-admin", tmp_path_factory.mktemp("hostile"), "admin")
    page = json.loads(material.read_text("utf-8"))["page_url"]
    with httpx.Client(base_url=f"{page}/", headers={"Authorization": token}, timeout=20) as client:
        yield client


def message(data: bytes) -> bytes:
    """A message's body with this data."""
    return b'{"user_id": "u", "type": "t", "data": ' + data + b"}"


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("../../message", message(b'{"a": "\\u0000"}'), 422),
        ("../../message", message(b'{"\\u0000": 1}'), 422),
        ("../../message", message(b'{"a": 1e400}'), 422),
        ("../../message", message(b'{"a": ' + b"9" * 400 + b"}"), 422),
        ("../../message", message(b'{"a": 18446744073709551616}'), 422),
        ("../../message", message(DEEP), 422),
        ("../../../templates/preview", b'{"block_type": "a", "template_html": "\\u0000"}', 422),
        ("../../../templates", b'{"block_type": "a", "name": "a", "template_html": "<p>\\u0000</p>"}', 422),
        ("../../../templates/preview", b'{"block_type": "a", "template_html": "{{ a.b.c }}"}', 422),
        (
            "../../../templates",
            b'{"block_type": "a", "name": "a", "template_html": "a", "metadata": {"a": 1e400}}',
            422,
        ),
        ("../../../template-sets", b'{"name": "a", "template_ids": ["\\u0000"]}', 422),
        ("../../../categories", b'{"name": "\\u0000"}', 422),
        ("../../../embeddings", b'{"post_id": "\\u0000", "title": "a", "content": "a"}', 422),
        ("../../../embeddings", b'{"post_id": "a/b", "title": "a", "content": "a"}', 422),
        (
            "../../../embeddings",
            b'{"post_id": "a", "title": "a", "content": "a", "version": 9007199254740992}',
            422,
        ),
        ("../../../ops/queues/generation-requests/redrive", b'{"limit": 1e9}', 422),
        ("../../message", message(b'{"a": "\\ud800"}'), 400),
        ("../../message", message(b'{"\\udfff": 1}'), 400),
        ("../../message", message(b'{"a": "\xed\xa0\x80"}'), 400),
        ("../../message", b'{"\\ud800": 1}', 400),
        ("../../message", b'{"user_id": "a\\u0000b", "type": "t", "data": {}}', 422),
        ("../../message", b'{"' + b"x" * 900_000 + b'": 1}', 422),
        ("../../message", message(b'{"a": ' + b"9" * 5000 + b"}"), 400),
        ("rollback", b'{"version": 1000000000000000000000000}', 422),
        ("rollback", b'{"version": 1e300}', 422),
        ("rollback", b'{"version": true}', 422),
        ("rollback", b'{"version": "1"}', 422),
        ("feedback", b'{"rating": 5.5}', 422),
        ("feedback", b'{"comment": "\\u0000"}', 422),
        ("feedback", b"null", 422),
        ("feedback", b'\xef\xbb\xbf{"rating": 5.0}', 204),
        ("feedback", b'{"comment": "a\\r\\nb"}', 204),
    ],
)
def test_hostile_bodies(admin: httpx.Client, path: str, content: bytes, status: int) -> None:
    """JSON that PostgreSQL, an integer column or an answer could not hold."""
    answer = admin.post(path, content=content, headers=JSON)
    assert answer.status_code == status, answer.text
    assert len(answer.content) < 20_000


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (b'"theme": {"radius": 1e400}', 422),
        (b'"theme": {"radius": 4.0}', 200),
        (b'"theme": {"\\u0000": 1}', 422),
        (b'"blocks": [{"block_id": "BLOCK", "slots": {"headline": "\\u0000"}}]', 422),
        (b'"blocks": [{"block_id": "BLOCK", "slots": {"headline": 1e400}}]', 422),
        (b'"blocks": [{"block_id": "BLOCK", "slots": {"no_such": "x"}}]', 422),
        (b'"blocks": [{"block_id": "BLOCK", "images": {"\\u0000": null}}]', 422),
        (b'"blocks": [{"block_id": "BLOCK"}, {"block_id": "BLOCK"}]', 422),
        (b'"title": "\\u0007"', 422),
    ],
)
def test_hostile_edits(admin: httpx.Client, change: bytes, status: int) -> None:
    """Changes of a real page that would break its document."""
    page = admin.get("").json()
    change = change.replace(b"BLOCK", page["blocks"][0]["block_id"].encode())
    content = f'{{"base_version": {page["version"]}, '.encode() + change + b"}"
    assert admin.patch("", content=content, headers=JSON).status_code == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?version=99999999999999999999", 422),
        ("?version=2147483648", 422),
        ("?version=2147483647", 404),
        ("?version=%00", 422),
        ("?version=1&version=2", 422),
        ("?version=%D9%A1", 422),
        ("../?cursor=9999999999999999_00000000-0000-0000-0000-000000000000", 200),
        ("../?cursor=9999999999999999_00000000-0000-0000-0000-000000000000%0A", 422),
        ("../?limit=101", 422),
        ("blocks/%00/regenerate", 405),
        ("html?version=%FF", 422),
        ("../../../embeddings/%00", 404),
        ("../../../embeddings/" + "x" * 3000, 404),
        ("../../../search?q=%00", 422),
        ("../../../search?q=a&k=51", 422),
        ("../../../search?q=a&post_id=%00", 422),
        ("../../../search?q=%FF", 200),
        ("../../../templates?q=%00", 422),
        ("../../../templates?cursor=W251bGxd", 422),
        ("../../../templates/%00", 404),
        ("../../../templates/..%2f..%2fx", 404),
        ("../../../ops/queues/%00", 404),
        ("../../../nowhere/%00", 404),
    ],
)
def test_hostile_addresses(admin: httpx.Client, path: str, status: int) -> None:
    """Numbers no column holds, bytes no text holds."""
    assert admin.get(path).status_code == status


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "PUT", "DELETE"])
def test_any_other_method_is_not_allowed(admin: httpx.Client, method: str) -> None:
    """405 with Allow, whatever the method is called."""
    answer = admin.request(method, "html")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")

"""Requests, responses, queue outputs and encodings, as data."""

import json
from http.cookies import SimpleCookie
from typing import Any

import pytest
from azure.functions.meta import Datum
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.connections import Account
from local.functions_host.encoding import decode, encode
from local.functions_host.outputs import queue_messages
from local.functions_host.request import http_datum, joined_headers, query_values
from local.functions_host.response import to_response
from local.functions_host.signing import signed_headers


def test_request_datum_has_the_shape_of_the_hosts() -> None:
    """Method, url, headers, body, params and query, each value a datum."""
    scope = {"method": "GET", "scheme": "http", "raw_path": b"/api/%20", "query_string": b"a=1"}
    datum = http_datum(scope, {"host": "h:1"}, {"id": "7"}, b"x")
    assert datum.type == "http"
    assert datum.value["url"].value == "http://h:1/api/%20?a=1"
    assert (datum.value["body"].type, datum.value["body"].value) == ("bytes", b"x")
    assert {name: item.value for name, item in datum.value["query"].items()} == {"a": "1"}
    assert datum.value["params"]["id"].value == "7"


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&A=2", {"a": "1,2"}),
        ("a=&b", {}),
        ("a=&a=1", {"a": ",1"}),
        ("a=%ED%95%9C+x", {"a": "한 x"}),
        ("a=%ff", {"a": "\ufffd"}),
        ("&&=&", {}),
    ],
)
def test_query_values(query: str, values: dict[str, str]) -> None:
    """Decoded, joined, empty ones dropped; nothing a client writes is an error."""
    assert query_values(query) == values


def test_headers_are_joined() -> None:
    """Names in lower case, repeats with commas in their order."""
    assert joined_headers([(b"X-A", b"1"), (b"b", b""), (b"x-a", b"2")]) == {"x-a": "1,2", "b": ""}


def response_datum(status: str, headers: dict[str, str], body: bytes = b"x", cookies: Any = None) -> Datum:
    """Build what azure.functions makes of an HttpResponse."""
    return Datum(
        {
            "status_code": Datum(status, "string"),
            "headers": {name: Datum(value, "string") for name, value in headers.items()},
            "cookies": cookies,
            "body": Datum(body, "bytes"),
        },
        "http",
    )


def test_response_keeps_what_the_function_set_but_not_the_servers_headers() -> None:
    """Lengths and connection handling are the server's own."""
    headers = {"X-A": "1", "Content-Length": "99", "Transfer-Encoding": "chunked", "Connection": "close"}
    response = to_response(response_datum("201", headers))
    assert (response.status, response.body) == (201, b"x")
    assert response.headers == [(b"x-a", b"1"), (b"content-length", b"1")]


@pytest.mark.parametrize(("status", "sent"), [("204", 204), ("abc", 200), ("99", 500), ("1000", 500)])
def test_odd_statuses(status: str, sent: int) -> None:
    """204 has no body; a status that is no number is 200; one that HTTP does not know is 500."""
    response = to_response(response_datum(status, {}))
    assert response.status == sent
    assert response.body == (b"" if sent == 204 else b"x")


@pytest.mark.parametrize("value", ["한글.html", "a\r\nSet-Cookie: x=1", "\x00"])
def test_headers_that_azures_server_refuses(value: str) -> None:
    """Non-ASCII and control characters fail here as they fail there."""
    with pytest.raises(ValueError, match="header"):
        to_response(response_datum("200", {"Content-Disposition": value}))


def test_cookies_are_written_as_asp_net_core_writes_them() -> None:
    """Value percent-encoded, attributes in lower case, path / by default."""
    cookie = SimpleCookie(
        'a="x y"; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Domain=d.kr; Secure; SameSite=None'
    )
    response = to_response(response_datum("200", {}, cookies=[cookie]))
    line = b"a=x%20y; expires=Wed, 21 Oct 2026 07:28:00 GMT; domain=d.kr; path=/; secure; samesite=none"
    assert (b"set-cookie", line) in response.headers


def test_text_and_nothing() -> None:
    """A returned str is a 200 in plain text; nothing at all is a 500."""
    assert to_response(Datum("한", "string")).body == "한".encode()
    assert to_response(None).status == 500
    assert to_response(Datum(None, None)).status == 500


@pytest.mark.parametrize(
    ("datum", "messages"),
    [
        (Datum("plain", "string"), ["plain"]),
        (Datum("", "string"), [""]),
        (Datum(b"\xff", "bytes"), [b"\xff"]),
        (Datum('["a", {"b": 1}]', "string"), ["a", '{\n  "b": 1\n}']),
        (Datum('{"b": "한"}', "string"), ['{\n  "b": "한"\n}']),
        (Datum('["a", "b"]', "json"), ["a", "b"]),
        (Datum('{"id": null, "body": "x"}', "json"), ["x"]),
        (Datum('[{"id": null, "body": "x"}, "y"]', "json"), ["x", "y"]),
    ],
)
def test_queue_outputs_become_messages(datum: Datum, messages: list[str | bytes]) -> None:
    """Lists and JSON arrays are split, objects are written anew, QueueMessages are their bodies."""
    assert queue_messages(datum) == messages


@pytest.mark.parametrize("datum", [Datum("{not json}", "string"), Datum({}, "dict")])
def test_queue_outputs_that_cannot_be_sent(datum: Datum) -> None:
    """What looks like JSON and is none fails, as on Azure."""
    with pytest.raises(ValueError, match=r"."):
        queue_messages(datum)


@given(st.binary())
def test_base64_brings_back_any_bytes(content: bytes) -> None:
    """What is encoded is decoded to the same."""
    assert decode(encode(content, base64=True), base64=True) == content


@given(st.text())
def test_no_encoding_brings_back_any_text(content: str) -> None:
    """With messageEncoding none a queue stores text as it is."""
    encodable = content.encode("utf-8", "replace").decode()
    assert decode(encode(encodable, base64=False), base64=False).decode() == encodable


@pytest.mark.parametrize("text", ["not base64!", "abc", "한글=", json.dumps({})])
def test_what_is_no_base64(text: str) -> None:
    """Bad base64 is told apart from content."""
    with pytest.raises(ValueError, match=r"."):
        decode(text, base64=True)


def test_shared_key_signature_of_a_known_request() -> None:
    """The signature is the HMAC of exactly this text (checked against a live service by the contract tests)."""
    account = Account("http://h/acc", "acc", b"key")
    query = {"visibilitytimeout": "0", "popreceipt": "a+b="}
    date = "Fri, 20 Nov 2026 10:00:00 GMT"
    headers = signed_headers(account, "PUT", "/acc/q/messages/1", query, 7, date=date)
    import base64
    import hmac

    text = (
        "PUT\n\n\n7\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 20 Nov 2026 10:00:00 GMT\nx-ms-version:2021-12-02\n"
        "/acc/acc/q/messages/1\npopreceipt:a+b=\nvisibilitytimeout:0"
    )
    expected = base64.b64encode(hmac.digest(b"key", text.encode(), "sha256")).decode()
    assert headers["Authorization"] == f"SharedKey acc:{expected}"

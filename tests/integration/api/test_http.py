"""The HTTP API from outside: who may do what, and what bad input gets."""

import io
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from tests.stack import PRODUCT, RunningStack

ROUTES = [
    ("POST", "/generation/display-list"),
    ("POST", "/generation/upload-image"),
    ("POST", "/generation/message"),
    ("GET", "/generation/tasks"),
    ("GET", f"/generation/tasks/{uuid4()}"),
    ("POST", f"/generation/tasks/{uuid4()}/cancel"),
    ("POST", f"/generation/tasks/{uuid4()}/retry"),
    ("GET", "/generation/pages"),
    ("GET", f"/generation/pages/{uuid4()}"),
    ("GET", f"/generation/pages/{uuid4()}/versions"),
    ("GET", f"/generation/pages/{uuid4()}/html"),
    ("POST", "/notifications/ticket"),
]


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a problem document of this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "request_id"} <= told.keys()
    assert (told["status"], told["request_id"]) == (status, answer.headers["x-request-id"])
    return told


@pytest.mark.parametrize("path", ["/generation", "/generation/", "/generation/actuator/health"])
def test_status_and_health_need_no_token(stack: RunningStack, path: str) -> None:
    """Anybody may ask whether the process lives."""
    with stack.api() as nobody:
        answer = nobody.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "UP")


def test_readiness_names_every_dependency(stack: RunningStack) -> None:
    """All are up, each with the time it took."""
    with stack.api() as nobody:
        told = nobody.get("/generation/actuator/ready").json()
    assert told["status"] == "UP"
    assert {name: state["status"] for name, state in told["dependencies"].items()} == dict.fromkeys(
        ("settings", "postgres", "queue", "s3", "event_hubs"), "UP"
    )


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_token_nothing_is_answered(stack: RunningStack, method: str, path: str) -> None:
    """No token, nonsense, another scheme: 401 before anything else is looked at."""
    with stack.api() as nobody:
        for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic dXNlcg=="}):
            answer = nobody.request(method, path, headers=headers)
            is_problem(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_token_is_refused(stack: RunningStack) -> None:
    """Its time is over."""
    token = stack.token("late", "--expires", "-10")
    with stack.api() as nobody:
        is_problem(nobody.get("/generation/tasks", headers={"Authorization": f"Bearer {token}"}), 401)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 400),
        (b"\xff\xfe{}", {}, 400),
        (b'{"product": NaN}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b'{"product_data": "' + b"x" * 1_048_577 + b'"}', {}, 413),
        (b"[]", {}, 422),
        (b"{}", {}, 422),
        (json.dumps({"product": PRODUCT}).encode(), {"Idempotency-Key": "x" * 201}, 422),
    ],
)
def test_bad_bodies(api: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    """Malformed is 400, too large 413, the wrong type 415, wrong fields 422; nothing is stored."""
    headers = {"Content-Type": "application/json", **headers}
    is_problem(api.post("/generation/display-list", content=content, headers=headers), status)
    assert api.get("/generation/tasks").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"product": PRODUCT, "product_id": "1"}, {"product", "product_id"}),
        ({"product": {"description": "이름이 없음"}}, {"product.name"}),
        ({"product": PRODUCT, "template_ids": ["no-such-template"]}, {"template_ids.0"}),
        ({"product": PRODUCT, "template_set_id": "no-such-set"}, {"template_set_id"}),
        ({"product": PRODUCT, "category_id": "no-such-category"}, {"category_id"}),
        ({"product": PRODUCT, "image_id": str(uuid4())}, {"image_id"}),
        ({"product": {"name": "nul\u0000"}}, {"product.name"}),
    ],
)
def test_each_bad_field_is_named(api: httpx.Client, body: dict[str, Any], fields: set[str]) -> None:
    """Missing, contradictory, and naming what does not exist."""
    told = is_problem(api.post("/generation/display-list", json=body), 422)
    assert {issue["loc"] for issue in told["errors"]} == fields


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/generation/display-list"),
        ("DELETE", "/generation/tasks"),
        ("POST", "/generation/actuator/health"),
    ],
)
def test_other_methods_are_not_allowed(api: httpx.Client, method: str, path: str) -> None:
    """405 with what is allowed."""
    answer = api.request(method, path)
    is_problem(answer, 405)
    assert "OPTIONS" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/nowhere", "/generation/pages/x/y/z", "/generation/tasks/not-a-uuid"])
def test_paths_that_do_not_exist(api: httpx.Client, path: str) -> None:
    """404 with a problem document, not the host's empty answer."""
    is_problem(api.get(path), 404)


def test_a_head_request_has_no_body(api: httpx.Client) -> None:
    """HEAD is GET without the body, its Content-Length included (RFC 9110 section 8.6)."""
    answer = api.head("/generation/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == api.get("/generation/").headers["content-length"]


def test_only_admins_send_messages(stack: RunningStack, api: httpx.Client) -> None:
    """A seller is refused; an admin's message is taken."""
    body = {"user_id": "somebody", "type": "notice", "data": {"text": "점검 안내"}}
    is_problem(api.post("/generation/message", json=body), 403)
    with stack.api("operator", "admin") as admin:
        assert admin.post("/generation/message", json=body).status_code == 202


def test_an_uploaded_photo_is_normalised(api: httpx.Client) -> None:
    """The answer describes what is stored; the URL serves it."""
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), (10, 120, 90)).save(buffer, "PNG")
    answer = api.post("/generation/upload-image", files={"file": ("a.png", buffer.getvalue(), "image/png")})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["width"], told["height"], told["content_type"]) == (300, 200, "image/jpeg")
    assert len(httpx.get(told["url"]).content) == told["bytes"]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"file": ("a.png", b"not an image", "image/png")}, 415),
        ({"file": ("a.png", b"", "image/png")}, 422),
        ({"other": ("a.png", b"x", "image/png")}, 422),
    ],
)
def test_what_is_no_photo_is_refused(api: httpx.Client, files: Any, status: int) -> None:
    """A file that does not decode, an empty one, and none at all."""
    is_problem(api.post("/generation/upload-image", files=files), status)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/",
        "file:///etc/passwd",
        "http://10.0.0.1/a",
    ],
)
def test_private_addresses_are_not_fetched(api: httpx.Client, url: str) -> None:
    """A URL into somebody's network is a field error, not a request."""
    is_problem(api.post("/generation/upload-image", json={"image_url": url}), 422)

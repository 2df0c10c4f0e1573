"""Documents from outside: the API, producers' own messages, search, the operators' routes and commands."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.storage.queue import QueueClient

from tests.stack import RunningStack, local

QUEUE = "embedding-requests"


def wait_for[T](what: Callable[[], T | None], seconds: float = 30) -> T:
    """What it gives at last."""
    deadline = time.monotonic() + seconds
    while (found := what()) is None:
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.1)
    return found


def embedded(api: httpx.Client, post_id: str) -> dict[str, Any]:
    """The document, once search finds it."""

    def look() -> dict[str, Any] | None:
        answer = api.get(f"/embeddings/{post_id}")
        told: dict[str, Any] = answer.json()
        return told if answer.status_code == 200 and told["status"] == "completed" else None

    return wait_for(look)


def put(stack: RunningStack, text: str, queue: str = QUEUE) -> None:
    """As a producer in another language does: the text as it is."""
    with QueueClient.from_connection_string(stack.facts["queue_connection_string"], queue) as client:
        client.send_message(text)


def message(user: str, **changes: Any) -> str:
    """A producer's message."""
    body = {
        "schema_version": 1,
        "user_id": user,
        "post_id": "p1",
        "title": "배송 안내",
        "content": "제주는 나흘 걸립니다.",
    }
    return json.dumps({**body, **changes}, ensure_ascii=False)


def test_from_submit_to_search(api: httpx.Client) -> None:
    """Taken in, embedded, found without spaces, changed, deleted."""
    body = {
        "post_id": "faq-1",
        "title": "세척",
        "content": "식기세척기에 넣지 마세요. 손으로 씻어 주세요.",
        "kind": "faq",
    }
    answer = api.post("/embeddings", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["task_id"] == api.post("/embeddings", json=body).json()["task_id"]
    assert embedded(api, "faq-1")["chunks"] == 1
    [hit] = api.get("/search", params={"q": "식기세척기에넣어도되나요", "k": 5}).json()
    assert (hit["post_id"], hit["chunk"], hit["kind"]) == ("faq-1", 0, "faq")
    assert 0 < hit["score"] <= 1
    assert api.get("/search", params={"q": "세척", "kind": "review"}).json() == []
    api.post("/embeddings", json={**body, "content": "이제는 식기세척기에 넣어도 됩니다."})
    embedded(api, "faq-1")
    assert api.get("/search", params={"q": "식기세척기"}).json()[0]["text"].startswith("이제는")
    assert api.delete("/embeddings/faq-1").status_code == 204
    assert api.delete("/embeddings/faq-1").status_code == 404
    assert api.get("/embeddings/faq-1").status_code == 404
    assert api.get("/search", params={"q": "식기세척기"}).json() == []


@pytest.mark.parametrize("encoded", [True, False])
def test_a_producers_own_message(stack: RunningStack, api: httpx.Client, user: str, encoded: bool) -> None:
    """Base64 as the host wants it, or plain JSON, which the host itself cannot read."""
    text = message(user)
    put(stack, base64.b64encode(text.encode()).decode() if encoded else text)
    assert embedded(api, "p1")["title"] == "배송 안내"
    assert api.get("/search", params={"q": "제주 배송"}).json()[0]["post_id"] == "p1"


def test_what_is_no_message_can_be_seen_and_redriven(stack: RunningStack, user: str) -> None:
    """By the operators' routes and by the command; the reason stays; others may not."""
    marker = f"{user} is missing a title"
    with stack.api("operator", "admin") as admin:
        put(stack, base64.b64encode(json.dumps({"user_id": marker}).encode()).decode())

        def recorded() -> dict[str, Any] | None:
            items = admin.get(f"/ops/queues/{QUEUE}").json()["items"]
            return next((item for item in items if marker in item["body"] and not item["redriven_at"]), None)

        record = wait_for(recorded)
        assert record["code"] == "malformed"
        assert "title" in record["reason"]
        states = {state["name"]: state for state in admin.get("/ops/queues").json()["items"]}
        assert states[QUEUE]["poison_count"] >= 1
        shown = local("ops", "queues", "--data", str(stack.data))
        assert shown.returncode == 0, shown.stderr
        assert QUEUE in shown.stdout
        done = local("ops", "redrive", QUEUE, "--id", record["poison_id"], "--data", str(stack.data))
        assert (done.returncode, done.stdout.strip()) == (0, "moved 1, skipped 0"), done.stderr
        assert wait_for(recorded)["poison_id"] != record["poison_id"]
        listed = local("ops", "queues", QUEUE, "--data", str(stack.data))
        assert record["poison_id"] in listed.stdout
    for name in ("other", "embedding-requests-poison-poison"):
        refused = local("ops", "redrive", name, "--data", str(stack.data))
        assert (refused.returncode, "404" in refused.stderr) == (1, True)


def test_only_admins_see_the_queues(api: httpx.Client) -> None:
    """A seller's token is refused."""
    assert api.get("/ops/queues").status_code == 403
    assert api.get(f"/ops/queues/{QUEUE}").status_code == 403
    assert api.post(f"/ops/queues/{QUEUE}/redrive", json={}).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"post_id": "1", "title": "제목"}, 422),
        ({"post_id": "1", "title": " ", "content": "내용"}, 422),
        ({"post_id": "a/b", "title": "제목", "content": "내용"}, 422),
        ({"post_id": "1", "title": "제목", "content": "내용", "kind": "x"}, 422),
        ({"post_id": "1", "title": "제목", "content": "내용", "version": 0}, 422),
        ({"post_id": "1", "title": "제목", "content": "가" * 3_500_000}, 413),
    ],
)
def test_bad_documents_are_refused(api: httpx.Client, body: dict[str, Any], status: int) -> None:
    """Each field by name; ten megabytes as a whole."""
    assert api.post("/embeddings", json=body).status_code == status


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": " "}, "q"),
        ({"q": "x" * 501}, "q"),
        ({"q": "x", "k": "51"}, "k"),
        ({"q": "x", "k": "0"}, "k"),
        ({"q": "x", "kind": "y"}, "kind"),
    ],
)
def test_bad_searches_are_refused(api: httpx.Client, query: dict[str, str], field: str) -> None:
    """Each parameter by name."""
    answer = api.get("/search", params=query)
    assert answer.status_code == 422
    assert [issue["loc"] for issue in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "body", [{"limit": 0}, {"limit": "1"}, {"ids": []}, {"ids": ["x"]}, {"limit": 1, "ids": [str(uuid4())]}]
)
def test_bad_redrives_are_refused(stack: RunningStack, body: dict[str, Any]) -> None:
    """Each field by name."""
    with stack.api("operator", "admin") as admin:
        assert admin.post(f"/ops/queues/{QUEUE}/redrive", json=body).status_code == 422

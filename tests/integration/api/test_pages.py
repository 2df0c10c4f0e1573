"""From POST to page over every real part."""

import base64
import io
from contextlib import closing
from typing import Any
from uuid import uuid4

import httpx
import psycopg2
import pytest
from azure.storage.queue import QueueClient
from PIL import Image

from tests.stack import PRODUCT, RunningStack, finished, wait_for


def photo() -> bytes:
    """A seller's photo."""
    buffer = io.BytesIO()
    image = Image.new("RGB", (800, 600), (235, 235, 230))
    image.paste((170, 60, 40), (300, 150, 500, 450))
    image.save(buffer, "JPEG")
    return buffer.getvalue()


def submit(api: httpx.Client, **more: Any) -> dict[str, Any]:
    """POST display-list; the 202's body."""
    headers = more.pop("headers", {})
    answer = api.post("/generation/display-list", json={"product": PRODUCT, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["status_url"]
    assert int(answer.headers["retry-after"]) > 0
    accepted: dict[str, Any] = answer.json()
    return accepted


def upload(api: httpx.Client) -> str:
    """Upload the photo; its id."""
    answer = api.post("/generation/upload-image", files={"file": ("a.jpg", photo(), "image/jpeg")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["image_id"])


def test_a_product_becomes_a_page(stack: RunningStack, api: httpx.Client, user: str) -> None:
    """Task, events, document, HTML and pictures all tell of the same page."""
    image_id = upload(api)
    accepted = submit(api, image_id=image_id)
    events = stack.events(api, user, accepted["task_id"])
    assert [kind for kind, _ in events if kind != "task.progress"] == ["task.queued", "task.completed"]
    sequences = [data["sequence"] for _, data in events]
    assert sequences == list(range(1, len(events) + 1))
    percents = [data["percent"] for kind, data in events if kind == "task.progress"]
    assert percents == sorted(percents)
    task = api.get(f"/generation/tasks/{accepted['task_id']}").json()
    assert (task["status"], task["progress"]["percent"], task["warnings"]) == ("completed", 100, [])
    assert task["result"] == events[-1][1]["result"]
    assert task["cost"]["usd"] > 0
    page = api.get(f"/generation/pages/{task['result']['page_id']}").json()
    assert len({block["template_id"] for block in page["blocks"]}) >= 6
    images = [image for block in page["blocks"] for image in block["images"].values()]
    assert image_id in {image["image_id"] for image in images}
    assert "generated" in {image["source"] for image in images}
    html = api.get(f"/generation/pages/{page['page_id']}/html")
    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert html.text.startswith("<!doctype html>")
    for image in images:
        assert image["url"] in html.text
        Image.open(io.BytesIO(httpx.get(image["url"]).content)).verify()


def test_other_people_see_nothing_of_it(stack: RunningStack, api: httpx.Client) -> None:
    """Another user's task and page are 404, their lists are empty, and their image is no image of mine."""
    image_id = upload(api)
    task_id = submit(api, image_id=image_id)["task_id"]
    page_id = finished(api, task_id)["result"]["page_id"]
    with stack.api(f"other-{uuid4()}") as other:
        for path in (
            f"tasks/{task_id}",
            f"pages/{page_id}",
            f"pages/{page_id}/html",
            f"pages/{page_id}/versions",
        ):
            assert other.get(f"/generation/{path}").status_code == 404
        assert other.post(f"/generation/tasks/{task_id}/cancel").status_code == 404
        assert other.get("/generation/pages").json() == {"items": [], "next_cursor": None}
        answer = other.post("/generation/display-list", json={"product": PRODUCT, "image_id": image_id})
        assert answer.status_code == 422


def test_a_bad_photo_url_completes_with_a_warning(stack: RunningStack, api: httpx.Client) -> None:
    """Not there, not an image, private, no such host: the page does without and says why."""
    ai = stack.facts["ai_url"]
    expected = {
        f"{ai}/photos/none.jpg": "photo_not_found",
        f"{ai}/.well-known/jwks.json": "photo_not_an_image",
        "http://10.1.2.3/a.jpg": "photo_url_forbidden",
        "https://no-such-host.invalid/a.jpg": "photo_not_found",
    }
    tasks = {url: submit(api, product_image_url=url)["task_id"] for url in expected}
    for url, code in expected.items():
        task = finished(api, tasks[url])
        assert (task["status"], [warning["code"] for warning in task["warnings"]]) == ("completed", [code]), (
            url
        )


def test_the_same_idempotency_key_is_the_same_page(api: httpx.Client) -> None:
    """A repeated request gives the task that is there; another body is a conflict."""
    headers = {"Idempotency-Key": "once"}
    first = submit(api, headers=headers)["task_id"]
    assert submit(api, headers=headers)["task_id"] == first
    body = {"product": {**PRODUCT, "name": "다른 상품"}}
    assert api.post("/generation/display-list", json=body, headers=headers).status_code == 409
    finished(api, first)


def test_lists_lead_through_all_tasks(api: httpx.Client) -> None:
    """Limit and cursor: newest first, no hole, no repeat."""
    made = [submit(api, options={"images": 0})["task_id"] for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        listed = api.get("/generation/tasks", params=params).json()
        seen += [task["task_id"] for task in listed["items"]]
        if (cursor := listed["next_cursor"]) is None:
            break
    assert seen == made[::-1]


def test_a_finished_task_can_be_neither_cancelled_nor_retried(api: httpx.Client) -> None:
    """409 where the state does not allow it."""
    task_id = submit(api, options={"images": 0})["task_id"]
    finished(api, task_id)
    assert api.post(f"/generation/tasks/{task_id}/cancel").status_code == 409
    assert api.post(f"/generation/tasks/{task_id}/retry").status_code == 409


@pytest.mark.parametrize("queue", ["generation-requests", "image-requests"])
@pytest.mark.parametrize("body", ["not ours", '{"task_id": 1}', "{}", "한글", "&&& not base64 &&&"])
def test_a_foreign_queue_message_is_kept(
    stack: RunningStack, api: httpx.Client, queue: str, body: str
) -> None:
    """With its reason, what the host itself cannot read too; the next page is made as always."""
    marked = f"{body} {uuid4()}"
    encoded = marked if "base64" in body else base64.b64encode(marked.encode()).decode()
    QueueClient.from_connection_string(stack.facts["queue_connection_string"], queue).send_message(encoded)
    task = finished(api, submit(api, options={"images": 0})["task_id"])
    assert task["status"] == "completed"

    def recorded() -> tuple[str, str] | None:
        stack.run_timer("settle_poison")
        with (
            closing(psycopg2.connect(stack.facts["database_url"])) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute("select queue, code from poison_messages where body = %s", (marked,))
            row: tuple[str, str] | None = cursor.fetchone()
        return row

    assert wait_for(recorded) == (queue, "malformed")


def test_a_ticket_opens_the_stream(stack: RunningStack, api: httpx.Client, user: str) -> None:
    """For clients that cannot set headers; only for one's own stream."""
    ticket = api.post("/notifications/ticket").json()
    assert 0 < ticket["expires_in"] <= 60
    relay = stack.facts["relay_urls"][0]
    with httpx.stream(
        "GET", f"{relay}/api/notifications/stream/{user}", params={"ticket": ticket["ticket"]}, timeout=10
    ) as stream:
        assert (stream.status_code, stream.headers["content-type"]) == (200, "text/event-stream")
    other = httpx.get(f"{relay}/api/notifications/stream/other", params={"ticket": ticket["ticket"]})
    assert other.status_code == 403

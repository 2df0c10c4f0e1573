"""Documents that producers put into the queue themselves, and what the poison queue holds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.documents import repository
from generation.documents.messages import DocumentMessage
from generation.documents.requests import MAX_BYTES
from shared.errors import UnavailableError
from shared.messages import EMBEDDING_QUEUE, MOST_BYTES, TaskMessage
from tests.contract.documents.library import FakeMessage, Library


def message(content: str = "배송은 이틀 걸립니다.", **changes: Any) -> str:
    """A producer's message."""
    body = {"schema_version": 1, "user_id": "seller", "post_id": "7", "title": "안내", "content": content}
    return json.dumps({**body, **changes}, ensure_ascii=False)


async def test_a_producers_message_is_embedded(library: Library) -> None:
    """At once, by the function that got it: nothing is sent."""
    await library.receive(message())
    assert await library.texts("7") == ["배송은 이틀 걸립니다."]
    assert library.queues.sent == []
    assert (await library.rows("select status from tasks"))[0]["status"] == "completed"


async def test_a_message_that_comes_twice_is_embedded_once(library: Library) -> None:
    """Redelivery writes nothing and pays nothing."""
    for _ in range(3):
        await library.receive(message())
    assert len(library.embeddings.calls) == 1
    assert len(await library.rows("select * from tasks")) == 1


async def test_messages_out_of_order(library: Library) -> None:
    """By the time they were put into the queue, or by the producer's version, the older one is dropped."""
    now = datetime.now(UTC)
    await library.receive(message("새 글"), now)
    await library.receive(message("옛 글"), now - timedelta(hours=1))
    assert await library.texts("7") == ["새 글"]
    await library.receive(message("둘째 판", post_id="8", version=2))
    await library.receive(message("첫째 판", post_id="8", version=1))
    assert await library.texts("8") == ["둘째 판"]


@pytest.mark.parametrize("known", [True, False])
async def test_deletion_wins_over_a_message_that_waits(library: Library, known: bool) -> None:
    """Put into the queue before it, read after it, whether the document was there or not; a later one comes back."""
    now = datetime.now(UTC)
    if known:
        await library.receive(message("첫 글"), now - timedelta(hours=2))
    assert await library.delete("7") is known
    assert await library.delete("7") is False
    await library.receive(message("옛 글"), now - timedelta(hours=1))
    assert await library.texts("7") == []
    await library.receive(message("새 글"), now + timedelta(minutes=1))
    assert await library.texts("7") == ["새 글"]


@pytest.mark.parametrize("known", [True, False])
async def test_deletion_wins_over_a_number_that_waits(library: Library, known: bool) -> None:
    """A producer's own version 2 was put in before the deletion of version 1; put in after it, it is a new document."""
    deleted = datetime.now(UTC)
    if known:
        await library.receive(message("첫 글", version=1), deleted - timedelta(hours=2))
    assert await library.delete("7") is known
    await library.receive(message("옛 글", version=2), deleted - timedelta(hours=1))
    assert await library.texts("7") == []
    await library.receive(message("새 글", version=2), deleted + timedelta(hours=1))
    assert await library.texts("7") == ["새 글"]


async def test_nobody_fills_the_table_with_deletions(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of documents that never were, an owner's first deletions are remembered; those of real ones always."""
    monkeypatch.setattr(repository, "_MOST_UNKNOWN", 3)
    for number in range(5):
        await library.delete(f"unknown-{number}")
    assert len(await library.rows("select * from documents")) == 3
    await library.keep("real", "글")
    assert await library.delete("real")
    assert len(await library.rows("select * from documents where deleted_at is not null")) == 4


async def test_the_owner_is_the_messages_user(library: Library) -> None:
    """Nobody else finds it."""
    await library.receive(message(user_id="another"))
    assert await library.search("배송") == []
    assert len(await library.search("배송", "another")) == 1


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (message(user_id=None), "malformed", "user_id"),
        ("not json", "malformed", "JSON"),
        (message(schema_version=9), "schema_unknown", "9"),
        (message("가" * MAX_BYTES), "document_too_large", "bytes"),
    ],
)
async def test_what_cannot_be_understood_is_kept(library: Library, body: str, code: str, reason: str) -> None:
    """To the poison queue, and from there into the table with the reason."""
    await library.receive(body)
    [(queue, text, _)] = library.queues.sent
    assert (queue, text) == (f"{EMBEDDING_QUEUE}-poison", body)
    assert await library.drain(text, encoded=True) == 1
    [row] = await library.poisoned()
    assert (row["queue"], row["code"], row["body"]) == (EMBEDDING_QUEUE, code, body)
    assert reason in row["reason"]
    assert await library.rows("select * from tasks") == []


async def test_nulls_and_fields_of_others_are_left_out(library: Library) -> None:
    """As Java's serializers write them; `task_id` beside a post_id is the producer's own."""
    nulls = dict.fromkeys(("kind", "version", "retryCount", "schema_version", "author"))
    await library.receive(message("하나", post_id="1", **nulls))
    await library.receive("\ufeff" + message("둘", post_id="2", task_id="their-own"))
    assert await library.texts("1") == ["하나"]
    assert await library.texts("2") == ["둘"]


async def test_plain_json_too_large_for_base64(library: Library) -> None:
    """A queue takes 64 KiB of text and base64 adds a third: taken in by the timer, only the task is sent."""
    content = "가나다라 마바사. " * 2300
    plain = message(content, post_id="9")
    assert len(plain.encode()) > MOST_BYTES
    for _ in range(2):  # the timer was killed before it had removed the message
        assert await library.drain(plain, inserted=datetime.now(UTC)) == 1
    [task] = await library.rows("select * from tasks")
    sent = [TaskMessage.decode(text.encode()).task_id for _, text, _ in library.queues.sent]
    assert set(map(str, sent)) == {str(task["task_id"])}
    await library.run(UUID(str(task["task_id"])))
    assert "".join(await library.texts("9")).startswith("가나다라")


async def test_a_message_that_cannot_be_settled_holds_up_no_other(library: Library) -> None:
    """The queue refuses one: it stays, those behind it are settled, and the timer says that it failed."""
    library.queues.away = True
    library.taker.messages.append(FakeMessage(message(post_id="1"), datetime.now(UTC)))
    with pytest.raises(UnavailableError):
        await library.drain("no json", encoded=True)
    [row] = await library.poisoned()
    assert row["code"] == "malformed"
    assert [json.loads(left.text)["post_id"] for left in library.taker.messages] == ["1"]


async def test_plain_json_is_taken_in(library: Library) -> None:
    """The host moves what is no base64 to the poison queue unread: from there it is sent again, as it should be."""
    inserted = datetime.now(UTC) - timedelta(minutes=3)
    assert await library.drain(message(), inserted=inserted) == 1
    [(queue, text, _)] = library.queues.sent
    assert queue == EMBEDDING_QUEUE
    assert DocumentMessage.decode(text.encode()).version == int(inserted.timestamp() * 1000)
    await library.receive(text)
    assert await library.texts("7") == ["배송은 이틀 걸립니다."]
    assert library.taker.messages == []


@pytest.mark.parametrize("text", ["plain nonsense", '{"post_id": 1}', "abcd", ""])
async def test_plain_nonsense_is_kept(library: Library, text: str) -> None:
    """Nothing that reached a queue is dropped."""
    await library.drain(text)
    assert len(await library.poisoned()) == 1
    assert library.queues.sent == []


async def test_a_message_that_was_given_up_can_be_sent_again(library: Library) -> None:
    """Its version is written into it: sent again next week, it replaces nothing newer."""
    await library.drain(message(), encoded=True, inserted=datetime(2026, 1, 1, tzinfo=UTC))
    [row] = await library.poisoned()
    assert row["code"] == "worker_lost"
    await library.receive(message("새 글"))
    await library.receive(row["body"])
    assert await library.texts("7") == ["새 글"]


async def test_a_task_that_was_given_up_fails(library: Library) -> None:
    """As with every other queue: the task fails, its owner is told, the record names it."""
    task_id = await library.submit("1", "글입니다.")
    await library.drain(TaskMessage(task_id=task_id).encode(), encoded=True)
    assert (await library.task(task_id))["status"] == "failed"
    [row] = await library.poisoned()
    assert (row["task_id"], row["code"]) == (str(task_id), "worker_lost")


async def test_a_malformed_task_message_is_kept(library: Library) -> None:
    """It names a task, so it is not read as a document."""
    body = json.dumps({"schema_version": 9, "task_id": str(uuid4())})
    await library.receive(body)
    assert library.queues.sent == [(f"{EMBEDDING_QUEUE}-poison", body, 0.0)]
    await library.drain(body, encoded=True)
    assert (await library.poisoned())[0]["code"] == "malformed"

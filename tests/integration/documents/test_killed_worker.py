"""A worker killed at every boundary of embedding, and one that is asked to stop, lose, repeat and delay nothing.

Afterwards each document's task has ended once, search holds its chunks once, and no batch was paid for again that was
stored. The same for pages: tests/integration/chaos/test_kill.py.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import uuid4

import pytest

from generation.documents.chunking import chunks
from generation.documents.embedding import batches
from tests.chaos import Chaos, alive, chaos_stack
from tests.integration.chaos.gates import Gates
from tests.stack import wait_for

WORKER = "functions-0"
# The transaction that ends a task replaces the document's chunks; of several batches each is a step before it.
# Where a document is held, and whether it is a long one; of the second its other batch, of three texts, is stored. The
# longest way first: what is held must still be held when the last one is.
BOUNDARIES = (("chunks", True), ("embed:0", True), ("chunks", False), ("claim", False))
_GATE_OF_CHUNKS = """
create or replace function chaos.document_gate() returns trigger language plpgsql as $$
declare
    found int;
begin
    select gate into found from chaos.gates where step = 'chunks' and new.post_id like '%' || tag || '%';
    if found is not null then perform pg_advisory_xact_lock_shared(4711, found); end if;
    return null;
end $$;
create or replace trigger chaos_chunks after update of embedded_sha256 on documents
    for each row execute function chaos.document_gate();
"""


@dataclass(frozen=True)
class Order:
    """A document that was sent: two batches of text, or a line."""

    task_id: str
    post_id: str
    content: str

    @property
    def batches(self) -> list[list[str]]:
        """What its calls hold."""
        return batches([f"{self.post_id}\n{text}" for text in chunks(self.content)])


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chaos]:
    # A task whose commit is held has no heartbeat, and must not be taken for dead before it is.
    with chaos_stack(tmp_path_factory.mktemp("embedding"), TASK_STALE_SECONDS="60") as chaos:
        yield chaos


@pytest.fixture(autouse=True)
def no_bugs(chaos: Chaos) -> Iterator[None]:
    yield
    assert "unexpected error" not in chaos.worker_log()


def new_id() -> str:
    """An id no other document has."""
    return f"d{uuid4().hex[:12]}"


def send(chaos: Chaos, post_id: str, *, long: bool = False) -> Order:
    """POST a document; its title and its texts are its own, and its owner: what is held locks the owner's expenses."""
    lines = 1400 if long else 1
    content = "\n".join(f"{post_id} 문서의 {number}번째 줄은 상품 이야기입니다." for number in range(lines))
    with chaos.api(f"owner-of-{post_id}") as api:
        answer = api.post("/embeddings", json={"post_id": post_id, "title": post_id, "content": content})
        assert answer.status_code == 202, answer.text
    return Order(answer.json()["task_id"], post_id, content)


def calls_of(chaos: Chaos, order: Order, after: int = 0) -> Counter[str]:
    """How often each of its batches was asked for, by its first text."""
    asked = (call["request"]["input"] for call in chaos.calls() if call["seq"] > after)
    return Counter(texts[0] for texts in asked if texts[0].startswith(order.post_id))


def in_flight(chaos: Chaos, order: Order) -> bool:
    """Whether a call of it waits for its answer."""
    waiting = (call["request"]["input"][0] for call in chaos.calls() if call["status"] is None)
    return any(text.startswith(order.post_id) for text in waiting)


def assert_embedded_once(chaos: Chaos, orders: Sequence[Order]) -> None:
    """Its chunks in order, all of them, once; one event that ends its story."""
    for order in orders:
        rows = chaos.sql(
            "select chunk, text from document_chunks where post_id = %s order by chunk", (order.post_id,)
        )
        assert rows == list(enumerate(chunks(order.content)))
        assert chaos.sql("select chunks from documents where post_id = %s", (order.post_id,)) == [
            (len(rows),)
        ]
        ends = chaos.sql(
            "select count(*) from outbox where stream = %s and event::text like '%%task.completed%%'",
            (order.task_id,),
        )
        assert ends == [(1,)]
        assert chaos.sql("select * from task_steps where task_id = %s", (order.task_id,)) == []


def let_an_hour_pass(chaos: Chaos) -> None:
    """For tasks that nobody has ended: their worker is silent for longer than anybody waits."""
    chaos.sql(
        """update tasks set created_at = created_at - interval '1 hour',
                  enqueued_at = enqueued_at - interval '1 hour', heartbeat_at = heartbeat_at - interval '1 hour'
           where finished_at is null"""
    )


@pytest.mark.timeout(150)
def test_killed_at_every_boundary(chaos: Chaos) -> None:
    """Documents waiting before each commit and one inside its call die together; all end as if nothing had been."""
    gates = Gates(chaos)
    chaos.sql(_GATE_OF_CHUNKS)
    with ExitStack() as stack:
        orders = []
        for boundary, long in BOUNDARIES:
            post_id = new_id()
            stack.enter_context(gates.closed(post_id, boundary))
            orders.append(send(chaos, post_id, long=long))
        gates.wait_until_held(len(BOUNDARIES))
        chaos.control(latency={"embeddings": 60})
        orders.append(calling := send(chaos, new_id()))
        wait_for(lambda: in_flight(chaos, calling))
        stored = {order.post_id: set(chaos.stored(order.task_id)) for order in orders}
        chaos.kill(WORKER)
        seq = max(call["seq"] for call in chaos.calls())
    chaos.control()
    let_an_hour_pass(chaos)
    chaos.restart(WORKER)
    assert set(chaos.settle([order.task_id for order in orders]).values()) == {"completed"}
    assert_embedded_once(chaos, orders)
    assert [stored[order.post_id] for order in orders] == [
        {"embed:0", "embed:1"},
        {"embed:1"},
        set(),
        set(),
        set(),
    ]
    for order in orders:
        # What was held is committed after all when its statement needs no word more from its dead worker.
        again = calls_of(chaos, order, after=seq)
        for number, batch in enumerate(order.batches):
            assert again[batch[0]] <= (f"embed:{number}" not in stored[order.post_id]), again
    assert calls_of(chaos, calling, after=seq).total() == 1


@pytest.mark.timeout(90)
def test_asked_to_stop(chaos: Chaos) -> None:
    """A worker that gets SIGTERM ends what it has in its hands; what it has not begun waits for nobody's lease."""
    chaos.control(latency={"embeddings": 1.5})
    orders = [send(chaos, new_id()) for _ in range(3)]
    wait_for(lambda: all(in_flight(chaos, order) for order in orders))
    pid = chaos.facts["pids"][WORKER]
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not alive(pid), 15)
    rows = chaos.sql(
        "select status, attempt from tasks where task_id::text = any(%s)",
        ([order.task_id for order in orders],),
    )
    assert rows == [("completed", 1)] * len(orders)
    assert_embedded_once(chaos, orders)
    chaos.control()
    chaos.restart(WORKER)
    late = send(chaos, new_id())
    started = time.monotonic()
    chaos.settle([late.task_id])
    assert time.monotonic() - started < 15

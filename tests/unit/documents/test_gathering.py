"""Documents that are embedded at the same moment share a call, and nothing else."""

import asyncio
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.documents.gathering import GatheredEmbeddings
from generation.documents.vectors import Vector
from generation.ports import Meter
from shared.errors import AppError, PermanentError, TransientError
from shared.telemetry import context
from tests.unit.telemetry.recording import recording


@dataclass
class Model:
    """Vectors that name their text's length; a cent and ten tokens a call.

    Attributes:
        rejected: what no call may hold, by the error it gives.
        gate: closed, no call is answered.
    """

    calls: list[list[str]] = field(default_factory=list)
    rejected: dict[str, Exception] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    name: str = "model"

    async def embed(self, texts: Sequence[str], meter: Meter) -> list[Vector]:
        self.calls.append(list(texts))
        if self.gate:
            await self.gate.wait()
        meter.add(usd=0.01, input_tokens=10)
        for text in texts:
            if text in self.rejected:
                raise self.rejected[text]
        return [array("f", [len(text)]) for text in texts]


async def embedded(gathered: GatheredEmbeddings, *documents: Sequence[str]) -> list[list[Vector] | AppError]:
    """What becomes of documents that are embedded side by side."""
    results = await asyncio.gather(
        *(gathered.embed(texts, Meter()) for texts in documents), return_exceptions=True
    )
    return [result for result in results if isinstance(result, list | AppError)]


async def test_the_first_goes_at_once_the_others_together() -> None:
    """Nobody waits for company; whoever comes while a call has just gone shares the next."""
    model = Model()
    found = await embedded(GatheredEmbeddings(model), ["a"], ["bb", "ccc"], ["dddd"])
    assert model.calls == [["a"], ["bb", "ccc", "dddd"]]
    assert found == [[array("f", [1])], [array("f", [2]), array("f", [3])], [array("f", [4])]]


async def test_a_document_of_later_waits_for_nobody() -> None:
    """The pause after a call is over: the next goes at once again."""
    model = Model()
    gathered = GatheredEmbeddings(model, seconds=0.001)
    await gathered.embed(["a"], Meter())
    await asyncio.sleep(0.01)
    await gathered.embed(["b"], Meter())
    assert model.calls == [["a"], ["b"]]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20), st.integers(5, 9), st.integers(20, 60))
def test_a_call_holds_no_more_than_it_may(counts: list[int], most: int, most_bytes: int) -> None:
    """Neither texts nor bytes, and every document comes back whole, from one call."""
    model = Model()
    gathered = GatheredEmbeddings(model, most=most, most_bytes=most_bytes)
    documents = [[f"{number:03}"] * count for number, count in enumerate(counts)]
    found = asyncio.run(embedded(gathered, *documents))
    assert [len(vectors) for vectors in found if isinstance(vectors, list)] == counts
    assert sorted(text for call in model.calls for text in call) == [
        text for texts in documents for text in texts
    ]
    for call in model.calls:
        assert len(call) <= most
        assert sum(map(len, call)) <= most_bytes


@given(st.lists(st.text(min_size=1, max_size=40), min_size=2, max_size=12))
def test_everybody_pays_for_his_own(texts: list[str]) -> None:
    """By length: the sum is what the call cost, to the token."""
    meters = [Meter() for _ in texts]

    async def embed() -> None:
        gathered = GatheredEmbeddings(Model())
        first = asyncio.create_task(gathered.embed(["first"], Meter()))
        await asyncio.gather(
            first, *(gathered.embed([text], meter) for text, meter in zip(texts, meters, strict=True))
        )

    asyncio.run(embed())
    assert sum(meter.input_tokens for meter in meters) == 10
    assert sum(meter.usd for meter in meters) == pytest.approx(0.01)
    longest = max(range(len(texts)), key=lambda at: len(texts[at].encode()))
    assert meters[longest].usd == pytest.approx(max(meter.usd for meter in meters))


@pytest.mark.parametrize("code", ["model_rejected", "content_filtered", "answer_off_schema"])
async def test_nobody_fails_for_anothers_text(code: str) -> None:
    """What a text may have caused is tried again with each document alone."""
    model = Model(rejected={"bad": PermanentError("no", code=code)})
    first, good, bad, other = await embedded(
        GatheredEmbeddings(model), ["first"], ["good"], ["bad"], ["other"]
    )
    assert isinstance(bad, PermanentError)
    assert all(isinstance(vectors, list) for vectors in (first, good, other))
    assert model.calls[2:] == [["good"], ["bad"], ["other"]]


async def test_a_service_that_is_away_is_asked_once() -> None:
    """Everybody hears of it, and tries again in his own time."""
    away = TransientError("busy", code="rate_limited", retry_after=3.0)
    model = Model(rejected={"b": away})
    found = await embedded(GatheredEmbeddings(model), ["a"], ["b"], ["c"])
    assert found[1:] == [away, away]
    assert model.calls == [["a"], ["b", "c"]]


async def test_a_bug_reaches_everybody() -> None:
    """Nobody waits for an answer that cannot come."""
    gathered = GatheredEmbeddings(Model(rejected={"b": KeyError("bug")}))
    results = await asyncio.gather(
        *(gathered.embed([text], Meter()) for text in "abc"), return_exceptions=True
    )
    assert [type(result) for result in results] == [list, KeyError, KeyError]


async def test_a_call_is_in_the_trace_of_its_first_document() -> None:
    """With links to the others; not in that of the call before, whose document began the pause."""
    gathered = GatheredEmbeddings(Model())
    traces = [context.traceparent() for _ in range(3)]

    async def embed(trace: str) -> None:
        with context.running_in(trace):
            await gathered.embed([trace], Meter())

    with recording() as recorded:
        await asyncio.gather(*map(embed, traces))
    calls = [span for span in recorded.spans if span.name == "embed together"]
    assert [(call.parent, call.links) for call in calls] == [(traces[0], []), (traces[1], [traces[2]])]


async def test_who_is_stopped_stops_nobody_else() -> None:
    """A document that was cancelled in the middle of a call: the others have their vectors."""
    gate = asyncio.Event()
    model = Model(gate=gate)
    gathered = GatheredEmbeddings(model)
    first, stopped, other = (asyncio.create_task(gathered.embed([text], Meter())) for text in "abc")
    while len(model.calls) < 2:  # noqa: ASYNC110  the fake has no event for it
        await asyncio.sleep(0.001)
    stopped.cancel()
    gate.set()
    assert await other == [array("f", [1])]
    assert await first == [array("f", [1])]
    assert stopped.cancelled()


async def test_the_loops_end_leaves_nobody_waiting() -> None:
    """A call that is cancelled cancels those who wait for it."""
    gathered = GatheredEmbeddings(Model(gate=asyncio.Event()))
    waiting = asyncio.create_task(gathered.embed(["a"], Meter()))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {waiting, asyncio.current_task()}:
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

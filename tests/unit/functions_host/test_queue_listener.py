"""What a queue listener does with messages, successes and failures."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from local.functions_host.config import QueueOptions
from local.functions_host.polling import Backoff
from local.functions_host.queues import QueueListener
from local.functions_host.storage import Message
from tests.unit.functions_host.fake_queue import FakeQueue

OPTIONS = QueueOptions(batch_size=4, new_batch_threshold=2, max_dequeue_count=3)


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds, two seconds at most."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.001)


@asynccontextmanager
async def listening(
    queue: FakeQueue,
    run: Callable[[Message, bytes], Awaitable[bool]],
    poison: FakeQueue | None = None,
    options: QueueOptions = OPTIONS,
    lease: float = 600.0,
) -> AsyncIterator[QueueListener]:
    """Run a listener that polls every millisecond; stop and drain it at the end."""
    backoff = Backoff(0.001, minimum=0.001)
    listener = QueueListener(
        queue.client, poison.client if poison else None, run, options, lease=lease, backoff=backoff
    )
    polling = asyncio.create_task(listener.listen())
    yield listener
    listener.stop()
    await polling
    await listener.drain()


async def succeed(message: Message, content: bytes) -> bool:
    """Be a function that succeeds."""
    return True


async def fail(message: Message, content: bytes) -> bool:
    """Be a function that fails."""
    return False


async def test_success_deletes() -> None:
    """A message that ran is gone; the function saw its decoded content."""
    queue, seen = FakeQueue("q"), []

    async def run(message: Message, content: bytes) -> bool:
        seen.append((message.id, content))
        return True

    queue.put("1")
    async with listening(queue, run):
        await until(lambda: seen and not queue.hidden)
    assert seen == [("1", b"x")]
    assert queue.visible == []


async def test_failure_is_retried_and_poisoned_at_the_last_count() -> None:
    """Failures hide the message for visibilityTimeout; the third moves its stored text."""
    queue, poison = FakeQueue("q"), FakeQueue("q-poison", exists=False)
    queue.put("1")
    async with listening(queue, fail, poison):
        await until(lambda: poison.visible)
    assert queue.hides == [("1", 0.0), ("1", 0.0)]
    assert [message.text for message in poison.visible] == ["eA=="]
    assert (queue.visible, queue.hidden) == ([], {})


async def test_visibility_timeout_delays_only_after_a_failure() -> None:
    """The configured seconds are used for the release, not for the lease."""
    queue = FakeQueue("q")
    queue.put("1")
    async with listening(queue, fail, FakeQueue("p"), QueueOptions(visibility_timeout=30.0)):
        await until(lambda: queue.hides)
    assert queue.hides == [("1", 30.0)]


async def test_message_above_the_count_does_not_run() -> None:
    """A message that crashed its host too often goes to poison without another try."""
    queue, poison = FakeQueue("q"), FakeQueue("q-poison")
    queue.put("1", dequeue_count=3)

    async def run(message: Message, content: bytes) -> bool:
        raise AssertionError("must not run")

    async with listening(queue, run, poison):
        await until(lambda: poison.visible and not queue.hidden)


async def test_without_a_poison_queue_failures_stay_hidden() -> None:
    """On a queue that is itself a poison queue nothing is released, so nothing spins."""
    queue = FakeQueue("q-poison")
    queue.put("1")
    async with listening(queue, fail):
        await until(lambda: queue.polls > 5)
    assert (queue.hides, list(queue.hidden)) == ([], ["1"])


async def test_invalid_base64_goes_to_poison_as_it_is() -> None:
    """The text is not touched; without encoding the same text runs."""
    queue, poison = FakeQueue("q"), FakeQueue("q-poison")
    queue.put("1", "no base64!")
    async with listening(queue, fail, poison):
        await until(lambda: poison.visible)
    assert poison.visible[0].text == "no base64!"
    plain, seen = FakeQueue("q"), []

    async def run(message: Message, content: bytes) -> bool:
        seen.append(content)
        return True

    plain.put("1", "no base64!")
    async with listening(plain, run, options=QueueOptions(base64=False)):
        await until(lambda: seen)
    assert seen == [b"no base64!"]


async def test_next_batch_waits_for_the_threshold() -> None:
    """Four run at once; more are taken only when two or fewer are left, so six is the most."""
    queue, gates, most = FakeQueue("q"), list[asyncio.Event](), 0
    running = 0

    async def run(message: Message, content: bytes) -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        gates.append(gate := asyncio.Event())
        await gate.wait()
        running -= 1
        return True

    for number in range(12):
        queue.put(str(number))
    async with listening(queue, run):
        await until(lambda: running == 4)
        gates[0].set()
        await asyncio.sleep(0.01)
        assert (running, queue.polls) == (3, 1)
        gates[1].set()
        await until(lambda: running == 6)
        for index in range(12):
            await until(lambda: len(gates) > index)  # noqa: B023 - used at once
            gates[index].set()
        await until(lambda: not queue.hidden)
    assert most == 6


async def test_missing_queue_is_empty_and_is_not_created(caplog: pytest.LogCaptureFixture) -> None:
    """The listener neither creates the queue nor complains; it finds what comes once there is one."""
    queue = FakeQueue("q", exists=False)
    async with listening(queue, succeed):
        await until(lambda: queue.polls > 3)
        assert not queue.exists
        queue.exists = True
        queue.put("1")
        await until(lambda: not queue.visible and not queue.hidden)
    assert caplog.records == []


async def test_storage_away_is_told_once_per_change(caplog: pytest.LogCaptureFixture) -> None:
    """Away and back are one line each, and the polling goes on."""
    queue = FakeQueue("q", away=True)
    with caplog.at_level(logging.INFO):
        async with listening(queue, succeed):
            await until(lambda: queue.polls > 5)
            queue.away = False
            queue.put("1")
            await until(lambda: not queue.visible and not queue.hidden)
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]


async def test_message_that_cannot_be_settled_stays(caplog: pytest.LogCaptureFixture) -> None:
    """When storage goes away under a run, the message is neither lost nor deleted."""
    queue = FakeQueue("q")
    queue.put("1")

    async def run(message: Message, content: bytes) -> bool:
        queue.away = True
        return True

    async with listening(queue, run):
        await until(lambda: "cannot be settled" in caplog.text)
    assert list(queue.hidden) == ["1"]


async def test_lease_is_renewed_while_the_function_runs() -> None:
    """Half-time renewals keep the message, and the delete uses the newest pop receipt."""
    queue = FakeQueue("q")
    queue.put("1")

    async def run(message: Message, content: bytes) -> bool:
        await until(lambda: len(queue.hides) >= 3)
        return True

    async with listening(queue, run, lease=0.02):
        await until(lambda: queue.hides and not queue.hidden)
    assert set(queue.hides) == {("1", 0.02)}


async def test_lost_lease_ends_the_renewals(caplog: pytest.LogCaptureFixture) -> None:
    """When someone else has taken the message it is theirs; the result here deletes nothing."""
    queue = FakeQueue("q")
    queue.put("1")

    async def run(message: Message, content: bytes) -> bool:
        del queue.hidden["1"]
        await until(lambda: "is lost while it runs" in caplog.text)
        return True

    async with listening(queue, run, lease=0.02):
        await until(lambda: "went to someone else" in caplog.text)
    assert caplog.text.count("is lost while it runs") == 1


async def test_notify_ends_the_wait() -> None:
    """A message sent by a function of the same host is found at once, whatever the polling interval."""
    queue = FakeQueue("q")
    backoff = Backoff(60.0, minimum=60.0)
    listener = QueueListener(queue.client, None, succeed, OPTIONS, backoff=backoff)
    polling = asyncio.create_task(listener.listen())
    await until(lambda: queue.polls == 1)
    queue.put("1")
    listener.notify()
    await until(lambda: not queue.visible and not queue.hidden)
    listener.stop()
    async with asyncio.timeout(1):
        await polling


async def test_stop_waits_for_what_runs() -> None:
    """Stopping takes no further message; draining ends with the running one settled."""
    queue, gate = FakeQueue("q"), asyncio.Event()
    queue.put("1")

    async def run(message: Message, content: bytes) -> bool:
        return await gate.wait()

    async with listening(queue, run) as listener:
        await until(lambda: queue.hidden)
        listener.stop()
        queue.put("2")
        gate.set()
    assert [message.id for message in queue.visible] == ["2"]
    assert queue.hidden == {}

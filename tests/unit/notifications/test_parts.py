from __future__ import annotations

import pytest

from notifications.eventhubs import partition_key
from notifications.relay.deadlines import TICK, Beat, Deadlines
from notifications.relay.log import EventHubLog
from notifications.relay.metrics import Metrics, render
from shared.errors import UnavailableError
from shared.settings import EventHubSettings


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.now = 100.1

    def __call__(self) -> float:
        return self.now


def test_deadlines_come_once_and_never_early() -> None:
    """Each item is due at the first tick after its time; late ticks catch up; removed ones never come."""
    clock = Clock()
    deadlines: Deadlines[str] = Deadlines(clock)
    deadlines.add(101.0, "a")
    deadlines.add(50.0, "past")
    bucket = deadlines.add(101.0, "removed")
    deadlines.discard(bucket, "removed")
    deadlines.discard(bucket, "removed")
    deadlines.add(500.0, "far")
    assert list(deadlines.due()) == []
    clock.now = 100.9
    assert list(deadlines.due()) == ["past"]
    clock.now = 101.0 + TICK
    assert list(deadlines.due()) == ["a"]
    clock.now = 1000.0
    assert list(deadlines.due()) == ["far"]
    assert list(deadlines.due()) == []


def test_beat_gives_each_item_one_turn_a_period() -> None:
    """Items that join at once have their turns at different times, each once a period."""
    beat: Beat[int] = Beat(2.0)
    slots = {item: beat.add(item) for item in range(16)}
    turns = [beat.turn() for _ in range(16)]
    assert sorted(item for turn in turns for item in turn) == sorted([*range(16), *range(16)])
    assert {len(turn) for turn in turns} == {2}
    for item, slot in slots.items():
        beat.discard(slot, item)
    assert all(beat.turn() == () for _ in range(16))


@pytest.mark.parametrize(
    ("user", "same"), [("seller-1", True), ("x" * 128, True), ("x" * 129, False), ("가" * 43, False)]
)
def test_partition_keys_fit(user: str, same: bool) -> None:
    """A user id is its own key while Event Hubs can hold it; longer ones are hashed, always alike."""
    key = partition_key(user)
    assert (key == user) is same
    assert len(key.encode()) <= 128
    assert key == partition_key(user)


def test_metrics_are_prometheus_text() -> None:
    """Every line is a sample or a type, counters end in _total."""
    metrics = Metrics(events_received=3)
    metrics.responses[200] += 2
    text = render(metrics, {"streams_open": 4}, {"0": 7}).decode()
    assert "relay_events_received_total 3\n" in text
    assert 'relay_responses_total{status="200"} 2\n' in text
    assert 'relay_lag_events{partition="0"} 7\n' in text
    assert "# TYPE relay_streams_open gauge\nrelay_streams_open 4\n" in text
    assert text.endswith("\n")


@pytest.mark.parametrize("connection", ["nonsense", "Endpoint=sb://x;SharedAccessKeyName=secret-word"])
async def test_malformed_connection_string_is_told_by_its_setting(connection: str) -> None:
    """The SDK's ValueError would end the relay with a trace; the message names the setting, not its value."""
    settings = EventHubSettings.model_validate({"EVENTHUB": connection})
    with pytest.raises(UnavailableError, match="EVENTHUB") as told:
        await EventHubLog(settings, ["g"]).partitions()
    assert connection not in told.value.message

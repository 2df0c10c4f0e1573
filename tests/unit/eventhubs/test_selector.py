"""From where a receiver reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.eventhubs import selector
from local.eventhubs.decode import Described, Symbol
from local.eventhubs.errors import ARGUMENT_ERROR, INVALID_FIELD, AmqpLinkError
from local.eventhubs.log import PartitionLog, Retention


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PartitionLog]:
    """Ten events, 30 bytes and 100 ms apart, from time 100 on."""
    times = iter(range(100, 1100, 100))
    log = PartitionLog(tmp_path, lambda: next(times, 100), Retention(milliseconds=10**6))
    for _ in range(9):
        log.append([lambda _position: b"123456"])
    yield log
    log.close()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("x-opt-offset > '-1'", 0),
        ("x-opt-offset > '@latest'", 9),
        ("x-opt-offset >= '@latest'", 8),
        ("x-opt-offset > '60'", 3),
        ("x-opt-offset >= '60'", 2),
        ("x-opt-sequence-number > '-1'", 0),
        ("x-opt-sequence-number > '4'", 5),
        ("x-opt-sequence-number >= '4'", 4),
        ("x-opt-sequence-number > 4", 5),
        ("x-opt-sequence-number > '8'", 9),
        ("x-opt-enqueued-time > '0'", 0),
        ("x-opt-enqueued-time > '400'", 3),
        ("x-opt-enqueued-time >= '400'", 2),
        ("x-opt-enqueued-time > '99999'", 9),
    ],
)
def test_a_position_leads_to_its_event(log: PartitionLog, text: str, first: int) -> None:
    """Greater is strict, greater or equal is not; opening the log took the first time, so event 2 has 400."""
    assert selector.parse(f"amqp.annotation.{text}").first_sequence(log) == first


@pytest.mark.parametrize(
    "text", ["x-opt-offset > '9999'", "x-opt-sequence-number > '9'", "x-opt-offset >= '242'"]
)
def test_a_position_beyond_the_end_is_refused(log: PartitionLog, text: str) -> None:
    """A reader that remembers another log hears of it instead of waiting for ever."""
    with pytest.raises(AmqpLinkError) as caught:
        selector.parse(f"amqp.annotation.{text}").first_sequence(log)
    assert caught.value.condition == ARGUMENT_ERROR


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x-opt-offset > '1'",
        "amqp.annotation.x-opt-offset < '1'",
        "amqp.annotation.x-opt-offset > 'one'",
        "amqp.annotation.x-opt-enqueued-time > '@latest'",
        "amqp.annotation.x-opt-offset > '1' OR 1=1",
        "amqp.annotation.x-opt-offset > '" + "9" * 5000 + "'",
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    """Only the comparisons Event Hubs documents are known."""
    with pytest.raises(AmqpLinkError) as caught:
        selector.parse(text)
    assert caught.value.condition == INVALID_FIELD


def test_the_filter_is_found_among_others() -> None:
    """It is told by its name, and may be described."""
    chosen = Described(Symbol(selector.FILTER), "amqp.annotation.x-opt-sequence-number > '4'")
    assert selector.from_filters({"other": 1, selector.FILTER: chosen}).value == 4


@pytest.mark.parametrize("filters", [None, {}, {"other": 1}])
def test_no_filter_means_the_start(log: PartitionLog, filters: Any) -> None:
    """A source without a position is read from the beginning."""
    assert selector.from_filters(filters).first_sequence(log) == 0


@pytest.mark.parametrize("filters", [5, [], {selector.FILTER: 5}, {selector.FILTER: Described(1, None)}])
def test_malformed_filters_are_refused(filters: Any) -> None:
    """A filter of the wrong type is no filter."""
    with pytest.raises(AmqpLinkError):
        selector.from_filters(filters)

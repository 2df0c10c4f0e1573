"""NCRONTAB schedules and time spans."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.functions_host.cron import parse_cron
from local.functions_host.errors import ConfigError
from local.functions_host.schedules import Interval, is_monitored, parse_schedule
from local.functions_host.timespan import parse_timespan


def at(text: str) -> datetime:
    """Read a UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        # the examples of Microsoft's page on the timer trigger
        ("0 */5 * * * *", "2026-11-20 10:02:00", "2026-11-20 10:05:00"),
        ("0 0 * * * *", "2026-11-20 10:00:00", "2026-11-20 11:00:00"),
        ("0 0 */2 * * *", "2026-11-20 10:00:00", "2026-11-20 12:00:00"),
        ("0 0 9-17 * * *", "2026-11-20 17:00:00", "2026-11-21 09:00:00"),
        ("0 30 9 * * *", "2026-11-20 09:30:00", "2026-11-21 09:30:00"),
        ("0 30 9 * * 1-5", "2026-11-20 09:30:00", "2026-11-23 09:30:00"),
        ("0 30 9 * Jan Mon", "2026-11-20 00:00:00", "2027-01-04 09:30:00"),
        ("0 5 * * * *", "2026-11-20 10:05:00", "2026-11-20 11:05:00"),
        ("5,8,10 * * * * *", "2026-11-20 10:00:08", "2026-11-20 10:00:10"),
        ("0 0 0 * * 0", "2026-11-20 00:00:00", "2026-11-22 00:00:00"),
        ("0 0 0 1 1 *", "2026-11-20 00:00:00", "2027-01-01 00:00:00"),
        # day and day-of-week must both hold: the first Friday the 13th
        ("0 0 0 13 * Friday", "2026-11-20 00:00:00", "2027-08-13 00:00:00"),
        ("0 0 0 29 2 *", "2026-11-20 00:00:00", "2028-02-29 00:00:00"),
        ("50/5 * * * * *", "2026-11-20 10:00:51", "2026-11-20 10:00:55"),
        ("59 59 23 31 12 *", "2026-12-31 23:59:58.5", "2026-12-31 23:59:59"),
        ("*/15 * * * *", "2026-11-20 10:00:00", "2026-11-20 10:15:00"),
        ("0 0 0 * march-may saturday,SUN", "2026-11-20 00:00:00", "2027-03-06 00:00:00"),
    ],
)
def test_next_occurrence(expression: str, after: str, expected: str) -> None:
    """The next occurrence is strictly later than the given time."""
    assert parse_cron(expression).next_after(at(after)) == at(expected)


def test_date_that_never_comes() -> None:
    """30 February has no occurrence."""
    assert parse_cron("0 0 0 30 2 *").next_after(at("2026-11-20")) is None


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("* * * *", "4 fields"),
        ("60 * * * * *", "second"),
        ("0 0 0 0 * *", "day"),
        ("0 0 0 * 13 *", "month"),
        ("0 0 0 * * 7", "day-of-week"),
        ("0 0 0 * * mond", "day-of-week"),
        ("0 */0 * * * *", "minute"),
        ("0 5-3 * * * *", "minute"),
        ("0 1, * * * *", "minute"),
        ("0 -1 * * * *", "minute"),
    ],
)
def test_refused_expressions_name_the_field(expression: str, field: str) -> None:
    """A schedule that NCrontab refuses is refused with the field at fault."""
    with pytest.raises(ConfigError, match=field):
        parse_cron(expression)


@given(
    moment=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)),  # noqa: DTZ001 - naive here
    seconds=st.integers(0, 59),
    step=st.integers(1, 59),
    hour=st.integers(0, 23),
)
def test_occurrences_lie_ahead_match_and_leave_none_out(
    moment: datetime, seconds: int, step: int, hour: int
) -> None:
    """An occurrence is later, fits the fields, and nothing that fits lies between."""
    schedule = parse_cron(f"{seconds} */{step} {hour} * * *")
    following = schedule.next_after(moment)
    assert following is not None
    assert moment < following <= moment + timedelta(days=1)
    assert (following.second, following.minute % step, following.hour) == (seconds, 0, hour)
    previous = following - timedelta(seconds=1)
    while previous > moment and previous > following - timedelta(hours=1):
        assert (previous.second, previous.minute % step, previous.hour) != (seconds, 0, hour)
        previous -= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:30", 30),
        ("1:02", 3720),
        ("00:00:00.1", 0.1),
        ("00:00:00.0500000", 0.05),
        ("2.01:00:00", 176_400),
    ],
)
def test_time_spans(text: str, seconds: float) -> None:
    """.NET's forms of a time span are read."""
    assert parse_timespan(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["2000", "", "24:00:00", "00:60:00", "00:00:60", "1h", "-00:00:01"])
def test_what_is_no_time_span(text: str) -> None:
    """A bare number (days in .NET) and values off the clock are refused."""
    with pytest.raises(ConfigError):
        parse_timespan(text)


def test_schedule_is_cron_or_time_span() -> None:
    """A time span fires that long after the last time."""
    schedule = parse_schedule("00:00:10")
    assert schedule == Interval(10)
    assert schedule.next_after(at("2026-11-20 10:00:01")) == at("2026-11-20 10:00:11")
    with pytest.raises(ConfigError):
        parse_schedule("00:00:00")


@pytest.mark.parametrize(
    ("expression", "monitored"),
    [
        ("*/10 * * * * *", False),
        ("0 * * * * *", True),
        ("*/10 0 * * * *", True),
        ("00:00:30", False),
        ("00:01:00", True),
    ],
)
def test_schedules_within_a_minute_have_no_status(expression: str, monitored: bool) -> None:
    """As on Azure, and useMonitor switches it off for the others."""
    assert is_monitored(parse_schedule(expression), use_monitor=True) is monitored
    assert not is_monitored(parse_schedule(expression), use_monitor=False)

"""NCRONTAB schedules: `{second} {minute} {hour} {day} {month} {day-of-week}`.

Azure reads schedules with the NCrontab library: five fields mean "at second 0", day and day-of-week must both hold,
Sunday is 0, names may be given in full or with their first three letters, and `5/10` means from 5 on in steps of 10.
Times are UTC: Flex Consumption knows no other zone for timers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.functions_host.errors import ConfigError

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_ABBREVIATION = 3
# The rarest day there is, 29 February on a given weekday, comes once in 40 years at most (around 2100).
_SEARCH_DAYS = 41 * 366


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: Sequence[str] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, (*_MONTHS, "november", "december")),
    _Field("day-of-week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """When a timer fires: the allowed values of each of the six fields."""

    expression: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first occurrence later than the given time, None if there is none (e.g. 30 February)."""
        start = (moment + timedelta(seconds=1)).replace(microsecond=0)
        day, earliest = start.replace(hour=0, minute=0, second=0), (start.hour, start.minute, start.second)
        for _ in range(_SEARCH_DAYS):
            if self._falls_on(day) and (at := self._first_time(earliest)) is not None:
                return day.replace(hour=at[0], minute=at[1], second=at[2])
            day, earliest = day + timedelta(days=1), (0, 0, 0)
        return None

    def _falls_on(self, day: datetime) -> bool:
        weekday = (day.weekday() + 1) % 7
        return day.month in self.months and day.day in self.days and weekday in self.weekdays

    def _first_time(self, earliest: tuple[int, int, int]) -> tuple[int, int, int] | None:
        if earliest == (0, 0, 0):
            return self.hours[0], self.minutes[0], self.seconds[0]
        times = (
            (h, m, s) for h in self.hours if h >= earliest[0] for m in self.minutes for s in self.seconds
        )
        return next((at for at in times if at >= earliest), None)


def parse_cron(expression: str) -> CronSchedule:
    """Read an NCRONTAB expression of six fields, or five without seconds.

    Raises:
        ConfigError: the expression is none; the message names the field.
    """
    parts = expression.split()
    if len(parts) == len(_FIELDS) - 1:
        parts = ["0", *parts]
    if len(parts) != len(_FIELDS):
        raise ConfigError(f"schedule {expression!r} has {len(parts)} fields: NCRONTAB takes six (or five)")
    seconds, minutes, hours, days, months, weekdays = (
        _allowed(field, part, expression) for field, part in zip(_FIELDS, parts, strict=True)
    )
    return CronSchedule(expression, seconds, minutes, hours, days, months, weekdays)


def _allowed(field: _Field, part: str, expression: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({value for item in part.split(",") for value in _item(field, item)}))
    except ValueError as exc:
        raise ConfigError(f"schedule {expression!r}, field {field.name}: {exc}") from exc


def _item(field: _Field, item: str) -> range:
    span, slash, step_text = item.partition("/")
    step = int(step_text) if slash else 1
    if step < 1:
        raise ValueError(f"the step of {item!r} must be at least 1")
    first, dash, last = span.partition("-")
    if first == "*":
        low, high = field.low, field.high
    else:
        low = _value(field, first)
        high = _value(field, last) if dash else (field.high if slash else low)
    if low > high:
        raise ValueError(f"the range {item!r} runs backwards")
    return range(low, high + 1, step)


def _value(field: _Field, text: str) -> int:
    digits = text.isascii() and text.isdigit()
    value = int(text) if digits else field.low + _named(field, text.lower())
    if not field.low <= value <= field.high:
        raise ValueError(f"{text!r} is outside {field.low}-{field.high}")
    return value


def _named(field: _Field, text: str) -> int:
    for index, name in enumerate(field.names):
        if text in (name, name[:_ABBREVIATION]):
            return index
    raise ValueError(f"{text!r} is no value of this field")

"""A timer trigger's schedule: an NCRONTAB expression or a time span."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from local.functions_host.cron import CronSchedule, parse_cron
from local.functions_host.errors import ConfigError
from local.functions_host.timespan import parse_timespan

_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A schedule that fires every so many seconds."""

    seconds: float

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the given time plus the interval."""
        return moment + timedelta(seconds=self.seconds)


type Schedule = CronSchedule | Interval


def parse_schedule(expression: str) -> Schedule:
    """Read a timer trigger's schedule.

    Raises:
        ConfigError: the expression is neither NCRONTAB nor a time span above zero.
    """
    if " " in expression.strip():
        return parse_cron(expression)
    seconds = parse_timespan(expression)
    if seconds <= 0:
        raise ConfigError(f"schedule {expression!r}: the time span must be above zero")
    return Interval(seconds)


def is_monitored(schedule: Schedule, *, use_monitor: bool) -> bool:
    """Tell whether Azure keeps a status for the schedule: not for one that fires more often than once a minute."""
    if isinstance(schedule, Interval):
        return use_monitor and schedule.seconds >= _MINUTE
    return use_monitor and not _fires_within_a_minute(schedule)


def _fires_within_a_minute(schedule: CronSchedule) -> bool:
    return len(schedule.seconds) > 1 and schedule.expression.split()[1:] == ["*"] * 5

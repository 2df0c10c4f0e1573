"""Time spans as host.json and timer schedules write them (.NET's TimeSpan.Parse)."""

import re

from local.functions_host.errors import ConfigError

_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?")


def parse_timespan(text: str) -> float:
    """Return the seconds of `[days.]hours:minutes[:seconds[.fraction]]`.

    A bare number is refused: .NET reads it as days, which is never what the writer of `2000` meant.

    Raises:
        ConfigError: the text is no such time span.
    """
    found = _TIME_SPAN.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{text!r} is no time span: write [days.]hh:mm:ss[.fraction]")
    days, hours, minutes, seconds = (int(part or 0) for part in found.group(1, 2, 3, 4))
    if hours > 23 or minutes > 59 or seconds > 59:  # noqa: PLR2004 - the limits of a clock
        raise ConfigError(f"{text!r} is no time span: hours end at 23, minutes and seconds at 59")
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds + float(found[5] or 0)

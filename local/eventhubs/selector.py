"""The filter that says from where a receiver reads.

Source: Event Hubs' AMQP guide: one comparison of an `amqp.annotation.x-opt-...` with a quoted value, `>` or
`>=`, under the filter `apache.org:selector-filter:string`. Offset -1 is before the first event, @latest the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from local.eventhubs.decode import Described
from local.eventhubs.errors import ARGUMENT_ERROR, INVALID_FIELD, AmqpLinkError
from local.eventhubs.log import PartitionLog

FILTER: Final = "apache.org:selector-filter:string"
_OFFSET: Final = "offset"
_SEQUENCE: Final = "sequence-number"
_COMPARISON: Final = re.compile(
    r"^\s*amqp\.annotation\.x-opt-(?P<field>offset|sequence-number|enqueued-time)"
    r"\s*(?P<operator>>=?)\s*'?(?P<value>@latest|-?\d{1,19})'?\s*$"
)


@dataclass(frozen=True, slots=True)
class Selector:
    """A comparison; `value` None means @latest."""

    field: str
    inclusive: bool
    value: int | None

    def first_sequence(self, log: PartitionLog) -> int:
        """Give the sequence number of the first event wanted.

        Raises:
            AmqpLinkError: it names an event later than the last one, as after the log's folder was emptied.
        """
        if self.value is None:
            return log.next_sequence - (1 if self.inclusive and log.last else 0)
        wanted = self.value if self.inclusive else self.value + 1
        if self.field == _SEQUENCE:
            self._refuse_beyond(log.last.sequence if log.last else -1)
            return max(wanted, log.first_sequence)
        if self.field == _OFFSET:
            self._refuse_beyond(log.last.offset if log.last else -1)
            return log.first_beyond(wanted)
        return log.first_at(wanted)

    def _refuse_beyond(self, last: int) -> None:
        if self.value is not None and self.value > last + self.inclusive:
            raise AmqpLinkError(ARGUMENT_ERROR, f"{self.field} {self.value} is beyond the last one, {last}")


_FROM_THE_START: Final = Selector(_OFFSET, inclusive=False, value=-1)


def parse(text: str) -> Selector:
    """Read a comparison; raises AmqpLinkError if it is none."""
    found = _COMPARISON.match(text)
    if not found or (found["value"] == "@latest" and found["field"] != _OFFSET):
        raise AmqpLinkError(INVALID_FIELD, f"not a position to read from: {text[:200]!r}")
    value = None if found["value"] == "@latest" else int(found["value"])
    return Selector(found["field"], found["operator"] == ">=", value)


def from_filters(filters: Any) -> Selector:
    """Find the position among a source's filters; without one, the start.

    Raises:
        AmqpLinkError: the filter is malformed.
    """
    if filters is None:
        return _FROM_THE_START
    if not isinstance(filters, dict):
        raise AmqpLinkError(INVALID_FIELD, "filters must be a map")
    chosen = filters.get(FILTER)
    if chosen is None:
        return _FROM_THE_START
    text = chosen.value if isinstance(chosen, Described) else chosen
    if not isinstance(text, str):
        raise AmqpLinkError(INVALID_FIELD, f"{FILTER} must be a string")
    return parse(text)

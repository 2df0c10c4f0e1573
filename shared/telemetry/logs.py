"""Logs as JSON lines with ids."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from shared.telemetry.context import current, trace_id
from shared.times import rfc3339

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

_OURS = ("bootstrap", "generation", "notifications", "shared")


def keep_from(level: str) -> None:
    """Drop what our own modules log below `level`; the host and the SDKs have levels of their own (host.json)."""
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the trace's id, and everything given in `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line: dict[str, Any] = {
            "time": rfc3339(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if context := current():
            line["trace_id"] = trace_id(context)
        line |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)

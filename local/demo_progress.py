"""Live progress in the terminal; plain lines where there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)


class Show(Protocol):
    """Takes every event of the task as it arrives."""

    def __call__(self, kind: str, data: Mapping[str, Any]) -> None:
        """Show one event: its type and its data."""
        ...


def message_of(kind: str, data: Mapping[str, Any]) -> str:
    """What an event says, in a few words."""
    counted = f" ({data['done']}/{data['total']})" if data.get("total") else ""
    text = data.get("message") or data.get("step") or kind.removeprefix("task.")
    return f"{text}{counted}"


@contextmanager
def live_progress(console: Console) -> Iterator[Show]:
    """Draw the task's progress while the block runs."""
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (
        SpinnerColumn(),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("queued", total=100)

        def show(kind: str, data: Mapping[str, Any]) -> None:
            percent = 100 if kind == "task.completed" else data.get("percent")
            progress.update(bar, completed=percent, description=message_of(kind, data))

        yield show


def _plain(console: Console) -> Show:
    began = time.monotonic()

    def show(kind: str, data: Mapping[str, Any]) -> None:
        percent = f"{data['percent']:>3} %" if "percent" in data else "     "
        seconds = time.monotonic() - began
        console.print(f"{seconds:6.2f} s  {percent}  {message_of(kind, data)}", markup=False, highlight=False)

    return show

"""Waiting for what a cloud does in its own time."""

from __future__ import annotations

from collections.abc import Callable

from infra.delivery.commands import DeliveryError

_PAUSE_SECONDS = 10.0


def until(look: Callable[[], str], *, seconds: float, wait: Callable[[float], None], what: str) -> None:
    """Look again and again until there is nothing to complain of.

    Args:
        look: says what is not right yet, "" when all is.
        seconds: how long altogether; `look` itself counts as taking no time.
        wait: waits that many seconds; a test's returns at once.
        what: the beginning of the error.

    Raises:
        DeliveryError: the last complaint.
    """
    complaint = look()
    for _ in range(int(seconds // _PAUSE_SECONDS)):
        if not complaint:
            return
        wait(_PAUSE_SECONDS)
        complaint = look()
    if complaint:
        raise DeliveryError(f"{what}: {complaint}")

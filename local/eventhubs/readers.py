"""Who may read a partition in a consumer group at the same time.

Source: Event Hubs' documentation of event consumers: up to five readers without an owner level share; a
reader with an owner level (epoch) is alone and takes over from any of a lower or equal level.
"""

from __future__ import annotations

from typing import Final, Protocol

from local.eventhubs.errors import LINK_STOLEN, RESOURCE_LIMIT_EXCEEDED, AmqpLinkError

MAX_SHARING: Final = 5


class Reader(Protocol):
    """A link that can be taken its partition away."""

    def fail(self, fault: AmqpLinkError) -> None:
        """Detach with this fault."""


class ReaderGroup:
    """The readers of one partition in one consumer group."""

    def __init__(self) -> None:
        self._epochs: dict[Reader, int | None] = {}

    def admit(self, reader: Reader, epoch: int | None) -> None:
        """Let a reader in, sending away those it takes over from.

        Raises:
            AmqpLinkError: a reader of a higher level is there, or five share already.
        """
        held = max((level for level in self._epochs.values() if level is not None), default=None)
        if held is not None and (epoch is None or epoch < held):
            raise AmqpLinkError(LINK_STOLEN, f"a reader with owner level {held} has this partition")
        if epoch is not None:
            self._send_away(epoch)
        elif len(self._epochs) >= MAX_SHARING:
            raise AmqpLinkError(
                RESOURCE_LIMIT_EXCEEDED,
                f"{MAX_SHARING} readers share this partition in this consumer group already",
            )
        self._epochs[reader] = epoch

    def leave(self, reader: Reader) -> None:
        """Forget a reader; one that is not there is fine."""
        self._epochs.pop(reader, None)

    def _send_away(self, epoch: int) -> None:
        fault = AmqpLinkError(LINK_STOLEN, f"a reader with owner level {epoch} took this partition over")
        former, self._epochs = self._epochs, {}
        for reader in former:
            reader.fail(fault)

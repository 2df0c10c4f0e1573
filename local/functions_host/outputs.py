"""Queue output bindings: what a function put into `Out[...]` or returned becomes messages, sent by the host.

As in azure-functions-host (FunctionBinding.ReadAsEnumerable): a list, or a text that is a JSON array, is one message
per element; a text that is a JSON object is written anew with indentation. A text that only looks like JSON fails.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.functions_host.encoding import encode
from local.functions_host.index import Binding, IndexedFunction
from local.functions_host.storage import QueueClient
from local.functions_host.worker import Outcome

_QUEUE_MESSAGE = {"id", "body"}


def queue_messages(datum: Any) -> list[str | bytes]:
    """Return the messages that a datum of a queue output stands for.

    Raises:
        ValueError: a text begins and ends like JSON but is none, or the datum is of no known kind.
    """
    if datum.type == "bytes":
        return [datum.value]
    if datum.type in ("json", "string"):
        text = datum.value.strip()
        if datum.type == "string" and (text[:1], text[-1:]) not in (("{", "}"), ("[", "]")):
            return [datum.value]
        content = json.loads(text)
        return [_text(item) for item in (content if isinstance(content, list) else [content])]
    raise ValueError(f"a queue output cannot send a {datum.type} value")


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and item.keys() == _QUEUE_MESSAGE:  # how azure.functions writes a QueueMessage
        return str(item["body"])
    return json.dumps(item, ensure_ascii=False, indent=2)


class QueueOutputs:
    """Sends what functions put out; an output is known by its function's and its binding's name."""

    def __init__(
        self, clients: Mapping[tuple[str, str], QueueClient], *, base64: bool, notify: Callable[[str], None]
    ) -> None:
        self._clients = clients
        self._base64 = base64
        self._notify = notify

    async def send(self, function: IndexedFunction, outcome: Outcome) -> None:
        """Send all messages of an outcome, and wake the listeners of those queues.

        Raises:
            ValueError: an output cannot be sent as messages.
            StorageError: the queue service did not take one; those before it are sent.
        """
        for binding in function.bindings:
            if binding.type == "queue" and binding.name in outcome.outputs:
                await self._send(function.name, binding, outcome.outputs[binding.name])

    async def _send(self, function: str, binding: Binding, datum: Any) -> None:
        client = self._clients[function, binding.name]
        for message in queue_messages(datum):
            await client.send(encode(message, base64=self._base64))
        self._notify(client.name)

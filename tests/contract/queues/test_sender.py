"""Our sender on a real Azurite, with Microsoft's SDK as the witness."""

import base64
from collections.abc import AsyncIterator, Iterator

import pytest
from azure.storage.queue import QueueServiceClient

from shared.errors import UnavailableError
from shared.queues import StorageQueues
from shared.settings import QueueSettings
from tests.contract.functions_host.running import Azurite, azurite_program


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    """An Azurite of this module's own, with the first of our queues."""
    service = Azurite(azurite_program())
    try:
        service.start()
        QueueServiceClient.from_connection_string(service.connection_string).create_queue(
            "generation-requests"
        )
        yield service
    finally:
        service.kill()


def settings(connection: str) -> QueueSettings:
    return QueueSettings.model_validate({"AzureWebJobsStorage": connection})


@pytest.fixture
async def queues(storage: Azurite) -> AsyncIterator[StorageQueues]:
    sender = StorageQueues(settings(storage.connection_string))
    yield sender
    await sender.close()


def received(storage: Azurite) -> list[str]:
    """Everything visible in the queue, read and deleted with the SDK."""
    client = QueueServiceClient.from_connection_string(storage.connection_string)
    queue = client.get_queue_client("generation-requests")
    texts = []
    for message in queue.receive_messages():
        texts.append(base64.b64decode(message.content).decode())
        queue.delete_message(message)
    return texts


@pytest.mark.parametrize("text", ["{}", "한글 <&> \" '", "x" * 40_000, "\r\n\t"])
async def test_what_is_sent_is_received(storage: Azurite, queues: StorageQueues, text: str) -> None:
    """Base64 of the UTF-8 text, as the host decodes it."""
    await queues.send("generation-requests", text)
    assert received(storage) == [text]


async def test_a_delayed_message_is_not_visible_yet(storage: Azurite, queues: StorageQueues) -> None:
    """It counts, but cannot be received."""
    await queues.send("generation-requests", "later", delay=120.0)
    client = QueueServiceClient.from_connection_string(storage.connection_string)
    queue = client.get_queue_client("generation-requests")
    assert received(storage) == []
    assert queue.get_queue_properties().approximate_message_count == 1
    queue.clear_messages()


async def test_ping_asks_a_queue(queues: StorageQueues) -> None:
    """Its time is positive."""
    assert await queues.ping() > 0


@pytest.mark.parametrize("queue", ["no-such-queue", "UPPER", "a"])
async def test_a_queue_that_is_not_there_is_unavailable(queues: StorageQueues, queue: str) -> None:
    """Nothing is lost silently."""
    with pytest.raises(UnavailableError):
        await queues.send(queue, "x")


async def test_a_wrong_key_is_unavailable(storage: Azurite) -> None:
    """The service refuses the signature."""
    wrong = base64.b64encode(b"wrong").decode()
    parts = [
        f"AccountKey={wrong}" if part.startswith("AccountKey=") else part
        for part in storage.connection_string.split(";")
    ]
    sender = StorageQueues(settings(";".join(parts)))
    with pytest.raises(UnavailableError):
        await sender.send("generation-requests", "x")
    await sender.close()


async def test_a_storage_account_that_is_away_is_unavailable(storage: Azurite) -> None:
    """Nobody listens: a typed error with Retry-After."""
    gone = (
        storage.connection_string.split("QueueEndpoint=", maxsplit=1)[0]
        + "QueueEndpoint=http://127.0.0.1:9/x"
    )
    sender = StorageQueues(settings(gone))
    with pytest.raises(UnavailableError) as caught:
        await sender.send("generation-requests", "x")
    assert caught.value.retry_after
    await sender.close()

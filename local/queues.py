"""`python -m local.queues`: the work queues exist, each with its poison queue."""

from __future__ import annotations

from local.environment import QUEUES
from shared.settings import QueueSettings


def create_queues(connection_string: str) -> None:
    """Create whichever of the queues is missing.

    Raises:
        azure.core.exceptions.AzureError: the storage account does not answer or refuses.
    """
    from azure.core.exceptions import ResourceExistsError
    from azure.storage.queue import QueueServiceClient

    with QueueServiceClient.from_connection_string(connection_string) as service:
        for name in (name for queue in QUEUES for name in (queue, f"{queue}-poison")):
            try:
                service.create_queue(name)
            except ResourceExistsError:
                continue


if __name__ == "__main__":
    connection = QueueSettings().connection
    if connection is not None:  # with an identity instead of a connection string the queues are the cloud's
        create_queues(connection.get_secret_value())

"""One Azurite and one host serve all tests that do not stop them."""

from collections.abc import Iterator

import pytest

from tests.contract.functions_host.running import Azurite, Host, Queue, azurite_program, running_host


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A running Azurite."""
    service = Azurite(azurite_program())
    try:
        service.start()
        yield service
    finally:
        service.kill()


@pytest.fixture(scope="session")
def host(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A running host on the sample app and the queue `work`."""
    Queue(azurite, "work").create()
    Queue(azurite, "done").create()
    with running_host(tmp_path_factory.mktemp("host") / "stderr", azurite.connection_string) as started:
        yield started


@pytest.fixture
def work(azurite: Azurite) -> Queue:
    """The queue that the sample app's `work` function listens to."""
    return Queue(azurite, "work")


@pytest.fixture
def done(azurite: Azurite) -> Queue:
    """The queue that functions of the sample app put out to."""
    return Queue(azurite, "done")

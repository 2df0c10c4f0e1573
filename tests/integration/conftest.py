"""The real stack, started once for all integration tests that only use it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack; tests share it, so each uses a user of its own."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user only this test is."""
    return f"user-{abs(hash(request.node.nodeid))}"


@pytest.fixture
def api(stack: RunningStack, user: str) -> Iterator[httpx.Client]:
    """The API as that user."""
    with stack.api(user) as client:
        yield client

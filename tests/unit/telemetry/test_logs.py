"""What is logged."""

import logging
from collections.abc import Iterator

import pytest

from shared.telemetry.logs import keep_from


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    yield
    keep_from("NOTSET")


def test_the_level_is_that_of_our_modules(caplog: pytest.LogCaptureFixture) -> None:
    """Below LOG_LEVEL our modules are silent; other libraries keep their own."""
    caplog.set_level(logging.INFO)
    keep_from("WARNING")
    for name in ("generation.tasks.submit", "shared.db.pool", "azure.core"):
        logging.getLogger(name).info("told")
        logging.getLogger(name).warning("warned")
    told = [record.name for record in caplog.records if record.message == "told"]
    assert told == ["azure.core"]
    assert len([record for record in caplog.records if record.message == "warned"]) == 3

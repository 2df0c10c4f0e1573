"""What bench/submit sends, and what it makes of the answers."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bench.submit.fixed_queue import queue_app
from bench.submit.load import _headers
from bench.submit.measure import Run, _body, result_of
from generation.pages.requests import PageRequest
from generation.templates.library_files import read_library


def test_the_bars_are_the_old_sides_medians_of_the_same_run() -> None:
    """As many requests as it, for no more CPU."""
    old = [Run(390, 1.3), Run(400, 1.2), Run(380, 1.4)]
    slower = result_of([Run(380, 1.7), Run(600, 1.25), Run(395, 1.35)], old)
    assert [one.bar.limit if one.bar else None for one in slower.measurements] == [390, 1.3]
    assert [one.passed for one in slower.measurements] == [True, False]
    assert result_of(old, old).missed == []


def test_the_body_is_a_request_that_the_product_takes() -> None:
    """With templates of the library, six of them, and three pictures."""
    request = PageRequest.model_validate(_body())
    assert request.template_ids
    assert set(request.template_ids) <= set(read_library().by_id)
    assert (len(request.template_ids), request.options.images) == (6, 3)


def test_each_connection_is_a_user() -> None:
    """The token is in the header; the body is JSON."""
    assert _headers("abc") == {"Content-Type": "application/json", "Authorization": "Bearer abc"}


@pytest.mark.parametrize("messages", [1, 3])
async def test_the_fixed_queue_takes_messages_as_azure_does(messages: int) -> None:
    """201 with an id of its own for each; it remembers only how many there were."""
    async with TestClient(TestServer(queue_app())) as client:
        answers = [
            await client.post("/account/queue/messages", data=b"<QueueMessage/>") for _ in range(messages)
        ]
        assert {answer.status for answer in answers} == {201}
        ids = {(await answer.text()).split("<MessageId>")[1][:36] for answer in answers}
        assert len(ids) == messages
        assert await (await client.get("/_taken")).json() == {"taken": messages}

"""Indexing and invoking in this process, through Microsoft's runtime library."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure_functions_runtime.bindings.datumdef import Datum

from local.functions_host.errors import AppIndexError
from local.functions_host.index import IndexedFunction, describe, index_app
from local.functions_host.worker import Invocation, Worker

SOURCE = """
import asyncio, time
import azure.functions as func

app = func.FunctionApp()

@app.queue_trigger(arg_name="msg", queue_name="q", connection="C")
@app.queue_output(arg_name="out", queue_name="o", connection="C")
async def b_async(msg: func.QueueMessage, out: func.Out[str], context: func.Context) -> None:
    body = msg.get_body().decode()
    if body == "cancel":
        raise asyncio.CancelledError
    if body == "sleep":
        await asyncio.sleep(30)
    out.set(f"{body} {msg.dequeue_count} {context.trace_context.trace_parent}")

@app.route(route="a", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def A_sync(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(0.2)
    return func.HttpResponse("x")
"""


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[dict[str, IndexedFunction]]:
    """The functions of an app, indexed here; the process forgets the app afterwards."""
    (tmp_path / "function_app.py").write_text(SOURCE)
    known, path, folder = sys.modules.pop("function_app", None), list(sys.path), Path.cwd()
    yield {function.name: function for function in index_app(tmp_path)}
    assert Path.cwd() == folder
    sys.path[:] = path
    sys.modules.pop("function_app")
    if known is not None:
        sys.modules["function_app"] = known


def queue_message(body: str) -> Invocation:
    """Return an invocation of `b_async`."""
    return Invocation(
        [("msg", Datum(body, "string"))], {"DequeueCount": Datum("3", "json")}, trace_parent="tp"
    )


async def test_index_in_a_running_loop(functions: dict[str, IndexedFunction], tmp_path: Path) -> None:
    """index_app needs no loop and minds none, may be called again, and sorts by name."""
    assert [function.name for function in index_app(tmp_path)] == ["A_sync", "b_async"]
    entry = describe([functions["A_sync"]])[0]
    assert (entry["route"], entry["methods"], entry["auth_level"]) == ("a", ["GET"], "admin")


async def test_second_app_in_one_process_is_refused(
    functions: dict[str, IndexedFunction], tmp_path: Path
) -> None:
    """Microsoft's registry is global: another folder needs another process."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "function_app.py").write_text(SOURCE)
    with pytest.raises(AppIndexError, match="a process of its own"):
        index_app(other)


async def test_output_and_context(functions: dict[str, IndexedFunction]) -> None:
    """Inputs, metadata and trace context reach the function; what it puts out comes back."""
    worker = Worker(None)
    outcome = await worker.invoke(functions["b_async"], queue_message("hi"))
    assert outcome.ok
    assert outcome.outputs["out"].value == "hi 3 tp"
    assert worker.running == {}


async def test_function_timeout_fails_the_invocation(functions: dict[str, IndexedFunction]) -> None:
    """Async functions are cancelled; threads are left behind, and the worker knows it."""
    worker = Worker(0.05)
    async with asyncio.timeout(1):
        assert not (await worker.invoke(functions["b_async"], queue_message("sleep"))).ok
    assert worker.overran


async def test_cancelled_error_of_the_function_is_a_failure(functions: dict[str, IndexedFunction]) -> None:
    """It does not take the host's task down with it."""
    assert not (await Worker(None).invoke(functions["b_async"], queue_message("cancel"))).ok


async def test_cancelling_the_host_cancels_the_function(functions: dict[str, IndexedFunction]) -> None:
    """An order to the host's own task is obeyed."""
    worker = Worker(None)
    task = asyncio.create_task(worker.invoke(functions["b_async"], queue_message("sleep")))
    while not worker.running:  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker.running == {}

"""The ASGI application without a server: what it makes of odd requests and outcomes."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from azure.functions.meta import Datum

from local.functions_host.admin import ManualRuns
from local.functions_host.asgi import HttpApp
from local.functions_host.index import Binding, IndexedFunction
from local.functions_host.routes import RouteTable, compile_route
from local.functions_host.worker import Invocation, Outcome

FUNCTION = IndexedFunction(
    "f", "id", (Binding("req", "httpTrigger", "in"), Binding("$return", "http", "out"))
)


class App:
    """An HttpApp over one function at /api/{x}, with what it was invoked with and what it sent."""

    def __init__(self, outcome: Outcome, max_body: int = 100) -> None:
        self.outcome = outcome
        self.invocations: list[Invocation] = []
        table = RouteTable([compile_route("f", "{x}", ["GET", "POST"])])
        self.asgi = HttpApp({"f": FUNCTION}, table, self.invoke, ManualRuns({}, self.invoke), max_body)

    async def invoke(self, function: IndexedFunction, invocation: Invocation) -> Outcome:
        """Be the worker."""
        self.invocations.append(invocation)
        return self.outcome

    async def ask(
        self, path: str, *chunks: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> list[Any]:
        """Send a POST in chunks; return the events of the answer."""
        events = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        events.append({"type": "http.request", "body": b"", "more_body": False})
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return events.pop(0) if events else {"type": "http.disconnect"}

        async def send(event: MutableMapping[str, Any]) -> None:
            sent.append(event)

        await self.asgi(scope, receive, send)
        return sent


OK = Outcome(ok=True, outputs={"$return": Datum("fine", "string")})


async def test_body_comes_in_chunks() -> None:
    """The function gets one body."""
    app = App(OK)
    assert (await app.ask("/api/1", b"a", b"b"))[0]["status"] == 200
    assert app.invocations[0].inputs[0][1].value["body"].value == b"ab"


@pytest.mark.parametrize("announced", [(), ((b"content-length", b"101"),)])
async def test_body_above_the_limit(announced: tuple[tuple[bytes, bytes], ...]) -> None:
    """Announced or not, too much is a 413 and the function does not run."""
    app = App(OK)
    assert (await app.ask("/api/1", b"x" * 60, b"x" * 60, headers=announced))[0]["status"] == 413
    assert app.invocations == []


async def test_encoded_slash_stays_in_its_segment() -> None:
    """%2F does not split a segment, and reaches the function as it came (ASP.NET Core)."""
    app = App(OK)
    await app.ask("/api/a%2Fb%20c")
    assert app.invocations[0].inputs[0][1].value["params"]["x"].value == "a%2Fb c"


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(ok=False),
        Outcome(ok=True),
        Outcome(ok=True, outputs={"$return": Datum(7, "int")}),
        Outcome(ok=True, outputs={"$return": Datum({"broken": 1}, "http")}),
    ],
)
async def test_outcomes_that_are_no_response(outcome: Outcome) -> None:
    """Failed, nothing, another kind, half a response: always an empty 500."""
    start, body = await App(outcome).ask("/api/1")
    assert (start["status"], body["body"]) == (500, b"")


async def test_client_that_leaves_is_let_go() -> None:
    """A disconnect while the body arrives runs nothing and sends nothing."""
    app = App(OK)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(event: MutableMapping[str, Any]) -> None:
        pytest.fail("nobody is there")

    scope = {"type": "http", "method": "POST", "path": "/api/1", "raw_path": b"/api/1", "headers": []}
    await app.asgi(scope, receive, send)
    assert app.invocations == []

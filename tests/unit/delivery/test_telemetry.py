"""A delivery sees its own trace in Application Insights, or fails."""

import json
from collections.abc import Mapping

import pytest

from infra.delivery.commands import DeliveryError
from infra.delivery.names import compare
from infra.delivery.smoke import SPANS
from infra.delivery.telemetry import arrived
from tests.unit.delivery.fakes import Clock

TRACE = "ab" * 16
WANTED = SPANS


class Workspace:
    """Stands for az before a workspace: one more span is there each time it is asked."""

    def __init__(self, *names: str, customer: str = "w1") -> None:
        self.queries: list[str] = []
        self._names, self._customer = names, customer

    def __call__(self, *command: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> str:
        if "list" in command:
            return f"{self._customer}\n"
        self.queries.append(json.loads(command[command.index("--body") + 1])["query"])
        rows = [[name] for name in self._names[: len(self.queries)]]
        return json.dumps({"tables": [{"name": "PrimaryResult", "rows": rows}]})


def test_a_trace_is_waited_for_until_it_is_whole() -> None:
    """The request and the run, in one trace."""
    workspace, clock = Workspace("POST /api/embeddings", "run embedding-requests"), Clock()
    arrived(workspace, "rg", TRACE, WANTED, wait=clock)
    assert clock.waited == 10
    assert f"OperationId == '{TRACE}'" in workspace.queries[0]


def test_a_trace_that_does_not_arrive_fails_the_delivery() -> None:
    """What is missing is named."""
    with pytest.raises(DeliveryError, match="has not arrived whole; missing: run embedding-requests"):
        arrived(Workspace("embeddings"), "rg", TRACE, WANTED, wait=Clock())


@pytest.mark.parametrize("trace", ["", "x' or 1==1 //", "AB" * 16])
def test_what_is_no_trace_id_goes_into_no_query(trace: str) -> None:
    """Only 32 lower-case hex digits do."""
    workspace = Workspace("embeddings")
    with pytest.raises(DeliveryError, match="is no trace id"):
        arrived(workspace, "rg", trace, WANTED, wait=Clock())
    assert workspace.queries == []


def test_a_group_without_a_workspace_fails_the_delivery() -> None:
    """Monitoring is part of what is delivered."""
    with pytest.raises(DeliveryError, match="rg has no workspace"):
        arrived(Workspace(customer=""), "rg", TRACE, WANTED, wait=Clock())


def test_lists_of_functions_are_compared_by_name() -> None:
    """With or without the app's name before it; what is missing and what is too much."""
    assert compare({"a", "b"}, ["func-x/a", "b"]) == ""
    assert compare({"a", "b"}, ["func-x/b", "func-x/c"]) == "missing: a; unknown: c"

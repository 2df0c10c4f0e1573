"""Whether what a request did is seen in Application Insights: its trace, from the request to the run it asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from infra.delivery.commands import DeliveryError, Run
from infra.delivery.waiting import until

_SERVICE = "https://api.loganalytics.io"
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def arrived(
    run: Run, group: str, trace_id: str, names: frozenset[str], *, wait: Callable[[float], None]
) -> None:
    """Wait until the workspace of a resource group has a span of each name in one trace.

    Args:
        run: runs az.
        group: the resource group, which has one workspace.
        trace_id: the W3C trace id that smoke sent.
        names: parts of the spans' names.
        wait: see `until`.

    Raises:
        DeliveryError: some are not there after ten minutes (ingestion takes two to five), or the id is none.
    """
    if not _TRACE_ID.fullmatch(trace_id):
        raise DeliveryError(f"{trace_id!r} is no trace id")
    listing = ("az", "monitor", "log-analytics", "workspace", "list", "--resource-group", group)
    workspace = run(*listing, "--query", "[0].customerId", "--output", "tsv").strip()
    if not workspace:
        raise DeliveryError(f"{group} has no workspace")

    def missing() -> str:
        seen = _span_names(run, workspace, trace_id)
        return ", ".join(sorted(name for name in names if not any(name in span for span in seen)))

    until(missing, seconds=600, wait=wait, what=f"trace {trace_id} has not arrived whole; missing")


def _span_names(run: Run, workspace: str, trace_id: str) -> set[str]:
    # A span below the host's own is a dependency there, one without is a request.
    where = f"where TimeGenerated > ago(1h) and OperationId == '{trace_id}'"
    query = f"union AppRequests, AppDependencies | {where} | distinct Name"
    url = f"{_SERVICE}/v1/workspaces/{workspace}/query"
    body = json.dumps({"query": query})
    command = ("az", "rest", "--method", "post", "--url", url, "--resource", _SERVICE, "--body", body)
    rows = json.loads(run(*command))["tables"][0]["rows"]
    return {str(row[0]) for row in rows}

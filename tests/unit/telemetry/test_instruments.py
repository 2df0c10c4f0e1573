"""Metrics: the page, the code and the alerts name the same ones."""

import ast
import re

import pytest

from shared.telemetry import instruments
from shared.telemetry.instruments import ALL
from tests.unit.infra import code
from tests.unit.infra.bicep import INFRA, ROOT, read

LOG_ALERTS = read(INFRA / "modules/alerts.bicep").variables["logAlerts"]
METRIC_ALERTS = [
    *read(INFRA / "modules/alerts.bicep").variables["metricAlerts"],
    *read(INFRA / "modules/relay-app.bicep").variables["alerts"],
]
RUNBOOKS = ROOT / "docs/runbooks"
ASKED = re.compile(r'Name (?:==|in) \(?((?:"[^"]+"(?:, )?)+)\)?')
PROPERTY = re.compile(r'Properties\["([^"]+)"\]')


def asked(queries: str) -> set[str]:
    """Names of metrics in KQL: only what follows AppMetrics."""
    parts = re.findall(r"AppMetrics\s*\|(.*?)(?=AppMetrics|$)", queries, re.DOTALL)
    found = (match for part in parts for match in ASKED.findall(part))
    return {name for names in found for name in re.findall(r'"([^"]+)"', names)}


def test_the_page_lists_every_metric_as_it_is() -> None:
    """docs/telemetry.md has name, kind, unit, attributes and meaning of each, and no other."""
    text = (ROOT / "docs/telemetry.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `([a-z_.0-9]+)` \| (\w+) \| (\S+) \| (.*?) ?\| (.+) \|$",
        text.split("## Metrics")[1],
        re.MULTILINE,
    )
    documented = {
        name: (kind, unit, tuple(re.findall("`([^`]+)`", names)), told)
        for name, kind, unit, names, told in rows
    }
    assert documented == {
        each.name: (each.kind, each.unit, each.attributes, each.description) for each in ALL
    }


def test_every_metric_is_measured_somewhere() -> None:
    """Each instrument is recorded or observed by the code."""
    used = {
        node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        for path in code.own_files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"record", "observe"}
    }
    declared = {name for name, value in vars(instruments).items() if value in ALL}
    assert declared - used == set()


def test_names_are_unique_and_of_one_form() -> None:
    """Lower case, parts with dots; a histogram has buckets, and nothing else has."""
    assert len({each.name for each in ALL}) == len(ALL)
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", each.name) for each in ALL)
    assert all(bool(each.buckets) == (each.kind == "histogram") for each in ALL)


def test_alerts_ask_for_metrics_there_are() -> None:
    """Each metric and attribute in an alert's query or in the workbook is one that the code has."""
    workbook = (INFRA / "workbook.json").read_text("utf-8").replace('\\"', '"')
    known = {each.name for each in ALL}
    queries = " ".join(alert["query"] for alert in LOG_ALERTS)
    assert asked(queries) <= known
    assert asked(workbook) <= known
    attributes = {name for each in ALL for name in each.attributes}
    assert set(PROPERTY.findall(queries + workbook)) <= attributes
    assert asked(queries) <= asked(workbook), "the workbook shows what alerts look at"


def test_runbooks_ask_for_metrics_there_are() -> None:
    """The same of the pages for whoever is on duty."""
    for page in [*RUNBOOKS.glob("*.md"), ROOT / "docs/operations.md"]:
        text = page.read_text("utf-8")
        assert asked(text) <= {each.name for each in ALL}, page.name


def test_every_alert_has_a_runbook_and_a_row() -> None:
    """An alert more or less is a page more or less; the table has its severity and reason."""
    alerts = {alert["name"]: alert for alert in [*LOG_ALERTS, *METRIC_ALERTS]}
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == set(alerts)
    operations = (ROOT / "docs/operations.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[([a-z-]+)\]\(runbooks/\1\.md\) (\|.+)$", operations, re.MULTILINE))
    assert set(rows) == set(alerts)
    for name, alert in alerts.items():
        assert alert["reason"] in rows[name]
        assert rows[name].startswith(f"| {alert.get('severity', 2)} |")
        text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
        assert f"Alert `{name}`" in text
        assert {"## Look", "## Do"} <= set(text.splitlines())


def test_an_alert_names_its_runbook() -> None:
    """The description that is sent along has the page's address."""
    for module in ("alerts", "relay-app"):
        text = (INFRA / f"modules/{module}.bicep").read_text("utf-8")
        rules = text.count("for alert in ")
        assert text.count("description: '${alert.reason} What to do: ${runbooks}/${alert.name}.md'") == rules


@pytest.mark.parametrize("alert", LOG_ALERTS, ids=lambda alert: alert["name"])
def test_a_query_gives_a_value_over_time(alert: dict[str, str]) -> None:
    """What the rule measures is the column `value`, in rows with TimeGenerated; limits are parameters of main.bicep."""
    assert "value = " in alert["query"]
    assert "TimeGenerated" in alert["query"]
    limits = read(INFRA / "main.bicep").params["alertLimits"]
    threshold = alert["threshold"]
    assert isinstance(threshold, int) or str(threshold).removeprefix("limits.") in limits

"""What-if's answer as people read it; the form is that of Microsoft Learn's example."""

import json
from typing import Any

import pytest

from infra.delivery.commands import DeliveryError
from infra.delivery.what_if import EXPECTED, Change, changes, is_drift, report

GROUP = "/subscriptions/s/resourceGroups/rg-product-details-dev"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/func-x"


def answer(*entries: dict[str, Any]) -> dict[str, Any]:
    """An answer of `az deployment sub what-if`."""
    return {"status": "Succeeded", "changes": list(entries)}


MODIFIED = {
    "resourceId": f"{SITE}/config/appsettings",
    "changeType": "Modify",
    "delta": [
        {
            "path": "properties.TEXT_MODEL",
            "propertyChangeType": "Modify",
            "before": "old-one",
            "after": "new-one",
        },
        {"path": "properties.noise", "propertyChangeType": "NoEffect", "before": 1, "after": 2},
        {
            "path": "properties.list",
            "propertyChangeType": "Array",
            "children": [{"path": "0", "propertyChangeType": "Create", "after": "x"}],
        },
    ],
}
SAME = {"resourceId": SITE, "changeType": "NoChange"}
IGNORED = {"resourceId": f"{GROUP}/providers/Microsoft.Insights/components/mine", "changeType": "Ignore"}
UNSURE = {"resourceId": f"{GROUP}/providers/Microsoft.App/containerApps/y", "changeType": "Unsupported"}
NEW_GROUP = {"resourceId": GROUP, "changeType": "Create"}


def test_what_changes_is_named_without_its_value() -> None:
    """Resource and properties; values may be secrets."""
    found = changes([answer(MODIFIED, SAME, IGNORED), answer(UNSURE)])
    assert found == [
        Change("Microsoft.App/containerApps/y", "Unsupported"),
        Change(
            "Microsoft.Web/sites/func-x/config/appsettings",
            "Modify",
            ("properties.TEXT_MODEL", "properties.list.0"),
        ),
    ]
    text = report("dev", found)
    assert "| Modify | `Microsoft.Web/sites/func-x/config/appsettings` | `properties.TEXT_MODEL`" in text
    assert "old-one" not in text
    assert "new-one" not in text


@pytest.mark.parametrize(
    ("entries", "drift"),
    [
        ([], False),
        ([SAME, IGNORED], False),
        ([UNSURE], False),
        ([MODIFIED], True),
        ([NEW_GROUP], True),
        ([{**SAME, "changeType": "Delete"}], True),
    ],
)
def test_drift_is_what_a_deployment_would_change(entries: list[dict[str, Any]], drift: bool) -> None:
    """Resources of others and what what-if cannot know are none."""
    assert is_drift(changes([answer(*entries)])) is drift


def test_nothing_to_change_is_said() -> None:
    """No empty table."""
    assert report("prod", changes([answer(SAME)])) == "### prod\n\nNothing would change.\n"


def test_a_failed_what_if_is_no_green_light() -> None:
    """Its error is ours."""
    failed = {"status": "Failed", "error": {"code": "X", "message": "no such region"}, "changes": None}
    with pytest.raises(DeliveryError, match="no such region"):
        changes([failed])


def test_what_is_always_reported_is_no_drift() -> None:
    """By type and property; another property of the same resource still counts."""
    settings = {"type": "Microsoft.Web/sites", "path": "properties.TEXT_MODEL", "reason": "x"}
    array = {"type": "Microsoft.Web/sites", "path": "properties.list", "reason": "x"}
    other = {"type": "Microsoft.Web/serverfarms", "path": "properties", "reason": "x"}
    assert changes([answer(MODIFIED)], [settings, array]) == []
    (left,) = changes([answer(MODIFIED)], [settings, other])
    assert left.paths == ("properties.list.0",)


def test_expected_changes_have_their_reason() -> None:
    """What is left out of the comparison says why."""
    expected = json.loads(EXPECTED.read_text("utf-8"))
    assert all(set(one) == {"type", "path", "reason"} and one["reason"] for one in expected)

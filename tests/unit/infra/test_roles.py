"""Who may do what: the whole table. An assignment more or less is a failing test."""

import json
from typing import Any

from tests.unit.infra.bicep import FILES, INFRA, read

# Microsoft Learn, "Azure built-in roles".
BUILT_IN = {
    "storageBlobDataOwner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "storageQueueDataContributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "storageTableDataContributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "eventHubsDataSender": "2b629674-e913-4c01-ae53-ef4638d8f975",
    "eventHubsDataReceiver": "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    "keyVaultSecretsUser": "4633458b-17de-408a-b874-0445c86b69e6",
    "monitoringMetricsPublisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "acrPull": "7f951dda-4ed3-4680-a7ca-43fe172d538d",
}
# (file, who, on what, as what); "" is the scope of the file's own deployment.
EXPECTED = {
    ("role-assignments", "functionsPrincipalId", "storage", "roles.storageBlobDataOwner"),
    ("role-assignments", "functionsPrincipalId", "storage", "roles.storageQueueDataContributor"),
    ("role-assignments", "functionsPrincipalId", "storage", "roles.storageTableDataContributor"),
    ("role-assignments", "functionsPrincipalId", "hub", "roles.eventHubsDataSender"),
    ("role-assignments", "functionsPrincipalId", "vault", "roles.keyVaultSecretsUser"),
    ("role-assignments", "functionsPrincipalId", "applicationInsights", "roles.monitoringMetricsPublisher"),
    ("role-assignments", "relayPrincipalId", "applicationInsights", "roles.monitoringMetricsPublisher"),
    ("role-assignments", "relayPrincipalId", "hub", "roles.eventHubsDataReceiver"),
    ("role-assignments", "relayPrincipalId", "ticketSecret", "roles.keyVaultSecretsUser"),
    ("role-assignments", "relayPrincipalId", "registry", "roles.acrPull"),
    ("delivery-roles", "deliveryPrincipalId", "", "contributor"),
    ("delivery-roles", "deliveryPrincipalId", "", "accessAdministrator"),
    ("delivery-roles", "planningPrincipalId", "", "reader"),
    ("delivery-subscription-role", "deliveryPrincipalId", "", "role.id"),
    ("delivery-subscription-role", "planningPrincipalId", "", "planningRole.id"),
}
BUILT_IN_DEFINITION = "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', "


def assignments() -> list[tuple[str, dict[str, Any]]]:
    """Every role assignment of every file, with the file's name."""
    return [
        (path.stem, resource.body)
        for path in FILES
        for resource in read(path).resources.values()
        if resource.of.startswith("Microsoft.Authorization/roleAssignments@")
    ]


def role_of(body: dict[str, Any]) -> str:
    """The role's name in its file."""
    definition: str = body["properties"]["roleDefinitionId"]
    return definition.removeprefix(BUILT_IN_DEFINITION).removesuffix(")")


def test_every_assignment_is_in_the_table_and_none_is_missing() -> None:
    """Who, what, role: exactly the table above."""
    found = [
        (file, str(body["properties"]["principalId"]), str(body.get("scope", "")), role_of(body))
        for file, body in assignments()
    ]
    assert sorted(found) == sorted(EXPECTED)


def test_assignments_are_named_after_what_they_assign() -> None:
    """The name is a hash of scope, principal and role: a second deployment finds the first one's."""
    for _, body in assignments():
        principal, role = body["properties"]["principalId"], role_of(body)
        assert body["name"].startswith("guid(")
        assert principal in body["name"]
        assert role in body["name"]


def test_role_ids_are_microsofts() -> None:
    """roles.json holds the built-in roles' ids."""
    assert json.loads((INFRA / "roles.json").read_text("utf-8")) == BUILT_IN


def test_delivery_may_grant_data_roles_only() -> None:
    """Its right to give roles is bounded to those of roles.json, for giving and for taking."""
    template = read(INFRA / "modules/delivery-roles.bicep")
    properties = template.resources["access"].body["properties"]
    assert properties["conditionVersion"] == "2.0"
    assert properties["condition"].count("ForAnyOfAnyValues:GuidEquals {${grantable}}") == 2
    assert template.variables["dataRoles"] == "loadJsonContent('../roles.json')"


def test_a_pipeline_gives_itself_nothing() -> None:
    """The delivery identity's own roles are deployed by a person: off unless asked for."""
    main = read(INFRA / "main.bicep")
    assert main.params["bootstrapDelivery"] is False
    text = (INFRA / "main.bicep").read_text("utf-8")
    for name in ("deliveryRoles", "deliverySubscriptionRole"):
        assert f"module {name} '{main.modules[name].of}' = if (bootstrapDelivery) {{" in text


def test_planning_changes_nothing() -> None:
    """Pull requests sign in as it: it reads, and asks what a deployment would do."""
    role = (
        read(INFRA / "modules/delivery-subscription-role.bicep").resources["planningRole"].body["properties"]
    )
    (permission,) = role["permissions"]
    assert all(
        action.endswith(("/read", "/whatIf/action", "/validate/action")) for action in permission["actions"]
    )
    assert set(permission) == {"actions"}
    # Microsoft Learn, "Azure built-in roles: Reader".
    assert (
        read(INFRA / "modules/delivery-roles.bicep").variables["reader"]
        == "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    )


def test_planning_is_trusted_from_its_own_environment_only() -> None:
    """Were it the delivery's environment, its subject would be the delivery's, too."""
    params = read(INFRA / "main.bicep").params
    assert params["githubPlanningSubjects"] == ["'environment:${environmentName}-plan'"]
    identities = read(INFRA / "modules/identities.bicep").resources
    assert {name: identities[name].body["parent"] for name in ("federation", "planningFederation")} == {
        "federation": "delivery",
        "planningFederation": "planning",
    }

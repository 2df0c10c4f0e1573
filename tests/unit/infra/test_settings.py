"""The function app and the relay are given every setting they need, and none that nobody reads."""

import json
import re

import pytest

from tests.unit.infra import code
from tests.unit.infra.bicep import INFRA, ROOT, read

# Read by the Azure Monitor exporter itself.
EXPORTER_SETTINGS = {
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
}
# Read by the Functions host or by the Azure SDK convention, not by shared/settings.py.
HOST_SETTINGS = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "AzureWebJobsStorage__credential",
    "EVENTHUB__credential",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
}
WORKER_TELEMETRY = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"
# In the cloud the storage account, the hub and the database are opened by identity: what that takes has a default.
BY_IDENTITY = {
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__clientId",
    "EVENTHUB__fullyQualifiedNamespace",
    "EVENTHUB__clientId",
    "DATABASE_AUTH",
    "DATABASE_CLIENT_ID",
}
KEYS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "OPENAI_API_KEY",
    "TOGETHER_API_KEY",
    "STREAM_TICKET_SECRET",
}

ENVIRONMENTS = sorted(path.name for path in INFRA.glob("environments/*.parameters.json"))
APP = read(INFRA / "modules/function-settings.bicep").variables["settings"]
RELAY = {
    entry["name"]: entry
    for entry in read(INFRA / "modules/relay-app.bicep")
    .resources["app"]
    .body["properties"]["template"]["containers"][0]["env"]
}


def test_the_function_app_has_what_it_needs() -> None:
    """Every setting without a default is set, and those that open resources by identity."""
    assert code.required(code.function_app()) | BY_IDENTITY <= set(APP)


def test_the_function_app_has_no_unknown_setting() -> None:
    """Nothing is set that neither the code nor the host reads; on Flex Consumption the runtime is no app setting."""
    assert set(APP) - code.names(code.function_app()) <= HOST_SETTINGS | EXPORTER_SETTINGS | {
        WORKER_TELEMETRY
    }
    assert not {name for name in APP if name.startswith(("FUNCTIONS_", "WEBSITE_", "SCM_"))}


def test_the_relay_has_what_it_needs() -> None:
    """Every setting without a default is set, and those that open the hub by identity."""
    by_identity = {"EVENTHUB__fullyQualifiedNamespace", "EVENTHUB__clientId"}
    assert code.required(code.relay()) | by_identity | {"RELAY_CONSUMER_GROUPS"} <= set(RELAY)


def test_the_relay_has_no_unknown_setting() -> None:
    """Nothing is set that neither the relay's settings classes nor the exporter read."""
    assert set(RELAY) <= code.names(code.relay()) | EXPORTER_SETTINGS


def test_keys_come_from_the_vault_only() -> None:
    """Every key is a reference to a secret that key-vault.bicep knows."""
    secrets = read(INFRA / "modules/key-vault.bicep").variables["secretNames"]
    referenced = {
        name: match[1]
        for name, given in APP.items()
        if (match := re.search(r"@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/([a-z-]+)\)", given))
    }
    assert set(referenced) == KEYS
    assert sorted(referenced.values()) == sorted(secrets)
    assert RELAY["STREAM_TICKET_SECRET"] == {
        "name": "STREAM_TICKET_SECRET",
        "secretRef": "stream-ticket-secret",
    }


def test_main_hands_over_the_secrets_the_vault_names() -> None:
    """main.bicep passes a value for each secret of key-vault.bicep."""
    given = read(INFRA / "main.bicep").modules["data"].body["params"]["secrets"]
    assert sorted(given) == sorted(read(INFRA / "modules/key-vault.bicep").variables["secretNames"])


def test_no_shared_key_or_password_is_set() -> None:
    """No connection string of storage or hub, no password in the database's URL."""
    assert not {"AzureWebJobsStorage", "EVENTHUB"} & set(APP)
    assert not {"EVENTHUB"} & set(RELAY)
    assert re.match(r"'postgresql://\$\{identityName\}@", APP["DATABASE_URL"])
    assert APP["DATABASE_AUTH"] == "entra"


def test_worker_telemetry_is_on_when_it_is_installed() -> None:
    """The worker sends telemetry itself exactly when the package it imports for that is required.

    It is not: shared/telemetry sends ours, and both would send everything twice.
    """
    required = (ROOT / "requirements.in").read_text("utf-8")
    installed = re.search(r"^azure-monitor-opentelemetry==", required, re.MULTILINE) is not None
    assert (WORKER_TELEMETRY in APP) == installed


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environments_hold_no_secret(name: str) -> None:
    """Parameter files are in the repository: none of them gives a key."""
    given = json.loads((INFRA / "environments" / name).read_text("utf-8"))["parameters"]
    assert not {name for name in given if re.search("key|secret|password", name, re.IGNORECASE)}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_extra_settings_are_read_by_the_code(name: str) -> None:
    """What an environment sets on top is a setting of shared/settings.py that the template does not set itself."""
    given = json.loads((INFRA / "environments" / name).read_text("utf-8"))["parameters"]
    extra = set(given.get("extraSettings", {"value": {}})["value"])
    assert extra <= code.names(code.function_app()) - set(APP)

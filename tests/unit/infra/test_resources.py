"""Queues, the hub, consumer groups, doors that stay shut, probes and alerts agree with the code."""

import json
import re
from typing import Any

from shared.messages import QUEUES, poison_queue
from shared.settings import EventHubSettings, RelaySettings
from tests.unit.infra import code
from tests.unit.infra.bicep import INFRA, ROOT, read


def module(name: str) -> Any:
    """The template of one module."""
    return read(INFRA / f"modules/{name}.bicep")


def test_every_queue_exists_with_its_poison_queue() -> None:
    """The account's queues are those of shared/messages.py, each with -poison, and no other."""
    expected = [name for queue in QUEUES for name in (queue, poison_queue(queue))]
    assert module("storage").variables["queueNames"] == expected


def test_the_hub_has_the_name_the_code_expects() -> None:
    """EVENTHUB_NAME's default, main.bicep and relay.bicep name one hub."""
    expected = EventHubSettings.model_fields["hub"].default
    assert read(INFRA / "main.bicep").variables["hubName"] == expected
    assert read(INFRA / "relay.bicep").variables["hubName"] == expected


def test_main_and_relay_compute_the_same_names() -> None:
    """relay.bicep finds main.bicep's resources by name: token, prefix and suffix are the same."""
    main, relay = read(INFRA / "main.bicep"), read(INFRA / "relay.bicep")
    assert main.variables["token"] == relay.variables["token"]
    text = (INFRA / "main.bicep").read_text("utf-8")
    existing = [resource.body["name"] for resource in relay.resources.values()]
    assert [name for name in existing if name not in text] == []
    app = relay.modules["app"].body["params"]["name"].strip("'")
    assert f"'https://{app}." in text


def test_the_relay_knows_every_consumer_group() -> None:
    """The groups of event-hubs.bicep are the ones relay.bicep gives out, the first being the code's default."""
    group = module("event-hubs").resources["consumerGroups"].body["name"]
    given = read(INFRA / "relay.bicep").modules["app"].body["params"]["consumerGroups"]
    assert given == f"join(map(range(0, relayGroups), index => {group}), ',')"
    assert RelaySettings.model_fields["consumer_groups"].default == (
        group.strip("'").replace("${index}", "0"),
    )


def test_no_shared_secret_opens_anything() -> None:
    """Shared keys, local authentication, passwords and admin users are off everywhere."""
    storage = module("storage").resources["account"].body["properties"]
    assert (storage["allowSharedKeyAccess"], storage["allowBlobPublicAccess"]) == (False, False)
    assert module("event-hubs").resources["namespace"].body["properties"]["disableLocalAuth"] is True
    database = module("database").resources["server"].body["properties"]["authConfig"]
    assert (database["activeDirectoryAuth"], database["passwordAuth"]) == ("Enabled", "Disabled")
    assert module("key-vault").resources["vault"].body["properties"]["enableRbacAuthorization"] is True
    registry = module("registry").resources["registry"].body["properties"]
    assert (registry["adminUserEnabled"], registry["anonymousPullEnabled"]) == (False, False)
    assert (
        module("monitoring").resources["applicationInsights"].body["properties"]["DisableLocalAuth"] is True
    )
    for name in ("ftp", "scm"):
        assert module("functions").resources[name].body["properties"]["allow"] is False


def test_vector_is_allowed_and_nothing_else() -> None:
    """The migrations create the extension vector; the server permits that one."""
    migrations = "".join(path.read_text("utf-8") for path in (ROOT / "shared/db/migrations").rglob("*.sql"))
    created = set(re.findall(r"create extension (?:if not exists )?(\w+)", migrations))
    allowed = module("database").resources["extensions"].body["properties"]["value"]
    assert {name.upper() for name in created} == set(allowed.split(","))


def test_the_runtime_is_the_one_we_test_with() -> None:
    """The function app runs the Python version of pyproject.toml and of the relay's image."""
    runtime = module("functions").resources["app"].body["properties"]["functionAppConfig"]["runtime"]
    assert runtime["name"] == "python"
    assert f'python_version = "{runtime["version"]}"' in (ROOT / "pyproject.toml").read_text("utf-8")
    assert f"python:{runtime['version']}-slim" in (ROOT / "notifications/relay/Dockerfile").read_text("utf-8")


def test_the_relay_is_probed_where_it_answers() -> None:
    """Probe paths are those of notifications/relay/site.py; the port is the one the relay is told."""
    template = module("relay-app").resources["app"].body["properties"]["template"]
    probes = {probe["type"]: probe["httpGet"]["path"] for probe in template["containers"][0]["probes"]}
    assert probes == {"Liveness": "/healthz", "Readiness": "/readyz"}
    site = (ROOT / "notifications/relay/site.py").read_text("utf-8")
    assert all(f'"{path}"' in site for path in probes.values())
    assert module("relay-app").variables["port"] == RelaySettings.model_fields["port"].default


def test_the_relay_scales_by_cpu() -> None:
    """An HTTP rule hardly counts long streams."""
    scale = module("relay-app").resources["app"].body["properties"]["template"]["scale"]
    assert [rule["custom"]["type"] for rule in scale["rules"]] == ["cpu"]


def test_the_platform_waits_longer_than_the_relay_drains() -> None:
    """The grace period is RELAY_GRACE_SECONDS and some seconds for closing."""
    app = module("relay-app")
    grace = app.resources["app"].body["properties"]["template"]["terminationGracePeriodSeconds"]
    assert grace == "graceSeconds + closingSeconds"
    assert app.variables["closingSeconds"] >= 10
    assert read(INFRA / "relay.bicep").params["graceSeconds"] == RelaySettings.model_fields["grace"].default


def test_alerts_ask_for_what_the_code_logs() -> None:
    """Every text of a log line in an alert's query is one the code logs; tests/unit/telemetry has the metrics."""
    queries = " ".join(alert["query"] for alert in module("alerts").variables["logAlerts"])
    texts = set(re.findall(r'has "([^"]+)"', queries))
    logged = code.logged_texts()
    assert texts
    assert {text for text in texts if not any(text in line for line in logged)} == set()


def test_alerts_have_a_reason() -> None:
    """Whoever is woken reads why."""
    alerts = module("alerts")
    every = alerts.variables["logAlerts"] + alerts.variables["metricAlerts"]
    assert all(alert["reason"].endswith(".") for alert in every)
    assert len({alert["name"] for alert in every}) == len(every)


def test_delivery_trusts_no_pull_request() -> None:
    """By default only a deployment of this environment may sign in as the delivery identity."""
    assert read(INFRA / "main.bicep").params["githubSubjects"] == ["'environment:${environmentName}'"]
    config = json.loads((INFRA / "bicepconfig.json").read_text("utf-8"))
    assert config["analyzers"]["core"]["rules"]["outputs-should-not-contain-secrets"]["level"] == "error"

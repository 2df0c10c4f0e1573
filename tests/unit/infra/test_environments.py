"""The parameter files fit the templates, and their numbers fit each other."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.unit.infra import code
from tests.unit.infra.bicep import INFRA, ROOT, read

ENVIRONMENTS = ("dev", "staging", "prod")
# Microsoft Learn, "Limits in Azure Database for PostgreSQL flexible server": max_connections; 15 of them are kept back.
MAX_CONNECTIONS = {"Standard_B2s": 429, "Standard_D2ds_v5": 859, "Standard_D4ds_v5": 1718}
RESERVED_CONNECTIONS = 15
READERS_PER_GROUP = 5
GROUPS_OF_STANDARD = 20  # $Default is one of them


def given(name: str) -> dict[str, Any]:
    """The parameters of a file."""
    content = json.loads((INFRA / f"{name}.parameters.json").read_text("utf-8"))
    return {key: entry["value"] for key, entry in content["parameters"].items()}


@pytest.mark.parametrize("name", ["main", *(f"environments/{name}" for name in ENVIRONMENTS)])
def test_main_knows_every_parameter(name: str) -> None:
    """main.bicep has each parameter of the file, and the file's objects have the default's properties."""
    params = read(INFRA / "main.bicep").params
    for key, entry in given(name).items():
        assert key in params
        if isinstance(params[key], dict):
            assert set(entry) == set(params[key])


@pytest.mark.parametrize("name", ["relay", *(f"environments/{name}.relay" for name in ENVIRONMENTS)])
def test_relay_knows_every_parameter(name: str) -> None:
    """relay.bicep has each parameter of the file."""
    assert set(given(name)) <= set(read(INFRA / "relay.bicep").params)


@pytest.mark.parametrize("name", ["main", "relay"])
def test_azd_gives_everything_that_has_no_default(name: str) -> None:
    """`azd up` asks for nothing that the file does not name."""
    params = read(INFRA / f"{name}.bicep").params
    assert {key for key, default in params.items() if default is None} <= set(given(name))


def test_the_defaults_are_devs() -> None:
    """What azd deploys without an environment's file is what dev is."""
    params = read(INFRA / "main.bicep").params
    dev = given("environments/dev")
    for key in ("postgres", "events", "relayGroups", "logs", "keeping", "privateNetworking"):
        assert dev[key] == params[key]
    ignored = {"logLevel"}
    assert {k: v for k, v in dev["functionApp"].items() if k not in ignored} == {
        k: v for k, v in params["functionApp"].items() if k not in ignored
    }


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_always_ready_names_functions_that_exist(name: str) -> None:
    """`http`, or `function:` and a function that a queue or a timer starts (HTTP functions scale as one group)."""
    names = {entry["name"] for entry in given(f"environments/{name}")["functionApp"]["alwaysReady"]}
    assert names <= {"http", *(f"function:{function}" for function in code.triggered_functions())}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_instances_times_pool_fit_the_database(name: str) -> None:
    """At its largest the function app leaves a tenth of the connections to people and migrations."""
    values = given(f"environments/{name}")
    postgres, app = values["postgres"], values["functionApp"]
    assert postgres["maxConnections"] == MAX_CONNECTIONS[postgres["skuName"]]
    usable = (postgres["maxConnections"] - RESERVED_CONNECTIONS) * 0.9
    assert app["maximumInstanceCount"] * app["databasePoolSize"] <= usable


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_relay_replicas_fit_the_consumer_groups(name: str) -> None:
    """A rollout runs old and new replicas side by side: twice the replicas, at most five readers in each group."""
    main, relay = given(f"environments/{name}"), given(f"environments/{name}.relay")
    assert relay["minReplicas"] <= relay["maxReplicas"]
    assert relay["relayGroups"] == main["relayGroups"] < GROUPS_OF_STANDARD
    assert 2 * relay["maxReplicas"] <= READERS_PER_GROUP * relay["relayGroups"]


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_streams_survive_the_loss_of_a_replica(name: str) -> None:
    """Two replicas at least wherever people depend on it."""
    assert given(f"environments/{name}.relay")["minReplicas"] >= 2


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_replay_window_fits_the_replica(name: str) -> None:
    """The window takes at most a third of the memory: streams, their queues and Python need the rest."""
    params = read(INFRA / "relay.bicep").params | given(f"environments/{name}.relay")
    gibibytes = int(params["memory"].removesuffix("Gi"))
    assert params["windowBytes"] * 3 <= gibibytes * 1024**3
    assert gibibytes == 2 * float(params["cpu"])


def test_queue_scaling_is_host_jsons() -> None:
    """The comment in functions.bicep gives host.json's batch size, by which instances are counted."""
    batch = json.loads((ROOT / "host.json").read_text("utf-8"))["extensions"]["queues"]["batchSize"]
    assert f"batchSize ({batch}) is in host.json" in (INFRA / "modules/functions.bicep").read_text("utf-8")


def test_azd_services_point_at_what_exists() -> None:
    """azure.yaml names files that are there, and services that the Bicep tags."""
    text = (ROOT / "azure.yaml").read_text("utf-8")
    for path in ("notifications/relay/Dockerfile", "infra/hooks/postprovision.sh"):
        assert path in text
        assert (ROOT / path).exists()
    bicep = {path.name: path.read_text("utf-8") for path in Path(INFRA).rglob("*.bicep")}
    assert "'azd-service-name': 'functions'" in bicep["functions.bicep"]
    assert "'azd-service-name': 'relay'" in bicep["relay.bicep"]


def test_the_hook_runs_commands_that_exist() -> None:
    """Migrations, the app's role, templates: in this order, each a module of the checkout."""
    text = (INFRA / "hooks/postprovision.sh").read_text("utf-8")
    modules = [line.split()[2] for line in text.splitlines() if line.startswith('"$python" -m ')]
    assert modules == ["shared.db.migrate", "infra.database.app_role", "generation.templates.seed"]
    assert all((ROOT / f"{module.replace('.', '/')}.py").exists() for module in modules)
    outputs = set(read(INFRA / "main.bicep").outputs)
    assert {"DATABASE_HOST", "DATABASE_NAME", "DATABASE_APP_ROLE", "DATABASE_APP_OBJECT_ID"} <= outputs


@pytest.mark.parametrize("name", ["deploy", "migrating-from-aks"])
def test_the_pages_name_files_that_exist(name: str) -> None:
    """Every path below infra/ that the pages name is there, and every module of deploy.md's table."""
    text = (ROOT / f"docs/{name}.md").read_text("utf-8")
    paths = {
        path for path in re.findall(r"(?:infra|modules)/[\w./-]+\.(?:bicep|json|sh)", text) if "*" not in path
    }
    assert paths
    for path in paths:
        assert (ROOT / path).exists() or (INFRA / path).exists(), path


def test_deploy_md_describes_every_module() -> None:
    """The table of what is made has each module but the one that only composes."""
    text = (ROOT / "docs/deploy.md").read_text("utf-8")
    modules = {path.stem for path in INFRA.glob("modules/*.bicep")} - {"data"}
    assert {module for module in modules if f"`{module}`" not in text} == set()


def test_deploy_md_does_the_right_sums() -> None:
    """The table of connections is that of the parameter files."""
    text = (ROOT / "docs/deploy.md").read_text("utf-8")
    for name in ENVIRONMENTS:
        values = given(f"environments/{name}")
        instances, postgres = values["functionApp"]["maximumInstanceCount"], values["postgres"]
        pool = instances * values["functionApp"]["databasePoolSize"]
        sku = postgres["skuName"].removeprefix("Standard_")
        assert f"| {name} | {instances} | {pool} | {postgres['maxConnections']:,} ({sku}) |" in text

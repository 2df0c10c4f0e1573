"""The compose file agrees with the settings' sample, the relay's image with what the relay is."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from local.environment import HUB, PARTITIONS
from local.with_settings import environment
from shared.settings import RelaySettings
from tests.unit.infra.bicep import ROOT, read

SAMPLE = ROOT / "local.settings.sample.json"
SETTINGS: dict[str, str] = json.loads(SAMPLE.read_text("utf-8"))["Values"]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
DOCKERFILE = (ROOT / "notifications/relay/Dockerfile").read_text("utf-8")


def ports(service: str) -> dict[str, str]:
    """`address:port` here to the container's port."""
    return dict(mapping.rsplit(":", maxsplit=1) for mapping in SERVICES[service]["ports"])


def test_stores_listen_where_the_sample_looks_for_them() -> None:
    """On 127.0.0.1, each on the port of its setting; Azurite where UseDevelopmentStorage=true has it."""
    assert SETTINGS["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
    assert ports("azurite") == {f"127.0.0.1:{port}": str(port) for port in (10000, 10001, 10002)}
    assert f"sb://{next(iter(ports('eventhubs')))};" in SETTINGS["EVENTHUB"]
    assert (
        SETTINGS["DATABASE_URL"] == f"postgresql://postgres@{next(iter(ports('postgres')))}/product_details"
    )
    assert SETTINGS["S3_ENDPOINT_URL"] == f"http://{next(iter(ports('s3')))}"
    every = [mapping for service in SERVICES.values() for mapping in service.get("ports", [])]
    assert all(mapping.startswith("127.0.0.1:") for mapping in every)


def test_the_database_lets_the_sample_in() -> None:
    """The same name, no password, the version that is deployed."""
    postgres = SERVICES["postgres"]
    assert postgres["environment"] == {"POSTGRES_DB": "product_details", "POSTGRES_HOST_AUTH_METHOD": "trust"}
    server = read(ROOT / "infra/modules/database.bicep").resources["server"].body["properties"]
    assert postgres["image"].endswith(f":pg{server['version']}")


def test_the_emulator_has_the_hub() -> None:
    """The hub and its groups by the names the settings give, with as many partitions as the local stack's."""
    config = json.loads((ROOT / "local/compose/eventhubs.json").read_text("utf-8"))["UserConfig"]
    (namespace,) = config["NamespaceConfig"]
    groups = [{"Name": name} for name in SETTINGS["RELAY_CONSUMER_GROUPS"].split(",")]
    assert namespace["Entities"] == [{"Name": HUB, "PartitionCount": PARTITIONS, "ConsumerGroups": groups}]
    assert SETTINGS["EVENTHUB_NAME"] == HUB
    # The emulator knows one namespace and one key (its own schema and README).
    assert namespace["Name"] == "emulatorNs1"
    assert "UseDevelopmentEmulator=true" in SETTINGS["EVENTHUB"]
    mounted = SERVICES["eventhubs"]["volumes"][0].split(":")[0]
    assert (ROOT / mounted).exists()


def test_the_bucket_is_the_samples() -> None:
    """It is made in the S3 that the compose file starts."""
    assert SERVICES["bucket"]["command"][-1] == f"http://s3:5000/{SETTINGS['S3_BUCKET_NAME']}"


def test_the_relay_has_the_samples_settings() -> None:
    """Each as in the sample; it listens where STREAM_URL sends browsers."""
    given = SERVICES["relay"]["environment"]
    own = {"RELAY_HOST", "RELAY_PORT"}
    assert {name: SETTINGS[name] for name in given.keys() - own} == {
        name: value for name, value in given.items() if name not in own
    }
    assert SETTINGS["STREAM_URL"] == f"http://127.0.0.1:{given['RELAY_PORT']}"


def test_the_relay_runs_with_nothing_it_does_not_need() -> None:
    """No capability, no writable file, no root; it is given the time it takes to drain."""
    relay = SERVICES["relay"]
    assert (relay["read_only"], relay["cap_drop"]) == (True, ["ALL"])
    assert int(relay["stop_grace_period"].rstrip("s")) > RelaySettings.model_fields["grace"].default
    users = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert users == ["10001"]
    assert "0" not in users


def test_the_image_holds_what_the_relay_imports() -> None:
    """The folders that are copied are those .dockerignore lets through, and the relay imports no other of ours."""
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    copied = {
        words.split()[0].rstrip("/") for words in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.MULTILINE)
    }
    assert copied - {"notifications/relay/requirements.txt"} == allowed
    imported = {
        name.split(".")[0]
        for path in (ROOT / "notifications/relay").rglob("*.py")
        for name in re.findall(r"^from (\w+\.[\w.]+) import", path.read_text("utf-8"), re.MULTILINE)
    }
    assert imported & {"generation", "local", "bootstrap", "infra"} == set()


def test_settings_become_an_environment(tmp_path: Path) -> None:
    """The file's values over what was there."""
    path = tmp_path / "local.settings.json"
    path.write_text('{"Values": {"A": "1", "B": 2}}', "utf-8")
    assert environment(path, {"A": "0", "PATH": "/bin"}) == {"A": "1", "B": "2", "PATH": "/bin"}

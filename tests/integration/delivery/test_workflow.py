"""A delivery as GitHub would run it: the workflows' steps in order, on the running stack and a cloud of files."""

import json
import shutil
from pathlib import Path

import pytest

from infra.delivery.names import expected_names
from infra.delivery.smoke import SPANS
from tests.integration.delivery.runner import Machine
from tests.stack import RunningStack
from tests.unit.delivery.fakes import DIGEST, OUTPUTS, REGISTRY, VARIABLES, Cloud

IMAGE = f"{REGISTRY}/relay@{DIGEST}"
ROLE = "group-of-operators"


@pytest.fixture
def machine(tmp_path: Path, stack: RunningStack, user: str) -> Machine:
    """A machine before a cloud whose function app and relay are the stack's."""
    outputs = {
        **OUTPUTS,
        "FUNCTIONS_URL": stack.facts["functions_url"],
        "DATABASE_NAME": "product_details",
        "DATABASE_APP_ROLE": "id-functions-x",
        "DATABASE_APP_OBJECT_ID": "11111111-2222-3333-4444-555555555555",
        "DELIVERY_DATABASE_ROLE": "id-delivery-x",
    }
    cloud = Cloud(
        expected_names(),
        outputs=outputs,
        relay_url=stack.facts["relay_urls"][0],
        token=stack.token(user),
        spans=tuple(SPANS),
    )
    return Machine(tmp_path, cloud)


def values(*, rollback: bool) -> dict[str, str]:
    """What GitHub puts into the expressions of environment.yml."""
    return {
        "inputs.environment": "staging",
        "inputs.commit": "dev",
        "!inputs.rollback": "" if rollback else "yes",
        "inputs.rollback && '--from-registry' || '--archive=build/relay.tar'": "--from-registry"
        if rollback
        else "--archive=build/relay.tar",
        "toJSON(vars)": json.dumps(VARIABLES),
        "vars.MIGRATION_ROLE": ROLE,
        "vars.SMOKE_SCOPE": "api://x/.default",
        "vars.STREAM_URL": "",
        "github.token": "x",
    }


def build(machine: Machine, *, image: bool) -> None:
    """The job of build.yml, and its artifacts where download-artifact would put them."""
    source = {"github.server_url": "https://g", "github.repository": "o/n", "inputs.commit": "dev"}
    assert machine.job("build", "package", source) == ""
    artifacts = machine.clone / "artifacts"
    shutil.rmtree(artifacts, ignore_errors=True)
    (artifacts / "functions").mkdir(parents=True)
    (machine.clone / "build/functions.zip").rename(artifacts / "functions/functions.zip")
    if image:
        (artifacts / "relay").mkdir()
        (artifacts / "relay/relay.tar").write_bytes(b"")


@pytest.mark.timeout(300)
def test_a_commit_reaches_an_environment_and_goes_back(machine: Machine) -> None:
    """Everything is delivered, in order, and noted; a rollback takes the image that is there and leaves the schema."""
    build(machine, image=True)
    assert (machine.clone / "build/site/index.html").exists()
    assert machine.job("environment", "deliver", values(rollback=False)) == ""
    cloud = machine.cloud
    assert cloud.deployments["create product-details-staging-dev"]["appVersion"] == "dev"
    assert cloud.image == IMAGE
    assert any("config-zip" in command for command in cloud.commands)
    hooked = [line.split("|") for line in machine.hook_calls.read_text("utf-8").splitlines()]
    assert [words.split()[1] for _, words in hooked] == [
        *("shared.db.migrate", "infra.database.app_role", "generation.templates.seed"),
    ]
    assert {f"user='{ROLE}'" in url for url, _ in hooked} == {True}
    assert machine.job("environment", "record", values(rollback=False)) == ""
    assert "refs/tags/deployed/staging/" in machine.git("ls-remote", "--tags", "origin")

    build(machine, image=False)
    check = {"inputs.environment": "staging", "inputs.commit": "dev"}
    assert machine.job("rollback", "check", check) == ""
    assert machine.job("environment", "deliver", values(rollback=True)) == ""
    assert len(machine.hook_calls.read_text("utf-8").splitlines()) == len(hooked)
    assert len(machine.cloud.pushed) == 1


def test_what_must_not_be_delivered_is_not(machine: Machine) -> None:
    """A rollback to what was never there, and a migration that takes something away, end before Azure is asked."""
    never = {"inputs.environment": "prod", "inputs.commit": "dev"}
    assert machine.job("rollback", "check", never) == "Look for its tag"
    build(machine, image=True)
    script = machine.clone / "shared/db/migrations/versions/9999_gone.sql"
    script.write_text("alter table tasks drop column owner;", "utf-8")
    assert (
        machine.job("environment", "deliver", values(rollback=False))
        == "Nothing newer is there, and migrations only add to it"
    )
    assert machine.cloud.commands == []

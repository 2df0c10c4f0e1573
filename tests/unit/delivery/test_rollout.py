"""Each step gives Azure what it needs, checks what came of it, and fails loudly."""

import json
from pathlib import Path

import pytest

from infra.delivery.commands import DeliveryError
from infra.delivery.rollout import Release, migrate, provision, publish, relay_image, release_relay, what_if
from tests.unit.delivery.fakes import DIGEST, OUTPUTS, REGISTRY, VARIABLES, Clock, Cloud
from tests.unit.infra.bicep import INFRA, read

COMMIT = "c0ffee" + "0" * 34
RELEASE = Release("staging", COMMIT, VARIABLES)
IMAGE = f"{REGISTRY}/relay@{DIGEST}"
NAMES = frozenset({"health", "embeddings"})


def test_provision_deploys_sizes_variables_and_the_commit() -> None:
    """main.bicep gets the environment's file, the variables and the commit; outputs come back in capitals."""
    cloud = Cloud()
    assert provision(cloud, RELEASE) == OUTPUTS
    given = cloud.deployments["create product-details-staging-c0ffee000000"]
    assert given["environmentName"] == "staging"
    assert given["appVersion"] == COMMIT
    assert given["authIssuer"] == VARIABLES["AUTH_ISSUER"]
    assert given["postgres"]["skuName"] == "Standard_D2ds_v5"
    assert "bootstrapDelivery" not in given


def test_no_secret_is_on_a_command_line() -> None:
    """Parameters travel in a file that is gone afterwards, the registry's token on stdin."""
    cloud = Cloud()
    provision(cloud, Release("staging", COMMIT, {**VARIABLES, "OPENAI_API_KEY": "sk-very-secret"}))
    relay_image(cloud, RELEASE, OUTPUTS, Path("relay.tar"))
    assert "sk-very-secret" not in json.dumps(cloud.commands)
    assert "token" not in {word for command in cloud.commands for word in command}
    files = [word for command in cloud.commands for word in command if word.startswith("@")]
    assert files
    assert not any(Path(name.removeprefix("@")).exists() for name in files)


def test_migrations_run_as_the_given_administrator() -> None:
    """The hook gets the outputs and the name it signs in with."""
    cloud = Cloud()
    migrate(cloud, OUTPUTS, "id-delivery-x")
    assert cloud.hooks == [{**OUTPUTS, "DATABASE_ADMINISTRATOR_NAME": "id-delivery-x"}]
    assert Path(cloud.commands[0][1]).exists()


def test_functions_are_built_remotely_and_counted() -> None:
    """The list is asked again until it is the code's: Azure takes a moment to index."""
    cloud, clock = Cloud(frozenset(), frozenset({"health"}), NAMES), Clock()
    publish(cloud, RELEASE, OUTPUTS, Path("f.zip"), wait=clock, expected=NAMES)
    published = next(command for command in cloud.commands if "config-zip" in command)
    assert published[published.index("--build-remote") + 1] == "true"
    assert clock.waited == 20


def test_functions_that_vanish_fail_the_delivery() -> None:
    """A green publication with no functions is an error that names what is missing."""
    clock = Clock()
    with pytest.raises(DeliveryError, match="missing: embeddings, health"):
        publish(Cloud(frozenset()), RELEASE, OUTPUTS, Path("f.zip"), wait=clock, expected=NAMES)
    assert clock.waited == 300


def test_the_image_is_pushed_as_it_was_built() -> None:
    """The archive's own digest, tagged with the commit, and named by digest from there on."""
    cloud = Cloud()
    assert relay_image(cloud, RELEASE, OUTPUTS, Path("relay.tar")) == IMAGE
    assert cloud.pushed == {f"docker://{REGISTRY}/relay:{COMMIT}": "oci-archive:relay.tar"}
    assert any("--preserve-digests" in command for command in cloud.commands)


def test_a_rollback_takes_the_image_that_is_there() -> None:
    """Nothing is pushed; a commit that was never delivered has no image."""
    cloud = Cloud()
    with pytest.raises(DeliveryError, match="skopeo inspect"):
        relay_image(cloud, RELEASE, OUTPUTS, None)
    relay_image(cloud, RELEASE, OUTPUTS, Path("relay.tar"))
    pushed = dict(cloud.pushed)
    assert relay_image(cloud, RELEASE, OUTPUTS, None) == IMAGE
    assert cloud.pushed == pushed


def test_the_relay_is_deployed_by_digest_and_waited_for() -> None:
    """Delivery goes on once the new revision is ready."""
    cloud, clock = Cloud(ready_after=3), Clock()
    assert release_relay(cloud, RELEASE, IMAGE, wait=clock) == "https://relay.example.com"
    assert cloud.image == IMAGE
    assert clock.waited == 30


def test_a_relay_that_does_not_get_ready_fails_the_delivery() -> None:
    """Container Apps keeps the old revision; the pipeline says so."""
    with pytest.raises(DeliveryError, match="revision relay--2 is not ready"):
        release_relay(Cloud(ready_after=1000), RELEASE, IMAGE, wait=Clock())


def test_a_tag_is_refused() -> None:
    """A tag can be moved: it says nothing about what runs."""
    cloud = Cloud()
    with pytest.raises(DeliveryError, match="not named by digest"):
        release_relay(cloud, RELEASE, f"{REGISTRY}/relay:latest", wait=Clock())
    assert cloud.commands == []


def test_what_if_asks_about_the_image_that_runs() -> None:
    """The image is no difference, and a relay that does not exist yet is not asked about."""
    cloud = Cloud()
    assert len(what_if(cloud, RELEASE)) == 1
    cloud.image = IMAGE
    assert len(what_if(cloud, RELEASE)) == 2
    assert cloud.deployments["what-if relay-c0ffee000000"]["imageName"] == IMAGE


def test_delivery_and_templates_mean_the_same() -> None:
    """Names of outputs, resource group and tag are the templates'."""
    main, relay = read(INFRA / "main.bicep"), read(INFRA / "relay.bicep")
    assert {
        *OUTPUTS,
        "FUNCTIONS_URL",
        "DELIVERY_DATABASE_ROLE",
        "DELIVERY_CLIENT_ID",
        "PLANNING_CLIENT_ID",
    } <= set(main.outputs)
    assert "RELAY_URL" in relay.outputs
    prefix = json.loads((INFRA / "abbreviations.json").read_text("utf-8"))["resourceGroup"]
    name = main.resources["group"].body["name"].strip("'").replace("${abbreviations.resourceGroup}", prefix)
    assert name.replace("${environmentName}", "staging") == RELEASE.group
    assert "'azd-service-name': 'relay'" in (INFRA / "relay.bicep").read_text("utf-8")

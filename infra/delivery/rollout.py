"""One environment brought to one commit, step by step, by the Azure CLI: resources, schema, functions, relay."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.delivery.commands import DeliveryError, Run
from infra.delivery.names import compare, expected_names
from infra.delivery.parameters import INFRA, parameters
from infra.delivery.waiting import until

_NO_TOKEN_USER = "00000000-0000-0000-0000-000000000000"  # noqa: S105  the user name of a registry token (Microsoft Learn)
# az writes the whole answer otherwise, parameters included.
_ONLY_OUTPUTS = ("--query", "properties.outputs", "--output", "json")


@dataclass(frozen=True)
class Release:
    """What is to be where.

    Attributes:
        environment: dev, staging or prod.
        commit: the full id of the commit that is delivered.
        variables: the environment's, by the names of main.parameters.json.
    """

    environment: str
    commit: str
    variables: Mapping[str, str]

    @property
    def group(self) -> str:
        """The resource group that main.bicep makes."""
        return f"rg-product-details-{self.environment}"

    @property
    def location(self) -> str:
        """The region; parameters() has checked that it is given."""
        return self.variables["AZURE_LOCATION"]

    def values(self, image: str = "") -> dict[str, str]:
        """The variables, with those that only this release knows."""
        own = {"AZURE_ENV_NAME": self.environment, "APP_VERSION": self.commit}
        return {**self.variables, **own, "SERVICE_RELAY_IMAGE_NAME": image}


def what_if(run: Run, release: Release) -> list[dict[str, Any]]:
    """What deploying main.bicep and relay.bicep (with the image that runs now) would change: az's answers."""
    options = ("--no-pretty-print", "--output", "json", "--validation-level", "ProviderNoRbac")
    with _main(release) as arguments:
        answers = [run("az", "deployment", "sub", "what-if", *arguments, *options)]
    if image := running_image(run, release):
        with _relay(release, image) as arguments:
            answers.append(run("az", "deployment", "group", "what-if", *arguments, *options))
    return [json.loads(answer) for answer in answers]


def provision(run: Run, release: Release) -> dict[str, str]:
    """Deploy main.bicep; its outputs by their names."""
    with _main(release) as arguments:
        return _outputs(run("az", "deployment", "sub", "create", *arguments, *_ONLY_OUTPUTS))


def migrate(run: Run, outputs: Mapping[str, str], administrator: str) -> None:
    """Bring schema, the app's role and the library up to date: the hook azd runs, as this administrator."""
    hook = INFRA / "hooks" / "postprovision.sh"
    run("sh", str(hook), variables={**outputs, "DATABASE_ADMINISTRATOR_NAME": administrator})


def publish(
    run: Run,
    release: Release,
    outputs: Mapping[str, str],
    package: Path,
    *,
    wait: Callable[[float], None],
    expected: frozenset[str] | None = None,
) -> None:
    """Publish the function app, built in Azure from requirements.txt, and see that all its functions are there.

    Raises:
        DeliveryError: five minutes later the list of functions is still another one than the code's.
    """
    app = ("--resource-group", release.group, "--name", outputs["FUNCTION_APP_NAME"])
    source = ("--src", str(package), "--build-remote", "true")
    run("az", "functionapp", "deployment", "source", "config-zip", *app, *source, "--output", "none")
    wanted = expected_names() if expected is None else expected

    def difference() -> str:
        listed = run("az", "functionapp", "function", "list", *app, "--query", "[].name", "--output", "json")
        return compare(wanted, json.loads(listed))

    until(difference, seconds=300, wait=wait, what="the functions are not those of the code")


def relay_image(run: Run, release: Release, outputs: Mapping[str, str], archive: Path | None) -> str:
    """The relay's image of a commit, by digest.

    Args:
        run: runs az and skopeo.
        release: whose commit tags the image.
        outputs: of main.bicep.
        archive: the image as it was built, which is pushed; None: the registry has it already.

    Raises:
        DeliveryError: the registry does not have it.
    """
    registry = outputs["AZURE_CONTAINER_REGISTRY_ENDPOINT"]
    login = ("az", "acr", "login", "--name", registry.split(".", maxsplit=1)[0], "--expose-token")
    token = run(*login, "--query", "accessToken", "--output", "tsv").strip()
    run("skopeo", "login", registry, "--username", _NO_TOKEN_USER, "--password-stdin", stdin=token)
    tagged = f"docker://{registry}/relay:{release.commit}"
    if archive:
        run("skopeo", "copy", "--preserve-digests", f"oci-archive:{archive}", tagged)
    digest = run("skopeo", "inspect", "--format", "{{.Digest}}", tagged).strip()
    if not digest.startswith("sha256:"):
        raise DeliveryError(f"the registry gives no digest for relay:{release.commit}")
    return f"{registry}/relay@{digest}"


def release_relay(run: Run, release: Release, image: str, *, wait: Callable[[float], None]) -> str:
    """Deploy relay.bicep with an image by digest; the relay's address once the new revision is ready.

    Raises:
        DeliveryError: ten minutes later it is not; the old revision goes on serving.
    """
    if "@sha256:" not in image:
        raise DeliveryError(f"{image} is not named by digest")
    with _relay(release, image) as arguments:
        outputs = _outputs(run("az", "deployment", "group", "create", *arguments, *_ONLY_OUTPUTS))

    def not_ready() -> str:
        shown = json.loads(run(*_relay_app(release), "--output", "json"))["properties"]
        latest, ready = shown["latestRevisionName"], shown.get("latestReadyRevisionName")
        return "" if latest == ready else f"revision {latest} is not ready"

    until(not_ready, seconds=600, wait=wait, what="the relay does not run the new image")
    return outputs["RELAY_URL"]


def running_image(run: Run, release: Release) -> str:
    """The image of the relay that runs now, "" when there is none yet."""
    asked = "[?tags.\"azd-service-name\"=='relay'].properties.template.containers[0].image | [0]"
    command = ("az", "containerapp", "list", "--resource-group", release.group, "--query", asked)
    return run(*command, "--output", "tsv").strip()


def _relay_app(release: Release) -> tuple[str, ...]:
    asked = "[?tags.\"azd-service-name\"=='relay'] | [0]"
    return ("az", "containerapp", "list", "--resource-group", release.group, "--query", asked)


@contextmanager
def _main(release: Release) -> Iterator[tuple[str, ...]]:
    with _file(parameters("main", release.environment, release.values())) as path:
        yield (
            *("--name", f"product-details-{release.environment}-{release.commit[:12]}"),
            *("--location", release.location, "--template-file", str(INFRA / "main.bicep")),
            *("--parameters", f"@{path}"),
        )


@contextmanager
def _relay(release: Release, image: str) -> Iterator[tuple[str, ...]]:
    with _file(parameters("relay", release.environment, release.values(image))) as path:
        yield (
            *("--name", f"relay-{release.commit[:12]}", "--resource-group", release.group),
            *("--template-file", str(INFRA / "relay.bicep"), "--parameters", f"@{path}"),
        )


@contextmanager
def _file(content: Mapping[str, Any]) -> Iterator[Path]:
    """The content in a file of its own that only this user reads: parameters may be secrets."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "parameters.json")
        path.write_text(json.dumps(content), "utf-8")
        yield path


def _outputs(answer: str) -> dict[str, str]:
    """Outputs by name in capitals: Resource Manager gives `RELAY_URL` back as `relaY_URL`."""
    return {name.upper(): str(entry["value"]) for name, entry in json.loads(answer).items()}

"""`python -m infra.delivery COMMAND`: every step of a delivery by hand; docs/delivery.md has them in order.

What needs nothing but Python itself (all but `functions`, `smoke`, `telemetry`, `names`, `pages` and the migrations)
works without `make setup`: packages are imported where they are first used.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from infra.delivery import migrations, package, record, rollout, telemetry, what_if
from infra.delivery.commands import DeliveryError, run
from infra.delivery.names import compare, expected_names
from infra.delivery.parameters import ENVIRONMENTS

ROOT = Path(__file__).parents[2]

type Command = Callable[[argparse.Namespace], object]


def _release(options: argparse.Namespace) -> rollout.Release:
    variables = json.loads(options.variables.read_text("utf-8"))
    if options.repository:
        variables["GITHUB_REPOSITORY"] = options.repository
    return rollout.Release(options.environment, options.commit, variables)


def _outputs(options: argparse.Namespace) -> dict[str, str]:
    if not options.outputs.exists():
        raise DeliveryError(f"{options.outputs} is not there: `provision` writes it")
    outputs: dict[str, str] = json.loads(options.outputs.read_text("utf-8"))
    return outputs


def _keep(options: argparse.Namespace, outputs: dict[str, str]) -> None:
    options.outputs.parent.mkdir(parents=True, exist_ok=True)
    options.outputs.write_text(json.dumps(outputs, indent=2) + "\n", "utf-8")


def _what_if(options: argparse.Namespace) -> None:
    release = _release(options)
    found = what_if.changes(rollout.what_if(run, release))
    text = what_if.report(f"{release.environment}: {release.commit[:12]}", found)
    options.report.parent.mkdir(parents=True, exist_ok=True)
    options.report.write_text(text, "utf-8")
    sys.stdout.write(text)
    if options.fail_on_changes and what_if.is_drift(found):
        raise DeliveryError(f"{release.environment} is not what {release.commit[:12]} describes")


def _provision(options: argparse.Namespace) -> None:
    _keep(options, rollout.provision(run, _release(options)))


def _migrate(options: argparse.Namespace) -> None:
    outputs = _outputs(options)
    rollout.migrate(run, outputs, options.administrator or outputs["DELIVERY_DATABASE_ROLE"])


def _functions(options: argparse.Namespace) -> None:
    rollout.publish(run, _release(options), _outputs(options), options.package, wait=time.sleep)


def _relay(options: argparse.Namespace) -> None:
    release, outputs = _release(options), _outputs(options)
    image = rollout.relay_image(run, release, outputs, None if options.from_registry else options.archive)
    url = rollout.release_relay(run, release, image, wait=time.sleep)
    _keep(options, {**outputs, "RELAY_IMAGE": image, "RELAY_URL": url})


def _smoke(options: argparse.Namespace) -> str:
    from infra.delivery import smoke

    outputs, token = _outputs(options), sys.stdin.read().strip()
    # A deployment whose streams go through a load balancer has no address of its own to give.
    relay = options.relay_url or outputs["RELAY_URL"]
    seen = smoke.smoke(smoke.Deployment(outputs["FUNCTIONS_URL"], relay, options.commit, token))
    _keep(options, {**outputs, "TRACE_ID": seen["trace_id"]})
    return json.dumps(seen)


def _telemetry(options: argparse.Namespace) -> None:
    from infra.delivery import smoke

    group = rollout.Release(options.environment, "", {}).group
    telemetry.arrived(run, group, _outputs(options)["TRACE_ID"], smoke.SPANS, wait=time.sleep)


def _names(options: argparse.Namespace) -> str:
    expected = expected_names()
    if options.listed and (wrong := compare(expected, json.loads(options.listed.read_text("utf-8")))):
        raise DeliveryError(f"the functions are not those of the code: {wrong}")
    return "\n".join(sorted(expected))


def _pages(options: argparse.Namespace) -> str:
    from infra.delivery import pages

    return f"{len(pages.site(ROOT, options.target, options.source_url))} pages"


def _migrations(options: argparse.Namespace) -> None:
    # GitHub writes noughts for the commit before a branch's first.
    base = options.base.strip("0") and options.base
    if options.environment:
        base = record.held(run, options.environment)
    migrations.check(run, ROOT, base)


def _record(options: argparse.Namespace) -> str:
    return record.record(run, options.environment, options.commit, datetime.now(UTC))


def _deployed(options: argparse.Namespace) -> str:
    if options.commit and not record.was_deployed(run, options.environment, options.commit):
        raise DeliveryError(f"{options.environment} has never had {options.commit}")
    return options.commit or record.deployed(run, options.environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.delivery", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, description: str, *needs: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=description, description=description)
        added.set_defaults(command=command)
        for need in needs:
            _OPTIONS[need](added)
        return added

    whole = ("environment", "commit", "variables", "outputs")
    plan = add("what-if", _what_if, "what a deployment would change", *whole)
    plan.add_argument("--report", type=Path, default=ROOT / "build/what-if.md")
    plan.add_argument("--fail-on-changes", action="store_true")
    add("provision", _provision, "deploy main.bicep", *whole)
    schema = add("migrate", _migrate, "schema, the app's role, templates", "outputs")
    schema.add_argument("--administrator", help="default: the delivery identity's role")
    add("functions", _functions, "publish the function app and count its functions", *whole).add_argument(
        "--package", type=Path, default=ROOT / "build/functions.zip"
    )
    relay = add("relay", _relay, "push the relay's image and deploy it by digest", *whole)
    relay.add_argument("--archive", type=Path, default=ROOT / "build/relay.tar")
    relay.add_argument("--from-registry", action="store_true", help="push nothing: it was delivered before")
    add("smoke", _smoke, "look at it from outside; a token on stdin", "commit", "outputs").add_argument(
        "--relay-url"
    )
    add("telemetry", _telemetry, "wait until smoke's trace has arrived", "environment", "outputs")
    add("names", _names, "the functions of the code").add_argument(
        "--listed", type=Path, help="JSON list to compare"
    )
    add("record", _record, "tag the commit as deployed", "environment", "commit")
    _add_deployed(add("deployed", _deployed, "the commit an environment has, or had", "environment"))
    _add_building(add)
    return parser


def _add_deployed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--commit", default="", help="check that the environment has had this one")


def _add_building(add: Callable[..., argparse.ArgumentParser]) -> None:
    base = add("migrations", _migrations, "check that migrations only add").add_mutually_exclusive_group()
    base.add_argument("--base", default="", help="what has run already: a commit, branch or tag")
    base.add_argument(
        "--environment", choices=ENVIRONMENTS, help="what it has now, if anything, has run already"
    )
    build = add(
        "package", lambda o: package.package(run, ROOT, o.target), "the function app as a zip; its SHA-256"
    )
    build.add_argument("target", type=Path, nargs="?", default=ROOT / "build/functions.zip")
    docs = add("pages", _pages, "the documentation as HTML")
    docs.add_argument("target", type=Path, nargs="?", default=ROOT / "build/site")
    docs.add_argument("--source-url", required=True, help="where the commit's files can be read")


def _environment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)


def _commit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--commit", required=True, help="the full id")


def _variables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--variables", type=Path, required=True, help="JSON: the names of infra/main.parameters.json"
    )
    parser.add_argument("--repository", default="", help="owner/name, whose workflows may deliver")


def _outputs_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outputs", type=Path, default=ROOT / "build/outputs.json")


_OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = {
    "environment": _environment,
    "commit": _commit,
    "variables": _variables,
    "outputs": _outputs_file,
}


def main() -> int:
    """Run one command; what it has to say goes to stdout, an error to stderr."""
    options = _parser().parse_args()
    try:
        said = options.command(options)
    except DeliveryError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    if said:
        sys.stdout.write(f"{said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

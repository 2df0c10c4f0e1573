"""What the linters of `make lint` cannot know of the workflows: our commands, our variables, our order."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.delivery.__main__ import _parser
from infra.delivery.parameters import ENVIRONMENTS
from tests.unit.infra.bicep import INFRA, ROOT, read

FOLDER = ROOT / ".github/workflows"
FILES = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))}
TEXT = "\n".join(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.yml")))
GUIDE = (ROOT / "docs/delivery.md").read_text("utf-8")
PINNED = re.compile(
    r"^\s*-?\s*uses: (?P<action>[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$"
)


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job, by `workflow/job`."""
    for name, workflow in FILES.items():
        yield from ((f"{name}/{job}", body) for job, body in workflow["jobs"].items())


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    """A job's steps; one that calls a workflow has none."""
    found: list[dict[str, Any]] = job.get("steps", [])
    return found


RUNS = [
    pytest.param(step["run"], id=f"{name}/{step['name']}")
    for name, job in jobs()
    for step in steps(job)
    if "run" in step
]


def test_actions_are_pinned_by_commit() -> None:
    """Every action of others by a full commit id with its version beside it, the same one everywhere."""
    lines = [line for line in TEXT.splitlines() if "uses:" in line and "uses: ./" not in line]
    matches = [PINNED.match(line) for line in lines]
    assert [line for line, match in zip(lines, matches, strict=True) if match is None] == []
    pins = {(match["action"].lower(), match["commit"], match["version"]) for match in matches if match}
    assert len(pins) == len({action for action, _, _ in pins})


def test_no_workflow_knows_a_secret() -> None:
    """Sign-in is by OIDC; GitHub's own token is `github.token`."""
    assert not re.findall(r"secrets\.|secrets: inherit|creds:", TEXT)


def test_rights_are_given_to_jobs_only() -> None:
    """No workflow has any, every job says what it may and why; a token for Azure only where one signs in."""
    assert [name for name, workflow in FILES.items() if workflow["permissions"] != {}] == []
    for name, job in jobs():
        assert job["permissions"], name
        signs_in = any(
            "login@" in step.get("uses", "") or "deploy-pages@" in step.get("uses", "") for step in steps(job)
        )
        if steps(job):
            assert ("id-token" in job["permissions"]) == signs_in, name


def test_only_one_job_may_write_to_the_repository() -> None:
    """The one that tags; it has no right in Azure."""
    writers = {name for name, job in jobs() if steps(job) and job["permissions"].get("contents") == "write"}
    assert writers == {"environment/record"}


def test_checkouts_keep_no_token() -> None:
    """A token in .git/config is in reach of everything that runs afterwards."""
    for name, job in jobs():
        for step in steps(job):
            if "checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, name


def test_every_job_ends() -> None:
    """A time limit for each that does something itself."""
    assert [name for name, job in jobs() if steps(job) and "timeout-minutes" not in job] == []


@pytest.mark.parametrize("script", RUNS)
def test_scripts_are_sound(script: str) -> None:
    """ShellCheck finds nothing in what a step runs; expressions come in through the environment only."""
    assert "${{" not in script
    done = subprocess.run(
        [Path(sys.executable).with_name("shellcheck"), "--shell=bash", "-"],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("script", RUNS)
def test_steps_run_what_exists(script: str) -> None:
    """Scripts are there and executable; commands of infra.delivery take the options they are given."""
    for path in re.findall(r"(?:infra/delivery|local|\.ci)/[\w-]+(?:\.sh)?", script):
        if (ROOT / path).suffix == ".sh" or path == ".ci/run":
            assert (ROOT / path).exists(), path
            assert f"sh {path}" in script or (ROOT / path).stat().st_mode & 0o111, path
    for line in script.replace("\\\n", " ").splitlines():
        if "-m infra.delivery " in line:
            words = shlex.split(line.split("-m infra.delivery ")[1].split("|")[0].split("<")[0].rstrip(")"))
            values = {"$ENVIRONMENT": "dev", "$FROM": "--from-registry"}
            _parser().parse_args([values.get(word, word) for word in words])


def test_an_environment_gets_everything_in_order() -> None:
    """Resources and monitoring, schema, code, relay, then the look from outside; and it is noted last of all."""
    job = FILES["environment"]["jobs"]["deliver"]
    text = " ".join(step.get("run", "") for step in steps(job))
    assert re.findall(r"-m infra\.delivery (\w+)", text) == [
        *("migrations", "provision", "migrate", "functions", "relay", "smoke", "telemetry"),
    ]
    assert FILES["environment"]["jobs"]["record"]["needs"] == "deliver"


def test_a_merge_reaches_every_environment() -> None:
    """Tested and built once, then one environment after another, then the documentation; a failure anywhere is told."""
    deploy = FILES["deploy"]["jobs"]
    before: list[str] | str = ["tests", "build"]
    for environment in ENVIRONMENTS:
        assert deploy[environment]["needs"] in (before, [before])
        assert deploy[environment]["with"] == {"environment": environment, "commit": "${{ github.sha }}"}
        before = environment
    assert deploy["docs"]["needs"] == before
    assert set(deploy["alarm"]["needs"]) == set(deploy) - {"alarm"}
    assert deploy["alarm"]["if"] == "failure()"
    # YAML 1.1 reads the key `on` as true.
    assert FILES["deploy"][True] == {"push": {"branches": ["main"]}}


def test_pull_requests_sign_in_to_look_only() -> None:
    """Their environments are those that main.bicep trusts for the planning identity, never a delivery's own."""
    subject = read(INFRA / "main.bicep").params["githubPlanningSubjects"][0].strip("'")
    plan = subject.removeprefix("environment:").replace("${environmentName}", "${{ matrix.environment }}")
    for workflow in ("pull-request", "nightly"):
        used = {
            str(job["environment"]): job["strategy"]["matrix"]["environment"]
            for job in FILES[workflow]["jobs"].values()
            if "environment" in job
        }
        assert used == {plan: list(ENVIRONMENTS)}


def test_a_rollback_asks_for_a_commit_that_was_there() -> None:
    """The check comes first; the schema stays, the image is the registry's."""
    rollback = FILES["rollback"]["jobs"]
    assert rollback["build"]["needs"] == "check"
    assert rollback["build"]["with"]["image"] is False
    assert rollback["environment"]["needs"] == "build"
    assert rollback["environment"]["with"]["rollback"] is True
    choices = FILES["rollback"][True]["workflow_dispatch"]["inputs"]["environment"]["options"]
    assert choices == list(ENVIRONMENTS)


def test_every_variable_is_documented() -> None:
    """What workflows read of `vars`, and what the parameter files want of it, is in docs/delivery.md."""
    used = set(re.findall(r"vars\.(\w+)", TEXT))
    for name in ("main", "relay"):
        parameters = (INFRA / f"{name}.parameters.json").read_text("utf-8")
        used |= set(re.findall(r"\$\{(\w+)", parameters))
    by_delivery = {
        "AZURE_ENV_NAME",
        "APP_VERSION",
        "SERVICE_RELAY_IMAGE_NAME",
        "GITHUB_REPOSITORY",
        "DEPLOYER_ADDRESS",
    }
    assert {name for name in used - by_delivery if f"`{name}`" not in GUIDE} == set()


def test_every_command_is_documented() -> None:
    """docs/delivery.md shows each command of infra.delivery."""
    choices = next(action.choices for action in _parser()._actions if action.choices)
    assert isinstance(choices, dict)
    assert {name for name in choices if f"infra.delivery {name}" not in GUIDE} == set()

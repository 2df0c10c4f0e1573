"""The shell scripts of delivery, with programs of the test's own on the PATH."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.infra.bicep import ROOT


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for programs that are found before all others; each notes how it was called."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, answer: str) -> None:
    """A program that notes its arguments and does what `answer` (sh) says."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{folder}/calls"\n{answer}\n', "utf-8")
    path.chmod(0o755)


def run(script: str, programs: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script of infra/delivery in a folder of the test's, with the checkout's files in reach."""
    return subprocess.run(
        [str(ROOT / "infra/delivery" / script), *arguments],
        cwd=programs.parent,
        env={"PATH": f"{programs}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def calls(programs: Path) -> list[str]:
    """How the programs were called."""
    return (programs / "calls").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("exit 0", 0),
        ('case "$2" in lint) echo "main.bicep(3,1) : Warning no-unused-params: x" >&2 ;; esac', 1),
        ('case "$2" in lint) echo "main.bicep(3,1) : Error BCP018: x" >&2; exit 1 ;; esac', 1),
        ('case "$2" in build) exit 1 ;; esac', 1),
    ],
    ids=["clean", "warning", "error", "does not compile"],
)
def test_every_finding_of_the_compiler_fails(programs: Path, answer: str, code: int) -> None:
    """The compiler ends with 0 on warnings; this does not. Both templates are looked at in any case."""
    program(programs, "az", answer)
    assert run("lint-bicep.sh", programs).returncode == code
    assert [call for call in calls(programs) if "lint" in call] == [
        "az bicep lint --file infra/main.bicep",
        "az bicep lint --file infra/relay.bicep",
    ]


def test_a_first_failure_opens_an_issue(programs: Path) -> None:
    """With the run's address in it."""
    program(programs, "gh", 'case "$2" in list) ;; *) exit 0 ;; esac')
    assert run("alarm.sh", programs, "It failed", "https://run/1").returncode == 0
    text = "\n".join(calls(programs))
    assert "gh issue create --title It failed --body https://run/1" in text
    assert "comment" not in text


def test_a_second_failure_adds_to_it(programs: Path) -> None:
    """One issue for one trouble, however long it lasts."""
    program(programs, "gh", 'case "$2" in list) echo 17 ;; esac')
    assert run("alarm.sh", programs, "It failed", "https://run/2").returncode == 0
    assert calls(programs)[-1] == "gh issue comment 17 --body Again: https://run/2"


def test_what_if_is_asked_with_the_environments_variables(programs: Path) -> None:
    """They arrive as a file, and options are passed on."""
    program(programs, "python", "exit 0")
    done = run("what-if.sh", programs, "prod", "c0ffee", "--fail-on-changes", VARIABLES='{"A": "%s $(x)"}')
    assert done.returncode == 0
    assert (programs.parent / "build/variables.json").read_text("utf-8") == '{"A": "%s $(x)"}'
    (call,) = calls(programs)
    assert call.startswith("python -m infra.delivery what-if --environment prod --commit c0ffee")
    assert call.endswith("--report build/what-if.md --fail-on-changes")


def test_what_if_without_variables_fails(programs: Path) -> None:
    """An environment nobody has set up is not compared with nothing."""
    program(programs, "python", "exit 0")
    assert run("what-if.sh", programs, "prod", "c0ffee").returncode != 0


@pytest.mark.parametrize(("size", "code"), [(150_000_000, 0), (400_000_000, 1)], ids=["small", "large"])
def test_the_image_is_built_once_and_checked_as_it_runs(programs: Path, size: int, code: int) -> None:
    """Without rights, network or a writable file; and its size has a limit."""
    program(programs, "git", "echo 1763600000")
    program(programs, "docker", f'case "$1 $2" in "image inspect") echo {size} ;; esac')
    done = run("build-image.sh", programs, "c0ffee", "out/relay.tar")
    assert done.returncode == code, done.stderr
    called = calls(programs)
    (archive,) = [call for call in called if "type=oci" in call]
    assert "dest=out/relay.tar" in archive
    assert "org.opencontainers.image.revision=c0ffee" in archive
    runs = [call for call in called if call.startswith("docker run")]
    assert len(runs) == 3
    assert all("--read-only --cap-drop ALL" in call and "--network none" in call for call in runs)


def test_an_image_that_does_not_start_is_not_delivered(programs: Path) -> None:
    """A module that is missing in it shows here, not in a replica that never gets ready."""
    program(programs, "git", "echo 1763600000")
    program(programs, "docker", 'case "$1" in run) exit 1 ;; esac')
    assert run("build-image.sh", programs, "c0ffee", "out/relay.tar").returncode == 1


@pytest.mark.parametrize(
    ("there", "asked"),
    [((), "chromium fontconfig fonts-noto-cjk"), (("google-chrome",), "fontconfig fonts-noto-cjk")],
    ids=["nothing", "a browser"],
)
def test_only_what_is_missing_is_installed(programs: Path, there: tuple[str, ...], asked: str) -> None:
    """GitHub's machines have Chrome and no package of Chromium: asking for it would keep the font out, too."""
    for name, answer in {"id": "echo 0", **dict.fromkeys(there, "exit 0")}.items():
        program(programs, name, answer)
    program(
        programs,
        "apt-get",
        f'printf "#!/bin/sh\\necho font\\n" >"{programs}/fc-list"; "$CHMOD" +x "{programs}/fc-list"',
    )
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "local/setup-browser.sh")],
        env={"PATH": str(programs), "CHMOD": "/bin/chmod", "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert f"apt-get install -y -qq --no-install-recommends {asked}" in calls(programs)
    assert done.returncode == (0 if there else 1)


def test_every_shell_script_is_linted() -> None:
    """`make lint` gives each one that git has to ShellCheck."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.sh", ".ci/*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout.split()
    linted = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "--dry-run",
            "lint",
            "-o",
            ".venv/.installed",
            "-o",
            "local/node_modules/.installed",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
    assert [name for name in listed if name not in linted] == []

"""`python -m generation.templates export` and `import`, against the stack's database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.stack import ROOT, RunningStack


def run(stack: RunningStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as an operator runs it."""
    return subprocess.run(
        [sys.executable, "-m", "generation.templates", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": stack.facts["database_url"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_set_is_exported_changed_and_imported(
    stack: RunningStack, api: httpx.Client, tmp_path: Path
) -> None:
    """What was imported is served at once; what is wrong is said by its place, with exit code 1."""
    file = tmp_path / "set.json"
    done = run(stack, "export", str(file), "beauty-vanity")
    assert (done.returncode, done.stderr) == (0, "")
    content = json.loads(file.read_text("utf-8"))
    content["sets"][0] |= {"template_set_id": "beauty-copy", "name": "복사본"}
    file.write_text(json.dumps(content), "utf-8")
    done = run(stack, "import", str(file))
    assert (done.returncode, done.stdout) == (0, "added 1, updated 0: beauty-copy\n")
    copied = api.get("/template-sets/beauty-copy").json()
    original = api.get("/template-sets/beauty-vanity").json()
    assert (copied["name"], copied["is_default"]) == ("복사본", False)
    assert (copied["items"], copied["theme"]) == (original["items"], original["theme"])

    content["templates"][0]["template_html"] = "<p>{{ f() }}</p>"
    file.write_text(json.dumps(content), "utf-8")
    done = run(stack, "import", str(file))
    assert done.returncode == 1
    assert "templates.0.template_html: line 1, column 7" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_done_is_said(stack: RunningStack, tmp_path: Path) -> None:
    """A set or a file that is not there: one line, exit code 1."""
    for arguments in (("export", str(tmp_path / "x.json"), "nope"), ("import", str(tmp_path / "y.json"))):
        done = run(stack, *arguments)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1

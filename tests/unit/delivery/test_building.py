"""What is built of a commit: the package, the documentation's pages, the record of where it is."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.delivery.commands import DeliveryError, run
from infra.delivery.names import expected_names
from infra.delivery.package import package
from infra.delivery.pages import site
from infra.delivery.record import deployed, held, record, was_deployed
from tests.unit.infra.bicep import ROOT

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    name = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    done = subprocess.run(
        ["git", *name, *words], cwd=folder, check=True, timeout=20, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a small function app."""
    git(tmp_path, "init", "-q", "--bare", "origin")
    git(tmp_path, "clone", "-q", "origin", "clone")
    clone = tmp_path / "clone"
    files = {name: name for name in ("function_app.py", "host.json", "requirements.txt", "tests/test_a.py")}
    for name, text in {**files, "generation/가.html": "가", ".funcignore": "tests\n.funcignore\n"}.items():
        path = clone / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "one")
    monkeypatch.chdir(clone)
    return clone


def test_the_package_is_what_git_has_less_what_is_ignored(checkout: Path, tmp_path: Path) -> None:
    """Files that no commit has stay out; a second package has the same bytes."""
    (checkout / "local.settings.json").write_text("{}", "utf-8")
    first, second = tmp_path / "1" / "f.zip", tmp_path / "2" / "f.zip"
    digest = package(run, checkout, first)
    assert package(run, checkout, second) == digest == hashlib.sha256(first.read_bytes()).hexdigest()
    assert sorted(zipfile.ZipFile(first).namelist()) == [
        "function_app.py",
        "generation/가.html",
        "host.json",
        "requirements.txt",
    ]


def test_a_checkout_with_changes_makes_no_package(checkout: Path, tmp_path: Path) -> None:
    """Or the record would name a commit that does not hold what runs."""
    (checkout / "host.json").write_text("other", "utf-8")
    with pytest.raises(DeliveryError, match="has changes besides"):
        package(run, checkout, tmp_path / "f.zip")


def test_an_app_without_its_parts_makes_no_package(checkout: Path, tmp_path: Path) -> None:
    """A line too many in .funcignore is noticed here, not by users."""
    (checkout / ".funcignore").write_text("*.json\n", "utf-8")
    git(checkout, "commit", "-q", "-a", "-m", "two")
    with pytest.raises(DeliveryError, match=r"lacks host\.json"):
        package(run, checkout, tmp_path / "f.zip")


def test_what_is_deployed_is_the_last_record(checkout: Path) -> None:
    """Tags in time's order, of one environment, pushed to origin; a rollback is a record like any other."""
    first = git(checkout, "rev-parse", "HEAD")
    git(checkout, "commit", "-q", "--allow-empty", "-m", "two")
    second = git(checkout, "rev-parse", "HEAD")
    with pytest.raises(DeliveryError, match="nothing was ever delivered to prod"):
        deployed(run, "prod")
    for minute, commit in enumerate((first, second)):
        record(run, "prod", commit, NOON.replace(minute=minute))
    record(run, "dev", second, NOON)
    assert deployed(run, "prod") == second
    record(run, "prod", first, NOON.replace(minute=5))
    assert deployed(run, "prod") == first
    assert (was_deployed(run, "prod", second), was_deployed(run, "dev", first)) == (True, False)
    pushed = git(checkout, "ls-remote", "--tags", "origin").split()
    assert f"refs/tags/deployed/prod/{NOON:%Y-%m-%d}T12-05-00Z" in pushed


def test_an_older_commit_is_no_delivery(checkout: Path) -> None:
    """A delivery that waited for its approval while a later one passed it would take that one back."""
    first = git(checkout, "rev-parse", "HEAD")
    assert held(run, "prod") == ""
    record(run, "prod", first, NOON)
    git(checkout, "commit", "-q", "--allow-empty", "-m", "two")
    assert held(run, "prod") == first
    record(run, "prod", git(checkout, "rev-parse", "HEAD"), NOON.replace(minute=1))
    git(checkout, "checkout", "-q", first)
    with pytest.raises(DeliveryError, match="roll back instead"):
        held(run, "prod")


def test_pages_link_to_pages(tmp_path: Path) -> None:
    """Links between pages and to pictures lead to files of the site, others to the commit's source."""
    write = {
        "README.md": "# A product\n\n[api](docs/api.md#get-a), [code](host.json), [x](https://x.example)\n",
        "README.ko.md": "# 제품\n",
        "CHANGELOG.md": "# Changes\n",
        "CONTRIBUTING.md": "# Contributing\n",
        "docs/api.md": "# API\n\n## GET /a\n\n![page](images/p.jpg) [up](../README.md)\n\n<script>alert(1)</script>\n",
        "docs/images/p.jpg": "",
        "host.json": "{}",
    }
    for name, text in write.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    out = tmp_path / "out"
    assert Path("docs/api.html") in site(tmp_path / "in", out, "https://code.example/blob/c")
    index, api = (out / "index.html").read_text("utf-8"), (out / "docs/api.html").read_text("utf-8")
    assert 'href="docs/api.html#get-a"' in index
    assert 'href="https://code.example/blob/c/host.json"' in index
    assert 'href="https://x.example"' in index
    assert 'id="get-a"' in api
    assert 'src="images/p.jpg"' in api
    assert 'href="../index.html"' in api
    assert "<script>" not in api
    assert (out / "docs/images/p.jpg").exists()
    assert '<html lang="ko">' in (out / "README.ko.html").read_text("utf-8")


def test_a_page_with_a_dead_link_is_not_published(tmp_path: Path) -> None:
    """The build fails and names both."""
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "README.ko.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        (tmp_path / name).write_text("[gone](docs/gone.md)", "utf-8")
    with pytest.raises(DeliveryError, match=r"README\.md links to docs/gone\.md"):
        site(tmp_path, tmp_path / "out", "https://code.example")


def test_the_package_alone_has_every_function(tmp_path: Path) -> None:
    """.funcignore leaves out nothing that function_app.py needs, and nothing else goes in."""
    files = ("git", "-C", str(ROOT), "ls-files", "-z")
    every, out = ("--cached", "--others", "--exclude-standard"), ("--exclude-from", str(ROOT / ".funcignore"))
    kept = {name for name in run(*files, *every).split("\0") if name and (ROOT / name).exists()}
    for kind in ("--cached", "--others"):
        kept -= set(run(*files, kind, "--ignored", *out).split("\0"))
    for name in kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("bootstrap.py", "function_app.py", "host.json", "requirements.txt"),
        *("generation", "notifications", "shared"),
    }
    indexing = "import function_app as f; print(*(x.get_function_name() for x in f.app.get_functions()))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", indexing],
        cwd=tmp_path,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert set(done.stdout.split()) == expected_names()

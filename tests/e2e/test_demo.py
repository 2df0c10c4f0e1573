"""`make demo` as its users run it: from nothing to a page that a browser shows."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.stack import ROOT, free_base, local

SAMPLES = ROOT.parent / "shared" / "samples" / "products.jsonl"


def demo(tmp_path: Path, *arguments: str) -> str:
    """Run the demo in its own stack; what it printed."""
    out = tmp_path / "out"
    done = local(
        "demo",
        "--data",
        str(tmp_path / "data"),
        "--port-base",
        str(free_base()),
        "--out",
        str(out),
        *arguments,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    html = (out / "page.html").read_text("utf-8")
    assert re.search("[가-힣]", html)
    assert len(re.findall("<section", html)) >= 6
    return done.stdout


def test_the_projects_own_product_becomes_a_page(tmp_path: Path) -> None:
    """With no PRODUCT: our sample, our drawn photo."""
    assert "100 %" in demo(tmp_path)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the shared samples are not beside this checkout")
def test_a_sellers_record_becomes_a_page(tmp_path: Path) -> None:
    """PRODUCT=...jsonl: its first record, its photo file uploaded first."""
    assert "에티오피아" in demo(tmp_path, "--product", str(SAMPLES))


def test_a_product_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """A clear message and exit code 1, before anything is started."""
    nonsense = tmp_path / "product.json"
    nonsense.write_text("not json")
    done = local("demo", "--data", str(tmp_path / "data"), "--product", str(nonsense))
    assert done.returncode == 1
    assert "product.json" in done.stdout + done.stderr
    assert not (tmp_path / "data" / "stack.json").exists()


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """After the demo no process of its stack lives."""
    demo(tmp_path)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listed

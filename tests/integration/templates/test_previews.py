"""`python -m local.previews`, with a browser."""

from pathlib import Path

import pytest
from PIL import Image, ImageStat

from local.previews.__main__ import main
from tests.integration.templates.browser import chromium


def test_pictures_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A block and its index page; the picture is as wide as told, ends with the block, and shows something."""
    chromium()
    assert main([str(tmp_path), "introduction-arch"]) == 0
    assert "2 files" in capsys.readouterr().out
    assert (tmp_path / "README.md").read_text("utf-8").startswith("# ")
    with Image.open(tmp_path / "introduction-arch.webp") as opened:
        drawn = opened.convert("RGB")
    assert drawn.width == 480
    assert 400 < drawn.height < 1200
    assert all(spread > 5 for spread in ImageStat.Stat(drawn).stddev)
    assert drawn.getpixel((2, drawn.height - 2)) != (255, 0, 255)


def test_an_unknown_name_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 1, nothing drawn."""
    assert main([str(tmp_path), "nope"]) == 1
    assert "nope" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

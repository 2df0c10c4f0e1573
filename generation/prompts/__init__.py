"""Prompt text, one file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def prompt(name: str) -> str:
    """The prompt in `<name>.md`, read when first used."""
    return (Path(__file__).parent / f"{name}.md").read_text("utf-8").strip()

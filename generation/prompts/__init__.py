"""Prompt text, one file each; `{slots}` in it are filled by the code (tests/unit/prompts holds the two together)."""

from __future__ import annotations

from functools import cache
from pathlib import Path


def prompt(name: str, **slots: str) -> str:
    """The prompt in `<name>.md` with its `{slots}` filled; braces in a slot's own text mean nothing.

    Raises:
        KeyError: a slot of the file is not given.
    """
    return _text(name).format(**slots) if slots else _text(name)


@cache
def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.md").read_text("utf-8").strip()

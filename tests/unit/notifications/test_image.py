"""What the relay's image is made of: few packages, each with its reason, all pinned, and no hundred megabytes."""

from __future__ import annotations

import re
from importlib.metadata import files
from pathlib import Path

RELAY = Path(__file__).parents[3] / "notifications/relay"
MEGABYTE = 10**6
_LIMIT = 100 * MEGABYTE
_BYTECODE = 1.1  # of the source's size: the image holds both (compileall)


def wanted() -> list[str]:
    """The lines of requirements.in that name a package."""
    lines = (RELAY / "requirements.in").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def locked() -> list[str]:
    """Every package that is installed."""
    text = (RELAY / "requirements.txt").read_text("utf-8")
    return re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text, re.MULTILINE)


def size(package: str) -> float:
    """Bytes it takes in the image."""
    held = [one for one in files(package) or [] if one.suffix != ".pyc" and "/bin/" not in str(one)]
    return sum((one.size or 0) * (1 + _BYTECODE * (one.suffix == ".py")) for one in held)


def test_every_package_has_a_reason_and_one_version() -> None:
    """`name==version  # what for`, and nothing else."""
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*(\[\w+\])?==[\w.]+  # .+", line) for line in wanted())
    assert len(wanted()) <= 12


def test_the_lock_has_hashes_and_no_sdk_of_the_functions() -> None:
    """Each package by its hashes; of the function app's SDKs only Event Hubs and what opens it."""
    text = (RELAY / "requirements.txt").read_text("utf-8")
    assert len(locked()) <= 45
    assert text.count("--hash=sha256:") >= len(locked())
    others = {
        "openai",
        "together",
        "boto3",
        "botocore",
        "pillow",
        "psycopg2",
        "psycopg2-binary",
        "jinja2",
        "numpy",
    }
    assert not others & set(locked())


def test_the_packages_stay_below_a_hundred_megabytes() -> None:
    """All of them together, as source and bytecode, beside the base image's Python."""
    assert sum(size(package) for package in locked()) < _LIMIT


def test_our_own_part_is_small() -> None:
    """What is copied of this checkout weighs less than a megabyte."""
    folders = (RELAY, RELAY.parents[1] / "shared")
    assert sum(path.stat().st_size for folder in folders for path in folder.rglob("*.py")) < MEGABYTE

"""stream.js by itself; test_every_client.py and test_cuts.py have it, stream.py and others' clients on real relays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.programs import ROOT
from notifications.clients.stream import _wait

HERE = Path(__file__).parent


def test_javascript_client_by_itself() -> None:
    """Its parser on the standard's examples, its reconnecting against a small server."""
    ran = subprocess.run(
        ["node", "--test", str(HERE / "stream.test.mjs")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_python_client_waits_through_a_long_outage() -> None:
    """Its waits grow, are bounded, and a night of failures does not end it."""
    assert 0.25 <= _wait(0) <= 0.5
    assert 4 <= _wait(4) <= 8
    for failures in (20, 2_000, 1_000_000):
        assert 15 <= _wait(failures) <= 30


@pytest.mark.parametrize(
    ("arguments", "token", "said"),
    [
        ([], "t", "usage"),
        (["http://127.0.0.1:9/"], "", "usage"),
        (["http://127.0.0.1:x/"], "t", "port"),
    ],
)
def test_python_client_says_how_it_is_used(arguments: list[str], token: str, said: str) -> None:
    """A forgotten address or token, or an address that is none: one line on stderr."""
    ran = subprocess.run(
        [sys.executable, str(ROOT / "notifications/clients/stream.py"), *arguments],
        env={"STREAM_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 1
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1

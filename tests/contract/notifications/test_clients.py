"""stream.js by itself; test_every_client.py and test_cuts.py have it, stream.py and others' clients on real relays."""

from __future__ import annotations

import subprocess
from pathlib import Path

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

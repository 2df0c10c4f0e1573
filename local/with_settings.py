"""`python -m local.with_settings FILE COMMAND...`: run a command with the settings of a local.settings.json.

`func start` reads that file by itself; the relay, the migrations and the rest read the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path


def environment(settings: Path, outside: Mapping[str, str]) -> dict[str, str]:
    """The outside environment with the file's values over it.

    Raises:
        OSError, ValueError: the file is not there or not of the form of local.settings.json.
    """
    values = json.loads(settings.read_text("utf-8"))["Values"]
    return {**outside, **{name: str(value) for name, value in values.items()}}


if __name__ == "__main__":
    if len(sys.argv) < 3:  # noqa: PLR2004  the module, a file, a command
        sys.exit("usage: python -m local.with_settings FILE COMMAND...")
    os.execvpe(sys.argv[2], sys.argv[2:], environment(Path(sys.argv[1]), os.environ))  # noqa: S606  the user's own command

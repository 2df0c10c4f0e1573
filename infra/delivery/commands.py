"""The programs delivery runs (az, git, skopeo, sh) and the one error it ends with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Protocol


class DeliveryError(Exception):
    """Something did not reach the environment, or must not; the message says what and what to do."""


class Run(Protocol):
    """Runs a program and gives what it printed; a test stands in for it."""

    def __call__(self, *command: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> str:
        """Run to its end.

        Raises:
            DeliveryError: the program is not there or ended with another code than 0.
        """


def run(*command: str, stdin: str = "", variables: Mapping[str, str] | None = None) -> str:
    """See Run. What the program says of errors goes to ours; what it prints is only returned."""
    try:
        done = subprocess.run(  # noqa: S603  the commands are this package's own, without a shell
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, **(variables or {})},
        )
    except FileNotFoundError as exc:
        raise DeliveryError(f"{command[0]} is not installed") from exc
    if done.returncode:
        # The first words only: later ones may be values that belong in no log.
        raise DeliveryError(f"`{' '.join(command[:4])} ...` ended with {done.returncode}")
    return done.stdout

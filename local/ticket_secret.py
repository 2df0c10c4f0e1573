"""The key that signs a stack's stream tickets: made once per data folder, so tickets survive a restart."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_NAME = "stream-ticket-secret"


def ticket_secret(data: Path) -> str:
    """The secret of this data folder, made on first use; only its owner may read the file."""
    path = data / _NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    secret = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    return secret

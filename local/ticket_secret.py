"""The key that signs a stack's stream tickets: made once per data folder, so tickets survive a restart."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

_NAME = "stream-ticket-secret"


def ticket_secret(data: Path) -> str:
    """The secret of this data folder, made on first use; only its owner may read the file."""
    path = data / _NAME
    with contextlib.suppress(FileNotFoundError):
        if secret := path.read_text():
            return secret
        path.unlink()  # a crash or a full disk left it empty
    return _created(path)


def _created(path: Path) -> str:
    """Write a new secret, whole or not at all; the first of several processes wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)  # fails if another process was first; rename would overwrite its secret
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()

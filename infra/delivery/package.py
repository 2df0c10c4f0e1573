"""The function app as a zip: what git has, less what .funcignore names; the same bytes for the same commit."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from pathlib import Path

from infra.delivery.commands import DeliveryError, Run

_NEEDED = {"function_app.py", "host.json", "requirements.txt"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
_MODE = (stat.S_IFREG | 0o644) << 16


def package(run: Run, root: Path, target: Path) -> str:
    """Write the zip; its SHA-256.

    Args:
        run: runs git.
        root: the checkout's top.
        target: where the zip is written; its folder is made.

    Raises:
        DeliveryError: the checkout has changes that no commit has, or files that every function app needs would be
            left out.
    """
    if run("git", "-C", str(root), "status", "--porcelain", "--untracked-files=no").strip():
        raise DeliveryError("a package is made of a commit, and this checkout has changes besides")
    names = _names(run, root)
    if missing := _NEEDED - set(names):
        raise DeliveryError(f"the package lacks {', '.join(sorted(missing))}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _MODE
            archive.writestr(entry, (root / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _names(run: Run, root: Path) -> list[str]:
    files = ("git", "-C", str(root), "ls-files", "--cached", "-z")
    ignored = run(*files, "--ignored", "--exclude-from", str(root / ".funcignore")).split("\0")
    return sorted(set(run(*files).split("\0")) - set(ignored) - {""})

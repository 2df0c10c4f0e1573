"""How the process keeps memory."""

from __future__ import annotations

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3
_LARGE_BUFFER_BYTES = 256 * 1024


def give_large_buffers_back() -> None:
    """Have glibc map every larger buffer by itself, so that a picture's memory is the system's again when it is closed.

    By default the limit grows with the first large buffer freed (mallopt(3), M_MMAP_THRESHOLD), and what pictures
    took stays with the process: some 15 MB after the first page.
    """
    with contextlib.suppress(AttributeError, OSError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BUFFER_BYTES)

"""Which side of an A/B test a page falls to."""

from __future__ import annotations

import hashlib
from typing import Literal
from uuid import UUID

from generation.templates.models import Experiment

_DIGITS = 8


def assigned_side(test: Experiment, page_id: UUID) -> Literal["a", "b"]:
    """The same side for the same page whenever it is asked; two tests divide pages independently."""
    digest = hashlib.sha256(f"{test.experiment_id}:{page_id}".encode()).digest()
    place = int.from_bytes(digest[:_DIGITS]) / 2 ** (8 * _DIGITS)
    return "b" if place < test.share else "a"

"""docs/events.md does its sums."""

from __future__ import annotations

import math
import re
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs/events.md").read_text("utf-8")
READERS_PER_GROUP = 5


def test_the_consumer_groups_hold_the_readers() -> None:
    """Twice the replicas read in a rollout, and five of them share a group."""
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+)\b", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for replicas, readers, groups in rows:
        assert int(readers) == 2 * int(replicas)
        assert int(groups) == math.ceil(int(readers) / READERS_PER_GROUP)

"""Texts are batched within the API's limits; lists are fused by rank; vectors keep their direction."""

import math
import random
import struct
from array import array

from hypothesis import given
from hypothesis import strategies as st

from generation.documents.embedding import batches
from generation.documents.search import fused, spread
from generation.documents.vectors import DIMENSIONS, halves, literal, packed


@given(st.lists(st.text(min_size=1, max_size=30), max_size=60), st.integers(1, 10), st.integers(1, 200))
def test_batches_keep_order_and_limits(texts: list[str], most: int, most_bytes: int) -> None:
    """Nothing is lost, no batch is over a limit but for a single text that is."""
    made = batches(texts, most=most, most_bytes=most_bytes)
    assert [text for batch in made for text in batch] == texts
    for batch in made:
        assert 0 < len(batch) <= most
        assert len(batch) == 1 or sum(len(text.encode()) for text in batch) <= most_bytes


def test_fusion_prefers_what_both_lists_have() -> None:
    """First in both is 1; in both beats first in one."""
    scores = fused([[1, 2, 3], [1, 3]])
    assert scores[1] == 1
    assert list(scores) == [1, 3, 2]
    assert fused([[], []]) == {}


def test_one_document_does_not_fill_the_answer() -> None:
    """Two pieces of it at first, more only if there is nothing else."""
    found = [(1, "a"), (2, "a"), (3, "a"), (4, "b")]
    assert spread(found, 3) == [1, 2, 4]
    assert spread(found, 4) == [1, 2, 4, 3]


def test_half_precision_keeps_the_direction() -> None:
    """Packed and written as text, a vector turns by less than a thousandth."""
    source = random.Random(1)
    vector = array("f", [source.gauss(0, 1) for _ in range(DIMENSIONS)])
    length = math.hypot(*vector)
    unit = array("f", [value / length for value in vector])
    [back] = halves(packed([unit]))
    stored = struct.unpack(f">{DIMENSIONS}e", back)
    asked = [float(part) for part in literal(unit)[1:-1].split(",")]
    for read in (stored, asked):
        assert math.sumprod(unit, read) / math.hypot(*read) > 0.999999
    assert halves(packed([])) == []
    assert halves(packed([unit, unit])) == [back, back]

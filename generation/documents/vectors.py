"""Embeddings as numbers: half precision where they are stored, text in a query.

Half precision is enough: pgvector's `halfvec` takes half the room of `vector`, in table and index, and finds the same
(docs/decisions/0012-half-precision-and-exact-search.md).
"""

from __future__ import annotations

import base64
import struct
import sys
from array import array
from collections.abc import Sequence

# Every model of the capability table gives vectors of this length, or can shorten its own to it.
DIMENSIONS = 1536

type Vector = array[float]


def packed(vectors: Sequence[Vector]) -> str:
    """Vectors as base64 of little-endian half floats (IEEE 754 binary16), one after the other."""
    return base64.b64encode(b"".join(struct.pack(f"<{len(vector)}e", *vector) for vector in vectors)).decode()


def halves(text: str) -> list[bytes]:
    """What `packed` wrote, a vector each, the first byte of a number first, as PostgreSQL wants it."""
    numbers = array("H", base64.b64decode(text))
    if sys.byteorder == "little":
        numbers.byteswap()
    return [numbers[at : at + DIMENSIONS].tobytes() for at in range(0, len(numbers), DIMENSIONS)]


def literal(vector: Vector) -> str:
    """A vector as pgvector's input text: `[0.1,0.2]`; five digits are what half precision holds."""
    return "[" + ",".join([f"{value:.5g}" for value in vector]) + "]"

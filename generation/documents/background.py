"""How near a chunk is to names of things it has nothing to do with: what its nearness to a product is held against.

An absolute similarity means nothing across models: unlike texts have a cosine of 0.00 +- 0.03 with the stand-in, 0.1
to 0.3 with text-embedding-3-small, 0.7 with text-embedding-ada-002. What is beyond a chunk's own background means about
the same with each (cohort normalisation; Auckenthaler, Carey, Lloyd-Thomas, "Score Normalization", 2000).
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from generation.documents.vectors import Vector, literal

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# Of sixteen kinds of goods no chunk is about more than one or two.
UNLIKE_NAMES = (
    "무선 청소기",
    "여성 운동화",
    "냉동 만두",
    "강아지 간식",
    "원목 책상",
    "자동차 방향제",
    "어린이 동화책",
    "립스틱",
    "비타민 영양제",
    "캠핑 텐트",
    "여름 이불",
    "스마트폰 케이스",
    "기계식 키보드",
    "골프 장갑",
    "목걸이",
    "세탁 세제",
)
# The nearest quarter is left out: a chunk about tents is near to the name of a tent.
_COUNTED = 12

_SIMILARITIES = """
    select chunk_id, 1 - (embedding <=> name::halfvec) as similarity
    from document_chunks cross join unnest(%s::text[]) as names (name) where chunk_id = any(%s)"""


def backgrounds(cursor: Cursor, keys: Sequence[int], names: Sequence[Vector]) -> dict[int, float]:
    """Each chunk's mean cosine with the vectors of UNLIKE_NAMES, but for the nearest."""
    cursor.execute(_SIMILARITIES, ([literal(vector) for vector in names], list(keys)))
    found: dict[int, list[float]] = defaultdict(list)
    for row in cursor.fetchall():
        found[row["chunk_id"]].append(row["similarity"])
    return {key: statistics.fmean(sorted(similarities)[:_COUNTED]) for key, similarities in found.items()}

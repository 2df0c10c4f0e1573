"""Which chunks are in the HNSW index: those beyond an owner's first thousand (docs/decisions/0016).

Being in it costs a chunk twelve times what it costs to store, and search walks it for owners of many chunks only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# Comparing so many takes 4 ms.
COMPARED = 1000


# How many of an owner's chunks are not in the index, as far as it matters.
COUNT = """(select count(*) from (
    select from document_chunks where owner = %(owner)s and not walked limit %(most)s) as counted)"""


def room(cursor: Cursor, owner: str) -> int:
    """How many more of an owner's chunks stay out of the index.

    Two transactions of one owner may both be given the same room. It does not matter: search compares whatever is not
    in the index, and walks the rest.
    """
    cursor.execute(f"select {COUNT} as compared", {"owner": owner, "most": COMPARED})
    row = cursor.fetchone()
    return COMPARED - (row["compared"] if row else 0)

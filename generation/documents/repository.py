"""Documents in PostgreSQL: taken in, in order; embedded, all chunks at once; read, deleted.

All functions take a cursor (one transaction, see shared/db/pool.py). A document's row is locked by whoever writes it,
so that versions, deletion and finished embeddings come one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from uuid import UUID

from generation.documents import chunk_rows, walked
from generation.documents.letters import document_terms
from generation.documents.requests import LARGEST_VERSION, Document
from shared.errors import ConflictError, NotFoundError
from shared.times import rfc3339

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor


# Versions from here on are moments, in milliseconds since the epoch (September 2001).
_FIRST_TIME = 10**12
# Deleted documents of one owner; beyond, those that we never had are not remembered.
_MOST_UNKNOWN = 10_000


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be embedded."""

    post_id: str
    kind: str
    title: str
    content: str
    version: int


def locked(cursor: Cursor, owner: str, post_id: str) -> dict[str, Any]:
    """The document's row, made if there is none (version 0), locked until the transaction ends."""
    cursor.execute(
        """insert into documents (owner, post_id, version) values (%s, %s, 0)
           on conflict (owner, post_id) do update set owner = excluded.owner returning *""",
        (owner, post_id),
    )
    return dict(cursor.fetchone() or {})


def has_any(cursor: Cursor, owner: str) -> bool:
    """Whether the owner has documents that can be searched."""
    cursor.execute("select exists (select from document_chunks where owner = %s) as found", (owner,))
    row = cursor.fetchone()
    return bool(row and row["found"])


def next_version(
    row: Mapping[str, Any], given: int | None, arrived: datetime, *, sent: datetime | None = None
) -> int:
    """The version a write gets: the producer's, or the time in milliseconds, above any before.

    Args:
        row: the document's.
        given: the producer's version.
        arrived: when the write came.
        sent: when it was put into a queue; a deletion since then wins.

    Raises:
        ConflictError: `stale_version`: a newer one is there, or the document was deleted after it.
    """
    if given is None:
        return min(LARGEST_VERSION, max(milliseconds(arrived), int(row["version"]) + 1))
    version, deleted = int(row["version"]), row["deleted_at"]
    moments = [given] if given >= _FIRST_TIME else []
    moments += [milliseconds(sent)] if sent else []
    late = deleted is not None and (given == version or min(moments, default=inf) < milliseconds(deleted))
    if given < version or late:
        raise ConflictError(
            f"Version {given} is older than what is stored or was deleted ({version}).", code="stale_version"
        )
    return given


def milliseconds(moment: datetime) -> int:
    """Since the epoch; a moment without a zone is in UTC."""
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def store(
    cursor: Cursor, owner: str, document: Document, *, version: int, sha256: str, task_id: UUID | None
) -> None:
    """Write the document's row; `task_id` None: it is the same content, which keeps its task."""
    cursor.execute(
        """update documents set version = %s, kind = %s, title = %s, content = %s, content_sha256 = %s,
                  task_id = coalesce(%s, task_id), updated_at = now(), deleted_at = null
           where owner = %s and post_id = %s""",
        (
            version,
            document.kind.value,
            document.title,
            document.content,
            sha256,
            str(task_id) if task_id else None,
            owner,
            document.post_id,
        ),
    )


def live_task(cursor: Cursor, row: Mapping[str, Any], sha256: str) -> dict[str, Any] | None:
    """The task that embeds or has embedded exactly this content already, unless it failed or was cancelled."""
    if row["content_sha256"] != sha256 or row["deleted_at"] is not None:
        return None
    cursor.execute(
        "select * from tasks where task_id = %s and status in ('queued', 'running', 'completed')",
        (row["task_id"],),
    )
    found = cursor.fetchone()
    return dict(found) if found else None


def source(cursor: Cursor, owner: str, post_id: str, sha256: str) -> Source | None:
    """What the task of this content is to embed; None when it was replaced or deleted, or is embedded already."""
    cursor.execute(
        """select post_id, kind, title, content, version from documents
           where owner = %s and post_id = %s and content_sha256 = %s and deleted_at is null
             and embedded_sha256 is distinct from content_sha256""",
        (owner, post_id, sha256),
    )
    row = cursor.fetchone()
    return Source(**row) if row else None


def replace_chunks(
    cursor: Cursor,
    owner: str,
    wanted: Source,
    sha256: str,
    *,
    texts: Sequence[str],
    vectors: Sequence[bytes],
    model: str,
) -> bool:
    """Put a document's new chunks in the place of all it had, if it is still the one wanted. Whether it was.

    Args:
        cursor: of the transaction.
        owner: the document's.
        wanted: what was embedded.
        sha256: its digest.
        texts: of the chunks, in order.
        vectors: theirs, each as vectors.halves gives it.
        model: that made them.
    """
    room = _made_way(cursor, owner, wanted.post_id, sha256)
    if room is None:
        return False
    values = zip(texts, vectors, strict=True)
    rows = [
        _chunk(owner, wanted, model, number, *each, walked=number >= room)
        for number, each in enumerate(values)
    ]
    chunk_rows.copy_chunks(cursor, rows)
    cursor.execute(
        """update documents set embedded_sha256 = %s, embedded_at = now(), chunks = %s, model = %s
           where owner = %s and post_id = %s""",
        (sha256, len(texts), model, owner, wanted.post_id),
    )
    return True


def _made_way(cursor: Cursor, owner: str, post_id: str, sha256: str) -> int | None:
    """Lock the document and drop its chunks; how many new ones stay out of the index. None: it is another one now."""
    cursor.execute(
        f"""select chunks, {walked.COUNT} as compared from documents
            where owner = %(owner)s and post_id = %(post_id)s and content_sha256 = %(sha256)s and deleted_at is null
            for update""",  # noqa: S608  our own words
        {"owner": owner, "post_id": post_id, "sha256": sha256, "most": walked.COMPARED},
    )
    row = cursor.fetchone()
    if row is None:
        return None
    if not row["chunks"]:
        return walked.COMPARED - int(row["compared"])
    _drop_chunks(cursor, owner, post_id)
    return walked.room(cursor, owner)


def _chunk(
    owner: str, wanted: Source, model: str, number: int, text: str, vector: bytes, *, walked: bool
) -> Sequence[bytes]:
    return (
        chunk_rows.text(owner),
        chunk_rows.text(wanted.post_id),
        chunk_rows.integer(number),
        chunk_rows.text(wanted.kind),
        chunk_rows.text(text),
        chunk_rows.tsvector(document_terms(f"{wanted.title}\n{text}")),
        chunk_rows.text(model),
        chunk_rows.halfvec(vector),
        chunk_rows.boolean(holds=walked),
    )


def _drop_chunks(cursor: Cursor, owner: str, post_id: str) -> None:
    cursor.execute("delete from document_chunks where owner = %s and post_id = %s", (owner, post_id))


def delete(cursor: Cursor, owner: str, post_id: str, now: datetime) -> bool:
    """Delete a document and what was made of it. Whether there was one.

    Its row stays without content, and wins over what comes late: so does that of a document we never had, for a
    producer's message that holds it may be waiting in the queue.
    """
    values = {"owner": owner, "post_id": post_id, "now": now, "most": _MOST_UNKNOWN}
    cursor.execute(
        """update documents set deleted_at = %(now)s, updated_at = now(), title = null, content = null,
                  content_sha256 = null, embedded_sha256 = null, chunks = 0
           where owner = %(owner)s and post_id = %(post_id)s and version > 0 and deleted_at is null""",
        values,
    )
    if cursor.rowcount:
        _drop_chunks(cursor, owner, post_id)
        return True
    cursor.execute(
        """insert into documents (owner, post_id, version, deleted_at)
           select %(owner)s, %(post_id)s, 0, %(now)s where %(most)s > (select count(*) from (
               select from documents where owner = %(owner)s and deleted_at is not null limit %(most)s) as deleted)
           on conflict (owner, post_id) do update set deleted_at = excluded.deleted_at
               where documents.deleted_at is not null""",
        values,
    )
    return False


def forget_deleted(cursor: Cursor, before: datetime) -> int:
    """Remove rows of documents deleted before a moment no message still waits from, a thousand at most; how many."""
    cursor.execute(
        """delete from documents where (owner, post_id) in (
               select owner, post_id from documents where deleted_at < %s
               order by deleted_at limit 1000 for update skip locked)""",
        (before,),
    )
    return int(cursor.rowcount)


# A storage queue keeps a producer's message seven days unless told otherwise; a redrive may come later.
KEEP_DELETED = timedelta(days=90)


def view(cursor: Cursor, owner: str, post_id: str) -> dict[str, Any]:
    """The document as GET /embeddings/{post_id} answers it.

    Raises:
        NotFoundError: no such document of this owner.
    """
    cursor.execute(
        """select documents.*, tasks.status as task_status, tasks.error as task_error
           from documents left join tasks using (task_id)
           where documents.owner = %s and post_id = %s and version > 0 and deleted_at is null""",
        (owner, post_id),
    )
    row = cursor.fetchone()
    if row is None:
        raise unknown()
    return {
        "post_id": row["post_id"],
        "kind": row["kind"],
        "title": row["title"],
        "content": row["content"],
        "version": row["version"],
        "status": _status(row),
        "error": row["task_error"],
        "chunks": row["chunks"],
        "model": row["model"],
        "task_id": row["task_id"],
        "created_at": rfc3339(row["created_at"]),
        "updated_at": rfc3339(row["updated_at"]),
        "embedded_at": rfc3339(row["embedded_at"]) if row["embedded_at"] else None,
    }


def _status(row: Mapping[str, Any]) -> str:
    """`completed` once search finds this content; else its task's."""
    return "completed" if row["embedded_sha256"] == row["content_sha256"] else str(row["task_status"])


def unknown() -> NotFoundError:
    """For whoever asks for a document that is not there, or is somebody else's."""
    return NotFoundError("There is no such document.")

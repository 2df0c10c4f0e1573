"""The outbox table: events written with the change they tell of, handed to one publisher at a time.

Source: the transactional outbox pattern. Order is kept per stream (a task): a stream's unpublished events are
handed out in the order they were written, and never while another publisher holds some of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared.errors import MalformedError, TooLargeError
from shared.events import Event

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

# Event Hubs takes 1 MiB a message (256 KiB on Basic), a stream's queue the same: an event stays well below.
MAX_EVENT_BYTES = 240 * 1024

_LOCK_CLASS = 7404  # first half of the advisory lock's key; the second is the stream's hash

_ADD = """
insert into outbox (stream, user_id, event_id, event) values (%s, %s, %s, %s)
"""

# Hashes in order, so that two claimers never wait for each other in a circle.
_LOCK = """
select pg_advisory_xact_lock(%s, h)
from (select distinct hashtext(s) as h from unnest(%s::text[]) as s order by h) as hashes
"""

_CLAIM = """
update outbox set claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
where published_at is null and id in (
    select o.id from outbox as o
    where o.published_at is null and o.stream = any(%(streams)s) and not exists (
        select from outbox as held
        where held.stream = o.stream and held.published_at is null and held.claimed_until > clock_timestamp())
    order by o.id limit %(limit)s)
returning id, stream, user_id, event #>> '{}' as body
"""

_HELD = """
select distinct stream from outbox
where published_at is null and stream = any(%s) and claimed_until > clock_timestamp()
"""

_MARK = """
update outbox set published_at = clock_timestamp(), claimed_until = null
where id = any(%s) and published_at is null
"""

_RENEW = """
update outbox set claimed_until = clock_timestamp() + make_interval(secs => %s)
where id = any(%s) and published_at is null and claimed_until is not null
"""

_RELEASE = "update outbox set claimed_until = null where id = any(%s) and published_at is null"

_STALE = """
select stream from outbox where published_at is null
group by stream
having min(created_at) < clock_timestamp() - make_interval(secs => %s)
    and coalesce(max(claimed_until), '-infinity') <= clock_timestamp()
order by min(id) limit %s
"""

_ANY_STALE = """
select exists (
    select from outbox
    where published_at is null and created_at < clock_timestamp() - make_interval(secs => %s)) as found
"""

_PURGE = """
delete from outbox where id in (select id from outbox where published_at < %s order by published_at limit %s)
"""

_OLDEST = """
select extract(epoch from clock_timestamp() - min(created_at))::float8 as age from outbox where published_at is null
"""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event to publish; `body` is the CloudEvent as UTF-8 JSON."""

    id: int
    stream: str
    user_id: str
    body: bytes


def stream_of(event: Event) -> str:
    """The unit of order an event belongs to: its task, or itself."""
    return event.task_id or event.event_id


def stored(event: Event) -> str:
    """An event as the column `event` takes it, for statements that write it together with their change.

    Raises:
        TooLargeError, MalformedError: as `add`.
    """
    import json

    try:
        body = event.encode()
    except UnicodeEncodeError as error:
        raise MalformedError("An event's text must be valid Unicode.") from error
    if "\0" in event.user_id:  # PostgreSQL's text has no such character
        raise MalformedError("A user id must not hold U+0000.")
    if len(body) > MAX_EVENT_BYTES:
        raise TooLargeError(f"An event may hold {MAX_EVENT_BYTES} bytes, this one has {len(body)}.")
    text = body.decode()
    # jsonb has no U+0000; such an event is kept as a JSON string, which `#>> '{}'` reads back just the same.
    return json.dumps(text) if "\\u0000" in text else text


def add(cursor: Cursor, event: Event) -> None:
    """Write an event in the caller's transaction; call Publisher.notify(stream_of(event)) after the commit.

    Raises:
        TooLargeError: the event is over MAX_EVENT_BYTES.
        MalformedError: its text is not Unicode (a lone surrogate), or its user id holds U+0000.
    """
    text = stored(event)
    cursor.execute(_ADD, (stream_of(event), event.user_id, event.event_id, text))


def claim(cursor: Cursor, streams: Sequence[str], limit: int, lease: float) -> list[OutboxRow]:
    """Take unpublished events of these streams, oldest first, for `lease` seconds.

    A stream of which somebody else holds unpublished events yields nothing (see `held_streams`). A holder that
    crashed loses its claim when the lease ends. At most `limit` events, always the oldest of their stream.
    """
    if not streams:
        return []
    names = list(streams)
    cursor.execute(_LOCK, (_LOCK_CLASS, names))
    cursor.execute(_CLAIM, {"streams": names, "limit": limit, "lease": lease})
    rows = sorted(cursor.fetchall(), key=lambda row: row["id"])
    return [OutboxRow(row["id"], row["stream"], row["user_id"], row["body"].encode()) for row in rows]


def held_streams(cursor: Cursor, streams: Sequence[str]) -> set[str]:
    """Which of these streams have unpublished events that a publisher holds just now."""
    if not streams:
        return set()
    cursor.execute(_HELD, (list(streams),))
    return {row["stream"] for row in cursor.fetchall()}


def mark_published(cursor: Cursor, ids: Iterable[int]) -> None:
    """Note that Event Hubs has taken these events."""
    cursor.execute(_MARK, (list(ids),))


def renew(cursor: Cursor, ids: Iterable[int], lease: float) -> None:
    """Hold claimed events for `lease` seconds from now; what was given back stays free."""
    cursor.execute(_RENEW, (lease, list(ids)))


def release(cursor: Cursor, ids: Iterable[int]) -> None:
    """Give claimed events back at once, so that anybody may publish them."""
    cursor.execute(_RELEASE, (list(ids),))


def stale_streams(cursor: Cursor, older_than: float, limit: int) -> list[str]:
    """Streams whose oldest unpublished event is over `older_than` seconds old and held by nobody, oldest first."""
    cursor.execute(_STALE, (older_than, limit))
    return [row["stream"] for row in cursor.fetchall()]


def any_stale(cursor: Cursor, older_than: float) -> bool:
    """Whether an unpublished event is over `older_than` seconds old, held by somebody or not."""
    cursor.execute(_ANY_STALE, (older_than,))
    row = cursor.fetchone()
    return bool(row and row["found"])


def purge(cursor: Cursor, published_before: datetime, limit: int = 10_000) -> int:
    """Delete up to `limit` events published before that time; how many went."""
    cursor.execute(_PURGE, (published_before, limit))
    return int(cursor.rowcount)


def oldest_age(cursor: Cursor) -> float | None:
    """Seconds the oldest unpublished event has waited, or None."""
    cursor.execute(_OLDEST)
    row = cursor.fetchone()
    age = row["age"] if row else None
    return None if age is None else float(age)

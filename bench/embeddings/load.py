"""A queue full of documents, and how long the worker takes to embed them."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import psycopg2
from azure.storage.queue import QueueClient

from bench.embeddings.stack import BenchStack
from bench.errors import BenchError
from bench.pipeline.processes import cpu_seconds
from bench.search.corpus import texts
from shared.messages import EMBEDDING_QUEUE

_LIMIT = 180.0
_LOOK_EVERY = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """Documents as producers send them.

    Attributes:
        name: of this kind of documents.
        count: how many.
        joined: how many texts of the corpus (140 characters each) make one document.
        latency: seconds of a call of the model meanwhile.
    """

    name: str
    count: int
    joined: int
    latency: float


@dataclass(frozen=True, slots=True)
class Embedded:
    """What became of a load.

    Attributes:
        seconds: from the first document the worker has taken in to the last one's end; how long its host has slept
            before it looks into the empty queue again is nothing of it.
        cpu: the worker's CPU seconds.
        calls: of the model: of each, how many texts it held.
    """

    seconds: float
    cpu: float
    calls: Sequence[int]


def embed_all(stack: BenchStack, load: Load, number: int) -> Embedded:
    """Put a load into the queue while the worker is stopped, then let it work.

    Raises:
        BenchError: documents are not embedded after three minutes, or tasks failed.
    """
    owner = f"bench-{load.joined}-{load.latency:g}-{number}"
    _tell(stack, "PUT", "_latency", {"latency": load.latency})
    _tell(stack, "DELETE", "_calls")
    with stack.worker_stopped():
        _send(stack.queues, _messages(load, owner, number))
        before = cpu_seconds(stack.worker)
    seconds = _wait(str(stack.facts["database_url"]), owner, load.count)
    used = cpu_seconds(stack.worker) - before
    return Embedded(seconds, used, _calls(stack))


def _messages(load: Load, owner: str, number: int) -> Iterator[str]:
    source = texts(9_000_000 + number, load.count * load.joined)
    for post in range(load.count):
        parts = list(islice(source, load.joined))
        content = "\n".join(part.content for part in parts)
        body = {
            "schema_version": 1,
            "user_id": owner,
            "post_id": str(post),
            "title": parts[0].title,
            "content": content,
        }
        yield base64.b64encode(json.dumps(body, ensure_ascii=False).encode()).decode()


def _send(connection: str, messages: Iterator[str]) -> None:
    with (
        QueueClient.from_connection_string(connection, EMBEDDING_QUEUE) as queue,
        ThreadPoolExecutor(8) as threads,
    ):
        list(threads.map(queue.send_message, messages))


def _wait(database_url: str, owner: str, count: int) -> float:
    """Seconds from the first document's row to the last one's end."""
    ends = time.monotonic() + _LIMIT
    with closing(psycopg2.connect(database_url)) as connection:
        connection.autocommit = True
        while time.monotonic() < ends:
            with connection.cursor() as cursor:
                cursor.execute(
                    """select count(*) filter (where status = 'completed'),
                              count(*) filter (where status in ('failed', 'cancelled')),
                              extract(epoch from max(finished_at) - min(created_at))::float8
                       from tasks where owner = %s""",
                    (owner,),
                )
                done, failed, took = cursor.fetchone() or (0, 0, 0.0)
            if failed:
                raise BenchError(f"{failed} documents failed")
            if done == count:
                return float(took)
            time.sleep(_LOOK_EVERY)
    raise BenchError(f"{done} of {count} documents after {_LIMIT:g} s")


def _tell(stack: BenchStack, method: str, path: str, body: object = None) -> None:
    request = urllib.request.Request(  # noqa: S310  our own server
        f"{stack.model_url}/{path}", json.dumps(body).encode(), method=method
    )
    with urllib.request.urlopen(request):  # noqa: S310  our own server
        pass


def _calls(stack: BenchStack) -> list[int]:
    with urllib.request.urlopen(f"{stack.model_url}/_calls") as answer:  # noqa: S310  our own server
        return [texts for texts, _, _ in json.load(answer)]

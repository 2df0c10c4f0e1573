"""Sellers who ask for pages, and what the database then says of their tasks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import psycopg2
from psycopg2.extras import RealDictCursor

from bench.errors import BenchError
from bench.pipeline.stack import BenchStack
from local.demo_product import read_product
from local.programs import ROOT
from local.standins.tokens import make_token

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812  a class under a lower-case name

# Six blocks, three of them with a picture.
TEMPLATES = (
    *("introduction-poster", "key_features-detail", "key_features-numbered"),
    *("how_to_use-steps", "specification-table", "closing-banner"),
)
IMAGES = 3
_SELLERS = 48
_LOOK_EVERY = 0.05
_PAGE_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody with a token and an uploaded photo."""

    token: str
    image_id: str


class Sellers:
    """The sellers of a stack; async, used within one event loop."""

    def __init__(self, stack: BenchStack, session: aiohttp.ClientSession) -> None:
        self._url = f"{stack.facts['functions_url']}/api/generation"
        self._stack = stack
        self._session = session
        self._sellers: list[Seller] = []
        self._asked = 0
        self._product = read_product(ROOT / "local" / "samples" / "products.jsonl", photos=stack.data).product

    async def prepare(self, count: int = _SELLERS) -> None:
        """Upload a photo for each."""
        photo = await asyncio.to_thread(self._stack.photo.read_bytes)
        for number in range(count):
            token = make_token(self._stack.data, f"bench-seller-{number}")
            self._sellers.append(Seller(token, await self._upload(token, photo)))

    async def ask(self) -> str:
        """Ask for a page in the name of the next seller; the task id."""
        seller = self._sellers[self._asked % len(self._sellers)]
        self._asked += 1
        body = {
            "product": self._product,
            "image_id": seller.image_id,
            "template_ids": list(TEMPLATES),
            "options": {"images": IMAGES},
        }
        answer = await self._call("display-list", 202, seller.token, json=body)
        return str(answer["task_id"])

    async def _upload(self, token: str, photo: bytes) -> str:
        form = aiohttp.FormData()
        form.add_field("file", photo, filename="photo.jpg", content_type="image/jpeg")
        return str((await self._call("upload-image", 201, token, data=form))["image_id"])

    async def _call(self, path: str, expected: int, token: str, **request: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._session.post(f"{self._url}/{path}", headers=headers, **request) as answer:
            if answer.status != expected:
                raise BenchError(f"{path} answered {answer.status} {(await answer.text())[:300]}")
            found: dict[str, Any] = await answer.json()
            return found


class Tasks:
    """Tasks as the database has them."""

    def __init__(self, database_url: str) -> None:
        self._connection: Connection = psycopg2.connect(database_url)
        self._connection.autocommit = True

    def ended(self, task_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Those of these tasks that have ended, by id; seconds since the epoch.

        Raises:
            BenchError: one did not complete, or without one of its pictures.
        """
        query = """select task_id::text, status, error, warnings, extract(epoch from created_at)::float8 as created,
                          extract(epoch from started_at)::float8 as started,
                          extract(epoch from finished_at)::float8 as finished
                   from tasks where finished_at is not null and task_id = any(%s::uuid[])"""
        rows = self._rows(query, (list(task_ids),))
        for row in rows:
            if row["status"] != "completed" or row["warnings"]:
                raise BenchError(f"a page ended as {row['status']}: {row['error']} {row['warnings']}")
        return {row["task_id"]: row for row in rows}

    def steps(self, task_id: str) -> dict[str, float]:
        """When the store of each step of a task began."""
        query = """select step_key, extract(epoch from created_at)::float8 as stored
                   from task_steps where task_id = %s"""
        return {row["step_key"]: row["stored"] for row in self._rows(query, (task_id,))}

    def last_published(self, task_id: str) -> float | None:
        """When Event Hubs had taken the task's last event; None while it has not, or that is not noted."""
        query = """select extract(epoch from max(published_at))::float8 as at, bool_and(published_at is not null) as all
                   from outbox where stream = %s"""
        row = self._rows(query, (task_id,))[0]
        return row["at"] if row["all"] else None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
        with self._connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(query, values)
            return [dict(row) for row in cursor.fetchall()]


async def one_page(sellers: Sellers, tasks: Tasks) -> tuple[str, Mapping[str, Any], float]:
    """Have one page made; its task id, its row, and when it was asked for (seconds since the epoch)."""
    asked = time.time()
    task_id = await sellers.ask()
    while not (ended := tasks.ended([task_id])):
        if time.time() - asked > _PAGE_LIMIT:
            raise BenchError(f"a page was not done after {_PAGE_LIMIT:g} s")
        await asyncio.sleep(_LOOK_EVERY)
    return task_id, ended[task_id], asked

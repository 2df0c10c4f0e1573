"""How the service before this one took a page in: validate, insert a row, send a Celery task, answer 202.

Run by uvicorn in an environment of its own (requirements.txt). Left out, in its favour: authentication, idempotency
keys, rates and budgets, and the event to the user's stream, all of which ours has.
"""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery
from fastapi import FastAPI
from psycopg2.pool import ThreadedConnectionPool
from pydantic import BaseModel, Field

celery = Celery(broker=os.environ["BROKER_URL"])
celery.conf.update(task_ignore_result=True, broker_pool_limit=40)
pool = ThreadedConnectionPool(1, 40, os.environ["DATABASE_URL"])
app = FastAPI()

with pool.getconn() as connection, connection.cursor() as cursor:
    cursor.execute(
        """create table if not exists old_tasks (task_id uuid primary key, request jsonb not null,
           status text not null, created_at timestamptz not null default now())"""
    )
pool.putconn(connection)


class Product(BaseModel):
    """As ours takes it."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    category: str | None = None
    price_krw: int | None = None
    attributes: dict[str, str] = {}
    packaging: list[str] = []
    notice: dict[str, str] = {}


class PageRequest(BaseModel):
    """The body."""

    product: Product
    template_ids: list[str]
    options: dict[str, int] = {}


@contextmanager
def transaction() -> Iterator[Any]:
    """A cursor in a transaction on a pooled connection."""
    connection = pool.getconn()
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        pool.putconn(connection)


@app.get("/health")
def health() -> dict[str, str]:
    """It lives."""
    return {"status": "UP"}


@app.post("/api/generation/display-list", status_code=202)
def display_list(request: PageRequest) -> dict[str, str]:
    """Take a page in."""
    task_id = str(uuid.uuid4())
    with transaction() as cursor:
        cursor.execute(
            "insert into old_tasks (task_id, request, status) values (%s, %s, 'queued')",
            (task_id, json.dumps(request.model_dump(), ensure_ascii=False)),
        )
    celery.send_task("generate_page", args=[task_id], task_id=task_id)
    return {"task_id": task_id, "status": "queued", "status_url": f"/api/generation/tasks/{task_id}"}

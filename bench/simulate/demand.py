"""What one page needs of everything outside the worker, counted on the real stack.

`python -m bench.simulate --measure` counts anew. Counts do not depend on how busy the machine is. CPU and memory of a
page are those of bench/results.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.simulate import room

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812  a class under a lower-case name

PATH = Path(__file__).with_name("demand.json")
_PRODUCTS = Path(__file__).parents[1] / "evaluation" / "products.jsonl"
_USER = "capacity"
_IMAGES = 3
_LIMIT = 300.0  # seconds for all pages
_QUIET = 3.0  # until the last events are published
_LOOK_EVERY = 1.0  # a look is a transaction too: no more than a frontend's


@dataclass(frozen=True, slots=True)
class Demand:
    """The mean of a page; bytes are 1, tokens are counted as the stand-in does (about 1 a Korean letter).

    Attributes:
        calls: model calls by endpoint.
        prompt_bytes: of the requests' JSON by endpoint, photos as addresses.
        usd: of model calls at the prices of generation/providers/capabilities.py.
        commits: transactions PostgreSQL committed, the timers' share and some looks at the task included.
        wal_bytes: written ahead, full-page images included.
        row_bytes: tables with their indexes and TOAST; `step_bytes`: the part of them that RETENTION_STEP_DAYS ends;
            `outbox_bytes`: the outbox, purged after a day. See bench/simulate/room.py.
        objects: put into the bucket for one page, and their bytes.
    """

    date: str
    pages: int
    calls: Mapping[str, float]
    prompt_bytes: Mapping[str, float]
    input_tokens: float
    output_tokens: float
    usd: float
    images_usd: float
    commits: float
    wal_bytes: float
    row_bytes: float
    step_bytes: float
    outbox_bytes: float
    events: float
    event_bytes: float
    objects: float
    object_bytes: float
    html_bytes: float

    def tokens(self, endpoint: str) -> float:
        """Tokens of one call, both ways: the page's, shared out by the length of the requests."""
        weights = {name: self.calls[name] * self.prompt_bytes[name] for name in ("vision", "plan", "block")}
        whole = self.input_tokens + self.output_tokens
        return whole * weights[endpoint] / sum(weights.values()) / self.calls[endpoint]


def load(path: Path = PATH) -> Demand:
    """The figures that were kept."""
    return Demand(**json.loads(path.read_text("utf-8")))


def save(demand: Demand, path: Path = PATH) -> None:
    """Keep figures."""
    path.write_text(json.dumps(asdict(demand), indent=1) + "\n", "utf-8")


def measure() -> Demand:
    """Make the pages of `make eval`, each with a photo and three new pictures, in a stack of its own.

    Raises:
        BenchError: a page is not done, or without a picture.
    """
    from local.addresses import Addresses, free_base
    from local.launch import launch
    from local.stopping import stop_stack

    products = [json.loads(line) for line in _PRODUCTS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory(prefix="bench-demand-") as folder:
        data = Path(folder) / "stack"
        try:
            stack = launch(data, Addresses(free_base()), stay=False)
            return _count(stack, data, products)
        finally:
            stop_stack(data)


def _count(stack: Mapping[str, Any], data: Path, products: Sequence[Mapping[str, Any]]) -> Demand:
    import psycopg2

    connection = psycopg2.connect(stack["database_url"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        before = _written(cursor)
        tasks, pages = _pages(stack, data, products)
        time.sleep(_QUIET)
        written = {name: value - before[name] for name, value in _written(cursor).items()}
        return _demand(tasks, pages, written, room.of_a_page(cursor, len(tasks)), _log(stack))


def _pages(
    stack: Mapping[str, Any], data: Path, products: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The finished tasks and the pages' HTML."""
    from local.demo_client import DemoClient
    from local.samples.draw_photos import ensure_photos
    from local.standins.tokens import make_token

    ensure_photos(data / "photos")
    with DemoClient(stack, _USER, make_token(data, _USER)) as client:
        photo = client.upload(data / "photos" / "mug.jpg")
        options = {"image_id": photo, "options": {"images": _IMAGES}}
        tasks = [_ended(client, client.submit({**product, **options})) for product in products]
        return tasks, [client.html(task["result"]["page_id"]) for task in tasks]


def _ended(client: Any, task_id: str) -> dict[str, Any]:
    ends = time.monotonic() + _LIMIT
    while (task := client.task(task_id))["status"] in {"queued", "running"}:
        if time.monotonic() > ends:
            raise BenchError(f"a page was not done after {_LIMIT:g} s")
        time.sleep(_LOOK_EVERY)
    if task["status"] != "completed" or task["warnings"]:
        raise BenchError(f"a page ended as {task['status']}: {task['error'] or task['warnings']}")
    return dict(task)


_WRITTEN = """
    select pg_current_wal_lsn() - '0/0'::pg_lsn as wal_bytes,
        (select xact_commit from pg_stat_database where datname = current_database()) as commits,
        (select count(*) from outbox) as events,
        (select coalesce(sum(octet_length(event::text)), 0) from outbox) as event_bytes,
        (select count(*) from images where source = 'generated') as objects,
        (select coalesce(sum(bytes), 0) from images where source = 'generated') as object_bytes
"""


def _written(cursor: Cursor) -> dict[str, float]:
    cursor.execute(_WRITTEN)
    row = cursor.fetchone()
    if row is None or cursor.description is None:
        raise BenchError("PostgreSQL told nothing of itself")
    return {column.name: float(value) for column, value in zip(cursor.description, row, strict=True)}


def _log(stack: Mapping[str, Any]) -> list[dict[str, Any]]:
    import httpx

    found: list[dict[str, Any]] = httpx.get(f"{stack['ai_url']}/_log", trust_env=False).json()
    return found


def _demand(
    tasks: Sequence[Mapping[str, Any]],
    pages: Sequence[str],
    written: Mapping[str, float],
    bytes_of_a_page: Mapping[str, float],
    log: Sequence[Mapping[str, Any]],
) -> Demand:
    number = len(tasks)
    calls = Counter(str(call["endpoint"]) for call in log)
    lengths: Counter[str] = Counter()
    for call in log:
        lengths[str(call["endpoint"])] += len(json.dumps(call["request"], ensure_ascii=False).encode())
    costs = {name: _mean(task["cost"][name] for task in tasks) for name in tasks[0]["cost"]}
    written = {name: round(value / number, 1) for name, value in written.items()}
    return Demand(
        date=datetime.now(UTC).date().isoformat(),
        pages=number,
        calls={name: round(count / number, 2) for name, count in calls.items()},
        prompt_bytes={name: round(length / calls[name]) for name, length in lengths.items()},
        input_tokens=round(costs["input_tokens"]),
        output_tokens=round(costs["output_tokens"]),
        usd=round(costs["usd"], 5),
        images_usd=round(_image_price() * costs["images"], 5),
        html_bytes=round(_mean(len(page.encode()) for page in pages)),
        **written,
        **{name: round(value) for name, value in bytes_of_a_page.items()},
    )


def _image_price() -> float:
    from generation.providers.capabilities import image_model
    from shared.settings import ModelSettings

    return image_model(ModelSettings.model_fields["image_model"].default).usd


def _mean(values: Any) -> float:
    found = [float(value) for value in values]
    return sum(found) / len(found)

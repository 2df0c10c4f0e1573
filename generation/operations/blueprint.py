"""Status, health, readiness, the operators' view of the queues, the timers, and the answer to wrong paths."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

import azure.functions as func

from bootstrap import App, app
from generation.documents import repository as documents
from generation.documents.consume import settle as settle_document
from generation.operations import measurements, poison_records
from generation.operations.queue_figures import QueueState, metrics, queue_states
from generation.operations.readiness import readiness
from generation.operations.redrive import DiscardRequest, RedriveRequest, known_queue, record_failed_tasks
from generation.tasks.poison_queue import drain, settle_task
from notifications import outbox
from shared.blueprint import Endpoints
from shared.errors import NotFoundError, UnavailableError
from shared.http import Call, Reply, listed, reply
from shared.messages import EMBEDDING_QUEUE, GENERATION_QUEUE, IMAGE_QUEUE
from shared.telemetry import instruments
from shared.telemetry import start as telemetry
from shared.times import now

log = logging.getLogger(__name__)

endpoints = Endpoints(app)


async def status(root: App, _call: Call) -> Reply:
    """Which service answers here, and which version of it."""
    return reply({"service": "product-details", "status": "UP", "version": root.web.version})


async def health(_root: App, _call: Call) -> Reply:
    """The process lives; nothing else is asked."""
    return reply({"status": "UP"})


async def ready(root: App, _call: Call) -> Reply:
    """Every dependency's state and latency; 503 when one is down."""
    state = await _readiness(root)
    return reply(state, 200 if state["status"] == "UP" else 503)


async def _readiness(root: App) -> dict[str, Any]:
    return await readiness(
        {
            "settings": lambda: root,
            "postgres": lambda: root.database,
            "queue": lambda: root.queues,
            "s3": lambda: root.assets,
            "event_hubs": lambda: root.event_hub,
        }
    )


async def queues(root: App, call: Call) -> Reply:
    """Every queue's figures; for admins."""
    call.require_role("admin")
    await root.database.run(record_failed_tasks)
    states = await queue_states(root.database, root.queue_reader, now())
    return reply({"items": [state.view() for state in states], "next_cursor": None})


async def poison_messages(root: App, call: Call) -> Reply:
    """What a queue's workers gave up, newest first, with the reasons; for admins."""
    call.require_role("admin")
    queue = known_queue(call.params["name"])
    limit, before = call.page()
    await root.database.run(record_failed_tasks)
    rows = await root.database.run(lambda cursor: poison_records.listing(cursor, queue, limit + 1, before))
    return listed(rows, limit, "poison_id")


async def redrive(root: App, call: Call) -> Reply:
    """Send again what a queue's workers gave up; for admins."""
    call.require_role("admin")
    queue = known_queue(call.params["name"])
    request = call.optional_model(RedriveRequest, root.web.max_body)
    done = await root.redriver.redrive(queue, request)
    return reply({"moved": done.moved, "skipped": done.skipped})


async def discard(root: App, call: Call) -> Reply:
    """Settle what is not worth sending again; for admins."""
    call.require_role("admin")
    queue = known_queue(call.params["name"])
    request = call.model(DiscardRequest, root.web.max_body)
    count = await root.database.run(
        lambda cursor: poison_records.discard(cursor, queue, request.ids, call.user)
    )
    log.warning("discarded", extra={"queue": queue, "records": count, "by": call.user})
    return reply({"discarded": count})


async def wrong_path(_root: App, _call: Call) -> Reply:
    """A 404 like every other error of the API: the host's own has no body."""
    raise NotFoundError("There is no such path.")


endpoints.route("status", "generation", public=True, get=status)
endpoints.route("health", "generation/actuator/health", public=True, get=health)
endpoints.route("ready", "generation/actuator/ready", public=True, get=ready)
endpoints.route("ops_queues", "ops/queues", get=queues)
endpoints.route("ops_queue", "ops/queues/{name}", get=poison_messages)
endpoints.route("ops_discard", "ops/queues/{name}/discard", post=discard)
endpoints.route("ops_redrive", "ops/queues/{name}/redrive", post=redrive)
# The host tries routes in the order of their functions' names (azure-functions-host #3153), so this one must come last.
_ANY = dict.fromkeys(("get", "post", "put", "patch", "delete"), wrong_path)
endpoints.route("wrong_path", "{*path}", public=True, **_ANY)


@endpoints.blueprint.timer_trigger(arg_name="timer", schedule="*/4 * * * * *")
async def sweep(timer: func.TimerRequest) -> None:  # noqa: ARG001  the host passes it by name
    """Enqueue tasks that a crash left behind and publish what the outbox still holds."""
    root = app()
    # Side by side, so that a queue that is away does not keep events from being published.
    yesterday = now() - timedelta(days=1)
    results = await asyncio.gather(
        root.sweeper.sweep(),
        root.publisher.sweep(),
        root.database.run(lambda cursor: outbox.purge(cursor, yesterday)),
        return_exceptions=True,
    )
    _note_absent("swept only in part: %s", results)
    tasks, events, purged = results
    if tasks or events or purged:
        log.info("swept", extra={"tasks": tasks, "events": events, "purged": purged})


@endpoints.blueprint.timer_trigger(arg_name="timer", schedule="*/15 * * * * *")
async def settle_poison(timer: func.TimerRequest) -> None:  # noqa: ARG001  the host passes it by name
    """Settle what lies in the poison queues."""
    root = app()
    ways = {
        GENERATION_QUEUE: partial(settle_task, root),
        IMAGE_QUEUE: partial(settle_task, root),
        EMBEDDING_QUEUE: partial(settle_document, root),
    }
    results = await asyncio.gather(
        *(drain(root.queue_reader, queue, settle) for queue, settle in ways.items()), return_exceptions=True
    )
    _note_absent("poison queues settled only in part: %s", results)
    counts = dict(zip(ways, results, strict=True))
    if settled := {queue: count for queue, count in counts.items() if isinstance(count, int) and count}:
        log.info("poison queues settled", extra={"messages": settled})


@endpoints.blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
async def watch_queues(timer: func.TimerRequest) -> None:  # noqa: ARG001  the host passes it by name
    """Take every figure that alerts look at, and send again once what another try may help."""
    root = app()
    await telemetry.ready()
    results = await asyncio.gather(
        queue_states(root.database, root.queue_reader, now()),
        root.redriver.redrive_transient(),
        root.database.run(lambda cursor: documents.forget_deleted(cursor, now() - documents.KEEP_DELETED)),
        return_exceptions=True,
    )
    _note_absent("watched only in part: %s", results)
    states, redriven, _ = results
    for record in metrics(states) if isinstance(states, list) else []:
        log.info("metric", extra=record)
    if instruments.enabled():
        await _measure(root, states if isinstance(states, list) else [])
    if isinstance(redriven, int) and redriven:
        log.warning("redriven by itself", extra={"tasks": redriven})


@endpoints.blueprint.timer_trigger(arg_name="timer", schedule="0 17 * * * *")
async def purge(timer: func.TimerRequest) -> None:  # noqa: ARG001  the host passes it by name
    """Delete what nobody reads any more; a minute of an hour at most."""
    root = app()
    await telemetry.ready()
    try:
        purged = await root.purger.purge(now())
    except UnavailableError as error:
        log.warning("purged only in part: %s", error.message)
    else:
        if purged.rows or not purged.finished:
            log.info("purged", extra={**purged.rows, "finished": purged.finished})
    await telemetry.send_metrics()


def _note_absent(message: str, results: Iterable[object]) -> None:
    """What was done side by side stands, though a service was away for some of it; any other error is one of ours."""
    for result in results:
        if isinstance(result, UnavailableError):
            log.warning(message, result.message)
        elif isinstance(result, BaseException):
            raise result


async def _measure(root: App, states: list[QueueState]) -> None:
    """Record the figures and send them at once: this instance may be gone in a minute."""
    measurements.record_queues(states)
    measurements.record_readiness(await _readiness(root))
    try:
        stale_after = root.tasks.stale_after
        await root.database.run(lambda cursor: measurements.record_tasks(cursor, stale_after))
    except UnavailableError as error:
        log.warning("measured only in part: %s", error.message)
    await telemetry.send_metrics()

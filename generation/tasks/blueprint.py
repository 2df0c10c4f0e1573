"""Tasks over HTTP."""

from __future__ import annotations

from bootstrap import App, app
from generation.tasks import repository
from generation.tasks.answers import accepted
from generation.tasks.model import public_view
from shared.blueprint import Endpoints
from shared.http import Call, Reply, listed, reply

endpoints = Endpoints(app)


async def tasks(root: App, call: Call) -> Reply:
    """The caller's tasks, newest first."""
    limit, before = call.page()
    rows = await root.database.run(lambda cursor: repository.listing(cursor, call.user, limit + 1, before))
    return listed([public_view(row) for row in rows], limit, "task_id")


async def task(root: App, call: Call) -> Reply:
    """One task."""
    task_id = call.uuid("task_id")
    row = await root.database.run(lambda cursor: repository.get(cursor, task_id, call.user), autocommit=True)
    return reply(public_view(row))


async def cancel(root: App, call: Call) -> Reply:
    """Stop a task that is queued or running."""
    task_id = call.uuid("task_id")
    row = await root.database.run(lambda cursor: repository.cancel(cursor, task_id, call.user))
    root.publisher.notify(str(task_id))
    return accepted(row, root.web.stream_url)


async def retry(root: App, call: Call) -> Reply:
    """Run a failed or cancelled task again, from its first unfinished step."""
    row = await root.submitter.retry(call.uuid("task_id"), call.user)
    return accepted(row, root.web.stream_url)


endpoints.route("tasks", "generation/tasks", get=tasks)
endpoints.route("task", "generation/tasks/{task_id}", get=task)
endpoints.route("task_cancel", "generation/tasks/{task_id}/cancel", post=cancel)
endpoints.route("task_retry", "generation/tasks/{task_id}/retry", post=retry)

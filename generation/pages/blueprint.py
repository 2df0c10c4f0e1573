"""Pages over HTTP, and the queue that makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import azure.functions as func

from bootstrap import App, app
from generation.pages import repository
from generation.pages.editing import edit_page
from generation.pages.edits import Feedback, PageEdit, Regenerate, Rollback
from generation.pages.regenerate import BlockRequest
from generation.pages.render import render_document
from generation.pages.requests import PageRequest
from generation.pages.submit import check_references
from generation.tasks.answers import take_in
from generation.tasks.consume import consume
from generation.tasks.model import TaskKind
from generation.templates.page_shell import HEADER_POLICY
from shared.blueprint import Endpoints
from shared.errors import NotFoundError
from shared.http import Call, Reply, listed, reply
from shared.messages import GENERATION_QUEUE

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

endpoints = Endpoints(app)


async def display_list(root: App, call: Call) -> Reply:
    """Take a page in; 202 with where to follow it."""
    request = call.model(PageRequest, root.web.max_body)
    await check_references(root.database, root.templates, request, call.user)
    return await take_in(root, call, TaskKind.PAGE, request)


async def pages(root: App, call: Call) -> Reply:
    """The caller's pages, newest first."""
    limit, before = call.page()
    rows = await root.database.run(lambda cursor: repository.listing(cursor, call.user, limit + 1, before))
    return listed(rows, limit, "page_id")


async def page(root: App, call: Call) -> Reply:
    """One page's document: the current version, or `?version=`."""
    page_id, version = call.uuid("page_id"), call.whole_number("version")
    return reply(await root.database.run(lambda cursor: repository.get(cursor, page_id, call.user, version)))


async def edit(root: App, call: Call) -> Reply:
    """Store an edited page as a new version."""
    change = call.model(PageEdit, root.web.max_body)
    page_id, version_of = call.uuid("page_id"), root.templates.get_version
    return reply(await edit_page(root.database, version_of, root.pictures, page_id, call.user, change))


async def page_rollback(root: App, call: Call) -> Reply:
    """Store an earlier version as the newest."""
    page_id, version = call.uuid("page_id"), call.model(Rollback, root.web.max_body).version

    def work(cursor: Cursor) -> dict[str, Any]:
        repository.roll_back(cursor, page_id, call.user, version)
        return repository.get(cursor, page_id, call.user)

    return reply(await root.database.run(work))


async def page_feedback(root: App, call: Call) -> Reply:
    """Keep what the seller says of the page."""
    feedback = call.model(Feedback, root.web.max_body)
    page_id = call.uuid("page_id")
    await root.database.run(lambda cursor: repository.add_feedback(cursor, page_id, call.user, feedback))
    return Reply(204)


async def block_regenerate(root: App, call: Call) -> Reply:
    """Have one block written anew; 202 with where to follow it."""
    wish = call.optional_model(Regenerate, root.web.max_body)
    page_id, block_id = call.uuid("page_id"), call.params["block_id"]
    stored = await root.database.run(lambda cursor: repository.get(cursor, page_id, call.user))
    if block_id not in {block["block_id"] for block in stored["blocks"]}:
        raise NotFoundError("There is no such block on this page.")
    request = BlockRequest(page_id=page_id, block_id=block_id, instruction=wish.instruction)
    return await take_in(root, call, TaskKind.BLOCK, request)


async def page_versions(root: App, call: Call) -> Reply:
    """One page's versions, newest first."""
    page_id = call.uuid("page_id")
    rows = await root.database.run(lambda cursor: repository.versions(cursor, page_id, call.user))
    return reply({"items": rows, "next_cursor": None})


async def page_html(root: App, call: Call) -> Reply:
    """One page as HTML, complete and self-contained but for its images."""
    page_id = call.uuid("page_id")
    version = call.whole_number("version")
    stored = await root.database.run(lambda cursor: repository.get(cursor, page_id, call.user, version))
    html = await render_document(repository.document_of(stored), root.templates.get_version)
    headers = {"Content-Security-Policy": HEADER_POLICY, "Cache-Control": "private, no-cache"}
    return Reply(200, html.encode(), "text/html; charset=utf-8", headers)


endpoints.route("display_list", "generation/display-list", post=display_list)
endpoints.route("pages", "generation/pages", get=pages)
endpoints.route("page", "generation/pages/{page_id}", get=page, patch=edit)
endpoints.route("page_feedback", "generation/pages/{page_id}/feedback", post=page_feedback)
endpoints.route("page_rollback", "generation/pages/{page_id}/rollback", post=page_rollback)
endpoints.route(
    "block_regenerate", "generation/pages/{page_id}/blocks/{block_id}/regenerate", post=block_regenerate
)
endpoints.route("page_versions", "generation/pages/{page_id}/versions", get=page_versions)
endpoints.route("page_html", "generation/pages/{page_id}/html", get=page_html)


@endpoints.blueprint.queue_trigger(
    arg_name="message", queue_name=GENERATION_QUEUE, connection="AzureWebJobsStorage"
)
async def generate_page(message: func.QueueMessage, context: func.Context) -> None:
    """Run the task a message names."""
    await consume(app(), GENERATION_QUEUE, message.get_body(), context.trace_context.trace_parent)

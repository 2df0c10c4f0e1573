"""Pages over HTTP, and the queue that makes them."""

from __future__ import annotations

import azure.functions as func

from bootstrap import App, app
from generation.pages import repository
from generation.pages.document import PageDocument
from generation.pages.render import render_document
from generation.pages.requests import PageRequest
from generation.pages.submit import check_references
from generation.tasks.answers import accepted
from generation.tasks.consume import consume
from generation.tasks.model import TaskKind
from shared.blueprint import Endpoints
from shared.http import Call, Reply, listed, reply
from shared.messages import GENERATION_QUEUE

endpoints = Endpoints(app)

# The page stands alone: no script runs in it, wherever it is opened.
_PAGE_POLICY = "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; font-src 'none'; sandbox"


async def display_list(root: App, call: Call) -> Reply:
    """Take a page in; 202 with where to follow it."""
    request = call.model(PageRequest, root.web.max_body)
    await check_references(root.database, root.templates, request, call.user)
    row = await root.submitter.submit(
        TaskKind.PAGE,
        call.user,
        request.model_dump(mode="json", exclude_none=True),
        idempotency_key=call.headers.get("idempotency-key"),
        traceparent=call.traceparent,
    )
    return accepted(row, root.web.stream_url)


async def pages(root: App, call: Call) -> Reply:
    """The caller's pages, newest first."""
    limit, before = call.page()
    rows = await root.database.run(lambda cursor: repository.listing(cursor, call.user, limit + 1, before))
    return listed(rows, limit, "page_id")


async def page(root: App, call: Call) -> Reply:
    """One page's document."""
    page_id = call.uuid("page_id")
    return reply(await root.database.run(lambda cursor: repository.get(cursor, page_id, call.user)))


async def page_versions(root: App, call: Call) -> Reply:
    """One page's versions, newest first."""
    page_id = call.uuid("page_id")
    rows = await root.database.run(lambda cursor: repository.versions(cursor, page_id, call.user))
    return reply({"items": rows, "next_cursor": None})


async def page_html(root: App, call: Call) -> Reply:
    """One page as HTML, complete and self-contained but for its images."""
    page_id = call.uuid("page_id")
    stored = await root.database.run(lambda cursor: repository.get(cursor, page_id, call.user))
    document = PageDocument.model_validate({name: stored[name] for name in PageDocument.model_fields})
    html = await render_document(document, root.templates.get_version)
    headers = {"Content-Security-Policy": _PAGE_POLICY, "Cache-Control": "private, no-cache"}
    return Reply(200, html.encode(), "text/html; charset=utf-8", headers)


endpoints.route("display_list", "generation/display-list", post=display_list)
endpoints.route("pages", "generation/pages", get=pages)
endpoints.route("page", "generation/pages/{page_id}", get=page)
endpoints.route("page_versions", "generation/pages/{page_id}/versions", get=page_versions)
endpoints.route("page_html", "generation/pages/{page_id}/html", get=page_html)


@endpoints.blueprint.queue_trigger(
    arg_name="message", queue_name=GENERATION_QUEUE, connection="AzureWebJobsStorage"
)
async def generate_page(message: func.QueueMessage) -> None:
    """Run the task a message names."""
    await consume(app(), GENERATION_QUEUE, message.get_body())

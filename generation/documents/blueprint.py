"""Documents over HTTP, and the queue that embeds them."""

from __future__ import annotations

import azure.functions as func

from bootstrap import App, app
from generation.documents import repository
from generation.documents.answers import SearchHit
from generation.documents.consume import consume
from generation.documents.requests import MAX_BYTES, Document, DocumentKind, is_post_id
from generation.documents.search import Query, search
from generation.tasks.answers import accepted
from shared.blueprint import Endpoints
from shared.errors import FieldIssue, FieldsError
from shared.http import Call, Reply, reply
from shared.messages import EMBEDDING_QUEUE
from shared.times import now

endpoints = Endpoints(app)

LONGEST_QUERY, DEFAULT_HITS, MOST_HITS = 500, 10, 50


async def embed(root: App, call: Call) -> Reply:
    """Take a document in, new or changed; 202 with the task that embeds it."""
    document = call.model(Document, min(root.web.max_body, MAX_BYTES))
    row = await root.documents.submit(
        call.user,
        document,
        idempotency_key=call.headers.get("idempotency-key"),
        traceparent=call.traceparent,
    )
    return accepted(row, root.web.stream_url)


async def embedded(root: App, call: Call) -> Reply:
    """A document, and whether search finds it yet."""
    owner, post_id = call.user, _post_id(call)
    return reply(await root.database.run(lambda cursor: repository.view(cursor, owner, post_id)))


async def forget(root: App, call: Call) -> Reply:
    """Delete a document and everything made of it; 204."""
    owner, post_id = call.user, _post_id(call)
    if not await root.database.run(lambda cursor: repository.delete(cursor, owner, post_id, now())):
        raise repository.unknown()
    return Reply(204)


async def find(root: App, call: Call) -> Reply:
    """The best pieces of the caller's documents, best first."""
    found = await search(root.database, root.embeddings, call.user, _query(call))
    headers = {"Search-Degraded": "letters-only"} if found.degraded else {}
    return reply([SearchHit.of(hit).model_dump(mode="json") for hit in found.hits], headers=headers)


def _query(call: Call) -> Query:
    """`?q=&k=&kind=&post_id=`.

    Raises:
        FieldsError: each that is not what it should be.
    """
    text, issues = call.query.get("q", "").strip(), []
    if not 0 < len(text) <= LONGEST_QUERY or not _storable(text):
        issues.append(FieldIssue("q", f"must be 1 to {LONGEST_QUERY} characters of text"))
    k = call.whole_number("k") or DEFAULT_HITS
    if k > MOST_HITS:
        issues.append(FieldIssue("k", f"must be at most {MOST_HITS}"))
    asked = {kind.strip() for kind in call.query.get("kind", "").split(",") if kind.strip()}
    if unknown := asked - set(DocumentKind):
        issues.append(
            FieldIssue("kind", f"{', '.join(sorted(unknown))[:100]}: not among {', '.join(DocumentKind)}")
        )
    post_id = call.query.get("post_id") or None
    if post_id is not None and not _storable(post_id):
        issues.append(FieldIssue("post_id", "is not the id of a document"))
    if issues:
        raise FieldsError(issues)
    return Query(text, k, tuple(kind for kind in DocumentKind if kind in asked), post_id)


def _post_id(call: Call) -> str:
    """The path's; what no document can be called names none."""
    post_id = call.params["post_id"]
    if not is_post_id(post_id) or not _storable(post_id):
        raise repository.unknown()
    return post_id


def _storable(text: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text)


endpoints.route("embeddings", "embeddings", post=embed)
endpoints.route("embedding", "embeddings/{post_id}", get=embedded, delete=forget)
endpoints.route("search", "search", get=find)


@endpoints.blueprint.queue_trigger(
    arg_name="message", queue_name=EMBEDDING_QUEUE, connection="AzureWebJobsStorage"
)
async def embed_document(message: func.QueueMessage, context: func.Context) -> None:
    """Run the task a message names, or take in the document it holds."""
    inserted = message.insertion_time or now()
    await consume(app(), message.get_body(), inserted, context.trace_context.trace_parent)

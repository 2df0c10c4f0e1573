"""What the library's routes answer: a template with its slots and schema, and where a refused one is wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from generation.templates.language import CompiledTemplate
from generation.templates.schema import slot_schema
from generation.templates.syntax import TemplateSyntaxIssue
from shared.http import Call, Reply, problem, reply


def answer(value: dict[str, Any], status: int = 200, path: str | None = None) -> Reply:
    """`value` as JSON; `path` is where a new thing is to be found under the API's root."""
    return reply(value, status, {"Location": f"/api/{path}"} if path else None)


def template_view(stored: dict[str, Any], compiled: CompiledTemplate) -> dict[str, Any]:
    """A template with the form an editor draws (`slots`) and the schema a model fills (`slot_schema`)."""
    return {
        **stored,
        "slots": [asdict(slot) for slot in compiled.slots],
        "slot_schema": slot_schema(compiled),
    }


def refusing[A](
    handler: Callable[[A, Call], Awaitable[Reply]],
) -> Callable[[A, Call], Awaitable[Reply]]:
    """`handler`, whose TemplateSyntaxIssue is answered with the line and column of every problem."""

    @wraps(handler)
    async def refused(root: A, call: Call) -> Reply:
        try:
            return await handler(root, call)
        except TemplateSyntaxIssue as issue:
            return _syntax_problem(issue, call.request_id)

    return refused


def _syntax_problem(issue: TemplateSyntaxIssue, request_id: str) -> Reply:
    import orjson

    plain = problem(issue, request_id)
    errors = [
        {
            "loc": "template_html",
            "msg": f"line {found.line}, column {found.column}: {found.message}",
            "line": found.line,
            "column": found.column,
        }
        for found in issue.problems
    ]
    body = orjson.dumps({**orjson.loads(plain.body), "errors": errors})
    return Reply(plain.status, body, plain.content_type, plain.headers)

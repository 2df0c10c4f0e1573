"""The template library over HTTP. Everybody reads, administrators write.

The host tries routes in the order of function names, so `preview` (templates/preview) must come before `template`
(templates/{template_id}): tests/unit/app/test_index.py watches over it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bootstrap import App, app
from generation.templates import (
    arranging,
    authoring,
    figures,
    set_rows,
    template_rows,
)
from generation.templates import (
    categories as category_rows,
)
from generation.templates.answers import answer, refusing, template_view
from generation.templates.aside import aside
from generation.templates.checked import checked_template
from generation.templates.conditional import unless_known
from generation.templates.language import CompiledTemplate
from generation.templates.listing import page_of, read_filters, read_page
from generation.templates.page_shell import HEADER_POLICY
from generation.templates.requests import (
    NewCategory,
    NewSet,
    NewTemplate,
    RollbackTo,
    SetChange,
    SourcePreview,
    TemplateChange,
    TemplatePreview,
)
from generation.templates.trying import preview
from shared.blueprint import Endpoints
from shared.errors import NotFoundError
from shared.http import Call, Reply

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

endpoints = Endpoints(app)

_ADMIN = "admin"
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HTML = "text/html; charset=utf-8"


async def templates(root: App, call: Call) -> Reply:
    """Templates by id, without their source: filters category_id, block_type, q and status."""
    return await _listed_templates(root, call, None)


async def create_template(root: App, call: Call) -> Reply:
    """Store a new template; its source and metadata are checked. For administrators."""
    call.require_role(_ADMIN)
    new = call.model(NewTemplate, root.web.max_body)
    compiled = await _compiled(new.template_html, new.metadata)
    stored = await _written(root, lambda cursor: authoring.create(cursor, new, call.user))
    return answer(template_view(stored, compiled), 201, f"templates/{stored['template_id']}")


async def template(root: App, call: Call) -> Reply:
    """One template with its source, metadata, slots and the schema a model fills; or `?version=` of it."""
    template_id, version = _id(call, "template_id"), call.whole_number("version")
    stored = await root.database.run(lambda cursor: template_rows.get(cursor, template_id, version))
    current = await root.templates.get_version(template_id, stored["version"])
    return unless_known(call, answer(template_view(stored, current.compiled)))


async def change_template(root: App, call: Call) -> Reply:
    """Store a template's next version. For administrators."""
    call.require_role(_ADMIN)
    template_id, asked = _id(call, "template_id"), call.model(TemplateChange, root.web.max_body)
    current = await root.database.run(lambda cursor: template_rows.get(cursor, template_id))
    content = authoring.merged(current, asked)
    compiled = await _compiled(content["template_html"], content["metadata"])
    stored = await _written(root, lambda cursor: authoring.change(cursor, content, call.user))
    return answer(template_view(stored, compiled))


async def remove_template(root: App, call: Call) -> Reply:
    """Delete a template (204), or archive one that a set or a page uses (200). For administrators."""
    call.require_role(_ADMIN)
    template_id = _id(call, "template_id")
    kept = await _written(root, lambda cursor: authoring.remove(cursor, template_id, call.user))
    if kept is None:
        return Reply(204)
    current = await root.templates.get_version(template_id, kept["version"])
    return answer(template_view(kept, current.compiled))


async def template_versions(root: App, call: Call) -> Reply:
    """Every save of a template, newest first."""
    template_id, (limit, before) = _id(call, "template_id"), read_page(call, keys=[int])
    rows = await root.database.run(
        lambda cursor: template_rows.versions(cursor, template_id, limit + 1, before)
    )
    return unless_known(call, page_of(rows, limit, ["version"]))


async def template_rollback(root: App, call: Call) -> Reply:
    """Store an earlier version's source and metadata as the newest. For administrators."""
    call.require_role(_ADMIN)
    template_id, version = _id(call, "template_id"), call.model(RollbackTo, root.web.max_body).version
    earlier = await root.database.run(lambda cursor: template_rows.get(cursor, template_id, version))
    # The language may have become stricter since.
    compiled = await _compiled(earlier["template_html"], earlier["metadata"])
    stored = await _written(root, lambda cursor: authoring.roll_back(cursor, template_id, version, call.user))
    return answer(template_view(stored, compiled))


async def template_usage(root: App, call: Call) -> Reply:
    """Pages made with a template, what sellers did with them, and the A/B tests of its sets."""
    template_id = _id(call, "template_id")
    return unless_known(
        call, answer(await root.database.run(lambda cursor: figures.of_template(cursor, template_id)))
    )


async def preview_source(root: App, call: Call) -> Reply:
    """Show a template that is not stored, with the given values and samples for the rest."""
    wish = call.model(SourcePreview, root.web.max_body)
    compiled = await _compiled(wish.template_html, wish.metadata)
    return await _shown(wish.block_type, compiled, wish)


async def preview_template(root: App, call: Call) -> Reply:
    """Show a stored template in its current version, with the given values and samples for the rest."""
    template_id = _id(call, "template_id")
    wish = call.optional_model(TemplatePreview, root.web.max_body)
    stored = await root.database.run(lambda cursor: template_rows.get(cursor, template_id))
    current = await root.templates.get_version(template_id, stored["version"])
    return await _shown(current.name, current.compiled, wish)


async def categories(root: App, call: Call) -> Reply:
    """Categories in display order."""
    limit, after = read_page(call, keys=[int, str])
    rows = await root.database.run(lambda cursor: category_rows.listing(cursor, limit + 1, after))
    return unless_known(call, page_of(rows, limit, ["display_order", "category_id"]))


async def create_category(root: App, call: Call) -> Reply:
    """Store a new category. For administrators."""
    call.require_role(_ADMIN)
    new = call.model(NewCategory, root.web.max_body)
    stored = await _written(root, lambda cursor: category_rows.create(cursor, new))
    return answer(stored, 201, f"categories/{stored['category_id']}/templates")


async def category_templates(root: App, call: Call) -> Reply:
    """Templates offered for a category: its own and those for every category; filters as for templates."""
    category_id = _id(call, "category_id")
    await root.database.run(lambda cursor: category_rows.require(cursor, category_id))
    return await _listed_templates(root, call, category_id)


async def template_sets(root: App, call: Call) -> Reply:
    """Sets by id, with their items in order: filters category_id and status."""
    filters, (limit, after) = read_filters(call), read_page(call, keys=[str])
    rows = await root.database.run(lambda cursor: set_rows.listing(cursor, filters, limit + 1, after))
    return unless_known(call, page_of(rows, limit, ["template_set_id"]))


async def create_set(root: App, call: Call) -> Reply:
    """Store a new set. For administrators."""
    call.require_role(_ADMIN)
    new = call.model(NewSet, root.web.max_body)
    stored = await _written(root, lambda cursor: arranging.create(cursor, new))
    return answer(stored, 201, f"template-sets/{stored['template_set_id']}")


async def template_set(root: App, call: Call) -> Reply:
    """One set with its items in order, its theme, and the test that runs on it."""
    set_id = _id(call, "template_set_id")
    return unless_known(call, answer(await root.database.run(lambda cursor: set_rows.get(cursor, set_id))))


async def change_set(root: App, call: Call) -> Reply:
    """Store a changed set. For administrators."""
    call.require_role(_ADMIN)
    set_id, asked = _id(call, "template_set_id"), call.model(SetChange, root.web.max_body)
    return answer(await _written(root, lambda cursor: arranging.change(cursor, set_id, asked)))


async def remove_set(root: App, call: Call) -> Reply:
    """Delete a set (204), or archive one that a page or a test uses (200). For administrators."""
    call.require_role(_ADMIN)
    set_id = _id(call, "template_set_id")
    kept = await _written(root, lambda cursor: arranging.remove(cursor, set_id))
    return Reply(204) if kept is None else answer(kept)


async def template_set_usage(root: App, call: Call) -> Reply:
    """Pages made with a set, what sellers did with them, and its A/B tests."""
    set_id = _id(call, "template_set_id")
    return unless_known(call, answer(await root.database.run(lambda cursor: figures.of_set(cursor, set_id))))


def _id(call: Call, name: str) -> str:
    """A route parameter as an id; what cannot be one names nothing."""
    if not _ID.fullmatch(call.params[name]):
        raise NotFoundError("There is no such thing.")
    return call.params[name]


async def _compiled(source: str, metadata: Mapping[str, object]) -> CompiledTemplate:
    return await aside(checked_template, source, metadata)


async def _shown(title: str, compiled: CompiledTemplate, wish: TemplatePreview) -> Reply:
    html = await aside(preview, title, compiled, wish)
    headers = {"Content-Security-Policy": HEADER_POLICY, "Cache-Control": "no-store"}
    return Reply(200, html.encode(), _HTML, headers)


async def _written[T](root: App, work: Callable[[Cursor], T]) -> T:
    """Run `work` in a transaction; what this process knew of the library is read again."""
    try:
        return await root.database.run(work)
    finally:
        root.templates.forget()


async def _listed_templates(root: App, call: Call, category_id: str | None) -> Reply:
    filters, (limit, after) = read_filters(call, category_id=category_id), read_page(call, keys=[str])
    rows = await root.database.run(lambda cursor: template_rows.listing(cursor, filters, limit + 1, after))
    return unless_known(call, page_of(rows, limit, ["template_id"]))


endpoints.route("templates", "templates", get=templates, post=refusing(create_template))
endpoints.route("preview", "templates/preview", post=refusing(preview_source))
endpoints.route(
    "template",
    "templates/{template_id}",
    get=template,
    put=refusing(change_template),
    delete=remove_template,
)
endpoints.route("template_versions", "templates/{template_id}/versions", get=template_versions)
endpoints.route("template_rollback", "templates/{template_id}/rollback", post=refusing(template_rollback))
endpoints.route("template_preview", "templates/{template_id}/preview", post=preview_template)
endpoints.route("template_usage", "templates/{template_id}/usage", get=template_usage)
endpoints.route("categories", "categories", get=categories, post=create_category)
endpoints.route("category_templates", "categories/{category_id}/templates", get=category_templates)
endpoints.route("template_sets", "template-sets", get=template_sets, post=create_set)
endpoints.route(
    "template_set",
    "template-sets/{template_set_id}",
    get=template_set,
    put=change_set,
    delete=remove_set,
)
endpoints.route("template_set_usage", "template-sets/{template_set_id}/usage", get=template_set_usage)

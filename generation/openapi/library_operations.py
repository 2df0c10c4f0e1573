"""The operations of the template library and of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from generation.documents.answers import StoredDocument
from generation.documents.requests import Document
from generation.openapi import answers
from generation.openapi import library_answers as library
from generation.openapi import library_examples as shown
from generation.openapi import usage_answers as usage
from generation.openapi.operation import HTML, QUEUED, Answer, Operation, Operations, listed
from generation.openapi.parameters import SUBMITTING
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

TEMPLATES, DOCUMENTS = "Templates", "Documents"
TAGS = {
    TEMPLATES: "The library pages are made of: categories, templates and sets. Everybody reads, administrators write.",
    DOCUMENTS: "The caller's own posts, questions and reviews, found again by meaning and by words.",
}
_CACHED = ("ETag", "Cache-Control")
_KNOWN = Answer(304, "What If-None-Match names is still current.", headers=_CACHED)
_LISTING = ("limit", "library_cursor", "if_none_match")
_PREVIEW = (
    Answer(
        200,
        "The block as a complete document.",
        media_type=HTML,
        headers=("Content-Security-Policy", "Cache-Control"),
    ),
)
_TEMPLATE_NOW = (Answer(200, "The template in its new version.", library.Template, example=shown.TEMPLATE),)
_STALE = "`version` is the version the change was made on; when it is further by now, 409 `stale_version`."
_ADMIN = "admin"


def _cached(answer: Answer) -> tuple[Answer, Answer]:
    """An answer that may be kept, and the short one to who has kept it."""
    return replace(answer, headers=_CACHED), _KNOWN


def _stored(model: type[BaseModel], example: Any) -> tuple[Answer]:
    return (Answer(201, "Stored.", model, headers=("Location",), example=example),)


def _removed(model: type[BaseModel], example: Any) -> tuple[Answer, Answer]:
    return Answer(200, "In use, so archived.", model, example=example), Answer(204, "Deleted.")


_TEMPLATES: Operations = {
    ("templates", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("in_category", "block_type", "q", "status", *_LISTING),
        problems=frozenset({422}),
        answers=_cached(listed(library.TemplateList, shown.TEMPLATE_LIST)),
    ),
    ("templates", "POST"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        text="A source that breaks the template language is 422 `template_syntax`, every problem with its line and "
        "column.",
        body=NewTemplate,
        examples=shown.NEW_TEMPLATES,
        problems=frozenset({409}),
        answers=_stored(library.Template, shown.TEMPLATE),
    ),
    ("preview", "POST"): Operation(
        tag=TEMPLATES, body=SourcePreview, examples=shown.SOURCE_PREVIEWS, answers=_PREVIEW
    ),
    ("template", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("version", "if_none_match"),
        problems=frozenset({404, 422}),
        answers=_cached(Answer(200, "The template.", library.Template, example=shown.TEMPLATE)),
    ),
    ("template", "PUT"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        text=f"What is left out stays. {_STALE}",
        body=TemplateChange,
        examples={"Another name": {"version": 1, "name": "큰 사진과 머리말"}},
        problems=frozenset({404, 409}),
        answers=_TEMPLATE_NOW,
    ),
    ("template", "DELETE"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        problems=frozenset({404}),
        answers=_removed(library.Template, shown.TEMPLATE),
    ),
    ("template_versions", "GET"): Operation(
        tag=TEMPLATES,
        parameters=_LISTING,
        problems=frozenset({404, 422}),
        answers=_cached(listed(library.TemplateVersionList, shown.VERSIONS)),
    ),
    ("template_rollback", "POST"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        body=RollbackTo,
        examples={"To the first version": {"version": 1}},
        problems=frozenset({404}),
        answers=_TEMPLATE_NOW,
    ),
    ("template_preview", "POST"): Operation(
        tag=TEMPLATES,
        body=TemplatePreview,
        optional=True,
        examples={"One value": {"slots": {"headline": "하루를 담는 텀블러"}}},
        problems=frozenset({404}),
        answers=_PREVIEW,
    ),
    ("template_usage", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("if_none_match",),
        problems=frozenset({404}),
        answers=_cached(Answer(200, "The figures.", usage.TemplateUsage, example=shown.USAGE)),
    ),
}
_SETS: Operations = {
    ("categories", "GET"): Operation(
        tag=TEMPLATES,
        parameters=_LISTING,
        problems=frozenset({422}),
        answers=_cached(listed(library.CategoryList, shown.CATEGORY_LIST)),
    ),
    ("categories", "POST"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        body=NewCategory,
        examples={"A category": {"name": "반려동물", "category_id": "pets", "display_order": 70}},
        problems=frozenset({409}),
        answers=_stored(library.Category, shown.CATEGORY),
    ),
    ("category_templates", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("block_type", "q", "status", *_LISTING),
        problems=frozenset({404, 422}),
        answers=_cached(listed(library.TemplateList, shown.TEMPLATE_LIST)),
    ),
    ("template_sets", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("in_category", "status", *_LISTING),
        problems=frozenset({422}),
        answers=_cached(listed(library.TemplateSetList, shown.SET_LIST)),
    ),
    ("template_sets", "POST"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        text="With `items`, or with `template_ids` alone.",
        body=NewSet,
        examples=shown.NEW_SETS,
        problems=frozenset({409}),
        answers=_stored(library.TemplateSet, shown.SET),
    ),
    ("template_set", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("if_none_match",),
        problems=frozenset({404}),
        answers=_cached(Answer(200, "The set.", library.TemplateSet, example=shown.SET)),
    ),
    ("template_set", "PUT"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        text=f"What is left out stays; `experiment` null ends the test. {_STALE} 409 `default_needed` where no default "
        "for everything else would be left.",
        body=SetChange,
        examples={"Another order": {"version": 1, "template_ids": ["introduction-poster", "faq-list"]}},
        problems=frozenset({404, 409}),
        answers=(Answer(200, "The set in its new version.", library.TemplateSet, example=shown.SET),),
    ),
    ("template_set", "DELETE"): Operation(
        tag=TEMPLATES,
        role=_ADMIN,
        problems=frozenset({404, 409}),
        answers=_removed(library.TemplateSet, shown.SET),
    ),
    ("template_set_usage", "GET"): Operation(
        tag=TEMPLATES,
        parameters=("if_none_match",),
        problems=frozenset({404}),
        answers=_cached(Answer(200, "The figures.", usage.TemplateSetUsage, example=shown.SET_USAGE)),
    ),
}
_DOCUMENTS: Operations = {
    ("embeddings", "POST"): Operation(
        tag=DOCUMENTS,
        text="The same `post_id` replaces the document; an older `version` is 409 `stale_version`. What has not "
        "changed is answered with the task there is.",
        body=Document,
        examples=shown.NEW_DOCUMENTS,
        parameters=SUBMITTING,
        problems=frozenset({409, 429}),
        answers=(QUEUED,),
    ),
    ("embedding", "GET"): Operation(
        tag=DOCUMENTS,
        problems=frozenset({404}),
        answers=(Answer(200, "The document.", StoredDocument, example=shown.DOCUMENT),),
    ),
    ("embedding", "DELETE"): Operation(
        tag=DOCUMENTS, problems=frozenset({404}), answers=(Answer(204, "Deleted."),)
    ),
    ("search", "GET"): Operation(
        tag=DOCUMENTS,
        text="`highlights` are [start, end] in characters of `text`. `Search-Degraded: letters-only` says that the "
        "model for meanings was away.",
        parameters=("question", "k", "document_kind", "in_document"),
        problems=frozenset({422}),
        answers=(Answer(200, "Best first.", answers.SearchHits, example=shown.HITS),),
    ),
}
LIBRARY: Operations = {**_TEMPLATES, **_SETS, **_DOCUMENTS}

"""Examples of the template library and of documents; a test holds each against its schema."""

from __future__ import annotations

from typing import Any

_MADE = "2026-11-20T10:13:36.236574Z"
_SOURCE = "<section><h2>{{ headline }}</h2>{% if body %}<p>{{ body }}</p>{% endif %}</section>"

CATEGORY = {
    "category_id": "pets",
    "name": "반려동물",
    "parent_id": None,
    "display_order": 70,
    "created_at": _MADE,
}
CATEGORY_LIST = {"items": [CATEGORY], "next_cursor": None}

_SUMMARY = {
    "template_id": "introduction-plain",
    "category_id": None,
    "block_type": "introduction",
    "name": "머리말",
    "description": "제목과 한 문단",
    "status": "active",
    "version": 1,
    "provenance": "editor",
    "created_at": _MADE,
    "updated_at": _MADE,
}
TEMPLATE_LIST = {"items": [_SUMMARY], "next_cursor": "WyJpbnRyb2R1Y3Rpb24tcGxhaW4iXQ"}
TEMPLATE: dict[str, Any] = {
    **_SUMMARY,
    "template_html": _SOURCE,
    "metadata": {},
    "slots": [
        {
            "name": "headline",
            "kind": "text",
            "label": "제목",
            "hint": "20자 안팎의 짧고 구체적인 제목",
            "max_chars": 40,
            "min_items": 0,
            "max_items": 0,
            "fields": [],
            "ratio": "",
            "required": True,
            "sample": "매일 손이 가는 이유",
        }
    ],
    "slot_schema": {
        "type": "object",
        "properties": {"headline": {"type": "string"}},
        "required": ["headline"],
        "additionalProperties": False,
    },
}
NEW_TEMPLATES: dict[str, Any] = {
    "A headline and a paragraph": {
        "block_type": "introduction",
        "name": "머리말",
        "template_html": _SOURCE,
        "metadata": {},
    }
}
SOURCE_PREVIEWS: dict[str, Any] = {
    "With a headline": {
        "block_type": "introduction",
        "template_html": _SOURCE,
        "slots": {"headline": "하루를 담는 텀블러"},
    }
}
VERSIONS = {
    "items": [{"version": 1, "reason": "created", "saved_by": "operator-1", "created_at": _MADE}],
    "next_cursor": None,
}

SET: dict[str, Any] = {
    "template_set_id": "pets-plain",
    "category_id": "pets",
    "name": "반려동물 기본",
    "description": "",
    "theme": {"accent": "#2f5d50", "radius": 12, "font": "sans"},
    "is_default": False,
    "status": "active",
    "version": 1,
    "items": [
        {
            "display_order": 0,
            "template_id": "introduction-plain",
            "block_type": "introduction",
            "name": "머리말",
            "status": "active",
        }
    ],
    "experiment": None,
    "created_at": _MADE,
    "updated_at": _MADE,
}
SET_LIST = {"items": [SET], "next_cursor": None}
NEW_SETS: dict[str, Any] = {
    "Two templates of the library": {
        "name": "짧은 페이지",
        "template_ids": ["introduction-poster", "faq-list"],
        "theme": {"accent": "#2456e6"},
    }
}

_OUTCOMES = {"kept": 8, "edited": 4, "exported": 9, "rated": 5, "liked": 4, "rating": 4.4}
_USED = {
    "version": 1,
    "status": "active",
    "pages": 12,
    "last_used_at": _MADE,
    "outcomes": _OUTCOMES,
    "experiments": [],
}
USAGE = {
    "template_id": "introduction-plain",
    **_USED,
    "versions": [{"version": 1, "pages": 12}],
    "sets": [
        {"template_set_id": "pets-plain", "name": "반려동물 기본", "status": "active", "is_default": False}
    ],
}
SET_USAGE = {"template_set_id": "pets-plain", **_USED}

NEW_DOCUMENTS: dict[str, Any] = {
    "Questions and answers": {
        "post_id": "faq-17",
        "title": "텀블러 세척 방법",
        "content": "식기세척기에 넣어도 되나요? 뚜껑은 손으로 씻어 주세요.",
        "kind": "faq",
    }
}
DOCUMENT = {
    "post_id": "faq-17",
    "kind": "faq",
    "title": "텀블러 세척 방법",
    "content": "식기세척기에 넣어도 되나요? 뚜껑은 손으로 씻어 주세요.",
    "version": 1795169616236,
    "status": "completed",
    "error": None,
    "chunks": 1,
    "model": "text-embedding-3-small",
    "task_id": "36d62e07-0c2c-4693-97eb-669dc0b0b990",
    "created_at": _MADE,
    "updated_at": _MADE,
    "embedded_at": _MADE,
}
HITS = [
    {
        "post_id": "faq-17",
        "kind": "faq",
        "title": "텀블러 세척 방법",
        "chunk": 0,
        "score": 0.82,
        "text": "식기세척기에 넣어도 되나요? 뚜껑은 손으로 씻어 주세요.",
        "highlights": [[0, 5]],
    }
]

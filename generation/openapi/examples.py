"""Examples: values as the API takes and gives them; a test holds each against its schema."""

from __future__ import annotations

from typing import Any

_TASK_ID = "36d62e07-0c2c-4693-97eb-669dc0b0b990"
_PAGE_ID = "4213b19f-046a-5a2c-aa92-e16d8bff1f20"
_NAME = "데일리 스테인리스 텀블러 500ml"
_MADE = "2026-11-20T10:13:36.236574Z"
_PICTURES = "https://images.example.com/images/f83d3b18e4ef2683"

DISPLAY_LIST_TEXT = (
    "Exactly one of `product`, `product_data` (free text) and `product_id` (read from the product service); at most "
    "one of `product_image_url` and `image_id`; at most one of `template_set_id` and `template_ids`, whose order is "
    "kept. Without templates they are chosen by `category_id`, or by what the product is. What only the run can find "
    "out (a photo that cannot be fetched, a product the service does not know) is on the task."
)
PAGE_REQUESTS: dict[str, Any] = {
    "A product as fields": {
        "product": {
            "name": _NAME,
            "category": "주방용품",
            "price_krw": 24900,
            "description": "내부는 STAINLESS 316, 외부는 304 소재를 쓴 이중 진공 텀블러.",
            "attributes": {"용량": "500ml", "소재": "STS316(내부)"},
            "packaging": ["종이"],
            "notice": {"품명 및 모델명": "데일리 텀블러"},
        },
        "product_image_url": "https://shop.example.com/photos/tumbler.jpg",
        "options": {"images": 3, "marketplace": "coupang"},
    },
    "Free text": {
        "product_data": "데일리 머그 350ml, 도자기, 전자레인지 사용 가능. 18,000원.",
        "options": {"images": 0, "tone": "담백하게"},
    },
}
ACCEPTED = {
    "task_id": _TASK_ID,
    "status": "queued",
    "status_url": f"/api/generation/tasks/{_TASK_ID}",
    "stream_url": "https://events.example.com/api/notifications/stream/seller-1",
}
# Where a 202 leads.
TASK_LINK = {"task": {"operationId": "task", "parameters": {"task_id": "$response.body#/task_id"}}}

_SUMMARY = {
    "page_id": _PAGE_ID,
    "task_id": _TASK_ID,
    "title": f"{_NAME}, 산책하는 주말",
    "version": 1,
    "created_at": _MADE,
    "updated_at": _MADE,
}
PAGE_LIST = {
    "items": [_SUMMARY],
    "next_cursor": "1795169616236574_4213b19f-046a-5a2c-aa92-e16d8bff1f20",
}
PAGE = {
    **_SUMMARY,
    "theme": {
        "accent": "#2f5d50",
        "accent_soft": "#eef3f0",
        "ink": "#1c1f1e",
        "muted": "#67706c",
        "surface": "#ffffff",
        "line": "#e2e6e3",
        "radius": 12,
        "font": "sans",
        "heading_font": "sans",
    },
    "blocks": [
        {
            "block_id": "b1",
            "block_type": "introduction",
            "template_id": "introduction-overlay",
            "template_version": 1,
            "slots": {"eyebrow": "오늘의 텀블러", "headline": "출근길을 함께하는 텀블러"},
            "images": {
                "hero": {
                    "image_id": "7ada5b8a-1af4-5049-9eb4-1ad74a379783",
                    "url": f"{_PICTURES}/7ada5b8a-1af4-5049-9eb4-1ad74a379783-af073325cd94cd70.jpg",
                    "alt": "책상 위에 놓인 스테인리스 텀블러",
                    "width": 864,
                    "height": 1184,
                    "source": "generated",
                }
            },
            "facts": [],
            "why": "첫 화면에서 누구를 위한 상품인지 바로 알 수 있어야 한다.",
        },
    ],
    "facts": [{"id": "F5", "name": "용량", "value": "500ml", "source": "attribute"}],
}
PAGE_EDITS: dict[str, Any] = {
    "Another headline, another accent": {
        "base_version": 1,
        "blocks": [{"block_id": "b1", "slots": {"headline": "하루를 담는 텀블러"}}],
        "theme": {"accent": "#2456e6"},
    },
}
VERSIONS = {"items": [{"version": 1, "reason": "generated", "created_at": _MADE}], "next_cursor": None}

TASK = {
    "task_id": _TASK_ID,
    "kind": "page",
    "status": "completed",
    "progress": {"percent": 100, "step": "block:6", "done": 10, "total": 10},
    "created_at": "2026-11-20T10:13:31.249325Z",
    "started_at": "2026-11-20T10:13:31.297156Z",
    "finished_at": _MADE,
    "attempt": 1,
    "result": {"page_id": _PAGE_ID, "version": 1, "html_url": f"/api/generation/pages/{_PAGE_ID}/html"},
    "warnings": [
        {
            "code": "photo_url_forbidden",
            "message": "사진 주소를 사용할 수 없습니다. 누구나 열 수 있는 http(s) 주소를 넣어 주세요.",
            "message_en": "The photo's address is not allowed. Use a public http(s) address.",
            "step": "photo",
        }
    ],
    "error": None,
    "cost": {"usd": 0.001135, "input_tokens": 6328, "output_tokens": 1002, "images": 0},
}
TASK_LIST = {"items": [TASK], "next_cursor": None}

IMAGE_REQUESTS: dict[str, Any] = {
    "A new background": {
        "image_url": "https://shop.example.com/photos/cup.png",
        "prompt": "햇살이 드는 나무 탁자 위에 놓아 주세요",
        "width": 1024,
        "height": 1024,
    },
}
IMAGE = {
    "image_id": "d3718755-70f9-47f3-9faf-18402f01be30",
    "url": f"{_PICTURES}/d3718755-70f9-47f3-9faf-18402f01be30-952901529a5cdf33.jpg",
    "width": 600,
    "height": 400,
    "content_type": "image/jpeg",
    "bytes": 64474,
    "sha256": "952901529a5cdf33c3d31cc5058809e8e304216a206565eca8c4261fea2afd8a",
}

TICKET = {"ticket": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWxsZXItMSJ9.c2lnbmF0dXJl", "expires_in": 60}
MESSAGES: dict[str, Any] = {
    "An announcement": {"user_id": "seller-1", "type": "notice", "data": {"text": "점검 안내"}}
}
MESSAGE_SENT = {"event_id": "eef6bb08-18d3-4a97-bb32-38b7600fd9ed"}
STATUS = {"service": "product-details", "status": "UP", "version": "dev"}
READY = {"status": "UP", "dependencies": {"postgres": {"status": "UP", "latency_ms": 1.2}}}
NOT_READY = {
    "status": "DOWN",
    "dependencies": {
        "postgres": {"status": "UP", "latency_ms": 1.2},
        "event_hubs": {"status": "DOWN", "reason": "no answer within 3 s"},
    },
}

"""POST /v1/chat/completions: the completion object around what the copywriting package answers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.requests import Request

from local.standins.chat_request import check_chat, endpoint_of
from local.standins.copywriting.answers import answer_to
from local.standins.fetch import fetch_images
from local.standins.tokens_used import count_tokens, prompt_tokens
from local.standins.wire import Answer, digest_of, json_answer

EPOCH = 1_767_225_600  # `created` of the first digest: 2026-01-01


async def answer_chat(_request: Request, body: Any, fault: str | None) -> Answer:
    """One completion; equal bodies give equal bytes.

    Args:
        _request: not needed; the answer follows from the body alone.
        body: the parsed request.
        fault: `length`, `refusal`, `content_filter`, `bad_json`, `schema_miss` or None.

    Raises:
        RefusedError: 400, as the real endpoint refuses.
    """
    check_chat(body)
    digest = digest_of(body)
    images = await fetch_images(body["messages"])
    if images:
        content = await asyncio.to_thread(answer_to, body, endpoint_of(body), digest, images)
    else:
        content = answer_to(body, endpoint_of(body), digest, images)
    return json_answer(
        completion(body, digest, content, fault), headers=(("x-request-id", f"req_{digest[:32]}"),)
    )


def completion(body: dict[str, Any], digest: str, content: str, fault: str | None) -> dict[str, Any]:
    """The completion object around `content`, spoiled by a content fault if there is one."""
    message, finish = _message(content, fault)
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    used = count_tokens(message["content"] or message["refusal"] or "")
    if limit and used > limit and finish == "stop":
        message["content"], finish, used = _cut(content, limit / used), "length", int(limit)
    count = int(body.get("n") or 1)
    asked = prompt_tokens(body)
    return {
        "id": f"chatcmpl-{digest[:29]}",
        "object": "chat.completion",
        "created": EPOCH + int(digest[:6], 16),
        "model": body["model"],
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": finish}
            for index in range(count)
        ],
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": used * count,
            "total_tokens": asked + used * count,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _message(content: str, fault: str | None) -> tuple[dict[str, Any], str]:
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    match fault:
        case "refusal":
            message |= {"content": None, "refusal": "죄송하지만 이 요청은 도와드릴 수 없습니다."}
        case "length":
            message["content"] = _cut(content, 0.6)
            return message, "length"
        case "content_filter":
            message["content"] = _cut(content, 0.3)
            return message, "content_filter"
        case "bad_json":
            message["content"] = _cut(content, 0.7)
        case "schema_miss":
            message["content"] = _without_fields(content)
    return message, "stop"


def _cut(content: str, share: float) -> str:
    return content[: max(1, int(len(content) * share))]


def _without_fields(content: str) -> str:
    """The same JSON without its first field, or an empty object if it had but one."""
    try:
        value = json.loads(content)
    except ValueError:
        return "{}"
    if isinstance(value, dict):
        for key in list(value)[:1]:
            del value[key]
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return "{}"

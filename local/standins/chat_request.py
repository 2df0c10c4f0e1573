"""What the chat endpoint takes, and what it refuses."""

from __future__ import annotations

import json
import re
from typing import Any

from local.standins.control import CHAT_ENDPOINTS
from local.standins.schema_rules import check_response_format
from local.standins.wire import RefusedError

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_REASONING = re.compile(r"(gpt-[5-9]|o\d)")
_NOT_OFFERED = ("tools", "functions", "audio", "web_search_options")


def endpoint_of(body: Any) -> str:
    """The endpoint's name by the response schema's name: `plan`, `block_hero` -> block ...; else `chat`."""
    name = schema_name(body)
    known = CHAT_ENDPOINTS[:-1]
    return next((each for each in known if name == each or name.startswith(f"{each}_")), "chat")


def schema_name(body: Any) -> str:
    """`response_format.json_schema.name`, or an empty string."""
    node = body
    for key in ("response_format", "json_schema", "name"):
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, str) else ""


def check_chat(body: Any) -> None:
    """Refuse what the real endpoint refuses.

    Raises:
        RefusedError: 400.
    """
    if not isinstance(body, dict):
        raise RefusedError("We could not parse the JSON body of your request.")
    if not body.get("model") or not isinstance(body["model"], str):
        raise RefusedError("you must provide a model parameter")
    _check_messages(body.get("messages"))
    _check_parameters(body)
    check_response_format(body.get("response_format"))
    if isinstance(body.get("response_format"), dict) and body["response_format"].get("type") == "json_object":
        _check_json_object(body["messages"])


def _check_messages(messages: Any) -> None:
    if messages is None:
        raise RefusedError(
            "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter"
        )
    if not isinstance(messages, list) or not messages:
        raise RefusedError(
            "Invalid 'messages': expected an array with at least one message.",
            param="messages",
            code="invalid_type" if not isinstance(messages, list) else "empty_array",
        )
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message)


def _check_message(place: str, message: Any) -> None:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in _ROLES:
        supported = ", ".join(f"'{each}'" for each in _ROLES)
        raise RefusedError(
            f"Invalid value: '{role}'. Supported values are: {supported}.",
            param=f"{place}.role",
            code="invalid_value",
        )
    content = message.get("content")
    if isinstance(content, list):
        for number, part in enumerate(content):
            _check_part(f"{place}.content[{number}]", part)
    elif not isinstance(content, str) and role != "assistant":
        raise RefusedError(
            f"Invalid type for '{place}.content': expected one of a string or array of objects.",
            param=f"{place}.content",
            code="invalid_type",
        )


def _check_part(place: str, part: Any) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return
    image = part.get("image_url") if kind == "image_url" else None
    if isinstance(image, dict) and isinstance(image.get("url"), str):
        if image.get("detail", "auto") in {"auto", "low", "high", "original"}:
            return
        raise RefusedError(
            f"Invalid value: '{image['detail']}'.", param=f"{place}.image_url.detail", code="invalid_value"
        )
    raise RefusedError(
        f"Invalid content part at '{place}': expected 'text' with text or 'image_url' with a url.",
        param=place,
        code="invalid_value",
    )


def _check_parameters(body: dict[str, Any]) -> None:
    model, reasoning = body["model"], bool(_REASONING.match(body["model"]))
    if body.get("max_tokens") is not None and reasoning:
        raise RefusedError(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        )
    effort = body.get("reasoning_effort")
    if effort is not None and not reasoning:
        raise RefusedError(
            "Unrecognized request argument supplied: reasoning_effort", param="reasoning_effort"
        )
    if reasoning and effort != "none" and body.get("temperature") not in {None, 1}:
        raise RefusedError(
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. "
            "Only the default (1) value is supported.",
            param="temperature",
            code="unsupported_value",
        )
    _check_ranges(body)
    offered = [key for key in _NOT_OFFERED if body.get(key)] + (["stream"] if body.get("stream") else [])
    if offered:
        raise RefusedError(
            f"'{offered[0]}' is not offered by this stand-in for {model}.",
            param=offered[0],
            code="unsupported_parameter",
        )


def _check_ranges(body: dict[str, Any]) -> None:
    ranges = {"temperature": (0, 2), "top_p": (0, 1), "n": (1, 8), "max_completion_tokens": (1, 10**6)}
    for name, (low, high) in ranges.items():
        value = body.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise RefusedError(
                f"Invalid '{name}': expected a number from {low} to {high}, but got {value!r} instead.",
                param=name,
                code="invalid_value",
            )


def _check_json_object(messages: list[Any]) -> None:
    if "json" not in json.dumps(messages, ensure_ascii=False).lower():
        raise RefusedError(
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
            "'json_object'.",
            param="messages",
        )

"""Text from OpenAI, Azure OpenAI (base URL `https://<resource>.openai.azure.com/openai/v1/`) and compatible servers.

Structured output over chat completions. The raw answer is read here instead of through the SDK's models: half the
CPU per call, and an answer that is not what it should be ends as an error of ours and never as a stray None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from generation.ports import Meter, StructuredRequest
from generation.providers.capabilities import TextCapability, text_model
from generation.providers.openai_session import OpenAISession
from generation.providers.schema_fit import misfit
from shared.errors import PermanentError, TransientError
from shared.settings import ModelSettings

# One page makes about six text calls at once; a worker runs up to some hundred pages.
_CONNECTIONS = 640
# Copy should vary little between runs and keep to the facts.
_TEMPERATURE = 0.3
# The limit counts a reasoning model's thoughts too (OpenAI's guide advises room for 25,000 tokens to begin with).
_REASONING_TOKENS = 25_000
_SERVICE = "OpenAI"


class OpenAIText:
    """A TextModel; one client per process, built at the first call.

    Args:
        settings: key, base URL, model, reasoning effort, total time-out per call.
        model: what the model can do and costs, where it should differ from the table.
    """

    def __init__(self, settings: ModelSettings, model: TextCapability | None = None) -> None:
        self._settings = settings
        self._model = model or text_model(settings.text_model)
        self._session = OpenAISession(settings, connections=_CONNECTIONS)

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        """The parsed JSON object, of the schema's structure.

        Raises:
            TransientError: `rate_limited`, `model_unavailable`, `model_unreachable`, `model_timeout`,
                `answer_truncated`, `answer_not_json`, `answer_off_schema`.
            PermanentError: `quota_exhausted`, `model_rejected`, `model_refused`, `content_filtered`.
        """
        if request.image_urls and not self._model.vision:
            raise PermanentError(f"{self._model.name} does not look at pictures.", code="model_rejected")
        completion = _json_object(
            await self._session.post("/chat/completions", parameters(request, self._model, self._settings))
        )
        _record(completion, self._model, meter)
        return judge(completion, request)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def parameters(request: StructuredRequest, model: TextCapability, settings: ModelSettings) -> dict[str, Any]:
    """The body of the call: what this model takes, and nothing else."""
    arguments: dict[str, Any] = {
        "model": model.name,
        "messages": [
            {"role": "system", "content": request.system},
            {"role": "user", "content": _content(request)},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": request.name, "strict": True, "schema": dict(request.schema)},
        },
    }
    effort = settings.text_reasoning_effort if model.efforts else None
    reasons = bool(model.efforts) and effort != "none"
    arguments[model.max_tokens_parameter] = request.max_tokens + (_REASONING_TOKENS if reasons else 0)
    if effort is not None:
        arguments["reasoning_effort"] = effort
    if model.temperature == "always" or (model.temperature == "without_reasoning" and effort == "none"):
        arguments["temperature"] = _TEMPERATURE
    return arguments


def _content(request: StructuredRequest) -> str | list[dict[str, Any]]:
    text = fenced(request.data)
    if not request.image_urls:
        return text
    pictures = [
        {"type": "image_url", "image_url": {"url": url, "detail": "auto"}} for url in request.image_urls
    ]
    return [{"type": "text", "text": text}, *pictures]


def fenced(data: Mapping[str, Any]) -> str:
    """`data` as JSON between <data> tags that nothing in it can close: `<` is written as its JSON escape."""
    return f"<data>\n{orjson.dumps(data).decode().replace('<', '\\u003c')}\n</data>"


def _json_object(content: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise TransientError(f"{_SERVICE} answered no JSON.", code="answer_not_json") from error
    if not isinstance(parsed, dict):
        raise TransientError(f"{_SERVICE} answered no JSON object.", code="answer_not_json")
    return parsed


def _record(completion: Mapping[str, Any], model: TextCapability, meter: Meter) -> None:
    usage = _mapping(completion.get("usage"))
    used, written = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    cached = min(used, _count(_mapping(usage.get("prompt_tokens_details")), "cached_tokens"))
    usd = model.usd(input_tokens=used, cached_tokens=cached, output_tokens=written)
    meter.add(usd=usd, input_tokens=used, output_tokens=written)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return max(0, value) if isinstance(value, int) else 0


def judge(completion: Mapping[str, Any], request: StructuredRequest) -> dict[str, Any]:
    """The JSON object in a chat completion.

    Raises:
        TransientError, PermanentError: as `OpenAIText.answer`.
    """
    choices = completion.get("choices")
    choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
    message = _mapping(choice.get("message"))
    if choice.get("finish_reason") == "content_filter":
        raise PermanentError("The model's answer was filtered.", code="content_filtered")
    if message.get("refusal"):
        raise PermanentError("The model refused to answer.", code="model_refused")
    if choice.get("finish_reason") == "length":
        raise TransientError("The model's answer was cut off.", code="answer_truncated")
    content = message.get("content")
    answer = _json_object(content.encode() if isinstance(content, str) else b"")
    place = misfit(answer, request.schema)
    if place is not None:
        raise TransientError(f"The answer leaves its schema at {place}.", code="answer_off_schema")
    return answer

"""Stand-ins that hold state, for tests that start no process."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from generation.ports import Meter, StructuredRequest
from shared.errors import AppError, UnavailableError


class FakeQueues:
    """Keeps what was sent: (queue, text, delay)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, float]] = []
        self.away = False

    async def send(self, queue: str, text: str, *, delay: float = 0.0) -> None:
        if self.away:
            raise UnavailableError("the queue is away", retry_after=2.0)
        self.sent.append((queue, text, delay))

    async def ping(self) -> float:
        if self.away:
            raise UnavailableError("the queue is away")
        return 0.001


class FakePublisher:
    """Keeps which streams were announced."""

    def __init__(self) -> None:
        self.notified: list[str] = []

    def notify(self, stream: str) -> None:
        self.notified.append(stream)

    async def flush(self, stream: str, timeout: float) -> bool:
        return True


class FakeAssets:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.hidden: set[str] = set()

    async def put(self, key: str, content: bytes, content_type: str) -> None:
        self.objects[key] = content

    async def read(self, key: str) -> bytes:
        return self.objects[key]

    def url(self, key: str) -> str:
        return f"https://assets.example/{key}"

    async def readable(self, key: str) -> bool:
        return key in self.objects and key not in self.hidden

    async def ping(self) -> float:
        return 0.001


class FakeText:
    """A text model that fills any schema; `errors` are raised first, by request name."""

    def __init__(self) -> None:
        self.requests: list[StructuredRequest] = []
        self.errors: dict[str, list[AppError]] = defaultdict(list)

    async def answer(self, request: StructuredRequest, meter: Meter) -> dict[str, Any]:
        self.requests.append(request)
        meter.add(usd=0.001, input_tokens=100, output_tokens=50)
        if self.errors[request.name]:
            raise self.errors[request.name].pop(0)
        if request.name == "plan":
            return self._plan(request.data)
        filled: dict[str, Any] = fill(request.schema)
        return filled

    def count(self, name: str) -> int:
        """How many requests of that name came."""
        return sum(request.name == name for request in self.requests)

    def _plan(self, data: Mapping[str, Any]) -> dict[str, Any]:
        images = data["options"]["images"]
        blocks = []
        for template in data["templates"]:
            picture = template["has_image"] and images > 0
            images -= picture
            blocks.append(
                {
                    "template_id": template["template_id"],
                    "brief": "무엇을 보여 줄지",
                    "fact_ids": ["F1", "F999"],
                    "image_prompt": "On a table in the morning" if picture else None,
                    "image_alt": "상품 사진",
                    "why": "구매자가 궁금해하는 내용이라서",
                }
            )
        return {"title": "상품 페이지", "blocks": blocks}


def fill(schema: Mapping[str, Any], name: str = "값") -> Any:
    """The plainest value that fits a strict schema."""
    kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
    if kind == "object":
        return {key: fill(value, key) for key, value in schema["properties"].items()}
    if kind == "array":
        return [fill(schema["items"], name) for _ in range(max(1, schema.get("minItems", 1)))]
    if kind == "integer":
        return 1
    return schema["enum"][0] if "enum" in schema else f"{name} 글"


class FakeImages:
    """An image model that draws one colour; `errors` are raised first."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.errors: list[AppError] = []

    async def edit(
        self, *, prompt: str, photo_url: str | None, width: int, height: int, seed: int, meter: Meter
    ) -> bytes:
        self.prompts.append(prompt)
        meter.add(usd=0.04, images=1)
        if self.errors:
            raise self.errors.pop(0)
        return picture(width, height, (seed % 255, 120, 90))


class FakeDownloads:
    """URLs and what is behind them."""

    def __init__(self, contents: dict[str, bytes | AppError]) -> None:
        self.contents = contents

    async def fetch(self, url: str) -> bytes:
        found = self.contents[url]
        if isinstance(found, AppError):
            raise found
        return found


def picture(width: int = 640, height: int = 480, colour: tuple[int, int, int] = (180, 80, 60)) -> bytes:
    """A JPEG of one colour."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, "JPEG")
    return buffer.getvalue()

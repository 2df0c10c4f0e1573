"""POST /v1/images/generations in Together's wire shape, and the pictures that `url` answers name."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from local.standins.fetch import fetch_image
from local.standins.wire import Answer, RefusedError, digest_of, json_answer

SIDE_LOW, SIDE_HIGH, SIDE_STEP, SIDE_USUAL = 256, 1920, 8, 1024
KEPT_BYTES = 128 * 1024 * 1024
_NOT_AN_IMAGE = b"this is not an image" * 8
_MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw.

    Attributes:
        prompt: in English, usually.
        seed: a number that varies the picture.
        width: pixels.
        height: pixels.
        output_format: jpeg or png.
    """

    prompt: str
    seed: int
    width: int
    height: int
    output_format: str


Draw = Callable[[Picture, bytes | None], bytes]


class ImageService:
    """Draws pictures beside the event loop and keeps the last 128 MB of them.

    Args:
        draw: makes a picture, perhaps from a photo; equal arguments give equal bytes.
        executor: where drawing runs.
    """

    def __init__(self, draw: Draw, executor: Executor) -> None:
        self._draw = draw
        self._executor = executor
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._drawing: dict[str, asyncio.Future[bytes]] = {}

    async def answer(self, request: Request, body: Any, fault: str | None) -> Answer:
        """`n` pictures as base64 or as URLs of this process.

        Raises:
            RefusedError: 400, as the real endpoint refuses.
        """
        pictures = check_images(body)
        source = _source(body)
        photo = await fetch_image(source) if source else None
        names = [await self._make(picture, photo) for picture in pictures]
        if fault == "bad_image":
            names = [self._keep(_NOT_AN_IMAGE, "jpeg")]
        as_url = body.get("response_format", "url") == "url"
        data = [
            self._datum(request, name, index, as_url=as_url, typed=fault != "image_no_type")
            for index, name in enumerate(names)
        ]
        answer = {"id": f"img-{digest_of(body)[:24]}", "model": body["model"], "object": "list", "data": data}
        return json_answer(answer)

    def generated(self, name: str) -> Answer | None:
        """The picture of that name, if it is still kept."""
        data = self._kept.get(name)
        suffix = name.rpartition(".")[2]
        return Answer(200, data, _MEDIA_TYPES.get(suffix, "image/jpeg")) if data is not None else None

    def _datum(self, request: Request, name: str, index: int, *, as_url: bool, typed: bool) -> dict[str, Any]:
        kind = {"type": "url" if as_url else "b64_json"} if typed else {}
        if as_url:
            return {"index": index, **kind, "url": f"{request.base_url}generated/{name}"}
        return {"index": index, **kind, "b64_json": base64.b64encode(self._kept[name]).decode()}

    async def _make(self, picture: Picture, photo: bytes | None) -> str:
        """The name of the drawn picture; equal requests at the same time are drawn once."""
        digest = hashlib.sha256(repr(picture).encode("utf-8", "replace") + (photo or b"")).hexdigest()
        name = f"{digest[:32]}.{picture.output_format}"
        if name in self._kept:
            self._kept.move_to_end(name)
            return name
        if name not in self._drawing:
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(self._executor, self._draw, picture, photo)
            self._drawing[name] = asyncio.ensure_future(work)
        try:
            # Shielded: a client that hangs up must not cancel what others wait for.
            data = await asyncio.shield(self._drawing[name])
        finally:
            if name in self._drawing and self._drawing[name].done():
                del self._drawing[name]
        return self._keep(data, picture.output_format, name)

    def _keep(self, data: bytes, suffix: str, name: str | None = None) -> str:
        name = name or f"{hashlib.sha256(data).hexdigest()[:32]}.{suffix}"
        if name not in self._kept:
            self._kept[name] = data
            self._size += len(data)
        while self._size > KEPT_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest)
        return name


def check_images(body: Any) -> list[Picture]:
    """The pictures a request asks for.

    Raises:
        RefusedError: 400, naming what is wrong.
    """
    if not isinstance(body, dict):
        raise RefusedError("The request body must be a JSON object.")
    for name in ("model", "prompt"):
        if not isinstance(body.get(name), str) or not body[name].strip():
            raise RefusedError(f"Missing required parameter: '{name}'", param=name)
    _check_choice(body, "response_format", ("base64", "url"))
    output_format = _check_choice(body, "output_format", ("jpeg", "png"))
    width, height = (_integer(body, name, SIDE_USUAL, SIDE_LOW, SIDE_HIGH) for name in ("width", "height"))
    for name, side in (("width", width), ("height", height)):
        if side % SIDE_STEP:
            raise RefusedError(f"{name} must be a multiple of {SIDE_STEP}, got {side}", param=name)
    _integer(body, "steps", 28, 1, 50)
    seed = _integer(body, "seed", 0, -(2**63), 2**63 - 1)
    count = _integer(body, "n", 1, 1, 4)
    return [Picture(body["prompt"], seed + index, width, height, output_format) for index in range(count)]


def _check_choice(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name, allowed[0])
    if value not in allowed:
        raise RefusedError(f"{name} must be one of {', '.join(allowed)}, got {value!r}", param=name)
    return str(value)


def _integer(body: dict[str, Any], name: str, usual: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RefusedError(f"{name} must be an integer from {low} to {high}, got {value!r}", param=name)
    return value


def _source(body: dict[str, Any]) -> str | None:
    """The photo to work on: `image_url`, or the first of FLUX.2's `reference_images`."""
    references = body.get("reference_images")
    source = body.get("image_url") or (references[0] if isinstance(references, list) and references else None)
    if source is not None and not isinstance(source, str):
        raise RefusedError("image_url must be a string", param="image_url")
    return source

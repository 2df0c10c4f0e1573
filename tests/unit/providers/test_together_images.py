import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest

from generation.ports import Meter
from generation.providers.together_images import TogetherImages
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import ModelSettings

JPEG = b"\xff\xd8\xff\xe0 not really"
ENCODED = base64.b64encode(JPEG).decode()


class Shelf:
    """A Downloader that holds pictures."""

    def __init__(self, **pictures: bytes) -> None:
        self.pictures = {"https://cdn/one.jpg": JPEG, **pictures}

    async def fetch(self, url: str) -> bytes:
        """What is there."""
        if url not in self.pictures:
            raise PermanentError("no", code="photo_not_found")
        return self.pictures[url]


@pytest.fixture
async def images(model_settings: ModelSettings) -> AsyncIterator[TogetherImages]:
    """The adapter at the scripted server."""
    adapter = TogetherImages(model_settings, Shelf())
    yield adapter
    await adapter.close()


async def edit(images: TogetherImages, meter: Meter | None = None, **changes: Any) -> bytes:
    """One edit."""
    request: dict[str, Any] = {
        "prompt": "on a table",
        "photo_url": "https://s3/p.jpg",
        "width": 800,
        "height": 600,
        "seed": 7,
    }
    return await images.edit(**{**request, **changes}, meter=meter or Meter())


def data(**item: Any) -> dict[str, Any]:
    """An answer with one picture entry."""
    return {"id": "1", "model": "m", "object": "list", "data": [{"index": 0, **item}]}


async def test_base64_is_decoded_and_metered(images: TogetherImages, server: Any) -> None:
    """The bytes come back; one image is on the meter."""
    server.answers(data(type="b64_json", b64_json=ENCODED))
    meter = Meter()
    assert await edit(images, meter) == JPEG
    assert meter == Meter(usd=0.04, images=1)


async def test_request_on_the_wire(images: TogetherImages, server: Any) -> None:
    """Kontext gets one image_url and the nearest of its sizes; no steps."""
    server.answers(data(type="b64_json", b64_json=ENCODED))
    await edit(images)
    assert server.paths == ["/v1/images/generations"]
    assert server.headers[0]["Authorization"] == "Bearer tg-secret"
    assert server.bodies == [
        {
            "model": "black-forest-labs/FLUX.1-kontext-pro",
            "prompt": "on a table",
            "image_url": "https://s3/p.jpg",
            "width": 1184,
            "height": 864,
            "seed": 7,
            "n": 1,
            "response_format": "base64",
            "output_format": "jpeg",
        }
    ]


@pytest.mark.parametrize(
    ("model", "photo", "expected"),
    [
        ("black-forest-labs/FLUX.2-pro", "https://p", {"reference_images": ["https://p"]}),
        ("black-forest-labs/FLUX.2-pro", None, {}),
        ("black-forest-labs/FLUX.1-kontext-dev", "https://p", {"image_url": "https://p", "steps": 28}),
    ],
)
async def test_each_model_gets_the_photo_its_way(
    model_settings: ModelSettings, server: Any, model: str, photo: str | None, expected: dict[str, Any]
) -> None:
    """The capability table decides the parameter's name and the steps."""
    server.answers(data(b64_json=ENCODED))
    images = TogetherImages(model_settings.model_copy(update={"image_model": model}), Shelf())
    await edit(images, photo_url=photo)
    await images.close()
    (body,) = server.bodies
    assert {key: body[key] for key in ("image_url", "reference_images", "steps") if key in body} == expected


@pytest.mark.parametrize(
    "item",
    [
        {"b64_json": ENCODED},
        {"type": "url", "url": "https://cdn/one.jpg"},
        {"url": "https://cdn/one.jpg"},
        {"type": "b64_json", "b64_json": None, "url": "https://cdn/one.jpg"},
    ],
)
async def test_entries_without_type_or_with_a_url_are_read(
    images: TogetherImages, server: Any, item: dict[str, Any]
) -> None:
    """A missing type does no harm; a URL is fetched through the downloader."""
    server.answers(data(**item))
    assert await edit(images) == JPEG


@pytest.mark.parametrize(
    "answer",
    [
        data(),
        data(b64_json=None),
        data(b64_json=""),
        data(b64_json="%%%"),
        data(b64_json=3),
        data(b64_json=base64.b64encode(b"<html>").decode()),
        {"data": []},
        {"data": None},
        {"data": [None]},
        {"object": "list"},
        [],
        "<html>",
    ],
)
async def test_answer_without_a_picture_is_worth_another_try(
    images: TogetherImages, server: Any, answer: Any
) -> None:
    """Empty, broken or no data: image_unusable."""
    server.answers(answer)
    with pytest.raises(TransientError) as caught:
        await edit(images)
    assert caught.value.code == "image_unusable"


@pytest.mark.parametrize(
    ("status", "code", "kind", "expected"),
    [
        (403, "third_party_data_sharing_blocked", PermanentError, "image_blocked"),
        (400, "content_policy_violation", PermanentError, "image_blocked"),
        (401, "invalid_api_key", PermanentError, "model_rejected"),
        (403, "insufficient_quota", PermanentError, "quota_exhausted"),
        (402, "credit_limit_exceeded", PermanentError, "quota_exhausted"),
        (422, "invalid", PermanentError, "model_rejected"),
        (429, "rate_limit_exceeded", TransientError, "rate_limited"),
        (503, "server_is_overloaded", TransientError, "model_unavailable"),
    ],
)
async def test_error_answer_gets_its_meaning(
    images: TogetherImages, server: Any, status: int, code: str, kind: type[AppError], expected: str
) -> None:
    """Refused pictures are blocked, quota is for ever, the rest as for text; nothing is metered, nothing repeated."""
    server.answers({"id": "x", "error": {"message": "m", "type": "t", "code": code}}, status=status)
    meter = Meter()
    with pytest.raises(kind) as caught:
        await edit(images, meter)
    assert caught.value.code == expected
    assert meter == Meter()
    assert len(server.paths) == 1


async def test_dropped_connection_is_unreachable(images: TogetherImages, server: Any) -> None:
    """A cut connection is worth another try."""
    server.drops()
    with pytest.raises(TransientError) as caught:
        await edit(images)
    assert caught.value.code == "model_unreachable"

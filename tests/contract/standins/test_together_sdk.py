from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import together
from PIL import Image

from tests.contract.standins.conftest import Standins

MODEL = "black-forest-labs/FLUX.1-kontext-pro"


@pytest.fixture
def client(standins: Standins) -> Iterator[together.Together]:
    """The real SDK, retries off."""
    with together.Together(api_key="local", base_url=standins.url, max_retries=0, timeout=20) as made:
        yield made


def _generate(client: together.Together, **more: Any) -> Any:
    arguments: dict[str, Any] = {"model": MODEL, "prompt": "a mug on a table", "width": 512, "height": 512}
    return client.images.generate(**(arguments | more))


def _opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_base64_pictures_from_a_photo(client: together.Together, standins: Standins) -> None:
    """By address and by data: URL the same picture, of the size and format asked for."""
    photo = f"{standins.url}/photos/mug.jpg"
    encoded = base64.b64encode(httpx.get(photo).content).decode()
    answers = [
        _generate(client, image_url=url, response_format="base64", output_format="png")
        for url in (photo, f"data:image/jpeg;base64,{encoded}")
    ]
    pictures = [base64.b64decode(answer.data[0].b64_json) for answer in answers]
    assert pictures[0] == pictures[1]
    assert (_opened(pictures[0]).size, _opened(pictures[0]).format) == ((512, 512), "PNG")
    assert answers[0].data[0].type == "b64_json"
    assert answers[0].object == "list"


def test_url_pictures_are_served_by_the_same_process(client: together.Together, standins: Standins) -> None:
    """Without a photo too; several pictures differ."""
    answer = _generate(client, response_format="url", n=2)
    served = [httpx.get(datum.url) for datum in answer.data]
    assert all(datum.type == "url" and datum.url.startswith(standins.url) for datum in answer.data)
    assert [reply.headers["content-type"] for reply in served] == ["image/jpeg", "image/jpeg"]
    assert _opened(served[0].content).size == (512, 512)
    assert served[0].content != served[1].content
    assert httpx.get(f"{standins.url}/generated/none.jpeg").status_code == 404


def test_reference_images_are_taken_as_well(client: together.Together, standins: Standins) -> None:
    """FLUX.2's way of naming the photo."""
    photo = f"{standins.url}/photos/mug.jpg"
    by_reference = _generate(client, reference_images=[photo], response_format="base64")
    by_url = _generate(client, image_url=photo, response_format="base64")
    assert by_reference.data[0].b64_json == by_url.data[0].b64_json


@pytest.mark.parametrize(
    "change",
    [{"width": 500}, {"height": 2048}, {"image_url": "https://example.com/a.png"}, {"prompt": ""}],
)
def test_bad_requests_are_refused(client: together.Together, change: dict[str, Any]) -> None:
    """400 with Together's error body."""
    with pytest.raises(together.BadRequestError) as caught:
        _generate(client, **change)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("429;retry-after=1", together.RateLimitError),
        ("quota", together.RateLimitError),
        ("500", together.InternalServerError),
        ("503", together.InternalServerError),
        ("html502", together.InternalServerError),
        ("image_403", together.PermissionDeniedError),
        ("drop", together.APIConnectionError),
        ("timeout", together.APITimeoutError),
    ],
)
def test_faults_show_as_the_sdk_shows_them(
    client: together.Together, standins: Standins, fault: str, kind: type[Exception]
) -> None:
    """The right exception for each."""
    standins.fault("images", fault)
    with pytest.raises(kind):
        _generate(client.with_options(timeout=0.5))


def test_the_403_says_why(client: together.Together, standins: Standins) -> None:
    """`third_party_data_sharing_blocked`, in the raw body."""
    standins.fault("images", "image_403")
    with pytest.raises(together.PermissionDeniedError) as caught:
        _generate(client)
    assert "third_party_data_sharing_blocked" in str(caught.value.body)


def test_a_reply_without_type_and_a_broken_picture(client: together.Together, standins: Standins) -> None:
    """The first parses as base64 with None inside; the second is no picture, in either format."""
    standins.fault("images", "image_no_type")
    assert _generate(client, response_format="url").data[0].b64_json is None
    standins.fault("images", "bad_image")
    data = base64.b64decode(_generate(client, response_format="base64").data[0].b64_json)
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(data))
    assert httpx.get(_generate(client, response_format="url").data[0].url).content == data

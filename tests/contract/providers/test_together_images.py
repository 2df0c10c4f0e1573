"""TogetherImages on the real together SDK against the stand-ins: every fault ends as the right error of ours."""

import base64
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from generation.images.download import SafeDownloader
from generation.images.normalise import normalise
from generation.ports import Meter
from generation.providers.together_images import TogetherImages
from shared.errors import AppError, PermanentError, TransientError
from shared.settings import DownloadSettings, ModelSettings


def photo() -> str:
    """A product on white, as a data URL."""
    image = Image.new("RGB", (240, 200), "white")
    image.paste((220, 120, 20), (80, 60, 160, 150))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def adapter(url: str, **changes: Any) -> TogetherImages:
    """The adapter at the stand-ins, allowed to fetch from them."""
    settings = ModelSettings(
        **{
            "openai_api_key": "k",
            "together_api_key": "k",
            "together_base_url": url,
            "image_timeout": 10,
            **changes,
        }
    )
    return TogetherImages(
        settings, SafeDownloader(DownloadSettings(allowed_hosts=(url.removeprefix("http://"),)))
    )


@pytest.fixture
async def images(stand_ins: Any) -> AsyncIterator[TogetherImages]:
    """The adapter at the stand-ins."""
    found = adapter(stand_ins.url)
    yield found
    await found.close()


async def edit(images: TogetherImages, meter: Meter | None = None) -> bytes:
    """One small edit."""
    return await images.edit(
        prompt="on a wooden table in the morning",
        photo_url=photo(),
        width=1024,
        height=1024,
        seed=3,
        meter=meter or Meter(),
    )


@pytest.mark.parametrize(
    "model",
    [
        "black-forest-labs/FLUX.1-kontext-pro",
        "black-forest-labs/FLUX.1-kontext-dev",
        "black-forest-labs/FLUX.2-pro",
    ],
)
async def test_picture_comes_back_as_one_we_take(stand_ins: Any, model: str) -> None:
    """Each model's own parameters are accepted; the picture has the size asked for and is metered."""
    images, meter = adapter(stand_ins.url, image_model=model), Meter()
    picture = normalise(await edit(images, meter))
    await images.close()
    assert (picture.width, picture.height) == (1024, 1024)
    assert meter.images == 1
    assert meter.usd > 0
    assert [(entry["endpoint"], entry["status"]) for entry in stand_ins.log()] == [("images", 200)]


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("429;retry-after=7", TransientError, "rate_limited"),
        ("quota", PermanentError, "quota_exhausted"),
        ("500", TransientError, "model_unavailable"),
        ("503", TransientError, "model_unavailable"),
        ("drop", TransientError, "model_unreachable"),
        ("html502", TransientError, "model_unavailable"),
        ("bad_json", TransientError, "image_unusable"),
        ("schema_miss", TransientError, "image_unusable"),
        ("image_403", PermanentError, "image_blocked"),
    ],
)
async def test_every_fault_has_its_error(
    images: TogetherImages, stand_ins: Any, fault: str, kind: type[AppError], code: str
) -> None:
    """The error, sent once."""
    stand_ins.control(faults=[{"endpoint": "images", "nth": [1], "fault": fault}])
    with pytest.raises(AppError) as caught:
        await edit(images)
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert getattr(caught.value, "retry_after", None) == (7.0 if "retry-after" in fault else None)
    assert len(stand_ins.log()) == 1


async def test_entry_without_type_is_read(images: TogetherImages, stand_ins: Any) -> None:
    """The picture is there, whatever the entry calls itself."""
    stand_ins.control(faults=[{"endpoint": "images", "fault": "image_no_type"}])
    assert normalise(await edit(images)).width == 1024


async def test_broken_picture_never_passes(images: TogetherImages, stand_ins: Any) -> None:
    """What is no picture is refused here, or at the latest when it is normalised; it was paid for."""
    stand_ins.control(faults=[{"endpoint": "images", "fault": "bad_image"}])
    meter = Meter()
    with pytest.raises(AppError) as caught:
        normalise(await edit(images, meter))
    assert caught.value.code in {"image_unusable", "photo_unreadable", "photo_not_an_image"}
    assert meter.images == 1


async def test_silence_ends_at_the_time_out(stand_ins: Any) -> None:
    """A service that holds the connection costs the time-out, no more."""
    stand_ins.control(faults=[{"endpoint": "images", "fault": "timeout"}])
    images = adapter(stand_ins.url, image_timeout=0.5)
    with pytest.raises(TransientError) as caught:
        await edit(images)
    assert caught.value.code == "model_timeout"
    await images.close()

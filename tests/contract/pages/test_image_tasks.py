"""POST /generation/image: photo -> translate -> edit."""

import pytest

from generation.tasks.model import TaskKind
from shared.errors import PermanentError
from tests.contract.pages.kitchen import PHOTO_URL, Kitchen


async def test_a_korean_wish_is_translated_first(kitchen: Kitchen) -> None:
    """One translation, one picture, which is stored and readable."""
    body = {"image_url": PHOTO_URL, "prompt": "배경을 아침 식탁으로 바꿔 주세요"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.IMAGE, body))
    assert row["status"] == "completed", row["error"]
    assert kitchen.text.count("translate") == 1
    assert "english 글" in kitchen.images.prompts[0]
    key = row["result"]["url"].removeprefix("https://assets.example/")
    assert key in kitchen.assets.objects
    assert row["images"] == 1


async def test_an_english_wish_goes_as_it_is(kitchen: Kitchen) -> None:
    """Nothing to translate, nothing paid for it."""
    body = {"image_url": PHOTO_URL, "prompt": "put it on a wooden table"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.IMAGE, body))
    assert (row["status"], kitchen.text.count("translate")) == ("completed", 0)
    assert "put it on a wooden table" in kitchen.images.prompts[0]


@pytest.mark.parametrize("code", ["image_blocked", "quota_exhausted"])
async def test_without_a_picture_the_task_fails(kitchen: Kitchen, code: str) -> None:
    """There is nothing to fall back to: the picture is the result."""
    kitchen.images.errors = [PermanentError("no", code=code)]
    body = {"image_url": PHOTO_URL, "prompt": "on a table"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.IMAGE, body))
    assert (row["status"], row["error"]["code"]) == ("failed", code)
    assert len(kitchen.images.prompts) == 1


async def test_without_a_photo_nothing_is_paid(kitchen: Kitchen) -> None:
    """A photo that is none fails the task before any model is asked."""
    kitchen.downloads.contents[PHOTO_URL] = b"not a picture"
    body = {"image_url": PHOTO_URL, "prompt": "탁자 위에"}
    row = await kitchen.run(await kitchen.submit_kind(TaskKind.IMAGE, body))
    assert (row["status"], row["error"]["code"]) == ("failed", "photo_not_an_image")
    assert (kitchen.text.requests, kitchen.images.prompts) == ([], [])

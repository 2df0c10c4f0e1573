"""POST /generation/image: a seller's picture changed as they say, in Korean or English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from generation.fields import (
    NOT_BLANK,
    NUMBER,
    FieldConflict,
    Text,
    WebAddress,
    exactly_one,
    given,
    missing,
)
from generation.images.pictures import KeptImage, Pictures, picture_id
from generation.ports import Meter, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed
from generation.tasks.run import Outcome, Run
from shared.errors import TransientError

if TYPE_CHECKING:
    from psycopg2.extras import RealDictCursor as Cursor

_HANGUL = re.compile("[ㄱ-ㆎ가-힣]")

_Edge = Annotated[int, Field(ge=256, le=1920), NUMBER]


class ImageRequest(BaseModel):
    """What is to be changed, and how; without a size the photo's own proportions are kept."""

    model_config = ConfigDict(
        frozen=True,
        str_strip_whitespace=True,
        extra="forbid",
        json_schema_extra={
            "allOf": [
                exactly_one("image_url", "image_id"),
                {"oneOf": [missing("width", "height"), {"allOf": [given("width"), given("height")]}]},
            ]
        },
    )

    image_url: WebAddress | None = None
    image_id: UUID | None = None
    prompt: Annotated[Text, Field(min_length=1, max_length=2000, json_schema_extra=NOT_BLANK)]
    width: _Edge | None = None
    height: _Edge | None = None

    @model_validator(mode="after")
    def _one_picture(self) -> Self:
        if (self.image_url is None) == (self.image_id is None):
            raise FieldConflict(["image_url", "image_id"], "give exactly one of these")
        if (self.width is None) != (self.height is None):
            raise FieldConflict(["width", "height"], "give both or neither")
        return self


class Translation(BaseModel):
    """The wish in English."""

    model_config = ConfigDict(frozen=True)

    english: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ImagePipeline:
    """Changes pictures: photo -> translate -> edit; the handler of image tasks."""

    text: TextModel
    pictures: Pictures

    async def __call__(self, run: Run) -> Outcome:
        """Make the picture this run's task asks for."""
        request = ImageRequest.model_validate(run.lease.request)
        korean = is_korean(request.prompt)
        run.expect(3 if korean else 2)
        photo = await self._photo(run, request)
        wanted = await self._english(run, request.prompt) if korean else request.prompt
        ratio = f"{request.width or photo.width}:{request.height or photo.height}"
        made = await run.step(
            "image",
            KeptImage,
            lambda meter: self.pictures.changed(
                photo,
                prompt("change", wish=wanted),
                ratio,
                image_id=picture_id(run.lease.task_id, "image"),
                owner=run.lease.owner,
                meter=meter,
            ),
            "이미지를 만들었어요",
        )
        return Outcome(_result(made, wanted), _nothing_more)

    async def _photo(self, run: Run, request: ImageRequest) -> KeptImage:
        owner = run.lease.owner

        async def take(_meter: Meter) -> KeptImage:
            if request.image_id is not None:
                return await self.pictures.uploaded(request.image_id, owner)
            return await self.pictures.fetched(
                str(request.image_url), picture_id(run.lease.task_id, "photo"), owner
            )

        return await run.step("photo", KeptImage, take, "사진을 확인했어요")

    async def _english(self, run: Run, korean: str) -> str:
        step = await run.step(
            "translate", Translation, lambda meter: translate(self.text, korean, meter), "요청을 옮겼어요"
        )
        return step.english


def is_korean(wish: str) -> bool:
    """Whether a wish needs translating before an image model gets it."""
    return _HANGUL.search(wish) is not None


async def translate(text: TextModel, korean: str, meter: Meter) -> Translation:
    """A wish in Korean as an English instruction for the image model.

    Raises:
        TransientError: `answer_off_schema`, or the model's own.
        PermanentError: the model's own.
    """
    schema = closed({"english": {"type": "string"}})
    request = StructuredRequest("translate", prompt("translate"), {"korean": korean}, schema)
    try:
        return Translation.model_validate(await text.answer(request, meter))
    except ValidationError as error:
        raise TransientError(str(error), code="answer_off_schema") from error


def _result(made: KeptImage, wanted: str) -> dict[str, object]:
    return {
        "image_id": str(made.image_id),
        "url": made.url,
        "width": made.width,
        "height": made.height,
        "prompt": wanted,
    }


def _nothing_more(_cursor: Cursor) -> None:
    """The picture's row was written with its step."""

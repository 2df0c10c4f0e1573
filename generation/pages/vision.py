"""What the seller's photo plainly shows, as facts."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, ValidationError

from generation.ports import Meter, StructuredRequest, TextModel
from generation.prompts import prompt
from generation.structured import closed
from shared.errors import TransientError


class Seen(BaseModel):
    """The model's answer, in Korean."""

    model_config = ConfigDict(frozen=True)

    description: str
    colors: list[str]
    materials: list[str]
    packaging: list[str]

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values for number_facts."""
        return [
            *((("사진", self.description),) if self.description else ()),
            *(("사진 속 색상", color) for color in self.colors),
            *(("사진 속 소재", material) for material in self.materials),
            *(("사진 속 포장", material) for material in self.packaging),
        ]


async def look_at(text: TextModel, photo_url: str, meter: Meter) -> Seen:
    """Ask the model what the photo shows.

    Raises:
        TransientError: `answer_off_schema`, or the model's own.
        PermanentError: the model's own.
    """
    words = {"type": "array", "items": {"type": "string"}, "maxItems": 5}
    schema = closed(
        {"description": {"type": "string"}, "colors": words, "materials": words, "packaging": words}
    )
    request = StructuredRequest(
        name="vision",
        system=prompt("vision"),
        data={"task": "describe"},
        schema=schema,
        image_urls=(photo_url,),
    )
    try:
        return Seen.model_validate(await text.answer(request, meter))
    except ValidationError as error:
        raise TransientError(str(error), code="answer_off_schema") from error

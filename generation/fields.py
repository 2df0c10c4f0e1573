"""Fields of requests: text as a page and its database can hold it, and fields that contradict each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field


def _printable(text: str) -> str:
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in text):  # noqa: PLR2004  the first 32 are controls
        message = "control characters are not allowed"
        raise ValueError(message)
    return text


# PostgreSQL's jsonb refuses NUL, and no page needs control characters.
type Text = Annotated[str, AfterValidator(_printable)]
type ShortText = Annotated[Text, Field(max_length=500)]


class FieldConflict(ValueError):  # noqa: N818  it becomes a FieldIssue per field, not an error of ours
    """Fields that contradict each other; each is named in the answer."""

    def __init__(self, fields: list[str], problem: str) -> None:
        super().__init__(f"{', '.join(fields)}: {problem}")
        self.fields = fields
        self.problem = problem

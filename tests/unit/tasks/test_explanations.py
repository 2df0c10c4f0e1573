"""What a seller is told when something is missing."""

import pytest

from generation.tasks.explanations import explain, warning
from shared.errors import PermanentError


@pytest.mark.parametrize("code", ["model_refused", "content_filtered"])
@pytest.mark.parametrize("otherwise", ["vision_failed", "image_failed"])
def test_a_refused_picture_does_not_blame_the_description(code: str, otherwise: str) -> None:
    """The warning says what stands in, and to try another photo; its code is the reason's."""
    told = warning(PermanentError("no", code=code), "vision", otherwise)
    assert told["code"] == code
    assert told["message"].startswith(explain(otherwise)["message"])
    assert "다른 사진" in told["message"]
    assert "another" in told["message_en"]
    assert "description" not in told["message_en"]


def test_refused_text_is_about_the_description() -> None:
    """Where words were asked for, it is the words that can be changed."""
    told = warning(PermanentError("no", code="model_refused"), "block:1:again", "rewrite_failed")
    assert told["message"].endswith(explain("model_refused")["message"])

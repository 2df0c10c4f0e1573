from dataclasses import replace

import pytest

from generation.providers.capabilities import (
    IMAGE_MODELS,
    check_models,
    embedding_model,
    image_model,
    nearest_size,
    size_for,
    text_model,
)
from shared.errors import PermanentError
from shared.settings import ModelSettings

SETTINGS = ModelSettings(openai_api_key="k", together_api_key="k")


def test_default_models_are_known() -> None:
    """The defaults of the settings pass the start-up check."""
    check_models(SETTINGS)


@pytest.mark.parametrize("setting", ["text_model", "image_model", "embedding_model"])
def test_unknown_model_is_refused_with_those_known(setting: str) -> None:
    """A model nobody knows stops the start and the message names the choices."""
    with pytest.raises(PermanentError) as caught:
        check_models(SETTINGS.model_copy(update={setting: "gpt-99"}))
    assert caught.value.code == "model_unknown"
    assert setting.upper() in caught.value.message
    assert any(
        name in caught.value.message for name in ("gpt-6-luna", "FLUX.2-pro", "text-embedding-3-small")
    )


def test_effort_the_model_does_not_take_is_refused() -> None:
    """gpt-6.1-sol cannot be told not to reason."""
    with pytest.raises(PermanentError, match="TEXT_REASONING_EFFORT") as caught:
        check_models(SETTINGS.model_copy(update={"text_model": "gpt-6.1-sol"}))
    assert caught.value.code == "model_misconfigured"


def test_models_without_reasoning_ignore_the_effort() -> None:
    """The default effort does no harm to gpt-4o-mini."""
    check_models(SETTINGS.model_copy(update={"text_model": "gpt-4o-mini"}))


def test_deployment_name_is_asked_for_and_treated_as_its_model() -> None:
    """An Azure deployment keeps its own name and the model's abilities and price."""
    assert text_model("shop-copy=gpt-4o-mini") == replace(text_model("gpt-4o-mini"), name="shop-copy")


def test_price_counts_cached_tokens_once() -> None:
    """Cached tokens are part of the input and cheaper."""
    model = text_model("gpt-6-luna")
    usd = model.usd(input_tokens=1_000_000, cached_tokens=400_000, output_tokens=2_000_000)
    assert usd == pytest.approx(0.06 + 0.004 + 1.0)


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ("1:1", (1024, 1024)),
        ("4:3", (1184, 864)),
        ("3:4", (864, 1184)),
        ("3:2", (1248, 832)),
        ("16:9", (1344, 768)),
        ("9:16", (768, 1344)),
        ("21:9", (1568, 672)),
        ("100:1", (1568, 672)),
        ("860:1200", (864, 1184)),
        ("1.91:1", (1344, 768)),
    ],
)
@pytest.mark.parametrize("model", IMAGE_MODELS)
def test_size_is_the_nearest_the_model_draws(model: str, ratio: str, size: tuple[int, int]) -> None:
    """Each ratio gets the size whose shape is nearest."""
    assert size_for(model, ratio) == size


@pytest.mark.parametrize("ratio", ["", "4", "4:3:2", "a:b", "0:3", "4:-3", "nan:1", "inf:1"])
def test_nonsense_ratio_is_refused(ratio: str) -> None:
    """What is no ratio is a ValueError."""
    with pytest.raises(ValueError, match=r"ratio|shape"):
        size_for("black-forest-labs/FLUX.2-pro", ratio)


def test_all_sizes_are_what_the_service_takes() -> None:
    """Multiples of 8 from 256 to 1920."""
    for model in IMAGE_MODELS.values():
        for size in model.sizes:
            assert all(256 <= side <= 1920 and side % 8 == 0 for side in size)
            assert nearest_size(model, *size) == size


def test_models_take_the_photo_in_their_own_way() -> None:
    """Kontext takes one image_url, FLUX.2 a list of reference_images."""
    assert image_model("black-forest-labs/FLUX.1-kontext-pro").photo_parameter == "image_url"
    assert image_model("black-forest-labs/FLUX.2-pro").photo_parameter == "reference_images"
    assert embedding_model("text-embedding-3-small").dimensions == 1536

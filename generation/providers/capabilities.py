"""What each model can do and costs, as data: models are configuration (DESIGN §7).

A figure's `source` says where it was read and when. Prices are list prices without discounts and only meter:
the provider's invoice is the truth. To use others, hand the adapter a changed entry
(`dataclasses.replace(text_model(name), input_usd=...)`).

A deployment with a name of its own (Azure OpenAI, a gateway) is written `deployment=model`: asked for by the
first name, treated as the second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from shared.errors import PermanentError
from shared.settings import ModelSettings

_EFFORTS = ("none", "low", "medium", "high", "xhigh", "max")

# The sizes FLUX was trained on, about one megapixel each, and 7:3, the widest that Kontext draws
# (docs.bfl.ai, FLUX.1 Kontext: ratios from 3:7 to 7:3). Together takes multiples of 8 from 256 to 1920.
_FLUX_SIZES = (
    (1024, 1024),
    (1184, 864),
    (1248, 832),
    (1344, 768),
    (1568, 672),
    (864, 1184),
    (832, 1248),
    (768, 1344),
    (672, 1568),
)


@dataclass(frozen=True, slots=True)
class TextCapability:
    """A text model.

    Attributes:
        name: what the service is asked for.
        input_usd: USD per million input tokens; `cached_usd` for those served from its prompt cache.
        output_usd: USD per million output tokens, reasoning included.
        efforts: the values `reasoning_effort` may have; empty: the parameter is not taken.
        temperature: when the parameter is taken; reasoning models take it only while not reasoning.
        max_tokens_parameter: how the answer's limit is called.
        vision: whether it looks at pictures.
        source: where the prices come from.
    """

    name: str
    input_usd: float
    cached_usd: float
    output_usd: float
    efforts: tuple[str, ...] = ()
    temperature: Literal["always", "without_reasoning", "never"] = "always"
    max_tokens_parameter: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"
    vision: bool = True
    source: str = ""

    def usd(self, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """The price of one call; `cached_tokens` are part of `input_tokens`."""
        fresh = max(0, input_tokens - cached_tokens)
        millionths = (
            fresh * self.input_usd + cached_tokens * self.cached_usd + output_tokens * self.output_usd
        )
        return millionths / 1_000_000


@dataclass(frozen=True, slots=True)
class ImageCapability:
    """An image model.

    Attributes:
        name: what the service is asked for.
        photo_parameter: how the photo to edit is handed over.
        usd: USD per image of about one megapixel.
        steps: diffusion steps to ask for; None where the model does not take the parameter.
        sizes: (width, height) it draws well.
        source: where the price comes from.
    """

    name: str
    photo_parameter: Literal["image_url", "reference_images"]
    usd: float
    steps: int | None = None
    sizes: tuple[tuple[int, int], ...] = _FLUX_SIZES
    source: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddingCapability:
    """An embedding model: its vectors' length, whether `dimensions` shortens them, USD per million tokens."""

    name: str
    dimensions: int
    shortens: bool
    usd: float
    source: str = ""


_OPENAI_PRICES = "OpenAI's model page, 2026-11"
_RESOLD = "OpenAI's list price as resellers' pages quote it, 2026-10"

TEXT_MODELS: Mapping[str, TextCapability] = {
    model.name: model
    for model in (
        TextCapability("gpt-6-luna", 0.10, 0.01, 0.50, _EFFORTS, "without_reasoning", source=_OPENAI_PRICES),
        TextCapability("gpt-6-sol", 2.00, 0.20, 10.00, _EFFORTS, "without_reasoning", source=_RESOLD),
        TextCapability("gpt-6.1-sol", 2.00, 0.10, 10.00, _EFFORTS[1:], "never", source=_RESOLD),
        TextCapability("gpt-4.1", 2.00, 0.50, 8.00, source=_RESOLD),
        TextCapability("gpt-4.1-mini", 0.40, 0.10, 1.60, source=_RESOLD),
        # Ends at OpenAI on 2027-01-14, on Azure on 2026-10-01.
        TextCapability("gpt-4o-mini", 0.15, 0.075, 0.60, source=_RESOLD),
    )
}

IMAGE_MODELS: Mapping[str, ImageCapability] = {
    model.name: model
    for model in (
        ImageCapability(
            "black-forest-labs/FLUX.1-kontext-pro",
            "image_url",
            0.04,
            source="Black Forest Labs' list price, 2026-11; Together's own not verified",
        ),
        ImageCapability(
            "black-forest-labs/FLUX.1-kontext-max",
            "image_url",
            0.08,
            source="Black Forest Labs' list price, 2026-11; Together's own not verified",
        ),
        # Left Together's serverless list in 2026-02; still there on dedicated endpoints.
        ImageCapability(
            "black-forest-labs/FLUX.1-kontext-dev",
            "image_url",
            0.025,
            steps=28,
            source="a cautious guess: not on any list in 2026-11",
        ),
        ImageCapability(
            "black-forest-labs/FLUX.2-pro",
            "reference_images",
            0.045,
            source="Black Forest Labs' list price of an edit, 2026-11; Together's own not verified",
        ),
    )
}

EMBEDDING_MODELS: Mapping[str, EmbeddingCapability] = {
    model.name: model
    for model in (
        EmbeddingCapability("text-embedding-3-small", 1536, True, 0.02, source=_RESOLD),
        EmbeddingCapability("text-embedding-3-large", 3072, True, 0.13, source=_RESOLD),
        EmbeddingCapability("text-embedding-ada-002", 1536, False, 0.10, source=_RESOLD),
    )
}


def text_model(setting: str) -> TextCapability:
    """What the model of TEXT_MODEL can do.

    Raises:
        PermanentError: `model_unknown`, naming those we know.
    """
    return _find(setting, TEXT_MODELS, "TEXT_MODEL")


def image_model(setting: str) -> ImageCapability:
    """What the model of IMAGE_MODEL can do.

    Raises:
        PermanentError: `model_unknown`, naming those we know.
    """
    return _find(setting, IMAGE_MODELS, "IMAGE_MODEL")


def embedding_model(setting: str) -> EmbeddingCapability:
    """What the model of EMBEDDING_MODEL can do.

    Raises:
        PermanentError: `model_unknown`, naming those we know.
    """
    return _find(setting, EMBEDDING_MODELS, "EMBEDDING_MODEL")


def _find[C: (TextCapability, ImageCapability, EmbeddingCapability)](
    setting: str, table: Mapping[str, C], variable: str
) -> C:
    deployment, _, model = setting.rpartition("=")
    known = table.get(model)
    if known is None:
        names = ", ".join(table)
        raise PermanentError(
            f"{variable}={setting!r} names no model we know; it can be {names} (or deployment=model).",
            code="model_unknown",
        )
    return replace(known, name=deployment) if deployment else known


def check_models(settings: ModelSettings) -> None:
    """Check the configured models against the tables; called once at start.

    Raises:
        PermanentError: `model_unknown`, or `model_misconfigured` for a reasoning effort the model does not take.
    """
    text = text_model(settings.text_model)
    image_model(settings.image_model)
    embedding_model(settings.embedding_model)
    effort = settings.text_reasoning_effort
    if effort is not None and text.efforts and effort not in text.efforts:
        allowed = ", ".join(text.efforts)
        raise PermanentError(
            f"TEXT_REASONING_EFFORT={effort!r} is not taken by {settings.text_model}; it can be {allowed}.",
            code="model_misconfigured",
        )


def size_for(model: str, ratio: str) -> tuple[int, int]:
    """The (width, height) of `model` nearest to a ratio such as `4:3`.

    Raises:
        ValueError: the ratio is not two positive numbers around a colon.
        PermanentError: `model_unknown`.
    """
    try:
        width, height = (float(part) for part in ratio.split(":"))
    except ValueError as error:
        raise ValueError(f"{ratio!r} is not a ratio such as 4:3") from error
    return nearest_size(image_model(model), width, height)


def nearest_size(model: ImageCapability, width: float, height: float) -> tuple[int, int]:
    """The size of `model` whose shape is nearest to `width` x `height`; all have about the same area.

    Raises:
        ValueError: a side is not a positive number.
    """
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError(f"{width} x {height} is no picture's shape")
    wanted = math.log(width / height)
    return min(model.sizes, key=lambda size: abs(math.log(size[0] / size[1]) - wanted))

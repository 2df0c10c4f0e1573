"""How near in meaning the library's descriptions are to a product: one reason among others to recommend something.

The descriptions' vectors are kept for the life of the process; a page pays for one text, and for what the library has
gained since. Without the embedding model, or when it takes too long, there is simply no such reason.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from generation.ports import Meter
from generation.templates.models import Template, TemplateSet
from shared.errors import AppError

log = logging.getLogger(__name__)

_TIME_LIMIT = 0.8  # seconds; a page reads its photo and documents meanwhile
_LONGEST = 1_000  # characters of a product's text
_MOST_TEXTS = 500  # in one call, and in the library that is compared
_MOST_KEPT = 4_000
# Cosines this close say nothing: what counts is which description is nearer, since every model has a scale of its own.
_CLOSE = 0.02


class Embedder(Protocol):
    """The embedding model (generation.documents.embedding.EmbeddingModel)."""

    @property
    def name(self) -> str:
        """Which model it is."""

    async def embed(self, texts: Sequence[str], meter: Meter) -> Sequence[Sequence[float]]:
        """A unit vector for each text, in order."""


class Described(Protocol):
    """The library (generation.templates.repository.TemplateRepository)."""

    async def active(self, category_id: str | None) -> list[Template]:
        """Templates offered for a category."""

    async def active_sets(self) -> list[TemplateSet]:
        """Every active set."""


class Nearness(BaseModel):
    """Cosines with the product, by id; empty when nothing is known."""

    model_config = ConfigDict(frozen=True)

    sets: dict[str, float] = {}
    templates: dict[str, float] = {}


NOTHING_KNOWN = Nearness()


class ProductNearness:
    """Compares products with the library.

    Args:
        model: the embedding model.
        library: what is compared.
        time_limit: seconds after which a page goes on without.
    """

    def __init__(self, model: Embedder, library: Described, *, time_limit: float = _TIME_LIMIT) -> None:
        self._model = model
        self._library = library
        self._time_limit = time_limit
        self._kept: dict[str, Sequence[float]] = {}

    async def __call__(self, category: str | None, product: str, meter: Meter) -> Nearness:
        """How near the sets and the templates for this category are; at most one call of the model, and no error.

        Args:
            category: as recommend() has it.
            product: what is known, in words.
            meter: takes the cost.
        """
        sets = {one.template_set_id: _words(one) for one in await self._library.active_sets()}
        templates = {one.template_id: _words(one) for one in await self._library.active(category)}
        wanted = [*sets.values(), *templates.values()][:_MOST_TEXTS]
        vector = await self._vector(product[:_LONGEST], wanted, meter)
        if vector is None:
            return NOTHING_KNOWN
        return Nearness(sets=self._cosines(vector, sets), templates=self._cosines(vector, templates))

    async def _vector(self, product: str, wanted: Sequence[str], meter: Meter) -> Sequence[float] | None:
        """The product's vector; those of new descriptions come with it and are kept."""
        missing = [text for text in dict.fromkeys(wanted) if text not in self._kept]
        try:
            async with asyncio.timeout(self._time_limit):
                found = await self._model.embed([product, *missing], meter)
        except (AppError, TimeoutError) as error:
            log.info("recommended without nearness", extra={"reason": repr(error)})
            return None
        if len(self._kept) + len(missing) > _MOST_KEPT:
            self._kept.clear()
        self._kept.update(zip(missing, found[1:], strict=True))
        return found[0]

    def _cosines(self, vector: Sequence[float], described: Mapping[str, str]) -> dict[str, float]:
        return {
            name: round(math.sumprod(vector, self._kept[text]), 4)
            for name, text in described.items()
            if text in self._kept
        }


def _words(one: Template | TemplateSet) -> str:
    return f"{one.name}. {one.description}"


def shares(cosines: Mapping[str, float], ids: Iterable[str]) -> dict[str, float]:
    """From 0, the farthest of these, to 1, the nearest; none where they are all alike or not all known."""
    listed = list(ids)
    known = [cosines[one] for one in listed if one in cosines]
    if len(known) < max(2, len(listed)) or max(known) - min(known) < _CLOSE:
        return {}
    low, high = min(known), max(known)
    return {one: (cosines[one] - low) / (high - low) for one in listed}

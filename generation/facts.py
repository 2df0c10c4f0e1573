"""A fact: something known about a product, with where it is known from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

type Source = Literal[
    "name", "price", "description", "attribute", "packaging", "notice", "vision", "document"
]


class Fact(BaseModel):
    """One thing known: `id` is F1, F2 ... in a fixed order."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    value: str
    source: Source

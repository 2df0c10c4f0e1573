"""Fills the fields of a product from a seller's own text; see `schema_fill.Speaker`."""

from __future__ import annotations

from collections.abc import Sequence

from local.standins.copywriting.schema_fill import Row
from local.standins.copywriting.seller_text import read_listing
from local.standins.copywriting.sentences import fit


class Clerk:
    """Answers with what the text says and with nothing else."""

    def __init__(self, text: str) -> None:
        self.listing = read_listing(text)

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """The name, the category or the description; no other text is known."""
        del needed
        if name == "category":
            return self.listing.category
        return fit(self.listing.name if name == "name" else self.listing.description, limit)

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """The attributes."""
        del name, fields, low, high
        return [{"label": label, "value": value} for label, value in self.listing.attributes]

    def strings(self, name: str, low: int, high: int | None, limit: int | None) -> Sequence[str]:
        """The packaging's materials."""
        del low, high
        return [fit(each, limit) for each in self.listing.packaging] if "packag" in name else []

    def number(self, name: str) -> float | None:
        """The price, where it is asked for and said."""
        return self.listing.price_krw if "price" in name else None

    def flag(self, name: str) -> bool:
        """Always false: nothing is claimed."""
        del name
        return False

    def fact_ids(self) -> Sequence[str]:
        """None: there are no facts yet."""
        return []

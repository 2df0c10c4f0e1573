"""Sharing out phrases among the blocks of one page, which are written apart and do not see each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from local.standins.copywriting.sentences import placeholders


@dataclass(frozen=True, slots=True)
class Seat:
    """A block's place on its page.

    Attributes:
        place: 1 is the first block.
        of: how many blocks the page may have.
        product: the same for all blocks of a page; it decides who gets which phrase.
    """

    place: int
    of: int
    product: str

    def pick(self, options: Sequence[str], field: str) -> str:
        """One of the options; neighbouring places get different ones."""
        order = Random(f"{self.product}/{field}").sample(list(options), len(options))
        return order[(self.place - 1) % len(order)]

    def deal(self, phrases: Sequence[str], field: str, rng: Random) -> list[str]:
        """All phrases, this block's share first; the shares of two places have nothing in common.

        That holds as long as there are as many phrases as blocks. Phrases that need a fact are dealt first, so that a
        share always holds one that any block can say where there are enough of those.
        """
        if not phrases:
            return []
        order = Random(f"{self.product}/{field}").sample(list(phrases), len(phrases))
        order.sort(key=_is_bound, reverse=True)
        hands = min(self.of, len(order))
        first = (self.place - 1) % hands
        share = order[first::hands]
        others = [each for each in order[first:] + order[:first] if each not in share]
        return rng.sample(share, len(share)) + others


def seat_of(block: Mapping[str, Any], product: str) -> Seat | None:
    """Where a block sits; None unless it says `place` and `of` sensibly."""
    place, of = block.get("place"), block.get("of")
    whole = all(isinstance(each, int) and not isinstance(each, bool) for each in (place, of))
    return Seat(place, of, product) if whole and 1 <= place <= of else None  # type: ignore[operator,arg-type]  # `whole` says that both are numbers


def _is_bound(phrase: str) -> bool:
    """Whether a phrase needs a fact that a block may not have."""
    return any(name[:2] in {"v_", "s_"} or name[1:].isdecimal() for name in placeholders(phrase))

from __future__ import annotations

from itertools import chain, pairwise
from random import Random
from typing import Any

import pytest

from local.standins.copywriting.bank import load_bank
from local.standins.copywriting.dealing import Seat, seat_of
from tests.unit.standins.prompts import block, closed, products, text
from tests.unit.standins.test_copy import TEMPLATES, _plan

HEADING = closed(eyebrow=text(24), headline=text(40), subhead=text(90))
FIELDS = ("eyebrow", "headline", "subhead")


def _seated(product: dict[str, Any], kind: str, place: int, of: int, **more: Any) -> Any:
    seat = {"block_type": kind, "brief": "소개한다", "template_name": kind, "place": place, "of": of}
    return block(product, kind, HEADING, block=seat, **more)["slots"]


@pytest.mark.parametrize("product", products(), ids=lambda product: product["product_id"])
@pytest.mark.parametrize("kind", ["key_features", "introduction", "story", "gallery", "faq", "how_to_use"])
def test_two_blocks_of_a_page_never_share_a_heading(product: dict[str, Any], kind: str) -> None:
    """However many of one kind there are, as long as there are phrases for them."""
    said = [_seated(product, kind, place, 8) for place in range(1, 9)]
    for field in FIELDS:
        texts = [each[field] for each in said]
        enough = 8 if kind in {"key_features", "introduction"} or field == "headline" else 3
        assert len(set(texts)) >= enough, (field, texts)


def test_a_seated_block_is_deterministic_and_follows_an_instruction() -> None:
    """Equal requests, equal words; the seller's wish stands before the share."""
    mug = products()[0]
    assert _seated(mug, "story", 2, 8) == _seated(mug, "story", 2, 8)
    wished = _seated(mug, "key_features", 3, 8, instruction="세척을 강조해 주세요")
    assert wished["headline"] != _seated(mug, "key_features", 3, 8)["headline"]


def test_shares_are_disjoint_and_each_holds_what_any_block_can_say() -> None:
    """Phrases that need a fact are dealt first, so that none is left with only those."""
    phrases = [f"{{v_{number}}}" for number in range(5)] + [f"문장 {number}" for number in range(8)]
    shares = []
    for place in range(1, 9):
        dealt = Seat(place, 8, "컵").deal(phrases, "headline", Random(place))
        assert sorted(dealt) == sorted(phrases)
        shares.append(set(dealt[: 2 if place <= 5 else 1]))
    assert len(set(chain.from_iterable(shares))) == len(phrases)
    assert all(any("{" not in phrase for phrase in share) for share in shares)


def test_a_small_pool_goes_round() -> None:
    """With fewer phrases than blocks, neighbours still differ; with none there is nothing to deal."""
    first = [
        Seat(place, 40, "컵").deal(["가", "나", "다"], "eyebrow", Random(1))[0] for place in range(1, 41)
    ]
    assert all(one != next_one for one, next_one in pairwise(first))
    assert Seat(1, 40, "컵").deal([], "eyebrow", Random(1)) == []


@pytest.mark.parametrize(
    "block_data", [{}, {"place": 1}, {"place": 0, "of": 3}, {"place": 4, "of": 3}, {"place": "1", "of": True}]
)
def test_a_seat_that_makes_no_sense_is_none(block_data: dict[str, Any]) -> None:
    """Blocks without a place speak as they do alone."""
    assert seat_of(block_data, "컵") is None


def test_no_two_kinds_share_a_heading() -> None:
    """What one kind of block can say as its heading, no other kind can: shares are dealt kind by kind."""
    bank = load_bank()
    for category in bank.categories:
        own = bank.categories[category]["kinds"]
        for field in FIELDS:
            pools = [
                set(bank.general.get(kind, {}).get(field, [])) | set(own.get(kind, {}).get(field, []))
                for kind in sorted(bank.general.keys() | own.keys())
            ]
            phrases = list(chain.from_iterable(pools))
            assert len(phrases) == len(set(phrases)), (category, field)


def test_a_plan_gives_blocks_of_a_kind_different_facts() -> None:
    """Two blocks of features share the facts out, where there are at least three for each."""
    more = {"template_id": "more", "block_type": "key_features", "name": "가까이 본 특징", "has_image": False}
    blocks = _plan([*TEMPLATES, more], 0)
    one, two = (set(each["fact_ids"]) for each in blocks if each["template_id"] in {"t2", "more"})
    assert len(one) >= 3
    assert len(two) >= 3
    assert not one & two

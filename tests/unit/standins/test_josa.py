from __future__ import annotations

import pytest

from local.standins.copywriting.josa import particle, with_particle

TABLE = [
    ("텀블러", "은", "는"), ("크림", "은", "은"), ("원두", "이", "가"), ("집업", "이", "이"), ("커피", "을", "를"),
    ("선풍기", "과", "와"), ("머그컵", "과", "과"), ("서울", "으로", "로"), ("부산", "으로", "으로"),
    ("제주", "으로", "로"), ("물", "으로", "로"), ("물", "은", "은"), ("500ml", "은", "는"), ("200g", "은", "은"),
    ("350kg", "이", "이"), ("22.5cm", "이", "가"), ("61%", "을", "를"), ("23dB", "으로", "로"), ("10", "은", "은"),
    ("3", "은", "은"), ("2", "은", "는"), ("1", "으로", "로"), ("7", "으로", "로"), ("6", "으로", "으로"),
    ("USB", "은", "는"), ("LED", "은", "는"), ("KPM", "은", "은"), ("XL", "으로", "로"), ("coffee", "은", "는"),
    ("label", "으로", "로"), ("cotton", "은", "은"), ("shop", "은", "은"), ("용량(중량)", "은", "은"),
    ("무게(포함)", "은", "는"),
    ("A/S 책임자와 전화번호", "은", "는"), ("\u2018노지\u2019", "은", "는"), ("귤.", "을", "을"),
    ("제조국", "이라", "이라"), ("색", "이에요", "이에요"), ("차", "이에요", "예요"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "pair", "expected"), TABLE)
def test_particle_follows_the_reading_of_the_last_syllable(word: str, pair: str, expected: str) -> None:
    """Hangul, digits, units, Latin words, notes in brackets and marks are all read."""
    assert particle(word, pair) == expected


def test_with_particle_joins_them() -> None:
    """The word comes first, nothing between."""
    assert with_particle("텀블러", "을") == "텀블러를"


def test_empty_and_odd_words_get_some_particle() -> None:
    """Nothing readable is treated as ending in a vowel."""
    assert particle("", "은") == "는"
    assert particle("😀", "은") == "는"

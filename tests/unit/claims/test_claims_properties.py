"""What holds for any text, any facts and any figure."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generation.claims.check import describe_for_model, find_claims, worst_first
from generation.claims.numerals import native_value, value_of
from generation.claims.quantities import quantities
from generation.claims.text import normalise, sentence_at
from tests.unit.claims.claims_facts import CLAIMED, CREAM, FAN, TUMBLER, facts

_PIECES = st.sampled_from(
    [
        *"0123456789",
        "1,950",
        "3.5",
        "만",
        "천",
        "억",
        "이십사 ",
        "두 ",
        "열두 ",
        "개",
        "가지",
        "시간",
        "ml",
        "kg",
        "%",
        "도",
        "x",
        "~",
        "-",
        "/",
        ", ",
        " ",
        "\n",
        ".",
        "최고",
        "최대 ",
        "1위",
        "100%",
        "인증",
        "테스트",
        "완료",
        "무료",
        "배송",
        "없음",
        "후기",
        "가장 ",
        "좋은",
        "유기농",
        "단계",
        "STEP ",
        "DT-500",
        "USB-C",
        "₩",
        "**",
        "2026-03",
        "년",
        "월",
        "\u2460",
        "\u33a3",
        "\uff15",
        "\ud800",
        "\u200b",
        "\u0663",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=25).map("".join))
FACTS = st.lists(st.tuples(TEXTS, TEXTS), max_size=5).map(lambda pairs: facts(tuple(pairs)))
SLOTS = st.recursive(
    st.one_of(TEXTS, st.none(), st.integers(), st.floats(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text(max_size=8), SLOTS, max_size=5), FACTS)
def test_any_copy_and_any_facts_are_checked_without_an_error(slots: dict[str, Any], known: Any) -> None:
    """Whatever stands in slots and facts, the checker answers, and its answer can be sorted and described."""
    found = find_claims(slots, known)
    assert len(describe_for_model(found)) == min(20, len(found))
    assert sorted(map(repr, worst_first(found))) == sorted(map(repr, found))
    assert all(finding.text and finding.text in finding.sentence for finding in found)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_a_fact_copied_whole_is_never_a_finding(name: str, value: str) -> None:
    """A table that repeats facts states nothing else."""
    known = facts(((name, value),))
    assert find_claims({"rows": [{"label": name, "value": value}]}, known) == []


@settings(max_examples=500, deadline=None)
@given(TEXTS, TEXTS)
@example("크기", "S 3~5cm, 7.2x22.5cm 2026년 3월 15일 4,000mAh")
@example("값", "02-000-0000 XU100000-26001")
def test_a_figure_in_a_facts_own_writing_is_never_a_finding(name: str, value: str) -> None:
    """Each figure of a fact may be written in the copy as the fact writes it."""
    known = facts(((name, value),))
    for quantity in quantities(normalise(value)):
        found = find_claims({"body": f"이 상품은 ( {quantity.text} ) 기준"}, known)
        assert [finding for finding in found if finding.code == "number"] == []


@pytest.mark.parametrize("known", [FAN, TUMBLER, CREAM, CLAIMED])
def test_every_fact_may_be_told_in_a_sentence(known: tuple[tuple[str, str], ...]) -> None:
    """`소재는 면 100%입니다.` claims nothing that its fact does not."""
    for name, value in known:
        assert find_claims({"body": f"이 상품의 {name}: {value} 그대로입니다."}, facts(known)) == []


@given(st.integers(min_value=1, max_value=10**12 - 1))
def test_every_writing_of_a_number_has_its_value(number: int) -> None:
    """Plain, with separators, with 만 and 억 before figures, and with 천, 백 and 십 in words."""
    assert value_of(str(number)) == value_of(f"{number:,}") == value_of(_in_myriads(number)) == number
    assert value_of(_in_words(number)) == number


@given(st.integers(min_value=1, max_value=10**8), st.sampled_from(["원", "개", "ml", "시간"]))
def test_writings_of_an_amount_are_read_alike_in_a_text(number: int, unit: str) -> None:
    """In a sentence each writing is one figure with the same amount."""
    amounts = {
        tuple(quantity.amount for quantity in quantities(f"모두 {written}{unit}입니다."))
        for written in (str(number), f"{number:,}", _in_myriads(number))
    }
    assert len(amounts) == 1
    assert len(amounts.pop()) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("0.5L", "500ml"), ("1kg", "1000g"), ("25cm", "250mm"), ("1.2m", "120cm"), ("3시간", "180분"), ("1년", "12개월"),
     ("2주", "14일"), ("5Ah", "5000mAh"), ("1.5kW", "1500W"), ("95℃", "95도"), ("3종", "3종류"), ("5볼트", "5V")],
)  # fmt: skip
def test_units_convert(one: str, other: str) -> None:
    """The same amount in another unit of its dimension."""
    first, second = (quantities(normalise(text))[0] for text in (one, other))
    assert (first.unit.name, first.amount) == (second.unit.name, second.amount)


@pytest.mark.parametrize(
    ("word", "value"), [("두", 2), ("열", 10), ("열두", 12), ("스무", 20), ("아흔아홉", 99)]
)
def test_native_numerals_have_their_value(word: str, value: int) -> None:
    """As they stand before counters."""
    assert native_value(word) == value


@settings(max_examples=200)
@given(TEXTS, st.data())
def test_a_sentence_holds_what_it_is_the_sentence_of(text: str, data: st.DataObject) -> None:
    """Wherever the words stand, their sentence has them in it."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    words = text[start:end].strip()
    if "\n" not in words and ". " not in words:
        assert words in sentence_at(text, start, end)


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A normalised text is its own normal form."""
    once = normalise(text)
    assert normalise(once) == once


def _in_myriads(number: int) -> str:
    """123456789 as 1억 2,345만 6,789."""
    parts = [(number // 10**8, "억"), (number % 10**8 // 10**4, "만"), (number % 10**4, "")]
    return " ".join(f"{value:,}{name}" for value, name in parts if value)


def _in_words(number: int) -> str:
    """123456789 as 일억 이천삼백사십오만 육천칠백팔십구."""
    parts = [(number // 10**8, "억"), (number % 10**8 // 10**4, "만"), (number % 10**4, "")]
    return " ".join(_below_a_myriad(value) + name for value, name in parts if value)


def _below_a_myriad(number: int) -> str:
    digits = f"{number:04}"
    names = zip(digits, ("천", "백", "십", ""), strict=True)
    return "".join(" 일이삼사오육칠팔구"[int(digit)] + name for digit, name in names if digit != "0")


def test_a_number_in_words_is_as_expected() -> None:
    """The writings the round trips are made with are Korean."""
    assert _in_words(15900) == "일만 오천구백"
    assert _in_myriads(15900) == "1만 5,900"
    assert value_of("1만5천9백") == Decimal(15900)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.standins.copywriting.sentences import (
    completed,
    fill,
    fit,
    placeholders,
    soften,
    split_sentences,
    state,
)


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("소재", "면 100%", "소재는 면 100%입니다."),
        ("중량", "200g", "중량은 200g입니다."),
        ("사용방법", "적당량을 덜어 얼굴에 펴 바릅니다", "적당량을 덜어 얼굴에 펴 바릅니다."),
        ("주의사항", "상처가 있는 부위에는 사용을 자제할 것", "상처가 있는 부위에는 사용을 자제해 주세요."),
        ("품질보증기준", "관련 법에 따름", "관련 법에 따릅니다."),
        ("조립", "필요(약 15분)", "조립이 필요합니다(약 15분)."),
        ("배터리", "불필요", "배터리가 불필요합니다."),
        ("포장단위별 용량(중량)", "5kg", "포장단위별 용량(중량)은 5kg입니다."),
    ],
)
def test_a_fact_becomes_a_polite_sentence(label: str, value: str, said: str) -> None:
    """Noun endings of notices turn into verbs; everything else is `은/는 ...입니다`."""
    assert state(label, value) == said


def test_phrases_take_values_with_their_particles() -> None:
    """`{name:을}` is the value and the particle that suits it."""
    phrase = "{name:을} {place:으로}"
    assert placeholders(phrase) == {"name", "place"}
    assert fill(phrase, {"name": "컵", "place": "서울"}) == "컵을 서울로"


@given(st.text(max_size=200), st.integers(1, 60))
def test_fit_never_exceeds_the_limit(text: str, limit: int) -> None:
    """Whatever the text, its length is within the limit."""
    assert len(fit(text, limit)) <= limit


def test_fit_prefers_whole_sentences_then_whole_words() -> None:
    """A sentence is dropped rather than cut; a word likewise."""
    assert fit("첫 문장입니다. 둘째 문장입니다.", 12) == "첫 문장입니다."
    assert fit("아침 식탁 위의 머그컵", 9) == "아침 식탁 위의"


def test_sentences_end_at_marks_not_in_numbers() -> None:
    """`1,950m` and `8.6cm` stay whole."""
    text = "지름 8.6cm 컵입니다. 이중 진공 텀블러. 씻기 쉽습니다."
    assert split_sentences(text) == ["지름 8.6cm 컵입니다.", "이중 진공 텀블러.", "씻기 쉽습니다."]


def test_softening_changes_the_endings() -> None:
    """-습니다 becomes -어요, and 이에요/예요 by the word before."""
    assert soften("좋습니다. 있습니다. 컵입니다. 차입니다.") == "좋아요. 있어요. 컵이에요. 차예요."


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("이중 진공 텀블러.", "이중 진공 텀블러입니다."),
        ("62도를 유지했습니다(자체 시험, 실온 20도).", "62도를 유지했습니다(자체 시험, 실온 20도)."),
        ("Made in Portugal.", "Made in Portugal."),
    ],
)
def test_only_a_korean_noun_gets_a_verb(sentence: str, said: str) -> None:
    """What ends in its verb, with or without an aside, and what is not Korean stays."""
    assert completed(sentence) == said

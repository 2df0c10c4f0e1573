"""Pairs of letters find Korean however it is spaced."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.documents.letters import coverage, document_terms, highlights, query_terms, tsquery


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("배송기간", "배송 기간은 이틀입니다."),
        ("배송 기간", "배송기간은 이틀입니다."),
        ("배송은 얼마나 걸리나요?", "배송은 이틀이 걸립니다."),
        ("세척", "식기세척기에 넣지 마세요"),
        ("컵", "머그컵입니다"),
        ("컵", "컵라면"),
        ("USB 케이블", "usb-c 케이블 1m"),
        ("\uff35\uff33\uff22", "usb"),
        ("how do I wash it", "Hand wash only."),
        ("100W", "최대 100w 충전"),
    ],
)
def test_a_query_finds_its_text(query: str, text: str) -> None:
    """At least half of its letters are there."""
    assert coverage(query_terms(query), text) >= 0.5


def test_empty_words_are_left_out() -> None:
    """What only asks would match everything; a query of nothing else is taken as it is."""
    assert query_terms("교환은 어떻게 하나요?") == ["교환"]
    assert query_terms("어떻게") == ["어떻", "떻게"]


def test_highlights_are_where_the_words_are() -> None:
    """Ranges in code points, in order, joined where they touch."""
    text = "👍 배송 기간은 길지 않습니다. 배송기간!"
    marked = [text[start:end] for start, end in highlights(query_terms("배송기간"), text)]
    assert marked == ["배송", "기간", "배송기간"]
    assert highlights(query_terms("없는말"), text) == []


@given(st.text(max_size=60), st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_taken(query: str, text: str) -> None:
    """Terms never hold what PostgreSQL would read as syntax; ranges are inside the text, apart and in order."""
    terms = query_terms(query)
    assert all(term.isalnum() or all(letter.isalnum() for letter in term) for term in document_terms(text))
    assert "''" not in tsquery(terms, "|")
    last = -1
    for start, end in highlights(terms, text):
        assert last < start < end <= len(text)
        last = end
    assert 0 <= coverage(terms, text) <= 1


@given(st.text(alphabet="가나다라 마바사", min_size=2, max_size=30))
def test_a_text_covers_itself(text: str) -> None:
    """Whatever is asked in a text's own words is found in it."""
    if terms := query_terms(text):
        assert coverage(terms, text) == 1

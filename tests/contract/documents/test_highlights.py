"""Highlights are where the reader sees the words, however the text is written."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.documents.letters import highlights, query_terms


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        # As macOS writes Korean: a syllable in two or three letters.
        ("배송 기간", unicodedata.normalize("NFD", "제주 배송 기간은 나흘"), ["배송", "기간"]),
        ("café", unicodedata.normalize("NFD", "Das Café"), ["Café"]),
        # As long as before, but moved: one letter becomes two, two become one.
        ("배송", "stra\u00dfe cafe\u0301 배송", ["배송"]),
        ("straße", "Die STRASSE", ["STRASSE"]),
        ("500ml", "용량 500\u3396 머그", ["500\u3396"]),
        ("usb", "\uff35\uff33\uff22-C", ["\uff35\uff33\uff22"]),
    ],
)
def test_places_are_those_of_the_text(query: str, text: str, marked: list[str]) -> None:
    """In code points of the text as it was sent."""
    found = [text[start:end] for start, end in highlights(query_terms(query), text)]
    assert [unicodedata.normalize("NFC", each) for each in found] == marked


@given(st.text(alphabet="가각ㅏᆨ하ᅡe\u0301\u0323ß㎖\uff11 ", max_size=80))
@settings(max_examples=200, deadline=None)
def test_a_text_is_marked_by_its_own_words(text: str) -> None:
    """Ranges are inside the text, apart, in order; a text asked by itself is marked."""
    terms = query_terms(text)
    ranges = highlights(terms, text)
    assert bool(ranges) == bool(terms)
    ends = [0, *(end for _, end in ranges)]
    assert all(last <= start < end <= len(text) for last, (start, end) in zip(ends, ranges, strict=False))

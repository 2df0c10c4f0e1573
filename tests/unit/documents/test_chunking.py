"""Documents are cut where a reader would, and nothing is lost."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from generation.documents.chunking import LARGEST, OVERLAP, SIZE, chunks, spans
from generation.templates.graphemes import boundary

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇰🇷"
NFD = unicodedata.normalize("NFD", "한글")
CLUSTERS = [
    "가",
    "a",
    " ",
    "\n",
    ".",
    "!",
    "다.",
    FAMILY,
    FLAG,
    NFD,
    "é",
    "e\u0301",
    "👍🏽",
    "。",
    ",",
    "\t",
    "क्षि",
]
TEXTS = st.lists(st.sampled_from(CLUSTERS) | st.text(max_size=6), max_size=120).map("".join)


@given(TEXTS, st.integers(1, 60), st.data())
@settings(max_examples=200, deadline=None)
@example("", 10, None)
def test_pieces_cover_the_text(text: str, size: int, data: st.DataObject | None) -> None:
    """The first starts at 0, the last ends at the end, and none leaves a gap; each moves on."""
    overlap = data.draw(st.integers(0, size - 1)) if data else 0
    found = spans(text, size=size, overlap=overlap)
    reached = 0
    for piece in found:
        assert piece.start <= reached < piece.end
        reached = piece.end
    assert reached == len(text)


@given(TEXTS, st.integers(12, 60), st.data())
@settings(max_examples=200, deadline=None)
def test_no_piece_is_over_the_limit(text: str, size: int, data: st.DataObject) -> None:
    """Only one character that is longer by itself may be."""
    for piece in spans(text, size=size, overlap=data.draw(st.integers(0, size - 1))):
        if piece.end - piece.start > size:
            assert boundary(text, piece.start + size) <= piece.start


@given(TEXTS, st.integers(1, 40), st.data())
@settings(max_examples=200, deadline=None)
def test_no_character_is_split(text: str, size: int, data: st.DataObject) -> None:
    """Every piece starts and ends between two grapheme clusters, and is Unicode that UTF-8 can hold."""
    for piece in spans(text, size=size, overlap=data.draw(st.integers(0, size - 1))):
        assert boundary(text, piece.start) == piece.start
        assert boundary(text, piece.end) == piece.end
        text[piece.start : piece.end].encode()


def test_a_character_without_end_is_cut_at_the_hard_limit() -> None:
    """A thousand accents on one letter are an attack, not a text; the model's limit holds."""
    text = "e" + "\u0301" * 10_000
    assert max(piece.end - piece.start for piece in spans(text)) <= LARGEST
    assert LARGEST * 4 + 300 * 4 < 8191


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("배송이 빨라요. 포장도 좋아요!", ["배송이 빨라요.", "포장도 좋아요!"]),
        ("좋아요.배송도 빨라요.", ["좋아요.", "배송도 빨라요."]),
        ("It is 3.5 cm wide. It fits.", ["It is 3.5 cm wide.", "It fits."]),
        ("첫째 줄\n\n둘째 줄", ["첫째 줄", "둘째 줄"]),
        ('"정말요?" 그가 물었다.', ['"정말요?"', "그가 물었다."]),
        ("日本語です。次。", ["日本語です。", "次。"]),
    ],
)
def test_sentences_are_kept_whole(text: str, sentences: list[str]) -> None:
    """Korean, English, quotes, lines, decimals."""
    longest = max(len(sentence) for sentence in sentences) + 1
    assert chunks(text, size=longest, overlap=0) == sentences


def test_pieces_overlap_by_whole_sentences() -> None:
    """What a piece ends with, the next begins with, so that an answer across the cut is still found."""
    text = " ".join(f"{number}번째 문장은 이렇게 생겼습니다." for number in range(100))
    found = chunks(text)
    assert len(found) > 3
    for one, other in pairwise(found):
        assert one.rsplit(". ", maxsplit=1)[-1] in other
        assert other.split(". ", maxsplit=1)[0] in one
        assert OVERLAP / 2 < one.rfind(".") - one.find(other[:20]) <= OVERLAP
        assert max(len(one), len(other)) <= SIZE


def test_a_sentence_without_end_is_cut_between_words() -> None:
    """Five thousand characters without a full stop."""
    found = chunks("끝나지 않는 이야기가 " * 500)
    assert all(piece.split()[0] in {"끝나지", "않는", "이야기가"} for piece in found)
    assert all(piece.split()[-1] in {"끝나지", "않는", "이야기가"} for piece in found)


def test_white_space_alone_is_no_piece() -> None:
    """Nothing worth embedding."""
    assert chunks(" \n\t " * 1000) == []


def test_an_overlap_must_fit() -> None:
    """A size without room to move on is refused."""
    with pytest.raises(ValueError, match="overlap"):
        spans("글", size=10, overlap=10)


@pytest.mark.parametrize(
    "unit", ["e\u0301", "\u0301", FLAG[0], " ", "!", "!)", ".\n", "\n ", "가.", ",", FAMILY, "\u200d", "ㅋ"]
)
def test_hostile_text_is_cut_in_time(unit: str) -> None:
    """A megabyte of anything takes time in proportion to its length."""
    started = time.perf_counter()
    spans(unit * (300_000 // len(unit)))
    assert time.perf_counter() - started < 5

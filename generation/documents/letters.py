"""Text as pairs of letters: Korean is found without knowing where its words end, with or without spaces.

"배송기간" and "배송 기간" share 배송 and 기간; a document also holds the pair across its spaces (송기), so that a query
without spaces finds one with them. Latin letters and digits are treated alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from generation.documents.question_words import EMPTY_WORDS, ENDINGS

_WORD = re.compile(r"[^\W_]+")
_HANGUL = re.compile("[가-힣]+")
_MOST_TERMS = 64
_SHORTEST_STEM = 2
_LONGEST_PART = 32  # no letter of any language has so many marks


def document_terms(text: str) -> list[str]:
    """Every term a query could ask a text by, sorted: pairs of letters, and each word's last letter."""
    words = _WORD.findall(_plain(text))
    terms = {pair for word in words for pair in _pairs(word)} | {word[-1] for word in words}
    joined = {one[-1] + other[0] for one, other in pairwise(words) if _is_hangul(one[-1] + other[0])}
    return sorted(terms | joined)


def query_terms(text: str) -> list[str]:
    """The terms of a query, without what only asks; of a query of nothing else, all of it."""
    words = _WORD.findall(_plain(text))
    telling = [_stem(word) for word in words if word not in EMPTY_WORDS] or words
    longer = [word for word in telling if len(word) > 1] or telling
    terms = dict.fromkeys(pair for word in longer for pair in (_pairs(word) or [word]))
    return list(terms)[:_MOST_TERMS]


def coverage(terms: list[str], text: str) -> float:
    """Which part of a query's terms a text holds, 0 to 1."""
    plain = _plain(text)
    joined = "".join(_WORD.findall(plain))
    held = sum(term in plain or (_is_hangul(term) and term in joined) for term in terms)
    return held / max(1, len(terms))


def highlights(terms: list[str], text: str) -> list[tuple[int, int]]:
    """Where a text holds a query's terms: (start, end) in characters (code points), in order, apart."""
    folded, places = _folded(text)
    wanted = {term for term in terms if len(term) > 1} or set(terms)
    marked: set[int] = set()
    for term in wanted:
        for match in re.finditer(f"(?={re.escape(term)})", folded):
            for start, end in places[match.start() : match.start() + len(term)]:
                marked.update(range(start, end))
    return _runs(sorted(marked))


def tsquery(terms: list[str], operator: str) -> str:
    """PostgreSQL's tsquery of terms, joined by `|` or `&`; a single letter also finds the pairs it begins."""
    return f" {operator} ".join(f"'{term}'" if len(term) > 1 else f"'{term}':*" for term in terms)


def _runs(places: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text as the index has it, and of each of its letters which part of the text it is from, as (start, end)."""
    plain = _plain(text)
    if len(plain) == len(text) and unicodedata.is_normalized("NFKC", text):
        return plain, [(at, at + 1) for at in range(len(text))]
    letters, places = [], []
    for start, end in _apart(text):
        part = _plain(text[start:end])
        letters.append(part)
        places += [(start, end)] * len(part)
    return "".join(letters), places


def _apart(text: str) -> Iterator[tuple[int, int]]:
    """Parts of a text that do not change each other when normalised, as the letters of one syllable (NFD) would."""
    start, before = 0, _composed(text[:1])
    for at in range(1, len(text)):
        letter, both = _composed(text[at]), _composed(text[start : at + 1])
        if both == before + letter or at - start == _LONGEST_PART:
            yield start, at
            start, before = at, letter
        else:
            before = both
    if text:
        yield start, len(text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _plain(text: str) -> str:
    return _composed(text).casefold()


def _pairs(word: str) -> list[str]:
    return [one + other for one, other in pairwise(word)]


def _is_hangul(text: str) -> bool:
    return _HANGUL.fullmatch(text) is not None


def _stem(word: str) -> str:
    """A Korean word without its particle or ending, as far as one can tell without a dictionary."""
    if not _is_hangul(word):
        return word
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word

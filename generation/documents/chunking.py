"""A document cut into pieces an embedding model takes: whole sentences where they fit, each piece overlapping the last.

Korean and English: a sentence ends at its punctuation, at a line's end, and at a full stop between two Korean
syllables ("좋아요.배송도 빨라요."), as reviews are often typed. Nothing is cut inside what a reader sees as one
character (UAX #29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from generation.templates.graphemes import boundary

SIZE = 500
OVERLAP = 80
# A byte-level tokenizer makes at most one token of a byte, and a code point has at most four: with a title of 300
# characters before it, a piece of 1,700 stays under the 8,191 tokens OpenAI's embedding models take.
LARGEST = 1700

_STOP = ".!?…\u3002\uff01\uff1f"  # and their Chinese and full-width forms
_WIDE_STOP = "\u3002\uff01\uff1f"
_CLOSING = ")\\]\"'\u201d\u2019」』》"
# Each alternative can start only where a run of its characters does: a million of them cost no more than once through.
_SENTENCE_END = re.compile(
    rf"""(?<![{_STOP}])[{_STOP}]++[{_CLOSING}]*+(?:\s++|$)   # punctuation, closing quotes, then white space
      | (?<=[가-힣])[.!?]++(?=[가-힣])                       # typed without a space
      | [{_WIDE_STOP}]++
      | \n\s*+""",
    re.VERBOSE,
)
_CLAUSE_END = re.compile(r"[,;:·、\uff0c]?\s+")
_WORD_START = re.compile(r"(?<=\s)\S")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: from character `start` up to, not including, `end`."""

    start: int
    end: int


def chunks(text: str, *, size: int = SIZE, overlap: int = OVERLAP) -> list[str]:
    """The pieces' texts without white space around them; none is empty."""
    pieces = (text[span.start : span.end].strip() for span in spans(text, size=size, overlap=overlap))
    return [piece for piece in pieces if piece]


def spans(text: str, *, size: int = SIZE, overlap: int = OVERLAP) -> list[Span]:
    """Pieces that cover `text`, in order, each of at most `size` characters, the overlap included.

    A single character (grapheme cluster) longer than `size` stays whole, up to LARGEST code points.

    Raises:
        ValueError: `size` is not positive, or `overlap` not below it.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"an overlap of {overlap} does not fit into {size}")
    found: list[Span] = []
    start = end = 0
    for piece in _pieces(text, size):
        if end > start and piece.end - start > size:
            found.append(Span(start, end))
            start = _overlap_start(text, max(start, piece.end - size, end - overlap), end)
        end = piece.end
    return [*found, Span(start, end)] if end > start else found


def _pieces(text: str, size: int) -> Iterator[Span]:
    """Sentences; those longer than `size` cut at a clause or word, at worst between two characters."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if _between(text, match.end())]
    for start, end in pairwise(sorted({0, *ends, len(text)})):
        at = start
        while end - at > size:
            cut = _cut(text, at, size)
            yield Span(at, cut)
            at = cut
        if at < end:
            yield Span(at, end)


def _cut(text: str, start: int, size: int) -> int:
    """Where a too long sentence is cut: after a clause or word of its second half, else after a whole character."""
    words = [match.end() for match in _CLAUSE_END.finditer(text, start + size // 2, start + size)]
    places = [place for place in words if _between(text, place)]
    if places:
        return places[-1]
    room = size
    while (length := boundary(text[start : start + room + 1], room)) == 0 and room < LARGEST:
        room = min(room + size, LARGEST)
    return start + (length or room)


def _between(text: str, at: int) -> bool:
    """Whether a place after white space or punctuation is between two characters, not before a combining mark."""
    return at == 0 or boundary(text[at - 1 : at + 1], 1) == 1


def _overlap_start(text: str, earliest: int, end: int) -> int:
    """The first sentence that starts at or after `earliest`, else the first word, else `end`: no overlap."""
    for pattern, place in ((_SENTENCE_END, re.Match.end), (_WORD_START, re.Match.start)):
        for match in pattern.finditer(text, max(earliest - 1, 0), end):
            at = place(match)
            if earliest <= at < end and _between(text, at):
                return at
    return end

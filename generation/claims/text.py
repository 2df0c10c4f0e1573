"""Text as the checks of claims read it: one writing for each character, no marks that hide words."""

from __future__ import annotations

import re
import unicodedata

# Zero-width characters and soft hyphens can stand inside a word or a figure, as the bold marks of rich text can.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
# Circled figures number lists; NFKC would turn them into plain figures.
_CIRCLED = re.compile("[\u2460-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]")
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_LONGEST = 300
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")

# What may follow a Korean counter when it is one: particles, the copula, bounds. 세 가지로, but not 가지런한.
PARTICLE_NEXT = (
    r"(?:(?![가-힣])|(?=은|는|이|가|을|를|의|에|로|으로|과|와|도|만|까지|부터|씩|짜리|간|동안|용|입|예|쯤|정도|미만"
    r"|마다|당|뿐|나|라|밖|보다|처럼|면|들|째|다))"
)


def normalise(text: str) -> str:
    """`text` in NFKC (`㎖` is `ml`, full-width figures are plain), without invisible marks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _CIRCLED.sub("\u2022", _INVISIBLE.sub("", text)))
        text = _FOREIGN_DIGIT.sub(_plain_digit, text)
    return text.replace("**", "")


def _plain_digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0]))


def sentence_at(text: str, start: int, end: int) -> str:
    """The sentence around `text[start:end]`, some 300 characters to either side at most."""
    begin = max(0, start - _LONGEST)
    for mark in _SENTENCE_END.finditer(text, begin, start):
        begin = mark.end()
    closing = _SENTENCE_END.search(text, max(start, end - 1), end + _LONGEST)
    return text[begin : closing.end() if closing else end + _LONGEST].strip()


def squeezed(text: str) -> str:
    """`text` for comparing names and codes: no blanks, hyphens or colons, one letter case."""
    return re.sub(r"[\s\-_:]+", "", text).casefold()

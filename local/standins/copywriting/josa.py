"""Korean particles by how the word before them is read (한글 맞춤법; loan words by their usual reading)."""

from __future__ import annotations

import re

HANGUL_FIRST, HANGUL_LAST = 0xAC00, 0xD7A3
FINALS = 28  # a syllable's final consonant is (code - HANGUL_FIRST) % 28; 0 is none
RIEUL = 8

#: particle after a final consonant -> the one after a vowel
PAIRS = {
    "은": "는",
    "이": "가",
    "을": "를",
    "과": "와",
    "으로": "로",
    "이라": "라",
    "이라면": "라면",
    "이에요": "예요",
    "이나": "나",
    "이란": "란",
    "이고": "고",
    "아": "야",
}

_NONE, _SOME = 0, 1
_DIGITS = {"0": _SOME, "1": RIEUL, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": RIEUL, "8": RIEUL, "9": 0}
_LETTERS = {"l": RIEUL, "m": _SOME, "n": _SOME, "r": RIEUL}
_UNITS = {
    "ml": 0, "l": 0, "g": 1, "kg": 1, "mg": 1, "cm": 0, "mm": 0, "m": 0, "km": 0, "w": 0, "v": 0, "a": 0,
    "hz": 0, "mah": 0, "db": RIEUL, "gb": 0, "tb": 0, "mb": 0, "wh": 0, "rpm": 1, "oz": 0, "h": 0,
}  # fmt: skip
_SIGNS = {"%": 0, "℃": 0, "°": 0, "₩": 1, "+": 0, "&": 0}
_TRAILING_NOTE = re.compile(r"\s*[(\[\uff08][^()\[\]\uff08\uff09]*[)\]\uff09]\s*$")
_IGNORED = " \t\n'\"\u2019\u201d.,!?…·/~"


def final_of(word: str) -> int:
    """The final consonant of the last syllable as read: 0 none, 8 ㄹ, any other number another one.

    A note in brackets at the end is not read: `용량(중량)` counts as `용량`.
    """
    bare = _TRAILING_NOTE.sub("", word).rstrip(_IGNORED + ")]\uff09」』") or word
    if not bare:
        return _NONE
    last = bare[-1]
    if HANGUL_FIRST <= ord(last) <= HANGUL_LAST:
        return (ord(last) - HANGUL_FIRST) % FINALS
    if last.isdecimal() and last.isascii():
        return _final_of_number(bare)
    if last.isascii() and last.isalpha():
        return _final_of_latin(bare)
    return _SIGNS.get(last, _NONE)


def _final_of_number(text: str) -> int:
    digits = re.findall(r"\d+", text)[-1]
    # Read to the last figure: 10 is 십, 100 백, 1,000 천, 10,000 만; all of them end in a consonant, none in ㄹ.
    return _DIGITS[digits[-1]]


def _final_of_latin(text: str) -> int:
    found = re.search(r"(\d)?([A-Za-z]+)$", text)
    if found is None:
        return _NONE
    number, word = found.groups()
    if number and word.lower() in _UNITS:
        return _UNITS[word.lower()]
    if word.isupper() or len(word) == 1:
        return _LETTERS.get(word[-1].lower(), _NONE)
    return _final_of_english(word.lower())


def _final_of_english(word: str) -> int:
    if word.endswith(("l", "le")):
        return RIEUL
    if word.endswith(("m", "n", "ng", "me", "ne")):
        return _SOME
    return _SOME if re.search(r"[aeiou][pkb]$|ck$", word) else _NONE


def particle(word: str, pair: str) -> str:
    """The form of the particle that follows the word; `pair` is its form after a consonant (은, 이, 을 ...).

    Raises:
        KeyError: `pair` is not in `PAIRS`.
    """
    final = final_of(word)
    if pair == "으로" and final == RIEUL:
        return PAIRS[pair]
    return pair if final else PAIRS[pair]


def with_particle(word: str, pair: str) -> str:
    """The word with the right form of the particle: `with_particle("텀블러", "은")` is `텀블러는`."""
    return word + particle(word, pair)

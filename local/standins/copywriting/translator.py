"""Korean to English by a small glossary; words it lacks are written in Latin letters."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from local.standins.copywriting.bank import FOLDER
from local.standins.copywriting.josa import FINALS, HANGUL_FIRST, HANGUL_LAST
from local.standins.copywriting.reading import Reading
from local.standins.copywriting.schema_fill import Row
from local.standins.copywriting.sentences import fit

_HANGUL = re.compile(r"[가-힣]+")
VOWELS = 21
_KEYS = ("text", "prompt", "korean", "source_text", "ko", "input", "query")


class Translator:
    """Answers with the request's text in English."""

    def __init__(self, reading: Reading) -> None:
        self.english = translate(_source(reading))

    def text(self, name: str, limit: int | None, *, needed: bool = True) -> str | None:
        """The translation, whatever the field is called."""
        del name, needed
        return fit(self.english, limit)

    def rows(self, name: str, fields: dict[str, int | None], low: int, high: int | None) -> Sequence[Row]:
        """One row holding the translation in each field."""
        del name, high
        return [dict.fromkeys(fields, self.english) for _ in range(max(low, 1))]

    def strings(self, name: str, low: int, high: int | None, limit: int | None) -> Sequence[str]:
        """The translation as the list's only entry."""
        del name, high
        return [fit(self.english, limit)] * max(low, 1)

    def number(self, name: str) -> float | None:
        """No number is known."""
        del name
        return None

    def flag(self, name: str) -> bool:
        """Nothing is affirmed."""
        del name
        return False

    def fact_ids(self) -> Sequence[str]:
        """No facts are used."""
        return []


def translate(text: str) -> str:
    """The text with each Korean word in English; `나무 책상 위의 컵` gives `wood desk on top cup`."""
    english = _HANGUL.sub(lambda found: f" {_word(found.group(0))} ", text)
    return re.sub(r"\s+([,.!?)])", r"\1", re.sub(r"\s+", " ", english)).strip() or "product photo"


def _word(word: str) -> str:
    glossary = _read("glossary")
    if word in glossary:
        return str(glossary[word])
    for particle in _read("particles"):
        stem = word.removesuffix(particle)
        if stem != word and stem:
            return glossary.get(stem) or _compound(stem) or romanize(stem)
    return _compound(word) or romanize(word)


def _compound(word: str) -> str:
    """Two glossary words written together, or nothing."""
    glossary = _read("glossary")
    for cut in range(len(word) - 1, 0, -1):
        if word[:cut] in glossary and word[cut:] in glossary:
            return f"{glossary[word[:cut]]} {glossary[word[cut:]]}"
    return ""


def romanize(word: str) -> str:
    """Hangul in Latin letters: `예가체프` gives `yegachepeu`."""
    return "".join(_syllable(each) if HANGUL_FIRST <= ord(each) <= HANGUL_LAST else each for each in word)


def _syllable(syllable: str) -> str:
    code, letters = ord(syllable) - HANGUL_FIRST, _read("romanization")
    first, vowel, last = code // (VOWELS * FINALS), code // FINALS % VOWELS, code % FINALS
    return f"{letters['first'][first]}{letters['vowel'][vowel]}{letters['last'][last]}"


@cache
def _read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def _source(reading: Reading) -> str:
    found: list[Any] = [reading.data.get(key) for key in _KEYS]
    return next((each for each in found if isinstance(each, str) and each.strip()), None) or _last_paragraph(
        reading.text
    )


def _last_paragraph(text: str) -> str:
    """The text inside `<text>` or `<data>` marks if there are some, else the whole."""
    marked = re.search(r"<(text|data|prompt)>\s*(.*?)\s*</\1>", text, re.DOTALL)
    return marked.group(2) if marked else text

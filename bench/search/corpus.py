"""Documents of invented shops, as many as are wanted, in Korean: always the same ones for the same number."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_WORDS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "vocabulary.json").read_text(encoding="utf-8")
)
_SLOT = re.compile(r"{(\w+)}")
_KINDS = ("faq", "faq", "review", "review", "review", "post")
_SENTENCES = {"faq": (2, 5), "review": (2, 6), "post": (5, 14)}


@dataclass(frozen=True, slots=True)
class Text:
    """A document's words; short enough to be one chunk."""

    kind: str
    title: str
    content: str


def texts(seed: int, count: int) -> Iterator[Text]:
    """Documents of one shop, which sells a dozen things: 40 to 500 characters each."""
    source = random.Random(seed)
    things = source.sample(_WORDS["thing"], 12)
    brand = source.choice(_WORDS["brand"])
    for _ in range(count):
        kind, thing = source.choice(_KINDS), f"{brand} {source.choice(things)}"
        sentences = source.choices(_WORDS[kind], k=source.randint(*_SENTENCES[kind]))
        content = " ".join(_filled(source, sentence, thing) for sentence in sentences)
        yield Text(kind, _filled(source, source.choice(_WORDS[f"{kind}_title"]), thing), content[:500])


def question(source: random.Random, text: Text) -> str:
    """What a customer types who looks for this document: words of its title and of one of its sentences."""
    sentence = source.choice(re.split(r"(?<=[.!?])\s*", text.content.strip())[:-1] or [text.content])
    words = sentence.rstrip(".!? ").split()
    start = source.randrange(max(1, len(words) - 2))
    asked = " ".join([text.title, *words[start : start + 3]])
    return source.choice((asked, asked.replace(" ", ""), f"{asked} 알려 주세요"))


def _filled(source: random.Random, pattern: str, thing: str) -> str:
    def word(match: re.Match[str]) -> str:
        name = match[1]
        if name == "thing":
            return thing
        return str(source.randint(2, 90)) if name in {"n", "m"} else source.choice(_WORDS[name])

    return _SLOT.sub(word, pattern)

"""What may be said about a product: its names, its occasions and its facts, ready for phrases."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from local.standins.copywriting.bank import Bank, FactPhrases
from local.standins.copywriting.dealing import seat_of
from local.standins.copywriting.reading import Fact, Reading
from local.standins.copywriting.sentences import completed, split_sentences, state

#: What no page of ours says, even when the seller's own words do.
_CLAIMS = re.compile(
    r"최고|최상|최초|최저|유일|완벽|1위|일위|완치|치료|재생|아토피|의사|약사|무조건|100% ?(효과|보장|만족)|기적|특효"
)
_QUANTITY = re.compile(r"\s*(?:약\s*)?\d[\d,.]*\s*(?:[a-zA-Z%]+|[가-힣]{1,3})?(?=\s|$|[xX\u00d7*/])")
_BRACKETS = re.compile(r"\s*[(\[\uff08【][^()\[\]\uff08\uff09【】]*[)\]\uff09】]")
_HANGUL = re.compile("[가-힣]")
#: Nothing to open a page with: what it is not, what it costs, what happens when something goes wrong.
_POOR_OPENING = re.compile(r"아님|아니|않|없|\d원|배송|교환|반품|환불|파손|품절")
_SHORT_NAME = 14
_LONGEST_NAME = 24
_PROSE = ("description", "document", "photo", "vision", "seller")
_UNSTATED = ("price", "packaging", "notice")


@dataclass(frozen=True, slots=True)
class Known:
    """Something sayable: text for a placeholder, and the fact it rests on, if any."""

    text: str
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything phrases can draw on.

    Attributes:
        category: the phrase bank's category.
        values: placeholder -> what stands for it.
        facts: those with a label and a value, each with its way of speaking.
        name: the product's short name.
        english: its scene in English, for image prompts.
    """

    category: str
    values: dict[str, Known]
    facts: tuple[tuple[Fact, FactPhrases], ...]
    name: str
    full_name: str


def gather(reading: Reading, bank: Bank, rng: Random, allowed: Callable[[str], bool]) -> Knowledge:
    """Collect what is known; texts that `allowed` refuses are left out."""
    full = str(reading.product.get("name") or _fact_named(reading, "상품명") or "이 상품").strip()
    category_text = str(reading.product.get("category") or "")
    category = bank.category_of(category_text, full, " ".join(fact.name for fact in reading.facts))
    name = short_name(full)
    thing = name.split()[-1]
    if len(thing) > _SHORT_NAME:  # no headline has room for it
        thing = category_text if 0 < len(category_text) <= _SHORT_NAME else "상품"
    seat = seat_of(reading.block, full)
    values = {
        "name": Known(name if len(name) <= _LONGEST_NAME else thing),
        "full": Known(full),
        "thing": Known(thing),
        "category": Known(category_text or name),
    }
    for key, options in bank.moments_of(category, name).items():
        usable = [option for option in options if allowed(option)] or options
        values[key] = Known(seat.pick(usable, key) if seat else usable[rng.randrange(len(usable))])
    facts = tuple((fact, bank.about(fact.name)) for fact in reading.facts if _statable(fact, allowed))
    values |= _fact_values(facts) | _sentences(reading, name, allowed)
    return Knowledge(category, values, facts, name, full)


def short_name(full: str) -> str:
    """The product's name without quantities and brackets, at most its last words that make a name."""
    bare = _QUANTITY.sub("", _BRACKETS.sub("", full)).strip(" ,/-·") or full
    words = next(part for part in bare.split(",") if part.strip()).split()
    while any(map(_HANGUL.search, words)) and not _HANGUL.search(words[-1]):
        words.pop()  # a size or grade, such as `M` or `SPF50+`: not what one calls the product
    while len(" ".join(words)) > _SHORT_NAME and len(words) > 2:  # noqa: PLR2004 - a kind and a thing
        words = words[1:]
    return " ".join(words) or full


def is_claim(text: str) -> bool:
    """Whether a text makes a claim that no page of ours repeats."""
    return _CLAIMS.search(text) is not None


def _fact_named(reading: Reading, name: str) -> str:
    return next((fact.value for fact in reading.facts if fact.name == name), "")


def _statable(fact: Fact, allowed: Callable[[str], bool]) -> bool:
    prose = any(each in fact.source for each in _PROSE)
    return not prose and not is_claim(fact.value) and allowed(fact.value)


def _fact_values(facts: tuple[tuple[Fact, FactPhrases], ...]) -> dict[str, Known]:
    values: dict[str, Known] = {}
    for fact, about in facts:
        if about.key == "other" or f"v_{about.key}" in values:
            continue
        values[f"v_{about.key}"] = Known(fact.value, fact)
        values[f"s_{about.key}"] = Known(state(fact.name, fact.value), fact)
    return values


def _sentences(reading: Reading, name: str, allowed: Callable[[str], bool]) -> dict[str, Known]:
    """The seller's description by sentence.

    `d1` can open a page, if any can, and `d2` ... follow; `m1` and `m2` are for someone who has read `d1` before.
    """
    said = [
        (sentence, fact)
        for fact in reading.facts
        if "description" in fact.source
        for sentence in split_sentences(fact.value)
        if sentence.endswith((".", "다", "요")) and not is_claim(sentence) and allowed(sentence)
    ]
    # A list of parts without a verb says little to someone who does not yet know what the product is.
    able = [each for each in said if not _POOR_OPENING.search(each[0])]
    opening = next((each for each in able if _opens(each[0], name)), able[0] if able else None)
    more = [Known(completed(sentence), fact) for sentence, fact in said if (sentence, fact) != opening]
    first = [Known(completed(opening[0]), opening[1])] if opening else []
    named = {f"d{number}": known for number, known in enumerate((first + more)[:4], start=1 if first else 2)}
    return named | {f"m{number}": known for number, known in enumerate((more or first)[:2], start=1)}


def _opens(sentence: str, name: str) -> bool:
    return completed(sentence) == sentence or sentence.rstrip(".").endswith(name.rsplit(maxsplit=1)[-1])


def is_tabular(fact: Fact) -> bool:
    """Whether a fact belongs in a table rather than in a sentence of the copy."""
    return fact.source in _UNSTATED

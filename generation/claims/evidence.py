"""What the facts say, arranged so that figures of the copy can be looked up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from generation.claims.quantities import Quantity, quantities
from generation.claims.text import normalise, squeezed
from generation.claims.units import LISTED, THINGS, Unit, counts_like, units
from generation.facts import Fact

_PAGES_AT_ONCE = 128  # every block of a page is checked against the same facts
_NOTHING = re.compile(
    r"(?:해당|관련)?\s?(?:사항)?\s?(?:없음|없습니다|아니오|미해당|무|-|x|no|none)\.?", re.IGNORECASE
)
_UNIT_IN_NAME = re.compile(r"[(\[]\s?(?:단위\s?:?\s?)?([^()\[\]\s]{1,8})\s?[)\]]")
_PRICED = re.compile(r"가격|판매가|정가|금액")
# A comma between figures belongs to the number.
_SEPARATOR = re.compile(r"\s?[/·、|]\s?|,(?![0-9]{3}(?![0-9]))\s?|\s&\s")
_AND = re.compile(r"(?<=[가-힣A-Za-z0-9])(?:과|와|랑|하고)\s|\s(?:및|그리고)\s")
# Words that are figures when a fact says them; in the copy they are turns of speech.
_FIGURE_WORDS = {
    "하루": ("1", "일"), "일주일": ("1", "주"), "반년": ("6", "개월"), "이중": ("2", "겹"),
    "삼중": ("3", "겹"), "사중": ("4", "겹"), "사계절": ("4", "?계"),
}  # fmt: skip
_OPINION = "고객 후기"  # as generation.documents.retrieval names them
_QUOTES = " \n\"'\u2018\u2019\u201c\u201d"
_SHORTEST_QUOTE = 10  # characters; a single word is nobody's in particular
_ALNUM = "[0-9a-z]"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts, read.

    Attributes:
        said: each fact as `name: value`, normalised, without those that say there is nothing.
        proven: those of `said` that can back a claim in words: what a photo shows proves no certificate.
        opinions: what customers say, likewise; it may be quoted, and proves nothing but that there are reviews.
        verbatim: names and values as they are: copy that repeats one states nothing else.
        amounts: unit's name and amount of every figure.
        bounded: those with a bound (최대, 이상), with it.
        unbounded: those without.
        values: every figure's value, whatever its unit.
        bare: values without a unit.
        counts: how many things lists in the facts name.
        codes: model numbers and the like, squeezed.
        squeezed: all text, for codes that a fact writes apart (pH: 5.5).
    """

    said: tuple[str, ...]
    proven: tuple[str, ...]
    opinions: tuple[str, ...]
    verbatim: frozenset[str]
    amounts: frozenset[tuple[str, Decimal]]
    bounded: frozenset[tuple[str, Decimal, str]]
    unbounded: frozenset[tuple[str, Decimal]]
    values: frozenset[Decimal]
    bare: frozenset[Decimal]
    counts: frozenset[int]
    codes: frozenset[str]
    squeezed: str

    def backs(self, quantity: Quantity, listed: AbstractSet[int] = frozenset()) -> bool:
        """Whether a fact holds this figure with a unit that says the same.

        Args:
            quantity: a figure of the copy.
            listed: how many items the block's own lists have.
        """
        if quantity.writing == "code":
            return self._names(quantity.text) or self._repeats(quantity)
        return self._holds(quantity, listed) or self._repeats(quantity)

    def is_quoted(self, text: str) -> bool:
        """Whether a text only repeats a fact, or a passage of what a customer says."""
        text = text.strip(_QUOTES)
        if text in self.verbatim:
            return True
        return len(text) >= _SHORTEST_QUOTE and any(text in opinion for opinion in self.opinions)

    def says_bound(self, quantity: Quantity) -> bool:
        """Whether a fact gives this figure the same bound: 최대 18시간 for 최대 18시간, 18시간 이하 or 18시간까지."""
        return (quantity.unit.name, quantity.amount, quantity.bound) in self.bounded

    def contradicts_bound(self, quantity: Quantity) -> bool:
        """Whether the facts know this figure only with the opposite bound."""
        key = (quantity.unit.name, quantity.amount)
        opposite = {"max": "min", "min": "max"}.get(quantity.bound, "")
        return (
            (*key, opposite) in self.bounded and key not in self.unbounded and not self.says_bound(quantity)
        )

    def _holds(self, quantity: Quantity, listed: AbstractSet[int]) -> bool:
        name, amount = quantity.unit.name, quantity.amount
        if (name, amount) in self.amounts:
            return True
        if not name:
            return quantity.value in self.values
        if name == "price range":
            return any(_starts_with(price, amount) for unit, price in self.amounts if unit == "won")
        countable = name.startswith("?") or name in THINGS
        if (countable or name == "degree") and quantity.value in self.bare:
            return True
        like = THINGS if quantity.writing == "native" and name in THINGS else counts_like(name)
        if any((each, amount) in self.amounts for each in like):
            return True
        return name in LISTED and quantity.value in (self.counts | listed)

    def _repeats(self, quantity: Quantity) -> bool:
        """The figure in a fact's own writing, however it is to be read."""
        own = rf"(?<![0-9A-Za-z.,-]){re.escape(quantity.text)}(?![0-9A-Za-z가-힣]|[.,-][0-9])"
        return any(re.search(own, text) for text in self.said if quantity.text in text)

    def _names(self, code: str) -> bool:
        sought = squeezed(code)
        if sought in self.codes:
            return True
        return re.search(rf"(?<!{_ALNUM}){re.escape(sought)}(?!{_ALNUM})", self.squeezed) is not None


@lru_cache(maxsize=_PAGES_AT_ONCE)
def evidence_of(facts: tuple[Fact, ...]) -> Evidence:
    """Read the facts; the last ones are remembered."""
    everything = [(normalise(fact.name), normalise(fact.value), fact) for fact in facts]
    texts = [(name, value) for name, value, fact in everything if not _is_opinion(fact)]
    found = [quantity for name, value in texts for quantity in _figures(name, value)]
    known = [quantity for quantity in found if quantity.writing != "code"]
    return Evidence(
        said=tuple(_told(texts)),
        proven=tuple(
            _told(
                (name, value)
                for name, value, fact in everything
                if fact.source != "vision" and not _is_opinion(fact)
            )
        ),
        opinions=tuple(_told((name, value) for name, value, fact in everything if _is_opinion(fact))),
        verbatim=frozenset(part.strip() for name, value, _ in everything for part in (name, value)),
        amounts=frozenset((each.unit.name, each.amount) for each in known),
        bounded=frozenset((each.unit.name, each.amount, each.bound) for each in known if each.bound),
        unbounded=frozenset((each.unit.name, each.amount) for each in known if not each.bound),
        values=frozenset(value for each in found for value in _values(each)),
        bare=frozenset(each.value for each in known if not each.unit.name),
        counts=frozenset(_counts(texts)),
        codes=frozenset(squeezed(each.text) for each in found if each.writing == "code"),
        squeezed="|".join(squeezed(part) for name, value in texts for part in (f"{name}:{value}", value)),
    )


def _is_opinion(fact: Fact) -> bool:
    return fact.source == "document" and fact.name.startswith(_OPINION)


def _told(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in texts if not _NOTHING.fullmatch(value.strip()))


def _figures(name: str, value: str) -> Iterator[Quantity]:
    """The figures of one fact; a unit in its name (용량(ml)) is that of figures without one."""
    unit = _unit_of(name)
    for quantity in quantities(value):
        yield quantity
        if unit and not quantity.unit.name and quantity.writing != "code":
            yield Quantity(quantity.value, unit, quantity.text, quantity.start, quantity.end)
    yield from quantities(name)
    for word, (number, writing) in _FIGURE_WORDS.items():
        if word in value:
            yield Quantity(Decimal(number), units().get(writing, Unit(writing)), word, 0, 0, "native")


def _unit_of(name: str) -> Unit | None:
    noted = _UNIT_IN_NAME.search(name)
    if noted and noted[1] in units():
        return units()[noted[1]]
    return units()["원"] if _PRICED.search(name) else None


def _values(quantity: Quantity) -> Iterator[Decimal]:
    """The value; of a code the figures in it: the 316 of STS316."""
    if quantity.writing != "code":
        yield quantity.value
        return
    yield from map(Decimal, re.findall(r"[0-9]{1,15}", quantity.text))


def _counts(texts: Sequence[tuple[str, str]]) -> Iterator[int]:
    for _, value in texts:
        parts = _parts(_SEPARATOR.split(value))
        if len(parts) > 1:
            yield len(parts)
        if _AND.search(value):
            yield len(_parts(each for part in parts for each in _AND.split(part)))
    yield from (count for count in Counter(name for name, _ in texts).values() if count > 1)


def _starts_with(price: Decimal, begin: Decimal) -> bool:
    """15,900원 is in 1만 5천원대 and in 1만원대."""
    step = Decimal(1).scaleb(begin.normalize().as_tuple().exponent) if begin else Decimal(0)  # type: ignore[arg-type]  # finite
    return begin <= price < begin + step


def _parts(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if part.strip()]

"""Claims in the copy that no fact backs: figures, superlatives, certificates, rankings, promises, reviews.

Pure and quick (under 2 ms a block). Figures are strict; turns of speech are let through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict

from generation.claims.evidence import Evidence, evidence_of
from generation.claims.messages import SEVERITY, ClaimCode, for_model, for_seller
from generation.claims.quantities import Quantity, quantities
from generation.claims.structure import states_nothing
from generation.claims.text import normalise, sentence_at
from generation.claims.wording import claims_in, is_backed
from generation.facts import Fact

__all__ = ["ClaimCode", "Finding", "describe_for_model", "find_claims", "worst_first"]

_DEEPEST = 8  # slots hold lists of lists at most
_MOST_DESCRIBED = 20
_MOST_IN_A_TEXT = 50  # in words, and as many figures: nobody reads more, and it bounds hostile texts
_BOUND_WORDS = ("최대", "최장", "최고", "최소", "최저", "최하")


class Finding(BaseModel):
    """A claim without a fact.

    Attributes:
        code: the kind of claim.
        slot: where, such as `items.2.body`.
        text: the offending words, normalised (NFKC, without bold marks).
        sentence: the sentence they stand in.
        message: for the seller, in Korean.
        message_en: what to do about it, in English.
    """

    model_config = ConfigDict(frozen=True)

    code: ClaimCode
    slot: str
    text: str
    sentence: str
    message: str
    message_en: str


def find_claims(slots: Mapping[str, Any], facts: Sequence[Fact]) -> list[Finding]:
    """The claims of one block's copy that none of the facts backs, in the order they are read.

    Args:
        slots: the block's values: texts, and lists of objects with texts. Anything else is passed over.
        facts: all that is known about the product, not only what the block cites.
    """
    evidence = evidence_of(tuple(facts))
    listed = frozenset(_list_lengths(slots, 0))
    found = (
        finding
        for slot, raw in _texts(slots, "", 0)
        if not evidence.is_quoted(text := normalise(raw))
        for finding in _in_text(slot, text, evidence, listed)
    )
    return list(dict.fromkeys(found))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by how much harm they do; those of a kind in their order."""
    return sorted(findings, key=lambda finding: SEVERITY.index(finding.code))


def describe_for_model(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """What a rewrite is told: at most 20 findings, the worst first, each with its place, words and what to do."""
    return [
        {
            "code": finding.code,
            "slot": finding.slot,
            "text": finding.text,
            "sentence": finding.sentence,
            "message": finding.message_en,
        }
        for finding in worst_first(findings)[:_MOST_DESCRIBED]
    ]


def _texts(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, str(value)
    elif depth < _DEEPEST:
        for key, inner in _children(value):
            yield from _texts(inner, f"{path}.{key}" if path else str(key), depth + 1)


def _children(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list | tuple) else ()


def _list_lengths(value: Any, depth: int) -> Iterator[int]:
    if isinstance(value, list | tuple) and len(value) > 1:
        yield len(value)
    if depth < _DEEPEST:
        for _, inner in _children(value):
            yield from _list_lengths(inner, depth + 1)


def _in_text(slot: str, text: str, evidence: Evidence, listed: AbstractSet[int]) -> list[Finding]:
    words = list(islice(_words(text, evidence), _MOST_IN_A_TEXT))
    numbers = islice(_numbers(slot, text, evidence, listed), _MOST_IN_A_TEXT)
    spans = [*words, *(span for span in numbers if not _overlaps(span, words))]
    return [_finding(slot, text, *span) for span in sorted(spans, key=lambda span: span[1:])]


type _Span = tuple[ClaimCode, int, int]


def _words(text: str, evidence: Evidence) -> Iterator[_Span]:
    """Unbacked claims in words; where two overlap, the worse (`RULES` has them in that order)."""
    spans: list[_Span] = []
    backed: set[tuple[str, str]] = set()
    for rule, found in claims_in(text):
        span, said = (rule.code, found.start(), found.end()), (rule.pattern, found[0])
        if said in backed or _overlaps(span, spans):
            continue
        if is_backed(rule, found, evidence):
            backed.add(said)
        else:
            spans.append(span)
            yield span


def _overlaps(span: _Span, others: Iterable[_Span]) -> bool:
    return any(span[1] < end and start < span[2] for _, start, end in others)


def _numbers(slot: str, text: str, evidence: Evidence, listed: AbstractSet[int]) -> Iterator[_Span]:
    for quantity in quantities(text):
        if states_nothing(quantity, text, slot):
            continue
        if not evidence.backs(quantity, listed):
            yield "number", quantity.start, quantity.end
        elif _misses_bound(quantity, text, evidence):
            yield "bound", _bound_start(quantity, text), quantity.end


def _misses_bound(quantity: Quantity, text: str, evidence: Evidence) -> bool:
    """최대 18시간 needs a fact with that bound; 18시간 이하 only must not turn the fact's bound round."""
    if quantity.bound and _bound_start(quantity, text) < quantity.start:
        return not evidence.says_bound(quantity)
    return bool(quantity.bound) and evidence.contradicts_bound(quantity)


def _bound_start(quantity: Quantity, text: str) -> int:
    before = text[max(0, quantity.start - len("최대 약 ")) : quantity.start]
    starts = [before.rfind(word) for word in _BOUND_WORDS]
    return quantity.start - len(before) + max(starts) if max(starts) >= 0 else quantity.start


def _finding(slot: str, text: str, code: ClaimCode, start: int, end: int) -> Finding:
    words = text[start:end].strip()
    return Finding(
        code=code,
        slot=slot,
        text=words,
        sentence=sentence_at(text, start, end),
        message=for_seller(code, words),
        message_en=for_model(code, words),
    )

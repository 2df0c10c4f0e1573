"""Rows of lists: tables from facts, questions facts answer, features from a limit to our way, steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from local.standins.copywriting.bank import FactPhrases
from local.standins.copywriting.reading import Fact
from local.standins.copywriting.sentences import state
from local.standins.copywriting.voice import Voice

Row = dict[str, str]
Limits = dict[str, int | None]
Pairs = list[tuple[Fact, FactPhrases]]

_ITEMS = 3
_STEPS = 4
_QUESTIONS = 5
_COMPARED = 4
_FIGURES = 3
_TABLE = 16
_ORDINALS = ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째")
_UNTELLING = re.compile(r"개별 ?표기|해당 ?없음|참조|참고")
_FIGURE = re.compile(r"\d[\d,.]*")
_FACT_KEYS = {
    "size": ("size", "weight", "capacity", "fit"),
    "material": ("ingredient", "material", "texture", "origin", "taste"),
    "care": ("storage", "wash", "shelf"),
    "components": ("set", "capacity"),
    "caution": ("caution", "storage"),
    "certificate": ("certificate",),
}
_FEATURE_KEYS = (
    "origin", "ingredient", "material", "texture", "taste", "roast", "process", "size", "weight", "capacity",
    "color", "storage", "wash", "usage", "battery", "charge", "noise", "mode", "fit", "altitude",
)  # fmt: skip
_SOURCES = {"notice": ("notice",), "packaging": ("packaging",), "specification": ("attribute",)}


def make_rows(voice: Voice, fields: Sequence[str], limits: Limits, low: int, high: int | None) -> list[Row]:
    """Rows for a list whose items have these fields of the bank; at least `low` as far as there is something to say.

    Args:
        voice: speaks for the block.
        fields: the items' fields, such as `title` read as `headline`, `label`, `value`.
        limits: the most characters of each field.
        low: the least rows that are needed.
        high: the most rows allowed; None for any.
    """
    maker, usual = _maker(voice.kind, set(fields))
    count = max(low, usual if high is None else min(usual, high))
    rows = maker(voice, limits, count)[:count]
    if len(rows) < low:
        rows += _spare_rows(voice, limits, low - len(rows), set(fields))
    return rows


def _maker(kind: str, fields: set[str]) -> tuple[Callable[[Voice, Limits, int], list[Row]], int]:
    if "question" in fields or (kind == "faq" and {"headline", "body"} <= fields):
        return _questions, _QUESTIONS
    if {"ours", "usual"} & fields:
        return _comparisons, _COMPARED
    if "figure" in fields or (kind == "statistics" and {"label", "value"} & fields):
        return _figures, _FIGURES
    if {"label", "value"} <= fields:
        return _table, _TABLE
    if "step" in fields or kind == "steps":
        return _steps, _STEPS
    if kind in {"features", "material", "size", "care", "components"}:
        return _features, _ITEMS
    return _items, _ITEMS


def _fits(text: str, limit: int | None) -> bool:
    return limit is None or len(text) <= limit


def _table(voice: Voice, limits: Limits, count: int) -> list[Row]:
    rows = []
    for fact, _ in table_facts(voice):
        fits = _fits(fact.name, limits.get("label")) and _fits(fact.value, limits.get("value"))
        if fits and voice.allowed(fact.value) and len(rows) < count:
            voice.rest_on(fact)
            rows.append({"label": fact.name, "value": fact.value})
    return rows


def table_facts(voice: Voice) -> Pairs:
    """The facts that a table of this kind of block shows, the most fitting first."""
    sources, keys = _SOURCES.get(voice.kind), _FACT_KEYS.get(voice.kind)
    facts = list(voice.known.facts)
    if sources:
        return [pair for pair in facts if any(each in pair[0].source for each in sources)]
    if keys:
        return sorted((pair for pair in facts if pair[1].key in keys), key=lambda pair: keys.index(pair[1].key))
    return [pair for pair in facts if "attribute" in pair[0].source] or facts


def _figures(voice: Voice, limits: Limits, count: int) -> list[Row]:
    rows = []
    for fact, _ in voice.known.facts:
        found = _FIGURE.search(fact.value)
        whole = limits.get("value") or limits.get("figure")
        if not found or fact.source == "price" or not _fits(fact.value, whole) or len(rows) >= count:
            continue
        voice.rest_on(fact)
        rows.append(
            {
                "label": fact.name,
                "headline": fact.name,
                "value": fact.value,
                "figure": fact.value,
                "unit": "",
                "body": state(fact.name, fact.value),
            }
        )
    return rows


def _distinct(voice: Voice) -> Pairs:
    """One fact of each sort in a seeded order, those the seller asked for first, none from prose or price."""
    wanted = voice.wanted()
    seen: set[str] = set()
    kept: Pairs = []
    for fact, about in sorted(
        voice.shuffled(voice.known.facts), key=lambda pair: (pair[0] not in wanted, pair[0].source != "attribute")
    ):
        key = about.key if about.key != "other" else fact.name
        if key not in seen and fact.source != "price" and not _UNTELLING.search(fact.value):
            seen.add(key)
            kept.append((fact, about))
    return kept


def _questions(voice: Voice, limits: Limits, count: int) -> list[Row]:
    rows: list[Row] = []
    limit = limits.get("answer") or limits.get("body")
    for fact, about in _distinct(voice):
        answer = state(fact.name, fact.value)
        if len(rows) >= count or not _fits(answer, limit) or not voice.allowed(answer):
            continue
        asked = voice.sayable(voice.shuffled(about.question), limits.get("question") or limits.get("headline"), fact)
        question = next(asked, None)
        if question:
            voice.rest_on(fact)
            rows.append({"question": question, "answer": answer, "headline": question, "body": answer})
    return rows


def _comparisons(voice: Voice, limits: Limits, count: int) -> list[Row]:
    rows: list[Row] = []
    for fact, about in _distinct(voice):
        fits = _fits(fact.value, limits.get("ours")) and _fits(fact.name, limits.get("label"))
        if fits and fact.source == "attribute" and about.key in _FEATURE_KEYS and len(rows) < count:
            voice.rest_on(fact)
            rows.append({"label": fact.name, "headline": fact.name, "ours": fact.value, "usual": about.usual})
    return rows


def _features(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """From what usually falls short, by the way we went, to the fact that makes it so."""
    keys = _FACT_KEYS.get(voice.kind, _FEATURE_KEYS)
    rows: list[Row] = []
    for fact, about in _distinct(voice):
        if about.key not in keys or len(rows) >= count:
            continue
        body = _limit_to_way(voice, fact, about, limits.get("body"))
        title = next(voice.sayable(voice.shuffled(about.title), limits.get("headline"), fact), None)
        if title and body:
            voice.rest_on(fact)
            rows.append({"headline": title, "body": body, "label": fact.name, "value": fact.value})
    return rows + _items(voice, limits, count - len(rows))


def _limit_to_way(voice: Voice, fact: Fact, about: FactPhrases, limit: int | None) -> str | None:
    said = state(fact.name, fact.value)
    falls_short = about.limit[voice.rng.randrange(len(about.limit))]
    way = about.way[voice.rng.randrange(len(about.way))]
    full = f"{falls_short} {said}" if voice.shorter else f"{falls_short} {way} {said}"
    for text in (full, f"{falls_short} {said}", said):
        if _fits(text, limit) and voice.allowed(text):
            return text
    return None


def _steps(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """The steps of the category; where facts say how to use and to keep the product, in their words."""
    rows = _items(voice, limits, count)
    for key, place in (("usage", 0), ("storage", -1), ("wash", -1)):
        pair = next((pair for pair in voice.known.facts if pair[1].key == key), None)
        said = state(pair[0].name, pair[0].value) if pair else ""
        if pair and rows and _fits(said, limits.get("body")) and voice.allowed(said):
            voice.rest_on(pair[0])
            rows[place]["body"] = said
    return [row | {"step": _ORDINALS[min(number, 7)]} for number, row in enumerate(rows)]


def _items(voice: Voice, limits: Limits, count: int) -> list[Row]:
    titles, bodies = _pairs(voice)
    rows: list[Row] = []
    for title, body in zip(titles, bodies, strict=False):
        if len(rows) >= count:
            break
        heading = next(voice.sayable([title], limits.get("headline")), None)
        text = next(voice.sayable([body], limits.get("body")), None)
        if heading and text:
            rows.append({"headline": heading, "body": text, "caption": text, "label": heading, "value": text})
    return rows


def _pairs(voice: Voice) -> tuple[list[str], list[str]]:
    """Titles and bodies that belong together, of the category if it has its own."""
    for own in (0, 1, 2):
        titles, bodies = (voice.bank.phrases(voice.known.category, voice.kind, f"items_{each}") for each in ("title", "body"))
        if own < len(titles) and titles[own] and own < len(bodies) and bodies[own]:
            return titles[own], bodies[own]
        if own < len(bodies) and bodies[own] and len(titles) > 1:
            return titles[1], bodies[own]
    return [], []


def _spare_rows(voice: Voice, limits: Limits, count: int, fields: set[str]) -> list[Row]:
    """What is true of any product, for lists that need more rows than there are facts."""
    rows: list[Row] = []
    shown = [("상품명", voice.known.full_name), ("분류", voice.texts["category"]), ("문의", "상품 문의로 안내합니다")]
    if {"label", "value"} & fields or {"ours"} & fields:
        rows = [{"label": label, "value": value, "ours": value, "usual": "따로 확인해야 함"} for label, value in shown]
    while len(rows) < count:
        title, body = voice.phrase("headline", limits.get("headline")), voice.prose("body", limits.get("body"), 1)
        rows.append(
            {
                "headline": title,
                "body": body,
                "label": title,
                "value": body,
                "question": "더 궁금한 점은 어디에 묻나요?",
                "answer": "상품 문의로 남겨 주세요.",
            }
        )
    return rows[:count]

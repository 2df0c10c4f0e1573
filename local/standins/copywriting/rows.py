"""Rows of lists: tables from facts, questions facts answer, features from a limit to our way, steps."""

from __future__ import annotations

from collections.abc import Callable

from local.standins.copywriting.bank import FactPhrases
from local.standins.copywriting.fact_rows import (
    FACT_KEYS,
    FEATURE_KEYS,
    Limits,
    Row,
    comparisons,
    disposal,
    distinct,
    figures,
    fits,
    questions,
    quotations,
    table,
    warnings,
)
from local.standins.copywriting.reading import Fact
from local.standins.copywriting.sentences import state
from local.standins.copywriting.voice import Voice

_ITEMS = 3
_STEPS = 4
_QUESTIONS = 5
_COMPARED = 4
_FIGURES = 3
_TABLE = 60
_STATED = {
    "usage": "안내",
    "storage": "보관",
    "wash": "손질",
}  # which step a fact states better than the bank
_SPARE_QUESTIONS = (
    ("더 궁금한 점은 어디에 묻나요?", "상품 문의로 남겨 주세요."),
    ("배송과 교환은 어디에서 확인하나요?", "판매 페이지의 배송·교환 안내를 확인해 주세요."),
    ("여기에 없는 정보는 어떻게 확인하나요?", "상품 문의로 물어봐 주세요."),
)
_ORDINALS = ("첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째")


def make_rows(voice: Voice, limits: Limits, low: int, high: int | None) -> list[Row]:
    """Rows for a list whose items have the fields that `limits` names; at least `low` of them.

    Args:
        voice: speaks for the block.
        limits: the items' fields (a `title` is a `headline` of the bank), each with its most characters.
        low: the least rows that are needed.
        high: the most rows allowed; None for any.
    """
    maker, usual = _maker(voice.kind, set(limits))
    count = max(low, usual if high is None else min(usual, high))
    rows = maker(voice, limits, count)[:count]
    if len(rows) < low:
        rows += _spare_rows(voice, limits, low - len(rows), {str(row.get("question")) for row in rows})
    return rows


def _maker(kind: str, fields: set[str]) -> tuple[Callable[[Voice, Limits, int], list[Row]], int]:
    if "question" in fields or (kind == "faq" and {"headline", "body"} <= fields):
        return questions, _QUESTIONS
    if kind in _OWN_MAKERS:
        return _OWN_MAKERS[kind]
    if {"ours", "usual"} & fields:
        return comparisons, _COMPARED
    if "figure" in fields or (kind == "statistics" and {"label", "value", "step"} & fields):
        return figures, _FIGURES
    if {"label", "value"} <= fields or "cells" in fields:
        return table, _TABLE
    if "step" in fields or kind == "steps":
        return _steps, _STEPS
    if kind in {"features", "material", "size", "care", "components"}:
        return _features, _ITEMS
    return _items, _ITEMS


def _features(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """From what usually falls short, by the way we went, to the fact that makes it so."""
    keys = FACT_KEYS.get(voice.kind, FEATURE_KEYS)
    rows: list[Row] = []
    for fact, about in distinct(voice):
        if about.key not in keys or len(rows) >= count or state(fact.name, fact.value) in voice.said:
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
        if fits(text, limit) and voice.allowed(text):
            return text
    return None


def _steps(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """The steps of the category; where facts say how to use and to keep the product, in their words."""
    rows = _items(voice, limits, count)
    for fact, about in voice.known.facts:
        said = state(fact.name, fact.value)
        row = next((row for row in rows if _STATED.get(about.key, "\0") in row["body"]), None)
        if row and fits(said, limits.get("body")) and voice.allowed(said):
            voice.rest_on(fact)
            row["body"] = said
    return [row | {"step": _ORDINALS[min(number, 7)]} for number, row in enumerate(rows)]


def _cautions(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """What facts warn of; what is true of the category only where they warn of nothing."""
    return warnings(voice, limits, count) or _items(voice, limits, count)


_OWN_MAKERS = {
    "packaging": (disposal, _TABLE),
    "caution": (_cautions, _ITEMS),
    "reviews": (quotations, _STEPS),
}


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
        titles, bodies = (
            voice.bank.phrases(voice.known.category, voice.kind, f"items_{each}")
            for each in ("title", "body")
        )
        if own < len(titles) and titles[own] and own < len(bodies) and bodies[own]:
            return titles[own], bodies[own]
        if own < len(bodies) and bodies[own] and len(titles) > 1:
            return titles[1], bodies[own]
    return [], []


def _spare_rows(voice: Voice, limits: Limits, count: int, asked: set[str]) -> list[Row]:
    """What is true of any product, for lists that need more rows than there are facts; nothing `asked` before."""
    rows: list[Row] = []
    shown = [
        ("상품명", voice.known.full_name),
        ("분류", voice.texts["category"]),
        ("문의", "상품 문의로 안내합니다"),
    ]
    if {"label", "value", "ours"} & limits.keys():
        rows = [
            {"label": label, "value": value, "ours": value, "usual": "따로 확인해야 함"}
            for label, value in shown
            if fits(value, limits.get("value")) and fits(value, limits.get("ours"))
        ]
    spare = [pair for pair in _SPARE_QUESTIONS if pair[0] not in asked] or list(_SPARE_QUESTIONS)
    while len(rows) < count:
        question, answer = spare[len(rows) % len(spare)]
        title, body = (
            voice.phrase("headline", limits.get("headline")),
            voice.prose("body", limits.get("body"), 1),
        )
        rows.append(
            {
                "headline": title,
                "body": body,
                "label": title,
                "value": body,
                "question": question,
                "answer": answer,
            }
        )
    return rows[:count]

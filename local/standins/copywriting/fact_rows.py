"""Rows that state facts: tables, figures, questions and their answers, comparisons."""

from __future__ import annotations

import re
from typing import Any

from local.standins.copywriting.bank import FactPhrases
from local.standins.copywriting.josa import with_particle
from local.standins.copywriting.reading import Fact
from local.standins.copywriting.sentences import fit, state
from local.standins.copywriting.voice import Voice

Row = dict[str, Any]
Limits = dict[str, int | None]
Pairs = list[tuple[Fact, FactPhrases]]

_UNTELLING = re.compile(r"개별 ?표기|해당 ?없음|참조|참고")
_SHOWN = 16  # characters of a figure that is shown large
_NO_FIGURES = ("certificate", "made", "warranty", "wash", "storage", "usage", "color", "origin", "other")
_FIGURE = re.compile(r"\d[\d,.]*")
FACT_KEYS = {
    "size": ("size", "weight", "capacity", "fit"),
    "material": ("ingredient", "material", "texture", "origin", "taste"),
    "care": ("storage", "wash", "shelf"),
    "components": ("set", "capacity"),
    "caution": ("caution", "storage"),
    "certificate": ("certificate",),
}
FEATURE_KEYS = (
    "origin", "ingredient", "material", "texture", "taste", "roast", "process", "size", "weight", "capacity",
    "color", "storage", "wash", "usage", "battery", "charge", "noise", "mode", "fit", "altitude",
)  # fmt: skip
_COMPARED_KEYS = (
    "origin", "ingredient", "material", "texture", "taste", "roast", "process", "size", "storage", "wash",
    "battery", "charge", "noise", "mode", "fit", "altitude", "shelf",
)  # fmt: skip
_NO_RIVAL = ("certificate", "made", "warranty", "price")  # nothing to be said of what others usually do
_STORY_KEYS = ("origin", "altitude", "process", "made", "ingredient", "material")
_ASKED_KEYS = ("usage", "storage", "wash", "shelf", "caution", "charge", "warranty", "set", "fit")
_SUITED_KEYS = {"story": _STORY_KEYS, "steps": ("usage", "storage", "wash", "charge", "caution")}
_ASKED_OF_SELLER = "자주 묻는 질문: "
_WRITTEN_BY_CUSTOMER = "고객 후기: "
#: what a packaging material is called where it is sorted
_SORTED_AS = {"종이": "종이류", "유리": "유리병류", "플라스틱": "플라스틱류", "비닐": "비닐류", "캔": "캔류"}
_SOURCES = {"notice": ("notice",), "packaging": ("packaging",), "specification": ("attribute",)}

#: kinds whose facts are those of a table
TABLED = frozenset(FACT_KEYS) | frozenset(_SOURCES)


def fits(text: str, limit: int | None) -> bool:
    """Whether a text keeps within a limit, if there is one."""
    return limit is None or len(text) <= limit


def table(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """Names and values as they are; a value too long for its cell is left out rather than cut."""
    rows: list[Row] = []
    shown: set[tuple[str, str]] = set()
    for fact, about in table_facts(voice):
        fitting = fits(fact.name, limits.get("label")) and fits(fact.value, limits.get("value"))
        said = (about.key if voice.kind in FACT_KEYS else fact.name, re.sub(r"[\s,/·]", "", fact.value))
        if fitting and said not in shown and voice.allowed(fact.value) and len(rows) < count:
            shown.add(said)
            voice.rest_on(fact)
            rows.append({"label": fact.name, "value": fact.value, "cells": [fact.name, fact.value]})
    return rows


def table_facts(voice: Voice) -> Pairs:
    """The facts that a table of this kind of block shows, the most fitting first."""
    sources, keys = _SOURCES.get(voice.kind), FACT_KEYS.get(voice.kind)
    facts = list(voice.known.facts)
    if sources:
        return [pair for pair in facts if any(each in pair[0].source for each in sources)]
    if keys:
        return sorted(
            (pair for pair in facts if pair[1].key in keys), key=lambda pair: keys.index(pair[1].key)
        )
    if voice.kind == "story":
        return told_first(facts, _STORY_KEYS)
    told = [pair for pair in facts if pair[0].source != "name"]  # a table is not about what it is called
    return [pair for pair in told if "attribute" in pair[0].source] or told or facts


def figures(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """Facts that are a figure, the unit apart where the list has a field for it."""
    rows: list[Row] = []
    limit = min(
        (limits[each] or _SHOWN for each in ("value", "figure", "step") if each in limits), default=_SHOWN
    )
    for fact, about in voice.known.facts:
        found = _FIGURE.match(fact.value) if "unit" in limits else _FIGURE.search(fact.value)
        told = (
            fact.source != "price" and about.key not in _NO_FIGURES and fits(fact.value, min(limit, _SHOWN))
        )
        if not found or not told or len(rows) >= count or fact.name in {row["label"] for row in rows}:
            continue
        voice.rest_on(fact)
        figure, unit = fact.value, ""
        if "unit" in limits:
            figure, unit = found.group(), fact.value[found.end() :].strip()
        shown = dict.fromkeys(("value", "figure", "number"), figure)
        said = state(fact.name, fact.value)
        rows.append(shown | {"label": fact.name, "headline": fact.name, "unit": unit, "body": said})
    return rows


def distinct(voice: Voice) -> Pairs:
    """One fact of each sort in a seeded order, those the seller asked for first, none from prose or price."""
    wanted = voice.wanted()
    seen: set[str] = set()
    kept: Pairs = []
    for fact, about in sorted(
        voice.shuffled(voice.known.facts),
        key=lambda pair: (pair[0] not in wanted, pair[0].source != "attribute"),
    ):
        key = about.key if about.key != "other" else fact.name
        if key not in seen and fact.source != "price" and not _UNTELLING.search(fact.value):
            seen.add(key)
            kept.append((fact, about))
    return kept


def told_first(pairs: Pairs, keys: tuple[str, ...]) -> Pairs:
    """The facts of these sorts first, in this order; the others stay behind them."""
    return sorted(pairs, key=lambda pair: keys.index(pair[1].key) if pair[1].key in keys else len(keys))


def suited(voice: Voice) -> Pairs:
    """One fact of each sort, those first that suit the block: an origin for a story, its use for steps."""
    return told_first(distinct(voice), _SUITED_KEYS.get(voice.kind, ()))


def disposal(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """Each packaging material once, with the sort it is put out as."""
    rows: dict[str, Row] = {}
    for fact, _ in table_facts(voice):
        material = fact.value.strip()
        sort = next((sort for word, sort in _SORTED_AS.items() if word in material), material)
        told = f"{with_particle(sort, '으로')} 나누어 배출해 주세요."
        if fits(material, limits.get("label")) and fits(told, limits.get("value")) and len(rows) < count:
            voice.rest_on(fact)
            rows.setdefault(
                material,
                {
                    "label": material,
                    "value": told,
                    "headline": material,
                    "body": told,
                    "cells": [material, told],
                },
            )
    return list(rows.values())


def warnings(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """The cautions that facts give, in their words."""
    rows: list[Row] = []
    for fact, _ in table_facts(voice):
        said = state(fact.name, fact.value)
        if fits(said, limits.get("body")) and voice.allowed(said) and len(rows) < count:
            voice.rest_on(fact)
            rows.append({"headline": fact.name, "body": said, "label": fact.name, "value": fact.value})
    return rows


def _asked_of_seller(voice: Voice, limits: Limits) -> list[Row]:
    """What customers have asked, from the seller's own documents."""
    rows = []
    for fact in voice.reading.facts:
        question = fact.name.removeprefix(_ASKED_OF_SELLER)
        if question == fact.name or not voice.allowed(fact.value):
            continue
        question = question.removeprefix(voice.known.full_name).strip() or question
        question = question if question.endswith("?") else f"{with_particle(question, '이')} 궁금해요."
        answer = fit(fact.value, limits.get("answer") or limits.get("body"))
        if fits(question, limits.get("question") or limits.get("headline")):
            voice.rest_on(fact)
            rows.append({"question": question, "answer": answer, "headline": question, "body": answer})
    return rows


def quotations(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """What customers wrote, in their words; a passage too long ends with a whole sentence."""
    rows: list[Row] = []
    for fact in voice.reading.facts:
        title = fact.name.removeprefix(_WRITTEN_BY_CUSTOMER)
        said = fit(fact.value, limits.get("body"))
        if title != fact.name and said in fact.value and voice.allowed(said) and len(rows) < count:
            voice.rest_on(fact)
            label = title if fits(title, limits.get("label")) else None
            rows.append({"body": said, "quote": said, "label": label, "headline": label, "author": label})
    return rows


def questions(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """Questions that a fact answers, with that answer: what was really asked, then what care and use raise."""
    rows = _asked_of_seller(voice, limits)
    limit = limits.get("answer") or limits.get("body")
    for fact, about in told_first(distinct(voice), _ASKED_KEYS):
        if fact.source == "name":
            continue
        answer = state(fact.name, fact.value)
        if len(rows) >= count or not fits(answer, limit) or not voice.allowed(answer):
            continue
        asked = voice.sayable(
            voice.shuffled(about.question), limits.get("question") or limits.get("headline"), fact
        )
        question = next(asked, None)
        if question:
            voice.rest_on(fact)
            rows.append({"question": question, "answer": answer, "headline": question, "body": answer})
    return rows


def comparisons(voice: Voice, limits: Limits, count: int) -> list[Row]:
    """What this product states beside what is usually left unstated; the sorts of fact that tell most come first."""
    rows: list[Row] = []
    told = [
        pair for pair in distinct(voice) if pair[0].source == "attribute" and pair[1].key not in _NO_RIVAL
    ]
    for fact, about in sorted(told, key=lambda pair: pair[1].key not in _COMPARED_KEYS):
        # Where no column names the fact, the value does.
        ours = fact.value if "label" in limits else f"{fact.name} {fact.value}"
        if (
            len(rows) >= count
            or not fits(ours, limits.get("ours"))
            or not fits(fact.name, limits.get("label"))
        ):
            continue
        voice.rest_on(fact)
        way = next(voice.sayable(voice.shuffled(about.way), limits.get("body"), fact), None)
        rows.append(
            {"label": fact.name, "headline": fact.name, "ours": ours, "usual": about.usual, "body": way}
        )
    return rows

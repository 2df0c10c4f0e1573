"""The figures in a text: amounts with their units, ranges, dimensions, dates, codes, spelled numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Literal

from generation.claims.numerals import NATIVE, NUMBER, SINO, WRITTEN, native_value, value_of
from generation.claims.text import PARTICLE_NEXT
from generation.claims.units import BARE, Unit, unit_pattern, units

type Writing = Literal["figures", "native", "sino", "code"]

# A figure with an unknown counter keeps its first syllable (7엽), unless that is a particle (316은, 3이라).
_PARTICLE_FIRST = frozenset("은는이가을를의에로으과와도만까부씩짜쯤정인입예보처라나며고면요들당마여및")
# Single syllables count only after a blank: 세포, 열정 and 열매 are no figures.
_NATIVE_SPACED = (
    "단계|가지|종류|세트|시간|개월|포인트|컬러|켤레|개|겹|달|장|명|병|포|팩|종|배|번|회|주"
    "|색|칸|층|알|정|벌|쌍|매|줄|해|단"
)
_NATIVE_ATTACHED = "가지|단계|시간|세트|종류|개|겹|달"
_SINO_UNITS = (
    "밀리리터|리터|그램|킬로그램|센티미터|센티|밀리미터|미터|시간|개월|퍼센트|프로|단계|가지|데시벨|와트|분|초|일|주|년|도"
    "|원대|원|개|명|장|매|종|회|번|배|건"
)
_DAYS = {
    "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "여드레": 8, "아흐레": 9, "열흘": 10, "보름": 15,
}  # fmt: skip
_JOINED = re.compile(r"\s?[~\u223c\u301c\u2013\u2014/xX\u00d7*,\u00b7-]\s?")
_LEAST = frozenset({"최소", "최저", "최하", "이상"})
_BOUND_BEFORE = re.compile(r"(최대|최장|최고|최소|최저|최하)\s?(?:약\s?)?$")
_BOUND_AFTER = re.compile(r"\s?(이상|이하|이내|미만|까지)")
_BOUND_WINDOW = 8


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure in a text.

    Attributes:
        value: as written, without the unit's factor; 0 for a code.
        unit: what it counts or measures; `?엽` for a counter we do not know.
        text: the words, `start` and `end` where they stand.
        bound: `max` or `min` where the text says so (최대, 이상).
    """

    value: Decimal
    unit: Unit
    text: str
    start: int
    end: int
    writing: Writing = "figures"
    bound: Literal["", "max", "min"] = ""

    @property
    def amount(self) -> Decimal:
        """In the dimension's own unit: 0.5 L is 500."""
        return self.value * self.unit.factor


@cache
def _figures() -> re.Pattern[str]:
    month = r"(?:1[0-2]|0?[1-9])(?![0-9])"
    day = r"(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])"
    return re.compile(
        rf"(?<![0-9A-Za-z,.-])(?P<year>(?:19|20)[0-9]{{2}})"
        rf"(?:년\s?(?P<m1>{month})월(?:\s?(?P<d1>{day})일)?|[-./](?P<m2>{month})(?:[-./](?P<d2>{day}))?)"
        r"|(?P<code>[0-9]{16,}|(?<![0-9])(?:0[0-9]{1,2}-[0-9]{3,4}|1[0-9]{3})-[0-9]{4}(?![0-9])"
        r"|(?<![A-Za-z0-9])[A-Za-z]++(?:[-_]?[A-Za-z0-9]++)*+(?:\.[0-9]++)?+)"
        rf"|(?<![0-9])(?:(?P<money>[\u20a9$])\s?)?(?:(?P<number>{WRITTEN}){unit_pattern()}"
        rf"|(?P<side>{NUMBER})(?=\s?[xX\u00d7*]\s?[0-9])"
        r"|(?P<mixed>[0-9]++[A-Za-z][A-Za-z0-9]*+(?:-[A-Za-z0-9]++)*+)"
        rf"|(?P<bare>{WRITTEN})(?P<unknown>[가-힣]++)?)"
    )


@cache
def _spelled() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![가-힣0-9])(?:(?P<native>{NATIVE})(?:\s(?P<apart>{_NATIVE_SPACED})|(?P<joined>{_NATIVE_ATTACHED}))"
        rf"|(?P<sino>{SINO})\s?(?P<measure>{_SINO_UNITS})"
        rf"|(?P<thousand>천|만)\s?(?P<won>원대?)|(?P<days>{'|'.join(_DAYS)})){PARTICLE_NEXT}(?!\s(?:버스|지하철|전철))"
    )


def quantities(text: str) -> list[Quantity]:
    """All figures of a normalised text in their order; numbers without a unit in a range take the range's."""
    found = _with_shared_units(text, list(_written(text))) if any("0" <= each <= "9" for each in text) else []
    return [_with_bound(text, each) for each in (*found, *_in_words(text))]


def _written(text: str) -> Iterator[Quantity]:
    for found in _figures().finditer(text):
        if found["year"]:
            yield from _date(found)
        elif code := found["code"] or found["mixed"]:
            if any("0" <= each <= "9" for each in code):
                yield Quantity(Decimal(0), BARE, found[0], found.start(), found.end(), "code")
        else:
            yield _amount(found)


def _date(found: re.Match[str]) -> Iterator[Quantity]:
    for group, writing in (("year", "년"), ("m1", "월"), ("m2", "월"), ("d1", "일"), ("d2", "일")):
        if found[group]:
            yield Quantity(
                Decimal(found[group]), units()[writing], found[0].strip(), found.start(), found.end()
            )


def _amount(found: re.Match[str]) -> Quantity:
    written = found["number"] or found["side"] or found["bare"]
    end = found.end()
    if writing := found["unit"] or found["spaced"]:
        unit = units()[writing]
    elif found["money"]:
        unit = units()["원" if found["money"] == "\u20a9" else "달러"]
    elif found["unknown"] and found["unknown"][0] not in _PARTICLE_FIRST:
        unit = Unit(f"?{found['unknown'][0]}")
    else:
        unit, end = BARE, end - len(found["unknown"] or "")
    start = found.start()
    return Quantity(value_of(written), unit, found.string[start:end], start, end)


def _with_shared_units(text: str, found: list[Quantity]) -> list[Quantity]:
    """3~5분 and 7.2x22.5cm: what has no unit takes that of the number it is joined to."""
    shared = found[:]
    for index in range(len(found) - 2, -1, -1):
        this, following = found[index], shared[index + 1]
        joined = this.end <= following.start and _JOINED.fullmatch(text, this.end, following.start)
        if joined and this.unit == BARE and "code" not in {this.writing, following.writing}:
            shared[index] = replace(this, unit=following.unit)
    return shared


def _in_words(text: str) -> Iterator[Quantity]:
    for found in _spelled().finditer(text):
        writing: Writing = "native" if found["native"] else "sino"
        yield Quantity(*_spelled_out(found), found[0], found.start(), found.end(), writing)


def _spelled_out(found: re.Match[str]) -> tuple[Decimal, Unit]:
    if found["days"]:
        return Decimal(_DAYS[found["days"]]), units()["일"]
    counter = found["apart"] or found["joined"] or found["measure"] or found["won"]
    value = native_value(found["native"]) if found["native"] else value_of(found["sino"] or found["thousand"])
    return value, units()[counter]


def _with_bound(text: str, quantity: Quantity) -> Quantity:
    before = _BOUND_BEFORE.search(text[max(0, quantity.start - _BOUND_WINDOW) : quantity.start])
    after = _BOUND_AFTER.match(text, quantity.end)
    word = before[1] if before else after[1] if after else ""
    if not word:
        return quantity
    return replace(quantity, bound="min" if word in _LEAST else "max")

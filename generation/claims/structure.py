"""Numbers that state nothing about the product: steps, list numbering, idioms, times of day in a scene."""

from __future__ import annotations

import re
from decimal import Decimal

from generation.claims.quantities import Quantity
from generation.claims.units import BARE

_NUMBERING_SLOTS = frozenset({"step", "number", "no", "order", "index"})
_SMALL = 100
_STEP_CODE = re.compile(r"(?:q|a|step|point|tip|part|no|day|chapter|reason|check)[-_.]?[0-9]{1,2}")
# Codes everyone knows that are no figures of this product.
_KNOWN_CODES = frozenset({"a4", "a5", "b5용지", "y2k", "web2.0"})
_LABEL_BEFORE = re.compile(
    r"(?i:step|point|tip|part|chapter|reason|check|no\.?|q|a|포인트|단계|이유|질문|순서|방법|제|장면)\s?[.#]?\s?$"
)
_LABEL_WINDOW = 10
_WINDOW = 200  # how far the surroundings of a figure are looked at
# 1. / 2) / 03 at the start of a line.
_LINE_START = re.compile(r"[\s(\[#\u2022-]*")
_AFTER_NUMBERING = re.compile(r"\s?(?:[.)\]:·]|-\s|$)")
_LEADING_ZERO = re.compile(r"0[0-9]")
_SCENE_TIME = re.compile(r"(?:오전|오후|새벽|아침|점심|저녁|밤|낮|자정|정오)\s?$")
_DISPATCH = re.compile(r"주문|발송|출고|배송|마감|도착|입금|결제|상담|문의")
_IDIOMS = re.compile(
    r"1:1\s?(?:문의|상담|맞춤|채팅|게시판)|1인\s?가구|4계절|24절기|[1-7]0대(?!\s?(?:한정|판매))|[2-3]030\s?세대|오만\s?가지"
)
_IDIOM_WINDOW = 8
# 한 시간 is a turn of speech unless it says how long something takes or lasts.
_LASTING = re.compile(
    r"\s?(?:만에|이면|안에|동안\s?(?:지속|유지)|(?:이상\s?)?(?:지속|사용|유지|충전|완충|가동))"
)
_DURATIONS = frozenset({"time", "days", "months"})
# Spoken of people's hands, habits and turns rather than of the product.
_LOOSE_COUNTERS = frozenset({"times", "age", "machine", "people", "place", "cup", ""})
_HABIT = re.compile(r"(?:하루|매일|일주일|한 주|한 달|아침저녁)에?(?:로|마다)?\s?$")


def states_nothing(quantity: Quantity, text: str, slot: str) -> bool:
    """Whether a figure of the copy is structure or a turn of speech.

    Args:
        quantity: found in `text`.
        text: of the whole slot.
        slot: its path such as `items.2.body`.
    """
    if quantity.writing == "code":
        code = quantity.text.casefold()
        return code in _KNOWN_CODES or _STEP_CODE.fullmatch(code) is not None
    if quantity.writing == "native":
        return _is_idle_numeral(quantity, text)
    return _numbers_something(quantity, text, slot) or _is_idiom(quantity, text)


def _is_idle_numeral(quantity: Quantity, text: str) -> bool:
    before = text[max(0, quantity.start - _LABEL_WINDOW) : quantity.start]
    if quantity.unit.name == "times" and _HABIT.search(before):
        return False
    if quantity.value == 1:
        lasting = quantity.unit.name in _DURATIONS and _LASTING.match(text, quantity.end)
        return not lasting
    return quantity.unit.name in _LOOSE_COUNTERS


def _numbers_something(quantity: Quantity, text: str, slot: str) -> bool:
    if quantity.unit.name == "ordinal":
        return True
    if quantity.unit.name not in {"", "level", "kind"} or quantity.value >= _SMALL or quantity.value % 1:
        return False
    parts = slot.split(".")
    if parts[-1] in _NUMBERING_SLOTS:
        return True
    before = text[max(0, quantity.start - _WINDOW) : quantity.start]
    after = text[quantity.end : quantity.end + _WINDOW]
    if quantity.unit == BARE and _LABEL_BEFORE.search(before[-_LABEL_WINDOW:]):
        return True
    line = before.rpartition("\n")[2] if "\n" in before or quantity.start <= _WINDOW else before
    if _LINE_START.fullmatch(line):
        return _opens_line(quantity, after, parts) or _in_sequence(quantity, text)
    return _in_sequence(quantity, text)


def _opens_line(quantity: Quantity, after: str, parts: list[str]) -> bool:
    if quantity.unit == BARE and (after.strip() or _LEADING_ZERO.match(quantity.text)):
        return bool(_AFTER_NUMBERING.match(after) or _LEADING_ZERO.match(quantity.text))
    index = next((int(part) for part in parts if part.isdecimal() and len(part) < len("000")), -1)
    return quantity.value == index + 1 and quantity.unit.name == "level"


def _in_sequence(quantity: Quantity, text: str) -> bool:
    """1단계로 ..., 2단계로 ...: steps told one after another."""
    if quantity.unit.name != "level":
        return False
    counter = re.sub(r"[0-9\s]+", "", quantity.text)
    told = {
        Decimal(number) for number in re.findall(rf"(?<![0-9])([0-9]{{1,2}})\s?{re.escape(counter)}", text)
    }
    return len(told) > 1 and told == {Decimal(number) for number in range(1, len(told) + 1)}


def _is_idiom(quantity: Quantity, text: str) -> bool:
    if quantity.unit.name == "o'clock" and _SCENE_TIME.search(
        text[max(0, quantity.start - _LABEL_WINDOW) : quantity.start]
    ):
        return not _DISPATCH.search(text, max(0, quantity.start - _WINDOW), quantity.end + _WINDOW)
    begin = max(0, quantity.start - _IDIOM_WINDOW)
    return any(
        found.start() <= quantity.start and quantity.end <= found.end()
        for found in _IDIOMS.finditer(text, begin, quantity.end + _IDIOM_WINDOW)
    )

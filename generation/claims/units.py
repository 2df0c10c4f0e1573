"""Units of Korean product copy: their writings, what converts into what, which counters count the same.

Units that convert share a dimension and differ by a factor; counters are dimensions of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from generation.claims.text import PARTICLE_NEXT

_MEASURES: Mapping[str, Mapping[str, str]] = {
    "volume": {"1": "ml mL ML Ml cc cm3 밀리리터 밀리 씨씨", "1000": "L l 리터", "1000000": "m3"},
    "mass": {
        "0.000001": "μg ug mcg 마이크로그램",
        "0.001": "mg 밀리그램",
        "1": "g 그램 그람",
        "1000": "kg KG Kg 킬로그램 킬로 키로",
        "1000000": "톤",
    },
    "length": {
        "0.001": "μm um 마이크로미터 마이크론",
        "1": "mm MM 밀리미터",
        "10": "cm CM Cm 센티미터 센티 센치",
        "1000": "m 미터",
        "1000000": "km 킬로미터",
    },
    "inch": {"1": "인치 inch"},
    "area": {"0.01": "mm2", "1": "cm2 제곱센티미터", "10000": "m2 제곱미터 평방미터"},
    "pyeong": {"1": "평"},
    "density": {"1": "gsm g/m2"},
    "time": {
        "0.001": "ms 밀리초",
        "1": "초 sec",
        "60": "분 min",
        "3600": "시간 h hr hrs hours",
    },
    # Apart from hours: 하루 두 번 does not back 24시간 보습.
    "days": {"1": "일 days", "7": "주일 주"},
    "months": {"1": "개월 달", "12": "년 해"},
    "month of the year": {"1": "월"},
    "o'clock": {"1": "시"},
    "percent": {"1": "% 퍼센트 프로"},
    "degree": {"1": "°C °c ° 도"},
    "fahrenheit": {"1": "°F"},
    "decibel": {"1": "dB db DB 데시벨"},
    "charge": {"1": "mAh mah MAH 밀리암페어시 밀리암페어", "1000": "Ah"},
    "energy": {"1": "Wh", "1000": "kWh"},
    "power": {"0.001": "mW", "1": "W w 와트", "1000": "kW KW 킬로와트"},
    "voltage": {"0.001": "mV", "1": "V v 볼트", "1000": "kV"},
    "current": {"0.001": "mA", "1": "A 암페어"},
    "frequency": {"1": "Hz hz 헤르츠", "1000": "kHz", "1000000": "MHz", "1000000000": "GHz"},
    "kelvin": {"1": "K 켈빈"},
    "lumen": {"1": "lm 루멘"},
    "lux": {"1": "lx 룩스 럭스"},
    "speed": {"1": "rpm RPM"},
    "pressure": {"1": "Pa 파스칼", "100": "hPa", "1000": "kPa"},
    "bar": {"1": "bar 기압"},
    "data": {"1": "MB 메가바이트", "1024": "GB 기가바이트 기가", "1048576": "TB 테라바이트 테라"},
    "pixel": {"1": "px 픽셀 화소"},
    "nutrition": {"1": "kcal Kcal KCAL 킬로칼로리 칼로리"},
    "ppm": {"1": "ppm"},
    "iu": {"1": "IU"},
    "won": {"1": "원 won WON KRW"},
    "price range": {"1": "원대"},
    "dollar": {"1": "달러"},
}

_COUNTERS: Mapping[str, str] = {
    "piece": "개 개입 입 EA ea Ea pcs PCS P p 피스",
    "sheet": "매 매입 장 장입",
    "sachet": "포 포입 봉 봉지 스틱",
    "bottle": "병",
    "can": "캔",
    "tub": "통",
    "box": "박스 상자",
    "pack": "팩 팩입",
    "set": "세트 셋트 set SET",
    "level": "단 단계 스텝 STEP step",
    "kind": "종 종류 가지 컬러 색 색상 모드 포인트",
    "garment": "벌",
    "pair": "켤레 족 쌍 페어",
    "ply": "겹 중 레이어",
    "storey": "층",
    "cell": "칸",
    "row": "줄",
    "pill": "정 캡슐 알 환",
    "volume of a book": "권",
    "page": "쪽 페이지",
    "place": "곳 군데",
    "cup": "잔 컵",
    "slice": "조각",
    "roll": "롤",
    "socket": "구",
}

# Counters that never count the same as another: five people are not five pieces.
_SEPARATE: Mapping[str, str] = {
    "people": "명 인 인용",
    "serving": "인분",
    "times": "회 번 차례",
    "fold": "배",
    "rank": "위 등",
    "grade": "등급",
    "cases": "건",
    "score": "점",
    "age": "살 세",
    "generation": "세대",
    "machine": "대",
    "yarn": "수",
    "shade": "호",
    "anniversary": "주년",
    "ordinal": "번째 째 차 년차 일차 주차 회차",
    "": "정도 이상 이하 이내",
}

THINGS = frozenset(_COUNTERS)
# 개, 가지 and 종 are said of anything: 패드 2장 is 패드 2개, 3색 is 세 가지 색.
_GENERIC = frozenset({"piece", "kind"})
# What a list in the facts or in the block can be counted with.
LISTED = frozenset({"piece", "kind", "level"})


@dataclass(frozen=True, slots=True)
class Unit:
    """`name` is the dimension or counter; an amount is the written figure times `factor`."""

    name: str
    factor: Decimal = Decimal(1)


BARE = Unit("")


@cache
def units() -> Mapping[str, Unit]:
    """Every writing of every unit."""
    return dict(_all_units())


def _all_units() -> Iterator[tuple[str, Unit]]:
    for name, factors in _MEASURES.items():
        for factor, writings in factors.items():
            yield from ((writing, Unit(name, Decimal(factor))) for writing in writings.split())
    for name, writings in (*_COUNTERS.items(), *_SEPARATE.items()):
        yield from ((writing, Unit(name)) for writing in writings.split())


def counts_like(counter: str) -> frozenset[str]:
    """The counters that may stand for this one."""
    if counter not in THINGS:
        return frozenset({counter})
    return THINGS if counter in _GENERIC else _GENERIC | {counter}


@cache
def unit_pattern() -> str:
    """A unit after a figure: attached in any way, or after a blank where nothing but a particle follows it.

    Groups `unit` and `spaced`; the longest writing wins (개월 before 개).
    """
    writings = sorted(units(), key=lambda writing: (-len(writing), writing))
    latin = "|".join(re.escape(each) for each in writings if not _is_hangul(each))
    hangul = "|".join(each for each in writings if _is_hangul(each))
    return (
        rf"여?(?:(?P<unit>(?:{latin})(?![A-Za-z])|{hangul})"
        rf"|\s(?P<spaced>(?:{latin})(?![A-Za-z])|(?:{hangul}){PARTICLE_NEXT}))"
    )


def _is_hangul(writing: str) -> bool:
    return "가" <= writing[0] <= "힣"

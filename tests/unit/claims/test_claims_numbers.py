"""Figures in the copy against figures in the facts."""

from typing import Any

import pytest

from generation.claims.check import find_claims
from tests.unit.claims.claims_facts import CLAIMED, CREAM, FAN, HOODIE, TUMBLER, codes, facts

BACKED = [
    # the same figure in other writings
    ("가격은 32,900원입니다.", FAN),
    ("가격은 32900원이에요.", FAN),
    ("3만 2,900원에 만나요.", FAN),
    ("3만2천9백원입니다.", FAN),
    ("삼만 이천구백 원입니다.", FAN),
    ("₩32,900", FAN),
    ("용량은 0.5L입니다.", TUMBLER),
    ("0.5리터를 담아요.", TUMBLER),
    ("500밀리리터 텀블러", TUMBLER),
    ("500 mL를 담습니다.", TUMBLER),
    ("500㎖ 텀블러", TUMBLER),
    ("\uff15\uff10\uff10ml 텀블러", TUMBLER),
    ("오백 밀리리터를 담아요.", TUMBLER),
    ("0.62kg이라 가볍게 옮깁니다.", FAN),
    ("620그램의 무게", FAN),
    ("배터리는 4000mAh입니다.", FAN),
    ("4천mAh 배터리", FAN),
    ("23데시벨의 소리", FAN),
    ("1단에서 23dB을 냅니다.", FAN),
    ("날개 7엽이 바람을 나눕니다.", FAN),
    ("최대 18시간까지 씁니다.", FAN),
    ("18시간 동안 켜 둘 수 있어요.", FAN),
    ("한 번 충전에 3시간이면 됩니다.", FAN),
    ("180분 충전", FAN),
    ("5V/2A 충전", FAN),
    ("5볼트, 2암페어", FAN),
    ("1m 거리에서 잰 값입니다.", FAN),
    ("100cm 떨어져 재었습니다.", FAN),
    # dimensions
    ("크기는 180x90x250mm입니다.", FAN),
    ("크기 180 \u00d7 90 \u00d7 250 mm", FAN),
    ("높이 25cm, 너비 18cm", FAN),
    ("7.2x22.5cm", TUMBLER),
    ("지름은 72mm예요.", TUMBLER),
    # model numbers, materials, dates
    ("모델명 SF-180", FAN),
    ("USB-C로 충전합니다.", FAN),
    ("인증번호 XU100000-26001", FAN),
    ("2026년 4월에 나온 모델입니다.", FAN),
    ("2026.04 출시", FAN),
    ("STS316 스테인리스", TUMBLER),
    ("안쪽은 316 스테인리스, 바깥은 304입니다.", TUMBLER),
    ("모델 DT500", TUMBLER),
    ("피부 자극 테스트는 31명과 2026년 3월에 했습니다.", CREAM),
    # counters, native numerals, lists
    ("네 단계 바람", FAN),
    ("4단계로 조절하는 바람", FAN),
    ("세 가지 색에서 골라 보세요.", TUMBLER),
    ("3색 구성", TUMBLER),
    ("소재는 네 가지입니다.", TUMBLER),
    ("두 겹으로 짰습니다.", HOODIE),
    ("2겹 조직", HOODIE),
    ("20수 원단", HOODIE),
    ("이중 진공 구조의 2중 벽", TUMBLER),
    ("하루 2회 발라 주세요.", CREAM),
    ("하루 두 번이면 됩니다.", CREAM),
    ("3-5분 뒤 흡수됩니다.", CREAM),
    ("3분에서 5분 사이", CREAM),
    ("병풀추출물을 61퍼센트 담았습니다.", CREAM),
    ("개봉 후 1년 안에 쓰세요.", CREAM),
    ("열두 달 안에 쓰세요.", CREAM),
    ("95℃의 물이 6시간 뒤 62°C", TUMBLER),
    ("면 100% 원단", HOODIE),
    ("수축은 2% 이내입니다.", HOODIE),
    ("350ml를 담습니다.", HOODIE),
    ("별점 4.8점", CLAIMED),
    ("3만 2천원대 선풍기", FAN),
    ("3만원대 선풍기", FAN),
    ("삼만 원대 선풍기", FAN),
    ("여섯 가지 빛깔의 보름달", (("색", "가, 나, 다, 라, 마, 바"),)),
    ("일 년 열두 달", CREAM),
    ("구매평 1204건", CLAIMED),
    # idioms and structure
    ("한 번 써 보면 압니다.", FAN),
    ("커피 한 잔의 여유", FAN),
    ("하나씩 살펴보세요.", FAN),
    ("두 손으로 감싸 쥐고 두 눈을 감아 보세요.", FAN),
    ("두세 번 접어 한두 개씩 넣어 두세요.", FAN),
    ("책상 위 어느 한 가지도 어긋나지 않게", FAN),
    ("첫 번째 이유, 두 번째 이유, 3번째 이유", FAN),
    ("STEP 1 꺼내기", FAN),
    ("POINT 02", FAN),
    ("Q1. 소리가 큰가요?", FAN),
    ("1. 꺼냅니다\n2. 켭니다\n3) 끕니다", FAN),
    ("1단계로 씻고 2단계로 닦고 3단계로 바릅니다.", CREAM),
    ("1차 세안 뒤 2차 세안을 합니다.", CREAM),
    ("오후 3시, 나른한 책상", FAN),
    ("새벽 2시의 고요", FAN),
    ("1:1 문의로 알려 주세요.", FAN),
    ("20대부터 50대까지 누구나", FAN),
    ("1인 가구의 작은 책상", FAN),
    ("피부 세포와 열정, 열매 이야기", CREAM),
    ("이만 가지런히 놓아 보세요.", FAN),
    ("세상 모든 책상에", FAN),
    ("① 꺼내기 ② 켜기", FAN),
]


@pytest.mark.parametrize(("text", "known"), BACKED)
def test_a_backed_or_idle_figure_is_no_finding(text: str, known: tuple[tuple[str, str], ...]) -> None:
    """The same value in another Korean writing or a converted unit, and figures that state nothing, pass."""
    assert codes(text, known) == []


UNBACKED = [
    ("가격은 15,900원입니다.", FAN, ["15,900원"]),
    ("1만5천9백원에 드려요.", FAN, ["1만5천9백원"]),
    ("만 오천 원입니다.", FAN, ["만 오천 원"]),
    ("용량은 600ml입니다.", TUMBLER, ["600ml"]),
    ("500g을 담아요.", TUMBLER, ["500g"]),
    ("500cm 높이", TUMBLER, ["500cm"]),
    ("5L 대용량", TUMBLER, ["5L"]),
    ("24시간 보온", TUMBLER, ["24시간"]),
    ("6분 뒤에도 62도", TUMBLER, ["6분"]),
    ("소음은 20dB입니다.", FAN, ["20dB"]),
    ("배터리는 5,000mAh", FAN, ["5,000mAh"]),
    ("무게 62g", FAN, ["62g"]),
    ("크기 200x90x250mm", FAN, ["200"]),
    ("3~6분 뒤 흡수", CREAM, ["6분"]),
    ("다섯 단계 바람", FAN, ["다섯 단계"]),
    ("다섯 가지 색", TUMBLER, ["다섯 가지"]),
    ("5가지 색상", TUMBLER, ["5가지"]),
    ("세 겹으로 짰습니다.", HOODIE, ["세 겹"]),
    ("30수 원단", HOODIE, ["30수"]),
    ("20엽 날개", FAN, ["20엽"]),
    ("병풀추출물 70%", CREAM, ["70%"]),
    ("하루 세 번 바르세요.", CREAM, ["세 번"]),
    ("모델 SF-200", FAN, ["SF-200"]),
    ("STS430 스테인리스", TUMBLER, ["STS430"]),
    ("SPF50 크림", CREAM, ["SPF50"]),
    ("IPX7 등급", FAN, ["IPX7"]),
    ("2025년 4월 출시", FAN, ["2025년 4월"]),
    ("2026년 5월 출시", FAN, ["2026년 5월"]),
    ("31개 제품으로 테스트", CREAM, ["31개"]),
    ("수분이 2배 오래갑니다.", HOODIE, ["2배"]),
    ("두 배 빠른 건조", HOODIE, ["두 배"]),
    ("한 시간이면 충전됩니다.", FAN, ["한 시간"]),
    ("두 달 동안 씁니다.", CREAM, ["두 달"]),
    ("이십사 시간 촉촉", CREAM, ["이십사 시간"]),
    ("1,000명이 골랐습니다.", CREAM, ["1,000명"]),
    ("5만 병이 나갔습니다.", CREAM, ["5만 병"]),
    ("숫자 12로 보는 바람", FAN, ["12"]),
    ("1**9**시간 사용", FAN, ["19시간"]),
    ("오후 3시 이전 주문 출고", FAN, ["3시"]),
    ("8시간 사용", FAN, ["8시간"]),
    ("3시간 사용, 13시간 대기", FAN, ["13시간"]),
    ("18일 사용", FAN, ["18일"]),
    ("2만원대 선풍기", FAN, ["2만원대"]),
    ("사흘이면 달라집니다.", CREAM, ["사흘"]),
    ("당도 12브릭스", FAN, ["12브릭스"]),
    ("24시간 보습", CREAM, ["24시간"]),
    ("전화 02-123-4567", FAN, ["02-123-4567"]),
]


@pytest.mark.parametrize(("text", "known", "words"), UNBACKED)
def test_an_unbacked_figure_is_a_finding(
    text: str, known: tuple[tuple[str, str], ...], words: list[str]
) -> None:
    """Another value, or the same one with a unit that says something else, is found with its unit."""
    found = codes(text, known)
    assert [each for code, each in found if code == "number"] == words


BOUNDS = [
    ("최대 18시간 사용", FAN, []),
    ("18시간까지 사용", FAN, []),
    ("최대 4시간 사용", FAN, [("bound", "최대 4시간")]),
    ("최소 18시간 사용", FAN, [("bound", "최소 18시간")]),
    ("18시간 이상 사용", FAN, [("bound", "18시간")]),
    ("30도 이하에서 빨아 주세요.", HOODIE, []),
    ("30도 이상에서 빨아 주세요.", HOODIE, [("bound", "30도")]),
    ("최대 2%의 수축", HOODIE, []),
    ("무게는 620g 이하", FAN, []),
    ("최대 20시간", FAN, [("number", "20시간")]),
]


@pytest.mark.parametrize(("text", "known", "expected"), BOUNDS)
def test_a_bound_is_the_facts_own(
    text: str, known: tuple[tuple[str, str], ...], expected: list[tuple[str, str]]
) -> None:
    """최대 and 이상 before or after a figure must not say more than the fact."""
    assert codes(text, known) == expected


LISTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"headline": "세 가지 이유", "items": [{"title": "가"}, {"title": "나"}, {"title": "다"}]}, []),
    ({"headline": "3가지 이유", "items": [{"title": "가"}, {"title": "나"}, {"title": "다"}]}, []),
    (
        {"headline": "다섯 가지 이유", "items": [{"title": "가"}, {"title": "나"}, {"title": "다"}]},
        ["다섯 가지"],
    ),
    ({"headline": "3명이 골랐어요", "items": [{"title": "가"}, {"title": "나"}, {"title": "다"}]}, ["3명"]),
    ({"items": [{"step": "1"}, {"step": "02"}, {"step": "3단계"}]}, []),
    ({"items": [{"title": "1단계 씻기"}, {"title": "2단계 말리기"}]}, []),
    ({"items": [{"value": "9", "label": "점"}]}, ["9"]),
]


@pytest.mark.parametrize(("slots", "words"), LISTS)
def test_counting_the_blocks_own_list_is_no_claim(slots: dict[str, Any], words: list[str]) -> None:
    """A number of reasons is backed by as many items; numbering the items claims nothing."""
    found = find_claims(slots, facts((("상품명", "빗자루"),)))
    assert [finding.text for finding in found] == words

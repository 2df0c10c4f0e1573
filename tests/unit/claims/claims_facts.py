"""Products as facts for the tests of claims."""

from collections.abc import Sequence

from generation.claims.check import Finding, find_claims
from generation.facts import Fact

FAN = (
    ("상품명", "저소음 USB-C 탁상 선풍기"),
    ("가격", "32,900원"),
    ("설명", "BLDC 모터와 7엽 날개."),
    ("설명", "1단에서 23dB(1m 거리, 자체 측정)."),
    ("설명", "4,000mAh 배터리로 1단 최대 18시간, 4단 4시간 사용합니다."),
    ("설명", "USB-C 5V/2A로 3시간 충전."),
    ("크기", "180x90x250mm"),
    ("무게", "620g"),
    ("풍속", "4단"),
    ("KC 인증번호", "XU100000-26001"),
    ("품명 및 모델명", "탁상 선풍기 SF-180"),
    ("동일모델의 출시년월", "2026-04"),
)
TUMBLER = (
    ("상품명", "데일리 스테인리스 텀블러 500ml"),
    ("가격", "24,900원"),
    ("설명", "내부는 STAINLESS 316, 외부는 304 소재를 쓴 이중 진공 텀블러."),
    ("설명", "뜨거운 물 95도 기준 6시간 뒤 62도를 유지했습니다(자체 시험, 실온 20도)."),
    ("용량", "500ml"),
    ("소재", "STS316(내부), STS304(외부), PP(뚜껑), 실리콘(패킹)"),
    ("무게", "285g"),
    ("크기", "지름 7.2cm, 높이 22.5cm"),
    ("색상", "크림 / 포레스트 / 차콜"),
    ("모델명", "DT-500"),
)
CREAM = (
    ("상품명", "시카 진정 수분 크림 50ml"),
    ("가격", "21,000원"),
    ("설명", "병풀추출물 61%를 담은 무향 수분 크림."),
    ("설명", "피부 자극 테스트(여 31명, 2026년 3월)를 마쳤습니다."),
    ("사용기한", "개봉 후 12개월"),
    ("사용법", "하루 두 번, 3~5분 흡수"),
    ("기능성 화장품 심사필 유무", "해당 없음"),
    ("비건 인증", "없음"),
)
HOODIE = (
    ("상품명", "오버핏 코튼 후드 집업"),
    ("설명", "20수 두 겹 조직의 면 100% 후드 집업."),
    ("설명", "세탁 후 수축이 2% 이내이도록 텐타 가공을 했습니다."),
    ("총장", "M 68cm, L 70cm, XL 72cm"),
    ("세탁", "30도 이하 단독 세탁"),
    ("용량(ml)", "350"),
)
CLAIMED = (
    ("상품명", "한끼 유기농 두부"),
    ("설명", "국내 최초로 냉압착한 두부입니다."),
    ("설명", "2026년 대한민국 식품대전 금상 수상."),
    ("설명", "HACCP 시설에서 만들고 ISO 22000 인증을 받았습니다."),
    ("설명", "특허 출원 중인 응고 방식입니다."),
    ("배송", "무료배송, 오후 2시 이전 주문 당일 발송"),
    ("후기", "구매평 1,204건, 별점 4.8점"),
    ("원재료", "유기농 콩 100%"),
    ("보증", "1년 무상 A/S"),
    ("추천", "영양사 추천"),
)


def facts(pairs: Sequence[tuple[str, str]]) -> tuple[Fact, ...]:
    """Numbered facts from names and values."""
    return tuple(
        Fact(id=f"F{number}", name=name, value=value, source="attribute")
        for number, (name, value) in enumerate(pairs, start=1)
    )


def claims(text: str, pairs: Sequence[tuple[str, str]]) -> list[Finding]:
    """The findings in one body text."""
    return find_claims({"body": text}, facts(pairs))


def codes(text: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Their codes and words."""
    return [(finding.code, finding.text) for finding in claims(text, pairs)]

"""From the seller's own word for a kind of product to a category of the library."""

from __future__ import annotations

from collections.abc import Mapping

# Longer words are looked for first, so that 주방가전 is electronics although 주방 is living.
_WORDS: Mapping[str, str] = {
    "food": (
        "식품 푸드 음식 먹거리 간식 과자 음료 커피 원두 차류 농산물 수산물 축산물 과일 채소 쌀 정육 김치 반찬 "
        "밀키트 건강식품 건강기능식품 베이커리 빵 디저트 소스 조미료 식료품 생크림 아이스크림 크림치즈 "
        "food grocery coffee "
    ),
    "living": (
        "주방용품 주방 리빙 생활용품 생활 홈데코 인테리어 가구 침구 욕실 수납 텀블러 식기 그릇 냄비 조리도구 청소용품 "
        "세제 조명 캠핑용품 반려동물 신발장 옷걸이 옷장 쌀통 빵칼 과일칼 소스팬 "
        "kitchen living home furniture "
    ),
    "beauty": (
        "화장품 뷰티 스킨케어 메이크업 색조 향수 바디케어 헤어케어 클렌징 선케어 마스크팩 미용 샴푸 크림 세럼 로션 "
        "beauty cosmetics skincare "
    ),
    "fashion": (
        "의류 패션 여성의류 남성의류 아동복 옷 상의 하의 아우터 신발 가방 잡화 모자 양말 속옷 액세서리 주얼리 원피스 "
        "셔츠 니트 팬츠 후드 fashion clothing apparel shoes bag "
    ),
    "electronics": (
        "가전 전자제품 디지털 전자기기 주방가전 생활가전 계절가전 소형가전 컴퓨터 노트북 휴대폰 스마트폰 이어폰 헤드폰 "
        "스피커 카메라 선풍기 가습기 공기청정기 청소기 충전기 전기 모니터 키보드 electronics appliance "
        "digital "
    ),
}


def match_category(text: str) -> str | None:
    """The category whose word stands in `text` (such as 식품 or `주방용품 > 텀블러`), or None.

    The longest word found decides; of equally long ones, the first in the text.
    """
    lowered = text.casefold()
    found = [
        (-len(word), lowered.index(word), category)
        for category, words in _WORDS.items()
        for word in words.split()
        if word in lowered
    ]
    return min(found)[2] if found else None

"""Superlatives, certificates, rankings, promises and reviews against the facts."""

import pytest

from tests.unit.claims.claims_facts import CLAIMED, CREAM, FAN, HOODIE, TUMBLER, codes

FLAGGED = [
    ("superlative", "최고의 바람", FAN),
    ("superlative", "**최고**급 소재", FAN),
    ("superlative", "국내 최초 냉각 방식", FAN),
    ("superlative", "세계 최초로 만든 두부", CLAIMED),
    ("superlative", "업계 최대 규모", FAN),
    ("superlative", "최상의 원료", CREAM),
    ("superlative", "유일한 선택", FAN),
    ("superlative", "완벽한 마감", FAN),
    ("superlative", "100% 만족하실 거예요", HOODIE),
    ("superlative", "만족도 말고 효과 100%", HOODIE),
    ("superlative", "절대 변하지 않는 색", HOODIE),
    ("superlative", "무조건 시원합니다", FAN),
    ("superlative", "영구적으로 씁니다", FAN),
    ("superlative", "압도적인 바람", FAN),
    ("superlative", "독보적 기술", FAN),
    ("superlative", "가장 조용한 선풍기", FAN),
    ("superlative", "제일 좋은 원두", FAN),
    ("superlative", "이보다 완벽할 수 있을까요?", FAN),
    ("superlative", "세상에 단 하나뿐인 컵", FAN),
    ("superlative", "부작용 없는 크림", CREAM),
    ("ranking", "판매 1위 선풍기", FAN),
    ("ranking", "No.1 선풍기", FAN),
    ("ranking", "TOP 10 안에 든 제품", FAN),
    ("ranking", "베스트셀러 선풍기", FAN),
    ("ranking", "누적 판매 신화", FAN),
    ("ranking", "수만 명이 선택한 이유", FAN),
    ("ranking", "매번 완판된 제품", FAN),
    ("certification", "BPA FREE 소재", TUMBLER),
    ("certification", "bpa-free", TUMBLER),
    ("certification", "비스페놀A 프리", TUMBLER),
    ("certification", "파라벤 무첨가 크림", CREAM),
    ("certification", "중금속 불검출", CREAM),
    ("certification", "유해 물질 걱정 없는 컵", TUMBLER),
    ("offer", "절반 가격", FAN),
    ("certification", "KC 인증을 받은 제품", TUMBLER),
    ("certification", "HACCP 시설에서 제조", TUMBLER),
    ("certification", "해썹 인증", TUMBLER),
    ("certification", "FDA 승인 소재", TUMBLER),
    ("certification", "CE 인증 제품", FAN),
    ("certification", "ISO 9001 인증", CLAIMED),
    ("certification", "유기농 면", HOODIE),
    ("certification", "비건 인증 크림", CREAM),
    ("certification", "비건 크림", CREAM),
    ("certification", "친환경 소재", HOODIE),
    ("certification", "특허 받은 날개", FAN),
    ("certification", "특허 등록된 응고 방식", CLAIMED),
    ("certification", "임상 시험으로 확인", CREAM),
    ("certification", "알레르기 테스트 완료", CREAM),
    ("certification", "시험성적서 보유", FAN),
    ("certification", "굿디자인 어워드", FAN),
    ("certification", "디자인상 수상작", FAN),
    ("certification", "공식 수입 정품", FAN),
    ("certification", "식약처 인증 성분", CREAM),
    ("endorsement", "피부과 전문의 추천", CREAM),
    ("endorsement", "의사들이 추천하는 크림", CREAM),
    ("endorsement", "전문가가 인정한 바람", FAN),
    ("guarantee", "평생 보증", FAN),
    ("guarantee", "100% 환불", FAN),
    ("guarantee", "전액 환불해 드립니다", FAN),
    ("guarantee", "효과를 보장합니다", CREAM),
    ("guarantee", "무상 A/S", FAN),
    ("offer", "무료배송", FAN),
    ("offer", "전 상품 무료 배송", FAN),
    ("offer", "당일 발송합니다", FAN),
    ("offer", "지금 할인 중", FAN),
    ("offer", "한정 수량", FAN),
    ("offer", "품절 임박", FAN),
    ("offer", "사은품 증정", FAN),
    ("offer", "1+1 행사", FAN),
    ("offer", "오늘만 이 가격", FAN),
    ("review", "별점이 말해 줍니다", FAN),
    ("review", "★★★★★", FAN),
    ("review", "실제 구매자 후기", FAN),
    ("review", "재구매율이 높은 크림", CREAM),
    ("review", "고객 만족도가 높아요", CREAM),
    ("effect", "아토피 완치", CREAM),
    ("effect", "여드름을 없애 주는 크림", CREAM),
    ("effect", "면역력을 높이는 두부", CLAIMED),
    ("endorsement", "의사 추천", (("사용할 때의 주의사항", "상처에는 쓰지 말 것"),)),
    ("review", "입소문 난 두부", CLAIMED),
]


@pytest.mark.parametrize(("code", "text", "known"), FLAGGED)
def test_a_claim_in_words_without_a_fact_is_found(
    code: str, text: str, known: tuple[tuple[str, str], ...]
) -> None:
    """What no fact says, or a fact denies, is found under its kind."""
    assert code in {found for found, _ in codes(text, known)}


PASSED = [
    # a fact says so
    ("국내 최초로 냉압착한 두부", CLAIMED),
    ("금상을 수상한 두부", CLAIMED),
    ("HACCP 시설에서 만듭니다.", CLAIMED),
    ("ISO 22000 인증을 받은 곳에서", CLAIMED),
    ("특허 출원 중인 방식", CLAIMED),
    ("유기농 콩으로 만들었어요.", CLAIMED),
    ("유기농 콩 100%", CLAIMED),
    ("무료배송으로 보내 드려요.", CLAIMED),
    ("오후 2시 이전에 주문하면 당일 발송합니다.", CLAIMED),
    ("1년 무상 A/S", CLAIMED),
    ("영양사가 추천하는 두부", CLAIMED),
    ("KC 인증 제품입니다.", FAN),
    ("피부 자극 테스트를 마쳤습니다.", CREAM),
    ("피부 자극 테스트 완료", CREAM),
    ("저자극 크림", CREAM),
    ("자체 시험을 거친 보온력", TUMBLER),
    ("BPA 프리 소재예요.", (("소재", "BPA free PP"),)),
    # the word means something else
    ("핸즈프리로 쓰는 선풍기", FAN),
    ("실리콘 패킹과 프리미엄 상자", TUMBLER),
    ("스트레스 프리 아침", TUMBLER),
    ("최고기온이 오르는 날", FAN),
    ("최대한 가볍게", FAN),
    ("소음을 최소화했어요", FAN),
    ("가장자리까지 곱게", TUMBLER),
    ("최상단 선반에", TUMBLER),
    ("최초 사용 시 씻어 주세요.", TUMBLER),
    ("최초 충전은 길게 해 주세요.", FAN),
    ("하루의 끝에 가장 먼저 닿는 것", HOODIE),
    ("가장 많이 묻는 질문", FAN),
    ("가장 중요한 것은 소재입니다.", HOODIE),
    ("절댓값보다 절대값", FAN),
    ("절대 전자레인지에 넣지 마세요.", TUMBLER),
    ("수상 스포츠를 즐길 때", TUMBLER),
    ("단독 세탁해 주세요.", HOODIE),
    ("무료한 오후", FAN),
    ("세일러 칼라", HOODIE),
    ("할인점 진열대", HOODIE),
    ("베스트 위에 걸쳐 입는 집업", HOODIE),
    ("인증 정보는 아래 표에 있습니다.", FAN),
    ("품질보증기준은 관련 법에 따릅니다.", FAN),
    ("교환과 환불은 판매 페이지의 안내를 따릅니다.", FAN),
    ("후기를 남겨 주세요.", FAN),
    ("전문가와 상의하세요.", CREAM),
    ("다시 보면 좋은 공식 같은 하루", FAN),
    ("시험 기간 책상 위", FAN),
    ("재생 종이 상자", CREAM),
    ("치료 중이라면 먼저 상의하세요.", CREAM),
    ("한정된 공간에 놓기 좋은", FAN),
    # denied or asked
    ("완벽하지 않아도 괜찮은 하루", FAN),
    ("최고는 아니지만 정직하게", FAN),
    ("무조건 크다고 좋은 것은 아닙니다.", FAN),
    ("비건 인증은 없습니다.", HOODIE),
    ("KC 인증을 받은 제품인가요?", TUMBLER),
    ("당일 발송되나요?", TUMBLER),
]


@pytest.mark.parametrize(("text", "known"), PASSED)
def test_words_that_claim_nothing_unbacked_pass(text: str, known: tuple[tuple[str, str], ...]) -> None:
    """Backed, harmless, denied or merely asked: no finding."""
    assert codes(text, known) == []


def test_sellers_own_wild_words_are_all_found() -> None:
    """Cure, endorsement and rank in one breath are told apart."""
    assert codes("의사 추천 1위, 피부 재생 100%", CREAM) == [
        ("endorsement", "의사 추천"),
        ("ranking", "1위"),
        ("effect", "피부 재생"),
        ("number", "100%"),
    ]

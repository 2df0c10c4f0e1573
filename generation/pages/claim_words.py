"""Words that claim more than taste: what no copy may say unless a fact says it too.

The reasons are in our own words. They follow the Korean act on fair labelling and advertising (표시광고법: whoever claims
must be able to prove it), its notices on comparisons, testimonials and environmental claims, the consumer protection
act for electronic commerce (전자상거래법: offers bind, invented scarcity and reviews deceive), and the acts on food,
cosmetics and medical devices for tests, experts and certificates. Whether a claim that a fact does make is allowed is
another question, for the compliance rules.

Patterns read text as `claims_text.normalise` leaves it. A word that is harmless in most sentences stands here only with
the neighbours that make it a claim: a false alarm costs the seller more than a missed turn of speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type WordCode = Literal[
    "superlative", "ranking", "certification", "endorsement", "guarantee", "offer", "review"
]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of claiming.

    Attributes:
        words: casefolded; the pattern is tried only where one of them stands.
        pattern: its groups are what a fact must say too; without groups, all of the words.
        backing: a pattern for the facts instead: `{0}` is the match, `{1}` its first group.
        in_questions: a question with it claims as well; asking about a certificate does not.
    """

    code: WordCode
    words: tuple[str, ...]
    pattern: str
    backing: str | None = None
    in_questions: bool = True


# Whose best: it belongs to the claim (국내 최초 is not backed by 최초, nor the other way round).
_SCOPE = r"(?:(국내|세계|업계|전국|아시아|지구상?|동급|동종|시중|역대|현존|한국|글로벌)(?:에서|\s?제품\s?중)?\s?(?:유일의?\s?)?)?"
_DONE = r"\s?(?:을|를)?\s?(?:모두\s?)?(?:완료|통과|마쳤|마친|거쳤|거친|합격|입증|검증|받았|받은|필\b)"
_EXPERTS = (
    r"(의사|전문의|피부과|약사|한의사|치과|영양사|수의사|셰프|쉐프|요리사|전문가|트레이너|연구진|연구원|박사|교수|소믈리에"
    r"|바리스타|연예인|인플루언서|아이돌|방송)"
)

# 표시광고법: best, first, only and absolutes need proof for the whole of the market they speak of.
SUPERLATIVES = (
    Rule(
        "superlative",
        ("최고",),
        # Not the measured maximum (최고기온, 최고 95도 is a bound) nor a place (최고봉).
        _SCOPE + r"(최고)(?!\s?(?:기온|온도|봉|점|조\b|속도|높이|출력|기록)|\s?(?:약\s?)?[0-9]|참|집)",
    ),
    Rule("superlative", ("최상",), _SCOPE + r"(최상)(?!단|층|부|위\s?(?:칸|단|층)|\s?[0-9])"),
    Rule(
        "superlative",
        ("최초",),
        # First use and first charge are instructions.
        _SCOPE
        + r"(최초)(?!로?\s?(?:사용|개봉|충전|구매|착용|세탁|세척|가동|설치|작동|등록|전원|[0-9일한]\s?회|에는?\b))",
    ),
    # 최대 and 최저 before a figure are bounds, 최대한 an adverb; technical maxima stand in tables.
    Rule(
        "superlative",
        ("최대",),
        _SCOPE
        + r"(최대)(?!한|화|치|값|\s?(?:약\s?)?[0-9₩]|\s?(?:출력|용량|하중|전력|속도|사용|지속|크기|높이|길이|폭|전압|전류|소비"
        r"|충전|밝기|풍속|소음|적재|중량|무게|거리|온도|회전|음량|시간))",
    ),
    Rule(
        "superlative",
        ("최저",),
        _SCOPE + r"(최저)(?!\s?(?:기온|온도|임금|시급|소음|속도|전압|(?:약\s?)?[0-9]))",
    ),
    Rule(
        "superlative",
        ("최강", "최다", "최장", "최단"),
        _SCOPE + r"(최강|최다|최장|최단)(?!\s?(?:약\s?)?[0-9]|자)",
    ),
    Rule(
        "superlative", ("최경량", "초경량", "최소형", "최박"), r"(최경량|세계\s?최소형|국내\s?최소형|최박형)"
    ),
    Rule("superlative", ("유일",), _SCOPE + r"(유일)(?:무이|한|하게|의|합|해)"),
    Rule(
        "superlative",
        ("하나뿐", "단 하나"),
        r"((?:세상|국내|세계|지구상?)에\s?(?:단\s?)?하나뿐|세상에?\s?단\s하나|단\s?하나뿐인?)",
    ),
    Rule("superlative", ("완벽", "완전무결", "무결점"), r"(완벽|완전무결|무결점)"),
    Rule(
        "superlative",
        ("100", "백 퍼센트", "백퍼센트", "백프로"),
        # A share of a material is a figure; satisfaction, effect and purity in full are absolutes.
        r"(?:100\s?(?:%|퍼센트|프로)|백\s?(?:퍼센트|프로))(?:의)?\s?(만족|보장|안전|안심|효과|완벽|무해|차단|제거|흡수|해결|천연|자연|국산|국내산"
        r"|유기농|순수|수제|성공|살균|항균|멸균|방수|정직|진심|재생)",
        backing=r"{1}[^.]*100\s?%|100\s?%[^.]*{1}",
    ),
    Rule(
        "superlative",
        ("100",),
        r"(만족|보장|안전|안심|효과|무해|차단|제거|흡수|해결|천연|자연|국산|국내산|유기농|순수|수제|성공|살균|항균|멸균|방수|재생)"
        r"(?:도|율|률|력|이|은)?\s?100\s?(?:%|퍼센트|프로)",
        backing=r"{1}[^.]*100\s?%|100\s?%[^.]*{1}",
    ),
    Rule(
        "superlative",
        ("절대",),
        # 절대 넣지 마세요 warns.
        r"절대(?:적|로)?(?!값|평가|음감|온도|습도|다수|[^.!?\n]{0,24}(?:마세요|마십시오|말아|말\s?것|금지|안\s?됩|안\s?돼|금물))",
    ),
    Rule(
        "superlative",
        ("무조건",),
        r"무조건(?![^.!?\n]{0,24}(?:아니|아닙|않|없|마세요))(?!\s?(?:환불|반품|교환))",
    ),
    Rule("superlative", ("영구", "반영구"), r"(반?영구)(?:적|히|\s?(?:사용|보존|지속|제거|탈취|항균))"),
    Rule(
        "superlative",
        ("압도적", "독보적", "타의 추종", "대체 불가", "비교 불가", "비교불가", "대체불가"),
        r"압도적|독보적|타의 추종|(?:대체|비교)\s?불가",
    ),
    Rule(
        "superlative",
        ("역대급", "끝판왕", "전무후무", "유례없", "궁극의", "으뜸", "종결", "기적"),
        r"역대급|끝판왕|전무후무|유례없|궁극의|으뜸|종결자|기적(?:의|\s?같)",
    ),
    Rule(
        "superlative",
        ("가장", "제일"),
        # The most of a measurable quality; what is done first, asked most or liked best is talk.
        r"(?<![가-힣])(?:가장|제일)\s(?!먼저|많이\s?(?:묻|찾|궁금|쓰|입)|중요|가까|자주|아끼|좋아하|처음|마지막|바깥|안쪽|위|아래|윗|끝|앞|뒤|왼|오른"
        r"|궁금|기본|흔|큰\s?(?:이유|차이|고민|걱정|변화|매력|장점|특징)|편한\s?(?:자세|시간|곳|옷)|긴\s?(?:변|쪽|곳)|짧은\s?(?:변|쪽|곳)|넓은\s?(?:곳|부분)"
        r"|낮은\s?(?:단|곳)|높은\s?(?:단|곳)|오래\s?(?:머|앉|곁)|나중|힘든|어려운|바쁜|추운|더운|[가-힣]+\s?(?:날|때|순간|시간|계절|하루)\b)"
        r"([가-힣]*(?:은|는|한|운|른|큰|긴|신|진|난|쉬운|좋은|많은|높은|낮은|빠른|강한|강력|우수|뛰어나|뛰어난|앞선)[가-힣]?)(?![가-힣])",
    ),
    # Environmental and safety absolutes: without limits nothing is harmless.
    Rule(
        "superlative",
        ("부작용", "무해", "무독성"),
        r"부작용\s?(?:이|은|도|걱정)?\s?(?:전혀\s?)?(?:없|제로|0)|인체에\s?무해|무독성",
    ),
)

# Comparisons with the market, by rank or by numbers of buyers.
RANKINGS = (
    Rule(
        "ranking",
        ("1위", "일위", "no", "1등", "№", "#1", "넘버원", "넘버 원"),
        r"([가-힣A-Za-z]+\s?(?:부문|분야|카테고리|판매량?|랭킹|추천|만족도)?\s?)?(?:1위|(?<![가-힣])일위|1등(?!급)"
        r"|(?i:(?<![a-z])no\.?\s?1)(?![0-9])|№\s?1(?![0-9])|#1(?![0-9])|넘버\s?원)",
        backing=r"1위|1등(?!급)|(?i:no\.?\s?1(?![0-9]))|넘버\s?원",
    ),
    Rule("ranking", ("top", "톱"), r"(?<![A-Za-z])(?:TOP|Top|톱)\s?[0-9]{1,3}(?![0-9])"),
    Rule(
        "ranking",
        ("베스트", "best"),
        r"(베스트\s?셀러|스테디\s?셀러|베스트\s?(?:상품|아이템|템)|BEST)(?![A-Za-z])",
    ),
    Rule(
        "ranking",
        ("누적", "판매량", "돌파", "완판", "품절 대란", "품절대란", "불티"),
        r"누적\s?(?:판매|주문|구매|리뷰|다운로드)|판매량\s?(?:1위|돌파|증명|급증)|[만천억]\s?(?:개|병|장|팩|세트)?\s?돌파|완판|품절\s?대란|불티나",
        backing=r"누적|판매량|돌파|완판|품절\s?대란",
    ),
    Rule(
        "ranking",
        ("수십", "수백", "수천", "수만", "수많은"),
        r"(수십만?|수백만?|수천만?|수만|수많은)\s?(?:명|분|개|건|고객|구매자|사람)(?:이|의|들이|이\s?이미)?\s?(?:선택|인정|구매|사랑|극찬|찾|판매|리뷰|후기)",
    ),
    Rule("ranking", ("국민",), r"국민\s?(?:템|아이템|간식|크림|텀블러|[가-힣]{1,3}템)"),
    Rule("ranking", ("인기",), r"(?:인기|판매|랭킹)\s?(?:순위\s?)?(?:급상승|최상위|폭발|절정)"),
    Rule("ranking", ("대세", "화제", "난리"), r"대세템|(?<![가-힣])화제의|난리\s?난"),
)

# Marks and tests are facts with a number behind them; each name must stand in a fact.
CERTIFICATIONS = (
    Rule(
        "certification",
        ("kc",),
        r"(?<![A-Za-z0-9-])KC(?![A-Za-z])",
        backing=r"(?i:kc)",
        in_questions=False,
    ),
    Rule("certification", ("haccp", "해썹"), r"(?i:haccp)|해썹", backing=r"(?i:haccp)|해썹"),
    Rule("certification", ("gmp",), r"(?i:c?gmp)", backing=r"(?i:gmp)"),
    Rule("certification", ("iso",), r"(?<![A-Za-z])(ISO\s?[0-9]{0,5})(?![A-Za-z])"),
    Rule("certification", ("fda",), r"(?<![A-Za-z])FDA(?![A-Za-z])", backing=r"(?i:fda)"),
    Rule(
        "certification",
        (
            "fcc",
            "rohs",
            "gots",
            "oeko",
            "fsc",
            "usda",
            "ewg",
            "cpnp",
            "halal",
            "reach",
            "energy star",
            "etl",
            "psi",
        ),
        r"(?<![A-Za-z])(FCC|RoHS|ROHS|GOTS|OEKO-?TEX|FSC|USDA|EWG|CPNP|HALAL|Halal|REACH|ENERGY STAR|ETL|PSI)(?![A-Za-z])",
    ),
    # Short names only with the word that makes them a mark.
    Rule(
        "certification",
        ("ce", "ks", "ul", "q마크", "k마크", "환경마크", "rosh"),
        r"(?<![A-Za-z])(CE|KS|UL|Q|K|PSE|환경|GD)\s?(?:인증|마크|규격|승인|등록)",
        backing=r"(?<![A-Za-z]){1}(?![A-Za-z])",
        in_questions=False,
    ),
    Rule(
        "certification",
        ("유기농", "오가닉", "organic"),
        r"유기농|오가닉|(?i:organic)",
        backing=r"유기농|오가닉|(?i:organic)",
    ),
    Rule(
        "certification",
        ("무농약", "무항생제", "동물복지", "저탄소", "할랄", "gap"),
        r"(무농약|무항생제|동물\s?복지|저탄소|할랄|GAP(?=\s?인증))",
    ),
    # An environmental claim needs what part, and the proof.
    Rule(
        "certification",
        ("친환경", "에코", "생분해", "탄소중립", "탄소 중립", "제로웨이스트"),
        r"(친환경|에코\s?(?:인증|소재|프렌들리)|생분해|탄소\s?중립|제로\s?웨이스트)",
    ),
    Rule(
        "certification",
        ("비건", "vegan", "크루얼티", "동물실험"),
        r"비건|(?i:vegan)|크루얼티\s?프리|동물\s?실험",
        backing=r"비건|(?i:vegan)|동물\s?실험|크루얼티",
    ),
    # An application is not a grant.
    Rule(
        "certification",
        ("특허",),
        r"특허(?:를|을|까지)?\s?(?:등록|받은|받아|받았|취득|획득)",
        backing=r"특허(?!\s?출원)",
    ),
    Rule(
        "certification",
        ("특허", "실용신안"),
        r"(특허(?!\s?(?:등록|받|취득|획득|[을를까]))|실용신안)",
        in_questions=False,
    ),
    Rule(
        "certification",
        ("임상", "인체적용", "인체 적용"),
        r"임상|인체\s?적용\s?(?:시험|테스트)",
        backing=r"임상|인체\s?적용",
    ),
    Rule(
        "certification",
        ("테스트", "시험", "검사", "실험"),
        # The word before the test says what was tested: 알레르기 테스트 is not a 피부 자극 테스트.
        rf"(?<![가-힣])(?:(?:피부|자체|제품|품질|안전|각종|모든|여러|성능)\s?)*([가-힣]{{2,8}}?)?\s?(?:테스트|시험|검사|실험){_DONE}",
        backing=r"{1}(?:성|도)?\s?(?:테스트|시험|검사|실험|측정)|(?:테스트|시험|검사|실험)[^.]*{1}",
        in_questions=False,
    ),
    Rule(
        "certification",
        ("시험성적서", "성적서", "분석표", "인증서"),
        r"(시험\s?성적서|성적서|인증서)",
        in_questions=False,
    ),
    Rule(
        "certification",
        ("저자극", "무자극"),
        r"(저자극|무자극)",
        backing=r"{1}|자극\s?(?:테스트|시험)|자극이?\s?(?:없|적)",
    ),
    Rule(
        "certification",
        ("수상", "어워드", "어워즈", "award", "그랑프리", "금상", "레드닷", "몽드"),
        r"수상(?:작|했|경력|\s?(?:경력|이력|내역)|한\s?(?:제품|상품|디자인)|에\s?빛나)|(?:디자인|품평회|대회|박람회)[가-힣\s]{0,8}수상"
        r"|어워[드즈]|(?i:awards?)|그랑프리|(?<![가-힣])금상|레드닷|몽드\s?셀렉션",
        backing=r"수상|어워[드즈]|(?i:awards?)|그랑프리|금상|레드닷|몽드",
    ),
    Rule(
        "certification",
        ("인증",),
        # 인증 정보 and 인증번호 only point at what a table shows.
        r"(?:([가-힣A-Za-z0-9]+)\s?)?인증(?:을|도|까지)?\s?(?:받은|받았|받아|획득|취득|완료|통과|마친|제품|원료|농가|시설|소재|업체|등급)",
        backing=r"(?:{1}\s?인증|인증[^.]*{1})",
        in_questions=False,
    ),
    Rule(
        "certification",
        ("식약처", "식품의약품안전처", "환경부", "농림", "정부", "국가"),
        r"(식약처|식품의약품안전처|환경부|농림축산식품부|농식품부|정부|국가\s?공인|국가)\s?(?:가|에서|의)?\s?(?:인증|승인|허가|인정|공인|보증|지정)",
        backing=r"{1}",
    ),
    Rule(
        "certification",
        ("정품", "공식"),
        r"(?<![가-힣])(정품|공식)(?:\s?(?:수입|판매|스토어|인증|몰|파트너|대리점|유통|지정|제품|상품|보장)|이|입|만|을)",
        backing=r"{1}",
    ),
    Rule(
        "certification",
        ("1등급", "특등급", "a급", "프리미엄 등급", "최상급"),
        r"(특등급|1\+\+)",
        in_questions=False,
    ),
)

# Recommendations need a person who made them.
ENDORSEMENTS = (
    Rule(
        "endorsement",
        ("추천", "인정", "선택", "권하", "검증", "극찬", "보증", "권장", "애용"),
        rf"{_EXPERTS}(?:들)?(?:이|가|도|의|에서)?\s?(?:먼저\s?|직접\s?|강력\s?|모두\s?)?(?:추천|인정|선택|권하|검증|극찬|보증|권장|애용)",
        backing=r"{1}",
    ),
    Rule(
        "endorsement",
        ("고객", "구매자", "소비자", "엄마", "맘", "모두"),
        r"(고객|구매자|소비자|엄마|맘|주부)(?:님|분)?들?(?:이|의|께서|들이)\s?(?:먼저\s?|직접\s?)?(?:선택|인정|사랑|추천|극찬|검증|증명)",
    ),
    Rule(
        "endorsement",
        ("방송", "tv", "매스컴", "언론"),
        r"(?:방송|TV|매스컴|언론)(?:에)?\s?(?:출연|방영|소개|보도|화제)",
        backing=r"방송|TV|매스컴|언론",
    ),
)

# Promises bind the seller who never made them.
GUARANTEES = (
    Rule(
        "guarantee",
        ("환불", "반품", "교환", "보상"),
        r"(?:(100\s?%|전액|무조건|묻지도\s?따지지도|평생|즉시|책임|무료)\s?(?:무료\s?)?(환불|교환|보상|반품)|(환불)\s?(?:을\s?)?(?:보장|약속|해\s?드)|(차액)\s?보상)",
    ),
    Rule(
        "guarantee",
        ("보증", "보장", "a/s", "as", "수리"),
        r"(평생|영구|무기한|무상|무료)\s?(?:품질\s?)?(보증|보장|A/?S|수리)",
    ),
    Rule("guarantee", ("보장",), r"보장(?=합|해|하는|된|됩|받|!|\s*$)", backing=r"보장"),
    Rule(
        "guarantee",
        ("보증",),
        r"(?:품질을?|효과를?|성능을?|신선도를?)\s?보증(?:합|해|하는)",
        backing=r"보증(?!기준|\s?기준)",
    ),
    Rule(
        "guarantee",
        ("책임",),
        r"(?:끝까지|전적으로|모두|100\s?%)?\s?책임(?:집니다|지겠|져\s?드)",
        backing=r"책임(?!자)",
    ),
)

# 전자상거래법: price, delivery and scarcity are terms of the sale.
OFFERS = (
    Rule("offer", ("무료",), r"(무료)(?!함|한\b|하게)\s?(배송|체험|설치|증정|포장|각인|샘플|상담|나눔)?"),
    Rule(
        "offer",
        ("배송비",),
        r"배송비\s?(?:무료|0원|없|걱정)",
        backing=r"배송비\s?(?:무료|0원|없)|무료\s?배송",
    ),
    Rule(
        "offer",
        ("발송", "출고", "배송", "도착", "출발"),
        r"(당일|익일|다음\s?날|내일|오늘|새벽|로켓|총알|즉시|바로)\s?(발송|출고|배송|도착|출발)",
        in_questions=False,
    ),
    Rule(
        "offer",
        ("할인", "특가", "세일", "sale"),
        r"(할인(?!점)|특가|(?<![가-힣])세일(?![가-힣]*(?:러|링|즈))|(?<![A-Za-z])SALE(?![A-Za-z]))",
    ),
    Rule(
        "offer",
        ("쿠폰", "적립", "사은품", "증정", "덤으로", "경품", "페이백"),
        r"(쿠폰|적립금?|사은품|증정|덤으로|경품|페이백)",
        in_questions=False,
    ),
    Rule("offer", ("+1",), r"(?<![0-9+])([1-9]\+1)(?![0-9+])"),
    Rule(
        "offer",
        ("한정",),
        r"(?:([0-9]+\s?[가-힣]|선착순|기간|수량|시즌)\s?)?한정\s?(?:수량|판매|특가|기간|세트|판|구성|제작|혜택)|(?:기간|수량|시즌|선착순)\s?한정",
        backing=r"한정",
    ),
    Rule(
        "offer",
        ("선착순", "품절", "마감", "매진", "소진"),
        r"(선착순|품절\s?임박|마감\s?임박|매진\s?임박|곧\s?(?:품절|마감|매진)|재고\s?소진|(?:품절|마감)\s?전에)",
    ),
    Rule(
        "offer",
        ("오늘만", "오늘 하루만", "이번 주만", "단 하루", "지금만", "마지막 기회"),
        r"(오늘(?:\s?하루)?만|이번\s?주만|단\s?하루만?|지금만|마지막\s?기회)",
    ),
    Rule("offer", ("단독",), r"(단독)\s?(?:판매|특가|구성|할인|출시|입점|기획|혜택)"),
    Rule("offer", ("무이자",), r"(무이자)"),
    Rule(
        "offer",
        ("반값", "최저가", "가격 인하", "파격"),
        r"(반값|파격(?:가|\s?(?:할인|특가|세일))|가격\s?인하)",
    ),
)

# Invented reviews and ratings deceive; real ones come as facts.
REVIEWS = (
    Rule("review", ("별점", "평점"), r"(별점|평점)", in_questions=False),
    Rule("review", ("★", "☆", "⭐"), r"[★☆⭐]{3,}"),
    Rule("review", ("만족도",), r"(만족도)"),
    Rule(
        "review",
        ("재구매",),
        r"재구매(?:율|률|\s?(?:의사|고객)|가\s?많|하시는|를?\s?부르|각)",
        backing=r"재구매",
    ),
    Rule(
        "review",
        ("후기", "리뷰", "구매평", "상품평", "사용평"),
        r"(?:후기|리뷰|구매평|상품평|사용평)\s?(?:[0-9]|수(?:가|\s?[0-9])|(?:가|로|이|만)\s?(?:증명|말해|쏟아|많|입증|이어|가득|끊이)|[가-힣]*\s?(?:극찬|호평|폭발|폭주))"
        r"|(?:실제|생생한|고객님?|구매자|사용자|찐|리얼|쏟아지는|극찬)\s?(?:의\s?)?(?:구매\s?|사용\s?)?(?:후기|리뷰|구매평|상품평|사용평)(?!를?\s?(?:남|작성|써|보내|기다))"
        r"|[0-9만천]\s?(?:개|건)의?\s?(?:후기|리뷰|구매평|상품평)",
        backing=r"후기|리뷰|구매평|상품평|사용평",
    ),
    Rule(
        "review",
        ("입소문", "극찬", "호평", "찬사", "인생템", "추천율", "추천률"),
        r"(입소문|극찬|호평|찬사|인생템|추천[율률])",
    ),
)

RULES: tuple[Rule, ...] = (
    *CERTIFICATIONS, *ENDORSEMENTS, *REVIEWS, *RANKINGS, *GUARANTEES, *OFFERS, *SUPERLATIVES,
)  # fmt: skip

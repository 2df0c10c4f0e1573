"""Words that claim more than taste: what no copy may say unless a fact says it too.

The reasons are in our own words. They follow the Korean act on fair labelling and advertising (표시광고법: whoever
claims must be able to prove it), its notices on comparisons, testimonials and environmental claims, the consumer
protection act for electronic commerce (전자상거래법: offers bind, invented scarcity and reviews deceive), and the acts
on food, cosmetics and medical devices for tests, experts and certificates. Whether a claim that a fact does make is
allowed is another question, for the compliance rules.

Patterns read text as `claims_text.normalise` leaves it. A word that is harmless in most sentences stands here only with
the neighbours that make it a claim: a false alarm costs the seller more than a missed turn of speech.
"""

from __future__ import annotations

from generation.claims.rule import Rule
from generation.claims.words_proof import CERTIFICATIONS, EFFECTS, ENDORSEMENTS, REVIEWS
from generation.claims.words_sale import GUARANTEES, OFFERS

# Whose best: it belongs to the claim (국내 최초 is not backed by 최초, nor the other way round).
_SCOPE = (
    r"(?:(국내|세계|업계|전국|아시아|지구상?|동급|동종|시중|역대|현존|한국|글로벌)"
    r"(?:에서|\s?제품\s?중)?\s?(?:유일의?\s?)?)?"
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
        + r"(최대)(?!한|화|치|값|\s?(?:약\s?)?[0-9₩]|\s?(?:출력|용량|하중|전력|속도|사용|지속|크기|높이|길이|폭|전압"
        r"|전류|소비|충전|밝기|풍속|소음|적재|중량|무게|거리|온도|회전|음량|시간))",
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
        r"(?:(?:판매량?|랭킹|인기|부문|분야|카테고리)\s?)?(?:1위|(?<![가-힣])일위|1등(?!급)"
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

# Worst first: where two overlap the first is told.
RULES: tuple[Rule, ...] = (
    *EFFECTS, *CERTIFICATIONS, *ENDORSEMENTS, *REVIEWS, *RANKINGS, *GUARANTEES, *OFFERS, *SUPERLATIVES,
)  # fmt: skip

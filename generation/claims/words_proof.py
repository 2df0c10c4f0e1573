"""Words that claim a proof: certificates, tests and awards, recommendations, reviews. See `claim_words`."""

from __future__ import annotations

from generation.claims.rule import Rule

_DONE = r"\s?(?:을|를)?\s?(?:모두\s?)?(?:완료|통과|마쳤|마친|거쳤|거친|합격|입증|검증|받았|받은|필\b)"
_EXPERTS = (
    r"(의사|전문의|피부과|약사|한의사|치과|영양사|수의사|셰프|쉐프|요리사|전문가|트레이너|연구진|연구원|박사|교수|소믈리에"
    r"|바리스타|연예인|인플루언서|아이돌|방송)"
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
        ),
        r"(?<![A-Za-z])(FCC|RoHS|ROHS|GOTS|OEKO-?TEX|FSC|USDA|EWG|CPNP|HALAL|Halal|REACH|ENERGY STAR)(?![A-Za-z])",
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
    # What is not in it was tested for, or is a guess; only the substances that pages speak of: 핸즈프리 is no claim.
    Rule(
        "certification",
        ("free", "프리", "무첨가", "불검출", "걱정 없는", "제로"),
        r"(?i:(BPA|비스페놀|파라벤|설페이트|프탈레이트|형광\s?증백제|환경\s?호르몬|유해\s?물질|중금속|화학\s?첨가물|첨가물|방부제|보존료"
        r"|인공\s?(?:색소|향료|감미료)|색소|향료|글루텐|락토스|알코올|실리콘|설탕|슈가|트랜스\s?지방)\s?A?\s?"
        r"-?\s?(?:free(?![a-z])|프리(?![가-힣]{2})|무첨가|불검출|제로(?![가-힣])|걱정\s?없는))",
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
        backing=r"(?<![가-힣]){1}",  # a word of its own: 의사 is not in 주의사항
    ),
    Rule(
        "certification",
        ("정품", "공식"),
        r"(?<![가-힣])(정품|공식)(?:\s?(?:수입|판매|스토어|인증|몰|파트너|대리점|유통|지정|제품|상품|보장)|이|입|만|을)",
        backing=r"(?<![가-힣]){1}",  # a word of its own: 의사 is not in 주의사항
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
        backing=r"(?<![가-힣]){1}",  # a word of its own: 의사 is not in 주의사항
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

# What is no medicine must not speak of curing (the acts on food, cosmetics and medical devices).
EFFECTS = (
    Rule(
        "effect",
        ("완치", "특효", "만병통치", "항암", "약효", "즉효", "치료", "디톡스"),
        r"(완치|특효|만병통치|항암|약효|즉효|디톡스|치료)(?!사|실|기\s?관|를\s?받|\s?중)",
    ),
    Rule(
        "effect",
        ("재생",),
        r"((?:피부|세포|모발|두피|콜라겐)\s?재생)",
    ),
    Rule(
        "effect",
        ("면역력", "체지방", "뱃살", "독소", "혈액순환", "혈액 순환", "염증"),
        r"(면역력|체지방|뱃살|독소|혈액\s?순환|염증)(?:을|를|이|에)?\s?(?:강화|증진|향상|높|올|감소|분해|제거|배출|개선|완화|빼|줄)",
    ),
    Rule(
        "effect",
        (
            "아토피",
            "여드름",
            "습진",
            "무좀",
            "비염",
            "당뇨",
            "고혈압",
            "관절염",
            "탈모",
            "불면증",
            "변비",
            "주름",
            "기미",
        ),
        r"(아토피|여드름|습진|무좀|비염|당뇨|고혈압|관절염|탈모|불면증|변비|주름|기미)(?:을|를|에|이|가|도)?\s?"
        r"(?:완화|개선|치료|예방|효과|효능|좋은|없애|제거|사라|걱정\s?끝)",
    ),
)

"""Which voice a block speaks in: its type or name reduced to one of the phrase bank's kinds."""

from __future__ import annotations

import re

#: In this order: the first pattern found wins, so narrow words stand before wide ones.
_KINDS = (
    ("notice", r"notice|고시|legal|disclosure"),
    ("packaging", r"packag|recycl|disposal|분리배출|포장재"),
    ("delivery", r"deliver|shipping|refund|exchange|return_policy|배송|교환|환불|\bcs\b"),
    ("certificate", r"certif|award|test_result|인증|수상"),
    ("statistics", r"statist|\bstats?\b|figure|number|metric|수치|숫자"),
    ("reviews", r"reviews?\b|후기"),
    ("faq", r"faq|question|q_?and_?a|qna|질문"),
    ("comparison", r"compar|versus|\bvs\b|비교"),
    ("caution", r"caution|warning|safety|precaution|주의"),
    ("size", r"size|\bfit\b|dimension|measure|사이즈|치수"),
    ("material", r"material|ingredient|fabric|texture|taste|flavou?r|성분|소재|원료|원단|맛|제형|질감"),
    ("care", r"\bcare\b|storage|wash|maintain|laundry|보관|세탁|관리|손질"),
    ("steps", r"how_?to|\bsteps?\b|usage|\buse\b|guide|recipe|routine|serving|사용법|방법|순서|레시피|조리"),
    ("components", r"component|contents|included|in_the_box|\bset\b|구성"),
    ("specification", r"spec|table|detail_info|product_info|사양|상세 ?정보|상품 ?정보"),
    ("audience", r"audience|recommend|target|for_whom|persona|추천|이런 ?분|대상"),
    ("scene", r"scene|problem|pain|empathy|lifestyle|situation|mood|공감|상황|장면|문제"),
    ("features", r"feature|benefit|point|advantage|highlight|solution|특징|장점|포인트"),
    ("gallery", r"galler|photo|image|picture|look_?book|갤러리|사진|화보"),
    ("story", r"story|brand|origin|about|philosophy|maker|스토리|이야기|브랜드|산지"),
    ("cta", r"cta|call_to|action|closing|purchase|buy|outro|구매|마무리"),
    ("hero", r"hero|intro|cover|banner|headline|opening|대표|인트로|소개"),
)


def kind_of(*names: str) -> str:
    """The kind of the first name that says one, or `any`: `kind_of("product_notice")` is `notice`."""
    for name in names:
        text = re.sub(r"[-\s]+", "_", name.lower())
        spaced = text.replace("_", " ")
        for kind, pattern in _KINDS:
            if re.search(pattern, text) or re.search(pattern, spaced):
                return kind
    return "any"


def kind_of_block(block_type: str, *names: str) -> str:
    """The kind by the block's type, else by its names; a story named `이런 분께` tells the buyer's own situations."""
    kind = kind_of(block_type, *names)
    told_to_buyer = kind == "story" and "audience" in (kind_of(name) for name in names)
    return "scene" if told_to_buyer else kind

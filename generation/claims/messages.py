"""What is said about a finding: to the seller in Korean, to the model and to operators in English."""

from __future__ import annotations

from typing import Literal

from generation.claims.rule import WordCode

type ClaimCode = Literal["number", "bound"] | WordCode

# Worst first: what the law punishes and buyers rely on, then figures, then praise.
SEVERITY: tuple[ClaimCode, ...] = (
    "effect",
    "certification",
    "endorsement",
    "review",
    "ranking",
    "guarantee",
    "offer",
    "number",
    "bound",
    "superlative",
)

_KOREAN: dict[ClaimCode, str] = {
    "effect": "'{0}': 상품 정보에 없는 의학적 효과 표현이에요. 의약품으로 오해받을 수 있으니 지워 주세요.",
    "number": "'{0}': 상품 정보에 없는 숫자예요. 근거가 있으면 상품 정보에 넣고, 없으면 지워 주세요.",
    "bound": "'{0}': 상품 정보의 기준(최대, 이상 등)과 달라요. 상품 정보에 적힌 대로 고쳐 주세요.",
    "superlative": "'{0}': 상품 정보에 근거가 없는 최상급·단정 표현이에요. 다른 말로 바꿔 주세요.",
    "ranking": "'{0}': 상품 정보에 순위나 판매 실적의 근거가 없어요. 밝힐 수 없으면 지워 주세요.",
    "certification": "'{0}': 상품 정보에 없는 인증·시험·수상이에요. 증빙이 있으면 넣고, 없으면 지워 주세요.",
    "endorsement": "'{0}': 상품 정보에 추천·보증의 근거가 없어요. 실제로 받은 추천이 아니면 지워 주세요.",
    "guarantee": "'{0}': 상품 정보에 없는 보장·환불 약속이에요. 실제 조건이 아니면 지워 주세요.",
    "offer": "'{0}': 상품 정보에 없는 가격·배송·행사 조건이에요. 실제 조건이면 상품 정보에 넣고, 아니면 지워 주세요.",
    "review": "'{0}': 상품 정보에 없는 후기·평점 표현이에요. 실제 후기가 아니면 지워 주세요.",
}

_ENGLISH: dict[ClaimCode, str] = {
    "effect": "'{0}': no fact states this medical effect. Leave it out.",
    "number": "'{0}': no fact holds this figure. Use the fact's own figure and unit, or say it without a figure.",
    "bound": "'{0}': the facts do not give this figure this bound (최대, 이상 ...). Write it as the fact does.",
    "superlative": "'{0}': no fact says this superlative or absolute. Say what the facts say instead.",
    "ranking": "'{0}': no fact gives a rank or sales. Leave it out.",
    "certification": "'{0}': no fact names this certificate, test or award. Leave it out.",
    "endorsement": "'{0}': no fact tells of this recommendation. Leave it out.",
    "guarantee": "'{0}': no fact makes this promise. Leave it out.",
    "offer": "'{0}': no fact states this price, delivery or sales condition. Leave it out.",
    "review": "'{0}': no fact holds this review or rating. Leave it out.",
}


def for_seller(code: ClaimCode, text: str) -> str:
    """One Korean sentence or two that say what is wrong and what to do."""
    return _KOREAN[code].format(text)


def for_model(code: ClaimCode, text: str) -> str:
    """The same in English, as an instruction for a rewrite."""
    return _ENGLISH[code].format(text)

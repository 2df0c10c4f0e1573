"""Where a fact is known from decides what it can prove."""

import pytest

from generation.claims.check import find_claims
from generation.facts import Fact, Source


def fact(name: str, value: str, source: Source, number: int = 1) -> Fact:
    return Fact(id=f"F{number}", name=name, value=value, source=source)


REVIEW = fact(
    "고객 후기: 김**",
    "판매 1위라더니 정말 최고예요! 3년째 쓰고 당일 배송도 좋았어요. KC 인증도 있대요.",
    "document",
)
PHOTO = fact("사진", "상자에 'KC 인증', '판매 1위'라고 적혀 있고 컵 두 개가 놓여 있다.", "vision")


def codes(text: str, *facts: Fact) -> set[str]:
    return {finding.code for finding in find_claims({"body": text}, facts)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("판매 1위 텀블러", "ranking"),
        ("최고의 보온력", "superlative"),
        ("당일 배송해 드립니다.", "offer"),
        ("KC 인증을 받은 제품", "certification"),
        ("3년 동안 쓰는 컵", "number"),
        ("최고", "superlative"),
    ],
)
def test_a_customers_words_prove_nothing(text: str, code: str) -> None:
    """Praise in a review is one person's; the seller may not claim it for the product."""
    assert code in codes(text, REVIEW)


@pytest.mark.parametrize(
    "text",
    [
        REVIEW.value,
        "판매 1위라더니 정말 최고예요!",
        "\u201c3년째 쓰고 당일 배송도 좋았어요.\u201d",
        "실제 구매자 후기",
    ],
)
def test_a_customer_may_be_quoted(text: str) -> None:
    """Word for word, and that there are reviews is true."""
    assert codes(text, REVIEW) == set()


def test_what_a_photo_shows_proves_no_certificate() -> None:
    """Letters on a box are not the mark; what can be counted in the picture is a fact."""
    assert codes("KC 인증을 받은 판매 1위 컵", PHOTO) == {"certification", "ranking"}
    assert codes("컵 2개를 담았습니다.", PHOTO) == set()


def test_the_sellers_own_answers_prove_as_before() -> None:
    """An FAQ is the seller's word, like the description."""
    faq = fact("자주 묻는 질문: 인증", "네, KC 인증을 받은 제품입니다.", "document")
    assert codes("KC 인증을 받은 제품", faq) == set()

"""Numbered facts."""

from generation.pages.facts import number_facts, sentences
from generation.pages.requests import Product


def test_facts_are_numbered_in_a_fixed_order() -> None:
    """Name, price, description, attributes, packaging, notice, then what the photo shows."""
    product = Product(
        name="원두",
        price_krw=15900,
        description="산미가 좋습니다. 1.5kg도 있어요!\n신선해요",
        attributes={"중량": "200g"},
        packaging=["종이"],
        notice={"제조국": "대한민국"},
    )
    facts = number_facts(product, [("사진", "컵에 담긴 커피")])
    assert [fact.id for fact in facts] == [f"F{n}" for n in range(1, len(facts) + 1)]
    assert [fact.source for fact in facts] == [
        "name", "price", "description", "description", "description", "attribute", "packaging", "notice", "vision",
    ]  # fmt: skip
    assert facts[1].value == "15,900원"


def test_sentences_end_where_a_reader_would_end_them() -> None:
    """Decimal points and units end nothing; line breaks do."""
    assert sentences("지름 7.2cm입니다. 무게는 285g!\n\n가볍습니다") == [
        "지름 7.2cm입니다.",
        "무게는 285g!",
        "가볍습니다",
    ]
    assert sentences("  ") == []


def test_a_name_or_a_value_alone_is_no_fact() -> None:
    """They would be an empty cell of a table, or a sentence about nothing."""
    product = Product(
        name="컵", attributes={"": "도자기", "용량": " ", "소재": "유리"}, notice={"제조국": ""}
    )
    assert [(fact.id, fact.name, fact.value) for fact in number_facts(product)] == [
        ("F1", "상품명", "컵"),
        ("F2", "소재", "유리"),
    ]

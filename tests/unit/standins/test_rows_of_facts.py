"""Lists whose rows come from facts: each kind of block shows those that suit it."""

from typing import Any

import pytest

from local.standins.copywriting.sentences import completed
from tests.unit.standins.prompts import block, closed, listed, products, text

PRODUCT = products()[0]
ROWS = closed(rows=listed(closed(label=text(16), value=text(160)), 1, 6))
ITEMS = closed(items=listed(closed(body=text(300)), 1, 12))
FAQ = closed(items=listed(closed(question=text(60), answer=text(200)), 2, 6))


def with_facts(*pairs: tuple[str, str, str]) -> list[dict[str, str]]:
    """Numbered facts."""
    names = ("id", "name", "value", "source")
    return [
        dict(zip(names, (f"F{number}", *pair), strict=True)) for number, pair in enumerate(pairs, start=1)
    ]


def written(kind: str, slots: dict[str, Any], *facts: tuple[str, str, str]) -> Any:
    return block(PRODUCT, kind, slots, facts=with_facts(*facts))


def test_packaging_says_how_each_material_is_put_out() -> None:
    """Its name and its sort, each material once, instead of twice the word for packaging."""
    given = [("포장재", each, "packaging") for each in ("비닐류", "종이 상자", "유리", "종이 상자", "천")]
    answer = written("recycling_guide", ROWS, *given)
    assert [(row["label"], row["value"].split(" ")[0]) for row in answer["slots"]["rows"]] == [
        ("비닐류", "비닐류로"),
        ("종이 상자", "종이류로"),
        ("유리", "유리병류로"),
        ("천", "천으로"),
    ]
    assert set(answer["fact_ids"]) == {"F1", "F2", "F3", "F5"}


def test_cautions_are_those_of_the_facts() -> None:
    """What is true of the category stands in only where no fact warns."""
    warned = written("cautions", ITEMS, ("주의사항", "상처가 있는 부위에는 사용을 자제할 것", "notice"))
    assert warned["slots"]["items"] == [{"body": "상처가 있는 부위에는 사용을 자제해 주세요."}]
    assert warned["fact_ids"] == ["F1"]
    assert len(written("cautions", ITEMS)["slots"]["items"]) >= 2


def test_a_story_of_origin_shows_where_it_is_from() -> None:
    """Origin, height and process before weight and shelf life."""
    told = {"중량": "200g", "가공": "워시드", "소비기한": "12개월", "고도": "1,950m", "원산지": "에티오피아"}
    given = [(name, value, "attribute") for name, value in told.items()]
    rows = closed(rows=listed(closed(label=text(16), value=text(160)), 1, 3))
    shown = written("story", rows, *given)["slots"]["rows"]
    assert [row["label"] for row in shown] == ["원산지", "고도", "가공"]


def test_questions_that_were_really_asked_come_first() -> None:
    """From the seller's own documents, with their answers; then what use and care raise."""
    asked = ("자주 묻는 질문: 세척", "식기세척기에 넣지 마세요. 부드러운 수세미로 씻어 주세요.", "document")
    items = written(
        "faq",
        FAQ,
        ("무게", "285g", "attribute"),
        ("사용방법", "뚜껑을 닫고 사용합니다", "attribute"),
        asked,
    )["slots"]["items"]
    assert items[0] == {"question": "세척이 궁금해요.", "answer": asked[1]}
    assert items[1]["answer"] == "뚜껑을 닫고 사용합니다."


@pytest.mark.parametrize(
    ("written_by_seller", "said"),
    [
        ("BLDC 모터와 7엽 날개.", "BLDC 모터와 7엽 날개를 갖추었습니다."),
        ("이중 진공 텀블러.", "이중 진공 텀블러입니다."),
        ("천연 염색과 손바느질로 만든 오래 쓰는 가방.", "천연 염색과 손바느질로 만든 오래 쓰는 가방입니다."),
        ("하루 4시간 사용.", "하루 4시간 사용합니다."),
        ("씻을 수 있습니다.", "씻을 수 있습니다."),
    ],
)
def test_a_sentence_without_a_verb_gets_one(written_by_seller: str, said: str) -> None:
    """A thing is one, parts are had, uses are done."""
    assert completed(written_by_seller) == said


def test_customers_are_quoted_word_for_word() -> None:
    """Each review once, with its title where there is room for it; nothing beside them."""
    rows = closed(items=listed(closed(body=text(30), label=text(8)), 1, 4))
    long = "손가락이 다 들어가서 무겁지 않아요. 입술 닿는 곳이 얇아 좋아요."
    answer = written("reviews", rows, ("고객 후기: 김**", long, "document"), ("무게", "285g", "attribute"))
    assert [item["body"] for item in answer["slots"]["items"]] == ["손가락이 다 들어가서 무겁지 않아요."]
    assert answer["fact_ids"] == ["F1"]


def test_no_question_is_asked_twice() -> None:
    """Where facts answer too few, what is true of any product fills up, each once."""
    only = ("상품명", "도마", "name")
    asked = [row["question"] for row in written("faq", FAQ, only)["slots"]["items"]]
    assert len(asked) == len(set(asked)) == 2


def test_a_table_has_no_row_of_the_products_name() -> None:
    """It stands above the table already; delivery is not about it."""
    given = (("상품명", "신발장", "name"), ("배송비", "무료", "notice"))
    rows = written("shipping_returns", ROWS, *given)["slots"]["rows"]
    assert [row["label"] for row in rows] == ["배송비"]


def test_a_long_table_is_not_cut() -> None:
    """As many rows as the schema takes: what a seller states, the page shows."""
    given = [(f"항목 {number}", f"값 {number}", "attribute") for number in range(40)]
    rows = closed(rows=listed(closed(label=text(16), value=text(160)), 1, 40))
    assert len(written("specification", rows, *given)["slots"]["rows"]) == 40


def test_the_cost_of_setting_up_is_not_how_to_use() -> None:
    """`배송·설치비용` answers no question about use."""
    asked = written("faq", FAQ, ("배송·설치비용", "무료배송", "notice"))["slots"]["items"]
    assert not [row for row in asked if "사용" in row["question"]]

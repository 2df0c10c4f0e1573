from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from local.standins.copywriting import bank as bank_module
from local.standins.copywriting.kinds import kind_of
from local.standins.copywriting.knowledge import is_claim, short_name
from local.standins.copywriting.reading import read_messages
from local.standins.copywriting.translator import romanize, translate
from tests.unit.standins.prompts import (
    IDS,
    SLOTS,
    ask,
    block,
    closed,
    facts_of,
    listed,
    problems,
    products,
    text,
)

SUPERLATIVES = re.compile(r"최고|최상|최초|유일|완벽|1위|일등|무조건|100%|보장|기적|인증받|가장 ")


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return list(chain.from_iterable(_strings(child) for child in children))


def _known_text(product: dict[str, Any]) -> str:
    return json.dumps([product["name"], facts_of(product)], ensure_ascii=False)


@pytest.mark.parametrize("product", products(), ids=lambda product: product["product_id"])
@pytest.mark.parametrize("block_type", SLOTS)
def test_copy_is_honest_and_within_limits(product: dict[str, Any], block_type: str) -> None:
    """No figure and no superlative without a fact behind it; every limit kept; only facts are cited."""
    answer = block(product, block_type)
    assert problems(answer, closed(slots=SLOTS[block_type], fact_ids=IDS)) == []
    known = _known_text(product)
    for said in _strings(answer["slots"]):
        assert said.strip()
        assert all(figure in known for figure in re.findall(r"\d[\d,.]*\d|\d", said)), said
        assert all(word in known for word in SUPERLATIVES.findall(said)), said
    assert set(answer["fact_ids"]) <= {fact["id"] for fact in facts_of(product)}


@pytest.mark.parametrize(
    ("full", "short"),
    [("Handmade ceramic mug, 350ml, dishwasher safe", "ceramic mug"), ("수건, 3장 세트", "수건")],
)
def test_what_follows_a_comma_is_not_what_it_is_called(full: str, short: str) -> None:
    """Sellers list properties behind the name."""
    assert short_name(full) == short


def test_the_phrase_bank_makes_no_claims() -> None:
    """No digit and no superlative in any phrase."""
    for path in Path(bank_module.FOLDER).glob("*.json"):
        for phrase in _strings(json.loads(path.read_text(encoding="utf-8"))):
            if path.stem in {"general", "categories", "moments", "facts"}:
                bare = re.sub(r"\{\w+(:\w+)?\}", "", phrase)
                assert not re.search(r"\d", bare), phrase
                assert not is_claim(bare), phrase


def test_every_particle_in_the_bank_is_known() -> None:
    """`{name:을}` names a particle by its form after a consonant."""
    from local.standins.copywriting.josa import PAIRS

    for path in Path(bank_module.FOLDER).glob("*.json"):
        for phrase in _strings(json.loads(path.read_text(encoding="utf-8"))):
            assert set(re.findall(r"\{\w+:(\w+)\}", phrase)) <= set(PAIRS), phrase


def test_equal_requests_give_equal_copy_and_other_ones_other_copy() -> None:
    """The request is the only source of variety."""
    mug, fruit = products()[:2]
    assert block(mug, "hero") == block(mug, "hero")
    assert block(mug, "hero")["slots"] != block(fruit, "hero")["slots"]
    assert block(mug, "hero")["slots"] != block(mug, "hero", attempt=2)["slots"]


def test_blocks_of_different_kinds_do_not_repeat_each_other() -> None:
    """On one page no prose sentence stands in two blocks of different kinds more than once or twice."""
    mug = products()[0]
    said = list(
        chain.from_iterable(
            {
                sentence
                for each in _strings(block(mug, kind)["slots"])
                for sentence in re.split(r"(?<=[.])\s", each)
            }
            for kind in ("hero", "features", "story", "how_to", "call_to_action")
        )
    )
    sentences = [each for each in said if each.endswith("다.")]
    assert len(set(sentences)) >= 0.75 * len(sentences)


def test_flagged_sentences_do_not_come_back() -> None:
    """A finding's sentence is not said again."""
    mug = products()[0]
    flagged = block(mug, "hero")["slots"]["headline"]
    for finding in ({"text": flagged}, f"'{flagged}'은 쓸 수 없습니다", {"message": f"“{flagged}” 표현"}):
        assert flagged not in _strings(block(mug, "hero", findings=[finding]))


def test_an_instruction_brings_its_fact_forward() -> None:
    """A fact named in the instruction is stated and cited; a wish for brevity shortens."""
    mug = products()[0]
    answer = block(mug, "hero", instruction="세척 방법을 강조해 주세요")
    assert "세척" in answer["slots"]["subhead"] + answer["slots"]["body"]
    assert next(fact["id"] for fact in facts_of(mug) if fact["name"] == "세척") in answer["fact_ids"]
    short, usual = block(mug, "story", instruction="더 짧게"), block(mug, "story")
    assert len(short["slots"]["body"]) < len(usual["slots"]["body"])


def test_a_friendly_tone_changes_the_endings() -> None:
    """`options.tone` 친근 turns -습니다 into -어요."""
    body = block(products()[0], "hero", options={"tone": "친근한"})["slots"]["body"]
    assert "요." in body
    assert "습니다" not in body


def test_tables_hold_their_own_facts_only() -> None:
    """A specification shows attributes, a notice the notice's entries, word for word."""
    for product in products():
        rows = block(product, "specification")["slots"]["rows"]
        assert {(row["label"], row["value"]) for row in rows} <= set(product["attributes"].items())
        rows = block(product, "product_notice")["slots"]["rows"]
        assert {(row["label"], row["value"]) for row in rows} == set(product["notice"].items())


def test_claims_in_the_sellers_words_are_left_out() -> None:
    """What the law forbids is not repeated even if a fact says it."""
    product = products()[2] | {"description": "아토피 완치 크림입니다. 의사 추천 1위입니다. 무향입니다."}
    said = " ".join(_strings([block(product, kind)["slots"] for kind in ("hero", "story", "features")]))
    assert not re.search("완치|1위|추천", said)


KINDS = {
    "hero": True, "problem": False, "features": True, "gallery": True, "how_to": False, "faq": False,
    "specification": False, "product_notice": False, "call_to_action": True,
}  # fmt: skip
TEMPLATES = [
    {"template_id": f"t{number}", "block_type": kind, "name": kind, "has_image": image, "source": "copy"}
    for number, (kind, image) in enumerate(KINDS.items())
]


def _plan(
    templates: list[dict[str, Any]], images: int, product: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    product = product or products()[0]
    facts = facts_of(product)
    allowed = {"type": "string", "enum": [template["template_id"] for template in templates]}
    ids = {"type": "array", "items": {"type": "string", "enum": [fact["id"] for fact in facts]}}
    nullable = {"type": ["string", "null"]}
    item = closed(
        template_id=allowed,
        brief=text(160),
        fact_ids=ids,
        image_prompt=nullable,
        image_alt=nullable,
        why=text(),
    )
    schema = closed(title=text(60), theme_hint=text(), blocks=listed(item, 1, 20))
    data = {"product": product, "facts": facts, "templates": templates, "options": {"images": images}}
    answer = ask("plan", "plan", data, schema)
    assert problems(answer, schema) == []
    return list(answer["blocks"])


@pytest.mark.parametrize("images", [0, 1, 3, 6])
def test_a_plan_keeps_the_order_and_asks_for_the_pictures_wanted(images: int) -> None:
    """Each template once, in order; exactly as many prompts as asked for, as far as templates have pictures."""
    blocks = _plan(TEMPLATES, images)
    used = [each["template_id"] for each in blocks]
    assert used == sorted(set(used), key=[each["template_id"] for each in TEMPLATES].index)
    assert len(used) >= 6
    pictured = [each for each in blocks if each["image_prompt"] is not None]
    assert len(pictured) == min(images, 4)
    able = {template["template_id"] for template in TEMPLATES if template["has_image"]}
    assert {each["template_id"] for each in pictured} <= able
    assert all(re.fullmatch(r"[\x20-\x7e]+", each["image_prompt"]) for each in pictured)
    assert all((each["image_alt"] is None) == (each["image_prompt"] is None) for each in blocks)


def test_a_plan_leaves_out_blocks_without_facts() -> None:
    """No certificate without one; but a short list is filled up to six."""
    extra = [{"template_id": "cert", "block_type": "certification", "has_image": False}]
    assert "cert" not in [each["template_id"] for each in _plan([*TEMPLATES, *extra], 3)]
    few = [*TEMPLATES[:3], *extra]
    assert len(_plan(few, 3)) == 4


def test_a_plan_chooses_from_a_long_list() -> None:
    """Of three variants of each kind one is taken."""
    many = [
        template | {"template_id": f"{template['template_id']}-{n}"}
        for template in TEMPLATES
        for n in range(3)
    ]
    blocks = _plan(many, 3)
    kinds = [each["template_id"].split("-")[0] for each in blocks]
    assert len(kinds) == len(set(kinds))
    assert 6 <= len(kinds) <= 9


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hero", "hero"), ("block_introduction", "hero"), ("product_notice", "notice"), ("how-to", "steps"),
        ("size_guide", "size"), ("FAQ", "faq"), ("구매 안내", "cta"), ("상품정보제공고시", "notice"), ("zzz", "any"),
        ("recycling", "packaging"), ("key_features", "features"), ("brand_story", "story"),
    ],
)  # fmt: skip
def test_block_types_find_their_voice(name: str, kind: str) -> None:
    """English and Korean names alike."""
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("데일리 스테인리스 텀블러 500ml", "데일리 스테인리스 텀블러"),
        ("제주 노지 감귤 5kg", "제주 노지 감귤"),
        ("황마 스크래처 패드 2개입", "황마 스크래처 패드"),
        ("원두(디카페인) 200g", "원두"),
        ("200g", "200g"),
        ("무기자차 선크림 50ml SPF50+ PA++++", "무기자차 선크림"),
        ("원목 도마 M", "원목 도마"),
    ],
)
def test_short_names_drop_quantities(full: str, short: str) -> None:
    """What is left is what one would call the product."""
    assert short_name(full) == short


def test_prompts_are_read_in_several_shapes() -> None:
    """A fenced object, an object among prose, or plain lines."""
    fact = {"id": "F1", "name": "소재", "value": "면", "source": "attribute"}
    fenced = f"<data>\n{json.dumps({'facts': [fact]}, ensure_ascii=False)}\n</data>"
    prose = (
        f"다음을 보고 {{쓰세요}}:\n```json\n{json.dumps({'a': {'b': [fact]}}, ensure_ascii=False)}\n``` 끝"
    )
    lines = "[F1] 소재: 면\n- 다른 말"
    for content in (fenced, prose, lines):
        reading = read_messages([{"role": "user", "content": content}])
        assert [(each.id, each.name, each.value) for each in reading.facts] == [("F1", "소재", "면")]


def test_hostile_prompts_do_no_harm() -> None:
    """Deep nesting, many braces and wrong types are survived."""
    for content in (
        "{" * 3000,
        "[" * 5000,
        json.dumps({"facts": [1, None, {"name": [], "value": {}}], "block": 5}),
    ):
        read_messages([{"role": "user", "content": content}])


def test_translation_is_latin_text() -> None:
    """Known words by the glossary, others in Latin letters; English stays."""
    assert translate("나무 책상 위에 놓인 컵") == "wood desk on placed cup"
    assert romanize("예가체프") == "yegachepeu"
    assert translate("a cup on a table") == "a cup on a table"
    assert not re.search("[가-힣]", translate("햇살이 드는 온결공방 머그컵을 따뜻하게"))


@pytest.mark.parametrize(
    ("category", "name", "other"),
    [
        ("반려동물", "강아지 노즈워크 장난감", "과일"),
        ("가구", "원목 2단 신발장", "여행"),
        ("자동차용품", "어린이 자동차", "한 잔"),
    ],
)
def test_a_name_that_only_sounds_alike_is_not_mistaken(category: str, name: str, other: str) -> None:
    """A toy (장난감) is no persimmon (감): occasions are those of the thing and of its category."""
    bank = bank_module.load_bank()
    moments = bank.moments_of(bank.category_of(category, name), name)
    assert other not in json.dumps(moments, ensure_ascii=False)


def test_a_name_too_long_for_a_headline_is_not_cut() -> None:
    """The category, or the word for any product, stands in for it."""
    for category, word in (("주방용품", "주방용품"), (None, "상품")):
        product = {**products()[0], "name": "Supercalifragilisticexpialidocious", "category": category}
        slots = block(product, "hero")["slots"]
        assert "Super" not in slots["headline"]
        assert word in json.dumps([block(product, "hero", attempt=n) for n in range(6)], ensure_ascii=False)


@pytest.mark.parametrize(
    "said", ["무농약 아님, 왁스코팅 하지 않았어요", "10kg도 있어요(35,000원)", "파손시 교환해요"]
)
def test_a_page_does_not_open_on_what_a_product_is_not(said: str) -> None:
    """Nor on a fee or on what happens when something breaks: such sentences follow further down."""
    facts = [{"id": "F1", "name": "설명", "value": said, "source": "description"}]
    for attempt in range(8):
        assert said not in str(block(products()[0], "hero", facts=facts, attempt=attempt)["slots"]["subhead"])

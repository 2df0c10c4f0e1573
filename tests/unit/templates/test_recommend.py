"""What is recommended when nobody chose, and the reasons given."""

from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.templates.coverage import quoted, stated
from generation.templates.library_files import read_library
from generation.templates.models import TemplateSet
from generation.templates.nearness import Nearness
from generation.templates.recommend import MAX_BLOCKS, recommend
from generation.templates.usage import TrackRecord
from shared.errors import NotFoundError

LIBRARY = read_library()
NAMES = ["용량", "전성분", "총장", "배송 안내", "보관 방법", "브랜드"]
SOURCES = ["name", "price", "description", "attribute", "packaging", "notice", "vision"]


@dataclass(frozen=True)
class Known:
    name: str
    source: str = "attribute"


def a_set(template_set_id: str, *template_ids: str, is_default: bool = False) -> TemplateSet:
    general = next(one for one in LIBRARY.sets if one.category_id is None)
    return replace(
        general,
        template_set_id=template_set_id,
        category_id="food",
        template_ids=template_ids,
        is_default=is_default,
    )


def test_the_categorys_default_set_is_the_start() -> None:
    """Nothing is known of use: the default of the category, its theme, its order."""
    facts = [Known("용량"), Known("재질", "packaging"), Known("제조국", "notice")]
    found = recommend("food", facts, LIBRARY.templates, LIBRARY.sets, {})

    food = next(one for one in LIBRARY.sets if one.template_set_id == "food-table")
    assert (found.template_set_id, found.theme) == ("food-table", food.theme)
    assert found.template_ids == food.template_ids
    assert found.why["specification-table"] == ("'식탁' 구성에 있습니다. 알려진 사실을 보여 줍니다: 용량.")


@pytest.mark.parametrize("category", [None, "no such category"])
def test_without_a_category_the_general_set_is_taken(category: str | None) -> None:
    """As for a category that has no set."""
    found = recommend(category, [], LIBRARY.templates, LIBRARY.sets, {})
    assert found.template_set_id == "general-basic"


def test_blocks_without_facts_are_left_out() -> None:
    """No table of specifications without any."""
    found = recommend("food", [], LIBRARY.templates, LIBRARY.sets, {})
    kinds = {LIBRARY.by_id[one].block_type for one in found.template_ids}
    assert not kinds & {"specification", "product_notice", "recycling_guide", "ingredients"}


def test_facts_without_a_block_get_one_at_its_usual_place() -> None:
    """Ingredients go before the specification; the reason says that the set has none."""
    facts = [Known("용량"), Known("원재료명"), Known("제조국", "notice")]
    found = recommend("food", facts, LIBRARY.templates, LIBRARY.sets, {})

    kinds = [LIBRARY.by_id[one].block_type for one in found.template_ids]
    assert kinds.index("how_to_use") < kinds.index("ingredients") < kinds.index("specification")
    assert found.why["ingredients-list"] == (
        "'식탁' 구성에 없는 정보를 더했습니다. 알려진 사실을 보여 줍니다: 원재료명."
    )


def test_the_better_record_wins() -> None:
    """Of two sets alike, the one whose pages were used; a default only between near equals; it is said why."""
    plain = a_set("a", "introduction-split", "story-letter", is_default=True)
    loved = a_set("b", "introduction-poster", "story-origin")
    usage = {one: TrackRecord(100, 90) for one in loved.template_ids}

    assert recommend("food", [], LIBRARY.templates, [plain, loved], {}).template_set_id == "a"
    found = recommend("food", [], LIBRARY.templates, [plain, loved], usage)
    assert found.template_set_id == "b"
    assert "100개 페이지 중 90개" in found.why["story-origin"]


def test_a_record_is_told_only_where_it_speaks_for_the_template() -> None:
    """Nobody kept its pages: that is no reason to give."""
    chosen = a_set("a", "introduction-split")
    found = recommend("food", [], LIBRARY.templates, [chosen], {"introduction-split": TrackRecord(50, 0)})
    assert "페이지" not in found.why["introduction-split"]


def test_the_nearer_description_wins_between_equals() -> None:
    """Of sets that show the same, the one whose description is nearest; it is said why."""
    sets = [a_set(name, "introduction-split", "story-letter") for name in ("a", "b", "c")]
    near = Nearness(sets={"a": 0.31, "b": 0.52, "c": 0.40})

    assert recommend("food", [], LIBRARY.templates, sets, {}).template_set_id == "a"
    found = recommend("food", [], LIBRARY.templates, sets, {}, near)
    assert found.template_set_id == "b"
    assert found.why["story-letter"] == "'기본' 구성에 있습니다. 상품 설명과 가장 가까운 구성입니다."


def test_nearness_does_not_outweigh_what_is_shown() -> None:
    """A set with a place for the facts beats a nearer one without."""
    sets = [a_set("a", "introduction-split"), a_set("b", "introduction-split", "specification-table")]
    near = Nearness(sets={"a": 0.9, "b": 0.1})
    assert recommend("food", [Known("용량")], LIBRARY.templates, sets, {}, near).template_set_id == "b"


def test_the_nearer_template_is_added() -> None:
    """Of templates that show the same facts and were used alike."""
    chosen, facts = a_set("a", "introduction-split"), [Known("용량")]
    for nearest in ("specification-panel", "specification-photo"):
        others = {one.template_id: 0.1 for one in LIBRARY.templates}
        near = Nearness(templates={**others, nearest: 0.4})
        found = recommend("food", facts, LIBRARY.templates, [chosen], {}, near)
        assert nearest in found.template_ids


def test_sizes_are_not_stated_twice() -> None:
    """A table of everything leaves to the size chart what is its own, unless nothing else were left."""
    table, chart = LIBRARY.by_id["specification-table"], LIBRARY.by_id["size_chart-rows"]
    facts = [Known("총장"), Known("소재")]
    assert stated(table, facts, [table, chart]) == [Known("소재")]
    assert stated(chart, facts, [table, chart]) == [Known("총장")]
    assert stated(table, facts, [table]) == facts
    assert stated(table, [Known("총장")], [table, chart]) == [Known("총장")]


def test_reviews_come_from_customers_words_alone() -> None:
    """Of a seller's documents only what is told as a review; a telephone number makes no shipping block."""
    reviews, shipping = LIBRARY.by_id["reviews-quotes"], LIBRARY.by_id["shipping_returns-rows"]
    facts = [
        Known("고객 후기: 머그", "document"),
        Known("자주 묻는 질문: 세척", "document"),
        Known("고객 후기 수"),
        Known("A/S 책임자와 전화번호", "notice"),
    ]
    assert stated(reviews, facts, [reviews]) == facts[:1]
    assert stated(shipping, facts, [shipping]) == []
    assert quoted(LIBRARY.by_id["faq-list"], facts) == facts[1:2]
    assert quoted(reviews, facts) == []


def test_coverage_of_facts_counts() -> None:
    """The set that has a place for what is known is preferred."""
    bare = a_set("a", "introduction-split")
    full = a_set("b", "introduction-split", "specification-table")
    assert recommend("food", [Known("용량")], LIBRARY.templates, [bare, full], {}).template_set_id == "b"


def test_of_several_templates_the_better_one_is_added() -> None:
    """The best record of those that show the same kind of facts."""
    sizes = [Known("총장")]
    chosen = a_set("a", "introduction-split")
    usage = {"size_chart-rows": TrackRecord(50, 45), "specification-photo": TrackRecord(50, 45)}
    found = recommend("food", sizes, LIBRARY.templates, [chosen], usage)
    assert {"size_chart-rows", "specification-photo"} <= set(found.template_ids)


def test_without_any_set_nothing_is_recommended() -> None:
    """An empty library, or one whose sets hold nothing for this, is said so."""
    with pytest.raises(NotFoundError):
        recommend("food", [], LIBRARY.templates, [], {})
    with pytest.raises(NotFoundError):
        recommend("food", [], [], LIBRARY.sets, {})


@given(
    st.sampled_from([None, *(one.category_id for one in LIBRARY.categories)]),
    st.lists(st.builds(Known, st.sampled_from(NAMES), st.sampled_from(SOURCES)), max_size=12),
    st.dictionaries(
        st.sampled_from(sorted(LIBRARY.by_id)),
        st.integers(0, 500).flatmap(lambda n: st.builds(TrackRecord, st.just(n), st.integers(0, n))),
    ),
    st.builds(
        Nearness,
        sets=st.dictionaries(
            st.sampled_from([one.template_set_id for one in LIBRARY.sets]), st.floats(-1, 1)
        ),
        templates=st.dictionaries(st.sampled_from(sorted(LIBRARY.by_id)), st.floats(-1, 1)),
    ),
    st.randoms(),
)
def test_recommendations_hold_together(
    category: str | None,
    facts: list[Known],
    usage: dict[str, TrackRecord],
    near: Nearness,
    chance: Random,
) -> None:
    """Different templates, all explained, none for another category, not too many; the order given changes nothing."""
    found = recommend(category, facts, LIBRARY.templates, LIBRARY.sets, usage, near)
    assert 1 <= len(found.template_ids) == len(set(found.template_ids)) <= MAX_BLOCKS
    assert tuple(found.why) == found.template_ids
    assert all(LIBRARY.by_id[one].category_id in {None, category} for one in found.template_ids)
    templates, sets = list(LIBRARY.templates), list(LIBRARY.sets)
    chance.shuffle(templates)
    chance.shuffle(sets)
    assert recommend(category, facts, templates, sets, usage, near) == found

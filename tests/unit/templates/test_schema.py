"""The schema the model fills, the checks on what people send, and the fitting in between."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.templates.fitting import fit_text
from generation.templates.graphemes import boundary
from generation.templates.language import compile_template
from generation.templates.library_files import read_library
from generation.templates.models import Template
from generation.templates.schema import check_values, fit_values, slot_schema
from tests.unit.templates.strategies import values

TEMPLATE = compile_template(
    """<h2>{{ headline }}</h2>{% if subhead %}<p>{{ subhead }}</p>{% endif %}
    {% if hero %}<img src="{{ hero.url }}">{% endif %}
    {% for item in items %}<h3>{{ item.title }}</h3><div>{{ item.body | rich }}</div>
    {% if item.photo %}<img src="{{ item.photo.url }}">{% endif %}{% endfor %}""",
    {"slots": {"headline": {"max_chars": 20}, "items": {"min_items": 1, "max_items": 2}}},
)
TEMPLATES = read_library().templates


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object schema inside `schema`."""
    if "properties" in schema:
        return [schema, *(found for one in schema["properties"].values() for found in objects(one))]
    return objects(schema["items"]) if "items" in schema else []


def test_schema_is_strict() -> None:
    """Pictures are left out, optional slots may be null, limits stand in the descriptions."""
    schema = slot_schema(TEMPLATE)

    assert list(schema["properties"]) == ["headline", "subhead", "items"]
    assert schema["properties"]["headline"]["type"] == "string"
    assert "20자" in schema["properties"]["headline"]["description"]
    assert schema["properties"]["subhead"]["type"] == ["string", "null"]
    assert (schema["properties"]["items"]["minItems"], schema["properties"]["items"]["maxItems"]) == (1, 2)
    assert list(schema["properties"]["items"]["items"]["properties"]) == ["title", "body"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.template_id)
def test_every_library_schema_obeys_strict_mode(template: Template) -> None:
    """Closed objects, everything required, only the keywords OpenAI's strict mode knows."""
    schema = slot_schema(template)

    for one in objects(schema):
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
        for part in one["properties"].values():
            assert set(part) <= {"type", "description", "items", "minItems", "maxItems"}


def test_values_within_the_limits_pass() -> None:
    """Optional slots may be missing, null or empty."""
    item = {"title": "a", "body": "b\nc"}

    assert check_values(TEMPLATE, {"headline": "x", "items": [item]}) == []
    assert check_values(TEMPLATE, {"headline": "x", "subhead": None, "items": [item, item]}) == []


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        ({"headline": None}, "headline"),
        ({"headline": ""}, "headline"),
        ({"headline": 3}, "headline"),
        ({"headline": "가" * 21}, "headline"),
        ({"headline": "a\nb"}, "headline"),
        ({"items": []}, "items"),
        ({"items": "x"}, "items"),
        ({"items": {}}, "items"),
        ({"items": [{"title": "a", "body": "b"}] * 3}, "items"),
        ({"items": ["x"]}, "items.0"),
        ({"items": [{"title": "a"}]}, "items.0.body"),
        ({"items": [{"title": "a", "body": "b", "extra": 1}]}, "items.0.extra"),
        ({"hero": "https://x/y.png"}, "hero"),
        ({"extra": 1}, "extra"),
    ],
)
def test_each_bad_value_is_named(change: dict[str, Any], loc: str) -> None:
    """The path of what is wrong comes back, and nothing else."""
    good: dict[str, Any] = {"headline": "x", "items": [{"title": "a", "body": "b"}]}

    assert [issue.loc for issue in check_values(TEMPLATE, good | change)] == [loc]


def test_fitting_drops_what_the_template_does_not_hold() -> None:
    """Unknown keys, surplus and half-empty items and empty optional slots go; blanks are tidied."""
    fitted = fit_values(
        TEMPLATE,
        {
            "headline": "  두  칸\n제목 **굵게** ",
            "subhead": None,
            "extra": 1,
            "items": [
                {"title": "a", "body": " b \n\n\n c "},
                {"title": "", "body": "x"},
                3,
                {"title": "d", "body": "e"},
                {"title": "f", "body": "g"},
            ],
        },
    )

    assert fitted == {
        "headline": "두 칸 제목 굵게",
        "items": [{"title": "a", "body": "b\nc"}, {"title": "d", "body": "e"}],
    }


def test_a_fact_that_does_not_fit_is_left_out_rather_than_torn() -> None:
    """A row whose value would be cut inside a word goes, unless too few would be left."""
    template = compile_template(
        "{% for item in items %}<p>{{ item.value }}</p>{% endfor %}",
        {"slots": {"items": {"min_items": 1, "fields": {"value": {"max_chars": 8}}}}},
    )

    assert fit_values(template, {"items": [{"value": "180x90x250mm"}, {"value": "620g"}]}) == {
        "items": [{"value": "620g"}]
    }
    assert fit_values(template, {"items": [{"value": "180x90x250mm"}]}) == {"items": [{"value": "180x90x2"}]}


@pytest.mark.parametrize(
    ("text", "limit", "fitted"),
    [
        ("짧은 글", 10, "짧은 글"),
        ("첫 문장입니다. 둘째 문장은 깁니다.", 12, "첫 문장입니다."),
        ("아주 긴 첫 문장이 이어집니다. 끝.", 11, "아주 긴 첫 문장이"),
        ("띄어쓰기없는긴글입니다", 5, "띄어쓰기없"),
        ("한 단어, 그리고 나머지", 6, "한 단어"),
        ("1.5배 더 오래갑니다 정말", 8, "1.5배 더"),
        ("**굵은 글씨** 다음 글", 6, "굵은"),
        ("가족 👩\u200d👩\u200d👧", 5, "가족"),
        ("국기🇰🇷🇰🇷", 5, "국기🇰🇷"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301"),
        ("\u1100\u1161\u11a8\u1100\u1161\u11a8", 5, "\u1100\u1161\u11a8"),
        ("“따옴표.” 다음", 8, "“따옴표.”"),
    ],
)
def test_text_is_cut_where_a_reader_would_cut_it(text: str, limit: int, fitted: str) -> None:
    """After a sentence if that keeps half, else after a word, never inside a character."""
    assert fit_text(text, limit) == fitted


@given(st.text(alphabet="가각\u1100\u1161\u11a8e\u0301👩\u200d🏽🇰🇷 .", max_size=30), st.integers(0, 30))
def test_cuts_stay_within_the_limit(text: str, limit: int) -> None:
    """A cut never exceeds the limit and never separates a mark or joiner from what it belongs to."""
    at = boundary(text, limit)

    assert at <= limit or at == len(text) <= limit
    assert at in {0, len(text)} or text[at] not in "\u0301\u200d🏽"
    assert len(fit_text(text, limit)) <= limit


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TEMPLATES), st.data())
def test_fitting_takes_anything_and_fits(template: Template, data: st.DataObject) -> None:
    """Whatever a model answers, the fitted values have no type or length issue, and fitting again changes nothing."""
    names = [slot.name for slot in template.slots]
    answer = data.draw(st.dictionaries(st.sampled_from([*names, "extra"]), ANYTHING))
    fitted = fit_values(template, answer)
    messages = {issue.msg for issue in check_values(template, fitted)}

    assert fit_values(template, fitted) == fitted
    assert all(message == "must be filled" or message.startswith("holds") for message in messages)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.sampled_from(TEMPLATES), st.data())
def test_good_values_survive_fitting(template: Template, data: st.DataObject) -> None:
    """Values within the limits stay within them."""
    fitted = fit_values(template, data.draw(values(template.slots)))

    assert all("characters" not in issue.msg for issue in check_values(template, fitted))


@pytest.mark.parametrize("blank", ["", " ", "\u3000\t", None])
def test_blank_text_is_no_text(blank: str | None) -> None:
    """A required slot of blanks is as missing as an empty one; an optional one may be blank."""
    given = {"headline": blank, "subhead": blank, "items": [{"title": "가", "body": blank}]}
    found = {issue.loc: issue.msg for issue in check_values(TEMPLATE, given)}
    assert found == {"headline": "must be filled", "items.0.body": "must be filled"}

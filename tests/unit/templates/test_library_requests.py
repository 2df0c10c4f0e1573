"""Cursors, filters, ETags and bodies of the library's routes."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.templates.conditional import unless_known
from generation.templates.language import TemplateSyntaxIssue, compile_template
from generation.templates.listing import Filters, page_of, read_filters, read_page
from generation.templates.requests import NewCategory, NewSet, NewTemplate, SetChange, TemplateChange
from shared.errors import FieldsError
from shared.http import Call, Reply, reply, validated


def call(**query: str) -> Call:
    return Call("GET", {}, {}, query, b"")


@given(st.integers(0, 2**31 - 1), st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True))
def test_a_cursor_comes_back_as_it_went(number: int, name: str) -> None:
    """Whatever the last item's keys are."""
    import orjson

    rows: list[dict[str, Any]] = [{"n": number, "id": name}, {"n": 0, "id": "x"}]
    cursor = orjson.loads(page_of(rows, 1, ["n", "id"]).body)["next_cursor"]
    assert read_page(call(cursor=cursor), keys=[int, str]) == (20, [number, name])


@given(st.text(max_size=60))
def test_foreign_cursors_are_refused(cursor: str) -> None:
    """Any text but a cursor of this very list is 422, never an error of ours."""
    refused: list[str] = []
    keys = None
    try:
        _, keys = read_page(call(cursor=cursor), keys=[str])
    except FieldsError as error:
        refused = [issue.loc for issue in error.issues]
    assert refused in ([], ["cursor"])
    assert keys is None or isinstance(keys[0], str)


@given(st.dictionaries(st.sampled_from(["q", "status", "category_id", "block_type"]), st.text(max_size=120)))
def test_filters_are_read_or_refused(query: dict[str, str]) -> None:
    """Any query gives filters that PostgreSQL can take, or 422."""
    filters, refused = Filters(), set()
    try:
        filters = read_filters(call(**query))
    except FieldsError as error:
        refused = {issue.loc for issue in error.issues}
    assert refused <= query.keys()
    assert len(filters.words) <= 10
    assert set(filters.statuses) <= {"draft", "active", "archived"}
    assert all("\0" not in word for word in filters.words)


@pytest.mark.parametrize(
    ("given_tag", "status"),
    [("{tag}", 304), ("W/{tag}", 304), ('"a", {tag}', 304), ("*", 304), ('"a"', 200), ("", 200)],
)
def test_if_none_match(given_tag: str, status: int) -> None:
    """RFC 9110, 13.1.2: weak comparison, lists, the asterisk."""
    answer = reply({"a": 1})
    tag = unless_known(call(), answer).headers["ETag"]
    asked = Call("GET", {"if-none-match": given_tag.replace("{tag}", tag)}, {}, {}, b"")
    known: Reply = unless_known(asked, answer)
    assert (known.status, known.body) == (status, b"" if status == 304 else answer.body)
    assert known.headers["ETag"] == tag


def test_what_was_answered_may_be_sent_back() -> None:
    """Fields that only answers hold are left out; unknown ones are refused."""
    body = {
        "version": 3,
        "name": "x",
        "created_at": "now",
        "slots": [],
        "slot_schema": {},
        "provenance": "editor",
    }
    assert validated(TemplateChange, body).model_fields_set == {"version", "name"}
    with pytest.raises(FieldsError):
        validated(TemplateChange, {**body, "surprise": 1})
    with pytest.raises(FieldsError):
        validated(NewTemplate, {**body, "block_type": "x", "template_html": "", "surprise": 1})


def test_items_keep_their_order() -> None:
    """Without display_order an item follows the one before; a list of ids is in order as it is."""
    new = validated(
        NewSet,
        {"name": "x", "items": [{"template_id": "a", "display_order": 5}, {"template_id": "b"}]},
    )
    assert new.ordered() == [(5, "a"), (6, "b")]
    assert validated(SetChange, {"version": 1, "template_ids": ["a", "b"]}).ordered() == [(0, "a"), (1, "b")]
    assert validated(SetChange, {"version": 1}).ordered() is None


def test_orders_end_where_they_may_be_sent_back() -> None:
    """An item without display_order is not given one that a change would refuse."""
    items = [{"template_id": "a", "display_order": 100_000}, {"template_id": "b"}]
    with pytest.raises(FieldsError) as caught:
        validated(NewSet, {"name": "x", "items": items})
    assert [issue.loc for issue in caught.value.issues] == ["items.1.display_order"]


@pytest.mark.parametrize("name", ["", " ", "\t\n", "\u3000"])
def test_a_name_that_nobody_can_see_is_none(name: str) -> None:
    """White space alone is refused as an empty name is."""
    with pytest.raises(FieldsError) as caught:
        validated(NewCategory, {"name": name})
    assert [issue.loc for issue in caught.value.issues] == ["name"]


def test_korean_in_single_letters_is_put_together() -> None:
    """As a Mac's file names have it: names are stored, and searched for, as they are typed."""
    apart = unicodedata.normalize("NFD", "질문과 답")
    assert validated(NewCategory, {"name": f" {apart} "}).name == "질문과 답"
    assert read_filters(call(q=apart)).words == ("질문과", "답")
    assert len(validated(NewCategory, {"name": unicodedata.normalize("NFD", "글" * 120)}).name) == 120


def test_problems_quote_no_more_than_a_line() -> None:
    """A name of twenty thousand parts is not sent back."""
    with pytest.raises(TemplateSyntaxIssue) as caught:
        compile_template("{{ " + ".".join("a" * 20_000) + " }}", {})
    assert all(len(problem.message) <= 200 for problem in caught.value.problems)

"""Sets, tests of two sets, and what pages made with them count for, on a real PostgreSQL."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from generation.templates import arranging, authoring, figures, set_rows
from generation.templates.listing import Filters
from generation.templates.models import Origin
from generation.templates.repository import TemplateRepository
from generation.templates.requests import NewSet, SetChange
from generation.templates.usage import TrackRecord
from shared.db.pool import Database
from shared.errors import ConflictError, FieldsError
from tests.contract.templates.shelves import LIBRARY, explained, finished_page

BLOCKS = [("faq-list", 1), ("story-letter", 1)]


async def made(library: Database, **given: Any) -> dict[str, Any]:
    new = NewSet.model_validate({"name": "봄", "template_ids": ["faq-list", "story-letter"], **given})
    return await library.run(lambda cursor: arranging.create(cursor, new))


async def changed(library: Database, set_id: str, **given: Any) -> dict[str, Any]:
    asked = SetChange.model_validate(given)
    return await library.run(lambda cursor: arranging.change(cursor, set_id, asked))


async def removed(library: Database, set_id: str) -> dict[str, Any] | None:
    return await library.run(lambda cursor: arranging.remove(cursor, set_id))


async def under_test(library: Database, **experiment: Any) -> dict[str, Any]:
    """A set of the category food, tested against another of other templates."""
    await made(library, template_set_id="side-b", template_ids=["faq-cards"], status="draft")
    wish = {"variant_set_id": "side-b", **experiment}
    return await made(library, template_set_id="side-a", category_id="food", experiment=wish)


async def test_two_who_want_the_default_at_once_take_turns(library: Database) -> None:
    """Whoever comes last has it; nobody fails."""
    ids = [f"set-{number}" for number in range(6)]
    for one in ids:
        await made(library, template_set_id=one, category_id="food")
    await asyncio.gather(*(changed(library, one, version=1, is_default=True) for one in ids))

    sets = await library.run(lambda cursor: set_rows.listing(cursor, Filters(category_id="food"), 100, None))
    assert len([one for one in sets if one["is_default"]]) == 1
    assert {one["version"] for one in sets if one["template_set_id"] in ids} == {2, 3}


async def test_the_general_default_may_be_handed_over(library: Database) -> None:
    """It cannot be given up, moved or archived, but another set can take its place."""
    for change in ({"is_default": False}, {"category_id": "food"}, {"status": "draft", "is_default": False}):
        with pytest.raises(ConflictError) as caught:
            await changed(library, "general-basic", version=1, **change)
        assert caught.value.code == "default_needed"
    await made(library, template_set_id="other", is_default=True)

    assert (await TemplateRepository(library).default_set(None)).template_set_id == "other"
    assert await removed(library, "general-basic") is None


async def test_a_set_of_a_deleted_template_is_refused(library: Database) -> None:
    """Deleting a template and placing it in a set at the same time: one of the two gives way, nothing breaks."""
    from tests.contract.templates.test_authoring import created

    for _ in range(5):
        one = (await created(library))["template_id"]

        def delete(cursor: Any, template_id: str = one) -> Any:
            return authoring.remove(cursor, template_id, "editor")

        placed, kept = await asyncio.gather(
            made(library, template_ids=[one]), library.run(delete), return_exceptions=True
        )
        if kept is None:
            assert isinstance(placed, FieldsError | dict)
        else:
            assert isinstance(kept, dict)


async def test_a_set_that_made_pages_is_archived(library: Database) -> None:
    """It is not offered any more; its figures stay."""
    one = (await made(library))["template_set_id"]
    await finished_page(library, BLOCKS, Origin(one))
    kept = await removed(library, one)

    assert kept is not None
    assert (kept["status"], kept["version"]) == ("archived", 2)
    told = await library.run(lambda cursor: figures.of_set(cursor, one))
    assert told["pages"] == 1


async def test_pages_are_divided_between_the_sides(library: Database) -> None:
    """By the page alone, in the share that was asked for; without a test every page is the set's own."""
    await under_test(library, share=0.25)
    repository = TemplateRepository(library)
    chosen = await repository.get_set("side-a")
    pages = [UUID(int=number * 2654435761) for number in range(400)]
    first = [await repository.assigned(chosen, page) for page in pages]
    again = [await TemplateRepository(library).assigned(chosen, page) for page in pages[:20]]

    assert first[:20] == again
    sides = [origin.variant for _, origin in first]
    assert 70 <= sides.count("b") <= 130
    for shown, origin in first:
        assert shown.template_set_id == origin.template_set_id == f"side-{origin.variant}"
        assert shown.template_ids == (
            ("faq-cards",) if origin.variant == "b" else ("faq-list", "story-letter")
        )
    food = await repository.get_set("food-table")
    assert await repository.assigned(food, uuid4()) == (food, Origin("food-table"))


async def test_a_test_starts_anew_when_what_is_compared_changes(library: Database) -> None:
    """Items and theme of either side do that; a name and gaps between items do not; null ends it; its figures stay."""
    start = (await under_test(library))["experiment"]
    named = await changed(library, "side-a", version=1, name="여름")
    assert named["experiment"] == start
    same = await changed(library, "side-a", version=2, experiment=start)
    assert same["experiment"] == start
    spread = [{**item, "display_order": 10 * number} for number, item in enumerate(same["items"], start=1)]
    renumbered = await changed(library, "side-a", version=3, items=spread)
    assert renumbered["experiment"] == start
    await changed(library, "side-b", version=1, template_ids=["faq-list"])
    after_b = (await library.run(lambda cursor: set_rows.get(cursor, "side-a")))["experiment"]
    after_a = (await changed(library, "side-a", version=4, theme={"accent": "#8a3b2e"}))["experiment"]
    ended = await changed(library, "side-a", version=5, experiment=None)

    ids = [one["experiment_id"] for one in (start, after_b, after_a)]
    assert ids == sorted(set(ids))
    assert ended["experiment"] is None
    told = await library.run(lambda cursor: figures.of_set(cursor, "side-a"))
    assert [one["experiment_id"] for one in told["experiments"]] == ids[::-1]
    assert all(one["stopped_at"] for one in told["experiments"])


async def test_archiving_a_side_ends_the_test(library: Database) -> None:
    """The variant is kept for its figures; pages are the set's own again."""
    await under_test(library)
    kept = await removed(library, "side-b")
    repository = TemplateRepository(library)
    chosen = await repository.get_set("side-a")

    assert kept is not None
    assert kept["status"] == "archived"
    assert chosen.experiment is None
    with pytest.raises(FieldsError):
        await changed(library, "side-a", version=1, experiment={"variant_set_id": "side-b"})


async def test_outcomes_are_counted_by_page(library: Database) -> None:
    """However often a seller says so, a page is exported once; edited is one that has later versions."""
    await finished_page(library, BLOCKS, Origin("food-table"))
    await finished_page(library, BLOCKS, version=3, feedback=({"exported": True}, {"exported": True}))
    await finished_page(library, [("faq-list", 2)], feedback=({"rating": 5}, {"rating": 2}))
    told = await library.run(lambda cursor: figures.of_template(cursor, "faq-list"))

    assert told["pages"] == 3
    assert told["outcomes"] == {
        "kept": 2,
        "edited": 1,
        "exported": 1,
        "rated": 1,
        "liked": 1,
        "rating": 3.5,
    }
    assert told["versions"] == [{"version": 2, "pages": 1}, {"version": 1, "pages": 2}]
    assert {one["template_set_id"] for one in told["sets"]} == {
        one.template_set_id for one in LIBRARY.sets if "faq-list" in one.template_ids
    }
    assert told["last_used_at"] is not None
    records = await TemplateRepository(library).track_records()
    assert records == {"faq-list": TrackRecord(3, 2), "story-letter": TrackRecord(2, 1)}


async def test_a_template_nobody_used_counts_zero(library: Database) -> None:
    """Zeros and nulls, not an error."""
    told = await library.run(lambda cursor: figures.of_template(cursor, "faq-cards"))
    assert (told["pages"], told["last_used_at"], told["versions"]) == (0, None, [])
    assert told["outcomes"]["rating"] is None


async def test_a_tests_figures_name_the_better_side(library: Database) -> None:
    """Exposures and outcomes by side, at the template's usage too."""
    test = (await under_test(library))["experiment"]["experiment_id"]
    for number in range(120):
        side: Any = "ab"[number % 2]
        good = ({"exported": True},) if side == "b" or number % 20 == 0 else ()
        await finished_page(library, BLOCKS, Origin(f"side-{side}", test, side), feedback=good)
    [told] = (await library.run(lambda cursor: figures.of_template(cursor, "faq-list")))["experiments"]

    assert {side: one["pages"] for side, one in told["variants"].items()} == {"a": 60, "b": 60}
    assert {side: one["exported"] for side, one in told["variants"].items()} == {"a": 6, "b": 60}
    assert (told["result"]["better"], told["result"]["lift"]) == ("b", 10.0)
    assert told["result"]["lift_low"] > 1


async def test_a_test_without_pages_has_figures(library: Database) -> None:
    """Both sides at zero, nothing proven."""
    await under_test(library)
    [told] = (await library.run(lambda cursor: figures.of_set(cursor, "side-a")))["experiments"]
    assert [one["pages"] for one in told["variants"].values()] == [0, 0]
    assert (told["result"]["p_value"], told["result"]["better"], told["result"]["lift"]) == (1.0, None, None)


async def test_recording_a_page_never_fails_it(library: Database) -> None:
    """What was deleted meanwhile is left out, and a repetition changes nothing."""
    from generation.templates.usage import record_page

    page = await finished_page(library, [("gone", 1), ("faq-list", 1)], Origin("gone", 77, "b"))
    await library.run(lambda cursor: record_page(cursor, page, BLOCKS, Origin("food-table")))

    told = await library.run(lambda cursor: figures.of_template(cursor, "faq-list"))
    assert told["pages"] == 1
    empty = await finished_page(library, [])
    assert isinstance(empty, UUID)


async def test_usage_reads_indexes(library: Database) -> None:
    """Figures of one template or set do not walk through every page."""

    def fill(cursor: Any) -> None:
        cursor.execute(
            """with made as (
                insert into tasks (task_id, kind, owner, request, request_sha256, status)
                select gen_random_uuid(), 'page', 'seller', '{}', '', 'completed' from generate_series(1, 4000)
                returning task_id)
            insert into pages (page_id, owner, task_id, title, version)
            select gen_random_uuid(), 'seller', task_id, 'x', 1 from made"""
        )
        ids = [one.template_id for one in LIBRARY.templates]
        cursor.execute(
            """insert into template_uses (template_id, page_id, template_version)
            select (%(ids)s)[1 + n %% %(n)s], page_id, 1
            from (select page_id, row_number() over () as n from pages) numbered""",
            {"ids": ids, "n": len(ids)},
        )
        cursor.execute("analyze pages, template_uses")

    await library.run(fill)
    plan = await explained(
        library,
        "select 1 from template_uses join pages using (page_id) where template_id = %s",
        ("faq-list",),
    )
    assert "Seq Scan on template_uses" not in plan

"""The template library on a real PostgreSQL: seeding and reading."""

from dataclasses import replace
from typing import Any

import pytest

from generation.templates import arranging, authoring, template_rows
from generation.templates.library_files import Library
from generation.templates.repository import TemplateRepository
from generation.templates.requests import SetChange, TemplateChange
from generation.templates.seed import SeedReport, seed
from shared.db.pool import Database
from shared.errors import FieldsError, NotFoundError
from tests.contract.templates.shelves import LIBRARY, clear


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def changed(template_id: str, **change: Any) -> Library:
    """The library with one template changed."""
    templates = tuple(
        replace(one, **change) if one.template_id == template_id else one for one in LIBRARY.templates
    )
    return replace(LIBRARY, templates=templates)


async def test_seeding_twice_changes_nothing(library: Database) -> None:
    """A second run adds no row and no version."""
    report = await library.run(lambda cursor: seed(cursor, LIBRARY))

    assert (report.added, report.updated, report.kept) == ([], [], [])
    rows = await library.run(lambda cursor: _count(cursor, "template_versions"))
    assert rows == len(LIBRARY.templates)


async def test_changed_content_becomes_a_new_version(library: Database) -> None:
    """An update of the library keeps the old version readable."""
    repository = TemplateRepository(library)
    newer = changed("faq-list", template_html="<p>{{ headline }}</p>", metadata={"source": "model"})

    report = await library.run(lambda cursor: seed(cursor, newer))
    again = await library.run(lambda cursor: seed(cursor, newer))

    assert report.updated == ["faq-list"]
    assert again.updated == []
    [current] = await repository.get(["faq-list"])
    assert (current.version, current.template_html) == (2, "<p>{{ headline }}</p>")
    assert (await repository.get_version("faq-list", 1)).template_html == LIBRARY.by_id[
        "faq-list"
    ].template_html


async def test_what_somebody_edited_is_kept(library: Database) -> None:
    """Neither an edited template nor an edited set is overwritten by a newer library."""
    await library.run(
        lambda cursor: cursor.execute(
            "update templates set template_html = '<p>mine</p>' where template_id = 'faq-list'"
        )
    )
    await library.run(
        lambda cursor: cursor.execute(
            "update template_sets set name = 'mine' where template_set_id = 'food-table'"
        )
    )
    newer = changed("faq-list", template_html="<p>theirs</p>", metadata={})
    newer = replace(newer, sets=tuple(replace(one, description="new") for one in newer.sets))

    report = await library.run(lambda cursor: seed(cursor, newer))

    assert report.kept == ["faq-list", "food-table"]
    assert "general-basic" in report.updated
    assert (await TemplateRepository(library).get_set("food-table")).name == "mine"


async def test_a_status_or_a_default_is_no_edit(library: Database) -> None:
    """What is shown, and to whom, is no content: a newer library is taken over all the same."""
    newer = changed("faq-list", template_html="<p>{{ headline }}</p>", metadata={"source": "model"})
    newer = replace(newer, sets=tuple(replace(one, description="new") for one in newer.sets))

    def work(cursor: Any) -> SeedReport:
        stored = template_rows.get(cursor, "faq-list")
        hidden = TemplateChange(version=1, status="draft")
        authoring.change(cursor, authoring.merged(stored, hidden), "editor")
        arranging.change(cursor, "food-table", SetChange(version=1, is_default=False))
        return seed(cursor, newer)

    report = await library.run(work)

    assert "faq-list" in report.updated
    assert "food-table" in report.updated
    assert report.kept == []


async def test_the_librarys_own_content_is_no_edit(library: Database) -> None:
    """What an import brought from another library, without the seed's mark, is not reported as edited."""
    await library.run(
        lambda cursor: cursor.execute("update templates set metadata = metadata - 'library_sha256'")
    )
    await library.run(
        lambda cursor: cursor.execute("update template_sets set theme = theme - 'library_sha256'")
    )

    assert await library.run(lambda cursor: seed(cursor, LIBRARY)) == SeedReport()


async def test_a_default_chosen_by_somebody_stays(library: Database) -> None:
    """Seeding never takes the default away from another set."""

    def choose_other(cursor: Any) -> None:
        cursor.execute("delete from template_sets where template_set_id = 'food-table'")
        cursor.execute(
            """insert into template_sets (template_set_id, category_id, name, theme, is_default)
            values ('mine', 'food', 'mine', '{}', true)"""
        )
        cursor.execute("insert into template_set_items values ('mine', 0, 'faq-list')")

    await library.run(choose_other)
    report = await library.run(lambda cursor: seed(cursor, LIBRARY))

    assert report.added == ["food-table"]
    assert (await TemplateRepository(library).default_set("food")).template_set_id == "mine"


async def test_reading_what_was_seeded(library: Database) -> None:
    """Templates, sets and categories come back as they are in the files."""
    repository = TemplateRepository(library)

    assert {one.template_id for one in await repository.active(None)} == set(LIBRARY.by_id)
    food = await repository.active("food")
    assert "size_chart-matrix" not in {one.template_id for one in food}
    assert (await repository.categories())[0].name == "식품"
    for expected in LIBRARY.sets:
        assert await repository.get_set(expected.template_set_id) == expected
        assert await repository.default_set(expected.category_id) == expected
    assert (await repository.default_set("no such category")).template_set_id == "general-basic"


async def test_order_is_kept_and_the_missing_are_named(library: Database) -> None:
    """Templates come in the order asked for; ids that do not exist are named one by one."""
    repository = TemplateRepository(library)
    asked = ["faq-list", "introduction-overlay", "cautions-list"]

    assert [one.template_id for one in await repository.get(asked)] == asked
    with pytest.raises(FieldsError) as caught:
        await repository.get(["faq-list", "nope", "neither"])
    assert [issue.loc for issue in caught.value.issues] == ["template_ids.1", "template_ids.2"]


async def test_archived_templates_are_not_offered_but_still_render(library: Database) -> None:
    """An archived template cannot be chosen, and pages made with it keep their version."""
    repository = TemplateRepository(library)
    await library.run(
        lambda cursor: cursor.execute(
            "update templates set status = 'archived' where template_id = 'faq-list'"
        )
    )

    with pytest.raises(FieldsError):
        await repository.get(["faq-list"])
    assert "faq-list" not in {one.template_id for one in await repository.active(None)}
    assert (await repository.get_version("faq-list", 1)).compiled.slots


async def test_sets_go_on_without_their_archived_templates(library: Database) -> None:
    """A set gives those of its templates that are active; a default without any leaves the page to the general one."""
    repository = TemplateRepository(library, fresh_for=0)
    archive = "update templates set status = 'archived' where template_id = any(%s)"
    [food] = [one for one in LIBRARY.sets if one.template_set_id == "food-table"]
    first, *others = food.template_ids

    await library.run(lambda cursor: cursor.execute(archive, ([first],)))
    assert (await repository.default_set("food")).template_ids == tuple(others)
    await library.run(lambda cursor: cursor.execute(archive, (others,)))
    assert (await repository.default_set("food")).template_set_id == "general-basic"


async def test_what_does_not_exist_is_not_found(library: Database) -> None:
    """Unknown sets and versions raise NotFoundError, as does an empty library."""
    repository = TemplateRepository(library)

    with pytest.raises(NotFoundError):
        await repository.get_set("nope")
    with pytest.raises(NotFoundError):
        await repository.get_version("faq-list", 99)
    await clear(library)
    with pytest.raises(NotFoundError, match="seed"):
        await TemplateRepository(library).default_set("food")


async def test_compiled_templates_are_kept(library: Database) -> None:
    """The same version is compiled once in a process, however it is asked for."""
    repository = TemplateRepository(library, fresh_for=0)
    [first] = await repository.get(["faq-list"])
    [second] = await repository.get(["faq-list"])

    assert second.compiled is first.compiled
    assert (await repository.get_version("faq-list", 1)).compiled is first.compiled


async def test_answers_stay_fresh_for_a_moment_only(library: Database) -> None:
    """Within the moment the database is not asked; afterwards, or when told to forget, a change is seen."""
    clock = Clock()
    repository = TemplateRepository(library, fresh_for=2, clock=clock)
    rename = "update templates set name = %s where template_id = 'faq-list'"
    assert (await repository.get(["faq-list"]))[0].name == "자주 묻는 질문"

    await library.run(lambda cursor: cursor.execute(rename, ("new",)))
    assert (await repository.get(["faq-list"]))[0].name == "자주 묻는 질문"
    clock.now = 2.5
    assert (await repository.get(["faq-list"]))[0].name == "new"
    await library.run(lambda cursor: cursor.execute(rename, ("newer",)))
    repository.forget()
    assert (await repository.get(["faq-list"]))[0].name == "newer"


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"select count(*) as n from {table}")  # noqa: S608  our own table names
    return int(cursor.fetchone()["n"])

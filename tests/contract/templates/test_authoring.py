"""Writing templates on a real PostgreSQL: versions, conflicts, rollback, and what deletion leaves."""

from typing import Any
from uuid import uuid4

import pytest

from generation.pages.render import render_document
from generation.templates import authoring, template_rows
from generation.templates.listing import Filters
from generation.templates.repository import TemplateRepository
from generation.templates.requests import NewTemplate, TemplateChange
from generation.templates.seed import seed
from shared.db.pool import Database, as_json
from shared.errors import ConflictError, FieldsError, NotFoundError, PermanentError
from tests.contract.pages.kitchen import Kitchen
from tests.contract.templates.shelves import LIBRARY, explained, finished_page

SOURCE = "<p>{{ headline }}</p>"


async def created(library: Database, **given: Any) -> dict[str, Any]:
    new = NewTemplate.model_validate(
        {"block_type": "faq", "name": "새 질문", "template_html": SOURCE, **given}
    )
    return await library.run(lambda cursor: authoring.create(cursor, new, "editor"))


async def changed(library: Database, template_id: str, **given: Any) -> dict[str, Any]:
    change = TemplateChange.model_validate(given)

    def work(cursor: Any) -> dict[str, Any]:
        content = authoring.merged(template_rows.get(cursor, template_id), change)
        return authoring.change(cursor, content, "editor")

    return await library.run(work)


async def rolled_back(library: Database, template_id: str, version: int) -> dict[str, Any]:
    return await library.run(lambda cursor: authoring.roll_back(cursor, template_id, version, "editor"))


async def removed(library: Database, template_id: str) -> dict[str, Any] | None:
    return await library.run(lambda cursor: authoring.remove(cursor, template_id, "editor"))


async def versions(library: Database, template_id: str) -> list[dict[str, Any]]:
    return await library.run(lambda cursor: template_rows.versions(cursor, template_id, 100, None))


async def test_a_new_template_has_version_1(library: Database) -> None:
    """An id is made from the block's type unless one is given; a second one of that id is refused."""
    first = await created(library)
    named = await created(library, template_id="faq-mine", category_id="food")

    assert (first["version"], first["status"], first["provenance"]) == (1, "active", "editor")
    assert first["template_id"].startswith("faq-")
    assert (named["template_id"], named["category_id"]) == ("faq-mine", "food")
    with pytest.raises(ConflictError):
        await created(library, template_id="faq-mine")
    with pytest.raises(FieldsError):
        await created(library, category_id="nowhere")


async def test_every_save_is_a_version(library: Database) -> None:
    """What is left out stays; earlier versions can be read; each tells who saved it and why."""
    await created(library, template_id="mine", category_id="food", description="처음")
    await changed(library, "mine", version=1, template_html="<h2>{{ headline }}</h2>")
    last = await changed(library, "mine", version=2, name="다른 이름", category_id=None)

    assert (last["version"], last["name"], last["description"]) == (3, "다른 이름", "처음")
    assert (last["template_html"], last["category_id"]) == ("<h2>{{ headline }}</h2>", None)
    first = await library.run(lambda cursor: template_rows.get(cursor, "mine", 1))
    assert (first["version"], first["template_html"]) == (1, SOURCE)
    told = [(row["version"], row["reason"], row["saved_by"]) for row in await versions(library, "mine")]
    assert told == [(3, "saved", "editor"), (2, "saved", "editor"), (1, "created", "editor")]


async def test_a_stale_version_is_a_conflict(library: Database) -> None:
    """Somebody was faster: nothing is stored."""
    await created(library, template_id="mine")
    await changed(library, "mine", version=1, name="하나")

    with pytest.raises(ConflictError) as caught:
        await changed(library, "mine", version=1, name="둘")
    assert caught.value.code == "stale_version"
    assert (await library.run(lambda cursor: template_rows.get(cursor, "mine")))["name"] == "하나"
    assert len(await versions(library, "mine")) == 2


async def test_a_version_guessed_in_advance_is_stale(library: Database) -> None:
    """A change on a version that comes only after what it was merged with was read takes nothing back."""
    before = await created(library, template_id="mine")
    change = TemplateChange(version=2, description="셋")

    with pytest.raises(ConflictError) as caught:
        authoring.merged(before, change)
    assert caught.value.code == "stale_version"


async def test_rollback_makes_a_new_version(library: Database) -> None:
    """Source and metadata come back, the history stays; what never was cannot come back."""
    await created(library, template_id="mine", metadata={"source": "model"})
    await changed(library, "mine", version=1, template_html="<h2>{{ headline }}</h2>", metadata={})
    back = await rolled_back(library, "mine", 1)

    assert (back["version"], back["template_html"], back["metadata"]) == (3, SOURCE, {"source": "model"})
    assert (await versions(library, "mine"))[0]["reason"] == "rolled back to 1"
    for template_id, version in (("mine", 9), ("nope", 1)):
        with pytest.raises(NotFoundError):
            await rolled_back(library, template_id, version)


async def test_a_version_that_is_not_there_is_named(library: Database) -> None:
    """Nobody is told that the template were gone."""
    with pytest.raises(NotFoundError, match="no version 9"):
        await library.run(lambda cursor: template_rows.get(cursor, "faq-list", 9))


async def test_going_back_to_the_library_is_seen_by_its_seed(library: Database) -> None:
    """An edited template is the editor's; rolled back to the library's content it is the library's again."""
    await changed(library, "faq-list", version=1, template_html=SOURCE, metadata={})
    edited = await library.run(lambda cursor: seed(cursor, LIBRARY))
    await rolled_back(library, "faq-list", 1)
    restored = await library.run(lambda cursor: seed(cursor, LIBRARY))

    assert edited.kept == ["faq-list"]
    assert (restored.kept, restored.updated) == ([], [])


async def test_what_nothing_uses_is_deleted(library: Database) -> None:
    """It and its versions are gone; a second time it is not found; its id is free again."""
    await created(library, template_id="mine")

    assert await removed(library, "mine") is None
    with pytest.raises(NotFoundError):
        await removed(library, "mine")
    assert (await created(library, template_id="mine"))["version"] == 1


async def test_what_a_set_uses_is_archived(library: Database) -> None:
    """It stays, archived, as a new version; archiving twice changes nothing more."""
    kept = await removed(library, "faq-list")

    assert kept is not None
    assert (kept["status"], kept["version"]) == ("archived", 2)
    again = await removed(library, "faq-list")
    assert again is not None
    assert again["version"] == 2


async def test_what_a_page_uses_is_archived(library: Database) -> None:
    """The page keeps rendering with the version it was made with."""
    await created(library, template_id="mine")
    await finished_page(library, [("mine", 1)])
    kept = await removed(library, "mine")

    assert kept is not None
    assert kept["status"] == "archived"


async def test_what_a_waiting_page_asked_for_is_archived(library: Database) -> None:
    """A task in the queue that names the template still finds its version."""
    await created(library, template_id="mine")
    request = as_json({"template_ids": ["mine"]})
    await library.run(
        lambda cursor: cursor.execute(
            """insert into tasks (task_id, kind, owner, request, request_sha256)
            values (%s, 'page', 'seller', %s, '')""",
            (str(uuid4()), request),
        )
    )

    assert await removed(library, "mine") is not None


async def page_task(library: Database, status: str, **steps: Any) -> None:
    """A task that makes a page, with what its steps have stored."""
    task_id = str(uuid4())

    def begin(cursor: Any) -> None:
        cursor.execute(
            """insert into tasks (task_id, kind, owner, request, request_sha256, status)
            values (%s, 'page', 'seller', '{}', '', %s)""",
            (task_id, status),
        )
        for key, result in steps.items():
            cursor.execute(
                "insert into task_steps (task_id, step_key, result, attempt) values (%s, %s, %s, 1)",
                (task_id, key, as_json(result)),
            )

    await library.run(begin)


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
async def test_what_was_chosen_for_a_page_is_archived(library: Database, status: str) -> None:
    """A page that is being made, or may be retried, finds the version that was chosen for it."""
    await created(library, template_id="mine")
    await created(library, template_id="mine2")
    await page_task(library, status, templates={"value": {"templates": [["faq-list", 1], ["mine", 1]]}})

    assert await removed(library, "mine") is not None
    assert await removed(library, "mine2") is None


async def test_a_page_that_failed_is_made_of_what_was_chosen_for_it(library: Database) -> None:
    """Though somebody wanted to delete it before the retry; and it can be shown by others than who made it."""
    await created(library, template_id="mine")
    kitchen = Kitchen(library)
    kitchen.text.errors["plan"] = [PermanentError("no", code="model_refused")]
    task_id = await kitchen.submit(template_ids=["mine", "faq-list"])
    assert (await kitchen.run(task_id))["status"] == "failed"

    kept = await removed(library, "mine")
    await kitchen.submitter.retry(task_id, "seller")
    page = await kitchen.page(await kitchen.run(task_id))

    assert kept is not None
    assert [block.template_id for block in page.blocks] == ["mine", "faq-list"]
    assert "<p>headline" in await render_document(page, TemplateRepository(library).get_version)


async def test_what_a_page_may_be_choosing_is_archived(library: Database) -> None:
    """Until it has stored what it chose, a page may have chosen any template but a draft."""
    await created(library, template_id="mine")
    await created(library, template_id="draft", status="draft")
    await page_task(library, "running", facts=[])

    assert await removed(library, "mine") is not None
    assert await removed(library, "draft") is None


async def test_what_a_finished_page_chose_but_does_not_hold_is_deleted(library: Database) -> None:
    """Only the blocks of a page that is there count."""
    await created(library, template_id="mine")
    await page_task(library, "completed", templates={"value": {"templates": [["mine", 1]]}})

    assert await removed(library, "mine") is None


async def listed(library: Database, limit: int = 100, after: str | None = None, **filters: Any) -> list[str]:
    def work(cursor: Any) -> list[dict[str, Any]]:
        return template_rows.listing(cursor, Filters(**filters), limit, [after] if after else None)

    return [row["template_id"] for row in await library.run(work)]


async def test_lists_are_filtered(library: Database) -> None:
    """By status, category (alone, or with what suits all), block type, and any part of a word."""
    await created(library, template_id="mine", category_id="food", name="산지에서 온 편지")
    await created(library, template_id="draft", status="draft")
    everything = await listed(library)

    assert everything == sorted([*LIBRARY.by_id, "mine"])
    assert await listed(library, statuses=("draft", "archived")) == ["draft"]
    assert await listed(library, category_id="food") == ["mine"]
    assert set(await listed(library, category_id="food", with_general=True)) == set(everything) - {
        one.template_id for one in LIBRARY.templates if one.category_id not in {None, "food"}
    }
    assert await listed(library, block_type="faq") == ["faq-cards", "faq-list", "mine"]
    assert await listed(library, words=(["지에서", "온"][0], "편")) == ["mine"]
    assert await listed(library, words=("FAQ-L",)) == ["faq-list"]
    assert await listed(library, words=("없는말",)) == []
    assert await listed(library, words=("%",)) == []
    assert await listed(library, words=("지산",)) == []


async def test_lists_come_in_parts(library: Database) -> None:
    """Each part begins after the last item of the one before."""
    found: list[str] = []
    while part := await listed(library, limit=7, after=found[-1] if found else None):
        found += part
    assert found == sorted(LIBRARY.by_id)


async def test_null_metadata_is_none(library: Database) -> None:
    """A new source may come without what was said of the old one's slots."""
    first = await created(library, metadata={"slots": {"headline": {"max_chars": 20}}})
    kept = await changed(library, first["template_id"], version=1, name="x", status=None)
    assert (kept["metadata"], kept["status"]) == (first["metadata"], "active")
    cleared = await changed(library, first["template_id"], version=2, template_html="<p>x</p>", metadata=None)
    assert cleared["metadata"] == {}


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"statuses": ("draft",)},
        {"category_id": "category-7"},
        {"category_id": "category-7", "with_general": True},
        {"block_type": "kind_3"},
        {"category_id": "category-7", "block_type": "kind_3"},
        {"words": ("머그", "17")},
        {"words": ("그",)},
    ],
    ids=str,
)
async def test_lists_use_indexes(library: Database, filters: dict[str, Any]) -> None:
    """Of thousands of templates none is read by walking through the table."""
    await library.run(_fill)
    queries: list[tuple[str, Any]] = []

    class Recording:
        def execute(self, query: str, values: Any) -> None:
            queries.append((query, values))

        def fetchall(self) -> list[Any]:
            return []

    recording: Any = Recording()
    template_rows.listing(recording, Filters(**filters), 21, None)
    plan = await explained(library, *queries[0])
    assert "Index" in plan
    assert "Seq Scan" not in plan


def _fill(cursor: Any) -> None:
    cursor.execute(
        """insert into categories (category_id, name)
        select 'category-' || n, 'x' from generate_series(1, 50) n on conflict do nothing"""
    )
    cursor.execute(
        """insert into templates (template_id, category_id, block_type, name, status, version, template_html, metadata)
        select 'many-' || n, 'category-' || (n % 50 + 1), 'kind_' || n % 40, '머그 ' || n,
            case when n % 20 = 0 then 'draft' else 'active' end, 1, '<p>x</p>', '{}'
        from generate_series(1, 5000) n"""
    )
    cursor.execute("analyze templates")

"""Export and import of sets, as the command does it, on a real PostgreSQL."""

import json
from pathlib import Path
from typing import Any

import pytest

from generation.templates import arranging, authoring, categories
from generation.templates.__main__ import read_file, write_file
from generation.templates.exchange import export
from generation.templates.repository import TemplateRepository
from generation.templates.requests import NewCategory, NewSet, NewTemplate
from shared.db.pool import Database
from shared.errors import FieldsError, MalformedError, NotFoundError
from tests.contract.templates.shelves import LIBRARY, clear


@pytest.fixture
async def pets(library: Database) -> Database:
    """The library with a set for a category of its own, below another."""

    def work(cursor: Any) -> None:
        categories.create(cursor, NewCategory(category_id="animals", name="동물"))
        categories.create(cursor, NewCategory(category_id="pets", name="반려동물", parent_id="animals"))
        new = NewTemplate(
            template_id="walk",
            block_type="story",
            name="산책",
            template_html="<p>{{ headline }}</p>",
            category_id="pets",
        )
        authoring.create(cursor, new, "editor")
        arranging.create(
            cursor,
            NewSet(
                template_set_id="paws",
                name="발바닥",
                category_id="pets",
                template_ids=["walk", "faq-list"],
                is_default=True,
            ),
        )

    await library.run(work)
    return library


def exported(database: Database, path: Path, *sets: str) -> dict[str, Any]:
    write_file(database, path, sets)
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


async def test_a_set_travels_with_all_it_needs(pets: Database, tmp_path: Path) -> None:
    """Into an empty library: categories from the top down, templates, the set; it is the default there."""
    file = tmp_path / "paws.json"
    content = exported(pets, file, "paws")
    assert [one["category_id"] for one in content["categories"]] == ["animals", "pets"]
    assert [one["template_id"] for one in content["templates"]] == ["faq-list", "walk"]
    await clear(pets)
    told = read_file(pets, file)

    assert told.startswith("added 5, updated 0")
    found = await TemplateRepository(pets).default_set("pets")
    assert (found.template_set_id, found.template_ids) == ("paws", ("walk", "faq-list"))
    assert await pets.run(lambda cursor: export(cursor, ["paws"])) == content


async def test_importing_twice_changes_nothing(pets: Database, tmp_path: Path) -> None:
    """The whole library, exported and imported where it is: no new version of anything."""
    file = tmp_path / "all.json"
    content = exported(pets, file)
    told = read_file(pets, file)

    assert len(content["sets"]) == len(LIBRARY.sets) + 1
    assert told.startswith("added 0, updated 0")


async def test_what_differs_becomes_a_new_version(pets: Database, tmp_path: Path) -> None:
    """A changed template and set are updated; a default that is there stays."""
    file = tmp_path / "paws.json"
    content = exported(pets, file, "paws")
    content["templates"][1]["template_html"] = "<h2>{{ headline }}</h2>"
    content["sets"][0]["theme"]["accent"] = "#8a3b2e"
    content["sets"].append({**content["sets"][0], "template_set_id": "paws-2"})
    file.write_text(json.dumps(content), "utf-8")
    told = read_file(pets, file)

    assert told == "added 1, updated 2: paws-2, walk, paws"
    repository = TemplateRepository(pets)
    assert [one.version for one in await repository.get(["walk"])] == [2]
    assert (await repository.get_set("paws")).theme.accent == "#8a3b2e"
    assert (await repository.default_set("pets")).template_set_id == "paws"


@pytest.mark.parametrize(
    ("where", "value", "named"),
    [
        (("templates", 1, "template_html"), "<p>{{ f() }}</p>", "templates.1.template_html"),
        (("templates", 1, "metadata"), {"slots": {"x": {}}}, "templates.1.metadata.slots.x"),
        (("templates", 1, "category_id"), "nowhere", "templates.1.category_id"),
        (("templates", 1, "template_id"), "faq-list", "templates.1.template_id"),
        (("categories", 1, "category_id"), "animals", "categories.1.category_id"),
        (("templates", 1, "surprise"), 1, "templates.1.surprise"),
        (("sets", 0, "theme"), {"ink": "#ffffff"}, "sets.0.theme.ink"),
        (("sets", 0, "template_ids"), ["nope"], "sets.0.template_ids.0"),
        (("categories", 0, "parent_id"), "nowhere", "categories.0.parent_id"),
        (("schema_version",), 2, "schema_version"),
        (("format",), "other", "format"),
    ],
)
async def test_a_bad_file_changes_nothing(
    pets: Database, tmp_path: Path, where: tuple[Any, ...], value: Any, named: str
) -> None:
    """What is wrong is named by its place, and nothing of the file is stored."""
    file = tmp_path / "paws.json"
    content = exported(pets, file, "paws")
    await clear(pets)
    part: Any = content
    for step in where[:-1]:
        part = part[step]
    part[where[-1]] = value
    file.write_text(json.dumps(content), "utf-8")

    with pytest.raises(FieldsError) as caught:
        read_file(pets, file)
    assert named in {issue.loc for issue in caught.value.issues}
    assert await TemplateRepository(pets).categories() == []


async def test_what_is_no_file_of_ours_is_refused(library: Database, tmp_path: Path) -> None:
    """Not JSON, not an object, not text; a set that does not exist."""
    file = tmp_path / "x.json"
    for content in (b"{", b"\xff", b'"\\ud800"', b"[" * 100_000):
        file.write_bytes(content)
        with pytest.raises(MalformedError):
            read_file(library, file)
    file.write_text("[]", "utf-8")
    with pytest.raises(FieldsError):
        read_file(library, file)
    with pytest.raises(NotFoundError):
        write_file(library, file, ["nope"])

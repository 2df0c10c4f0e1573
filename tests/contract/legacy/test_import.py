"""The command on a real PostgreSQL: drafts with provenance, again and again, bad rows and all."""

import json
from pathlib import Path
from typing import Any

import pytest

from generation.templates import authoring, template_rows
from generation.templates.legacy.__main__ import Report, import_file, main
from generation.templates.requests import NewTemplate, TemplateChange
from generation.templates.seed import seed
from shared.db.pool import Database
from shared.errors import MalformedError
from shared.settings import DatabaseSettings
from tests.contract.templates.shelves import LIBRARY, clear

HEADER = "id,이름,블록타입,카테고리,template_html,설명"
GOOD = '17,소개 카드,소개,식품,"<h2 onclick=""x()"">{상품명}</h2>",머리'


@pytest.fixture
async def library(database: Database) -> Any:
    """The seed library, for its categories."""
    await clear(database)
    await database.run(lambda cursor: seed(cursor, LIBRARY))
    yield database
    await clear(database)


def taken(database: Database, path: Path, *lines: str, dry_run: bool = False) -> list[Report]:
    path.write_text("\n".join((HEADER, *lines)) + "\n", "utf-8-sig")
    return list(import_file(database, path, dry_run=dry_run))


def stored(database: Database, template_id: str) -> dict[str, Any]:
    return database.run_sync(lambda cursor: template_rows.get(cursor, template_id))


def legacy_count(database: Database) -> int:
    def work(cursor: Any) -> int:
        cursor.execute("select count(*) as number from templates where provenance = 'legacy'")
        return int(cursor.fetchone()["number"])

    return database.run_sync(work)


async def test_a_row_becomes_a_draft_that_knows_where_it_comes_from(
    library: Database, tmp_path: Path
) -> None:
    """Translated, with the library's words for its kind and category; never active by itself."""
    (report,) = taken(library, tmp_path / "old.csv", GOOD)
    assert (report.outcome, report.template_id) == ("added", "legacy-17")
    assert "attribute onclick dropped" in report.changes
    template = stored(library, "legacy-17")
    assert (template["status"], template["provenance"]) == ("draft", "legacy")
    assert (template["block_type"], template["category_id"]) == ("introduction", "food")
    assert (template["name"], template["description"]) == ("소개 카드", "머리")
    assert template["template_html"] == "<h2>{{ headline }}</h2>"
    assert (template["metadata"]["legacy"]["id"], template["metadata"]["legacy"]["row"]) == ("17", 1)


async def test_the_same_file_twice_changes_nothing(library: Database, tmp_path: Path) -> None:
    """No second template and no second version."""
    taken(library, tmp_path / "old.csv", GOOD, "x,다른 것,특징,,<p>{title}</p>,")
    again = taken(library, tmp_path / "old.csv", GOOD, "x,다른 것,특징,,<p>{title}</p>,")
    assert [report.outcome for report in again] == ["unchanged", "unchanged"]
    assert stored(library, "legacy-17")["version"] == 1
    assert legacy_count(library) == 2


async def test_a_changed_row_is_a_new_version(library: Database, tmp_path: Path) -> None:
    """While the draft is what the import made of it."""
    taken(library, tmp_path / "old.csv", GOOD)
    (report,) = taken(library, tmp_path / "old.csv", GOOD.replace("h2", "h3"))
    assert report.outcome == "updated"
    template = stored(library, "legacy-17")
    assert (template["version"], template["template_html"]) == (2, "<h3>{{ headline }}</h3>")


async def test_what_somebody_has_edited_stays_theirs(library: Database, tmp_path: Path) -> None:
    """An editor's version, and a template of somebody else that has the same id."""
    taken(library, tmp_path / "old.csv", GOOD)

    def edit(cursor: Any) -> None:
        current = template_rows.get(cursor, "legacy-17")
        change = TemplateChange(version=1, template_html="<h2>{{ headline }}!</h2>", status="active")
        authoring.change(cursor, authoring.merged(current, change), "editor")
        new = NewTemplate(
            template_id="legacy-18", block_type="story", name="x", template_html="<p>{{ body }}</p>"
        )
        authoring.create(cursor, new, "editor")

    await library.run(edit)
    reports = taken(library, tmp_path / "old.csv", GOOD.replace("h2", "h3"), GOOD.replace("17", "18"))
    assert [report.outcome for report in reports] == ["kept", "kept"]
    assert stored(library, "legacy-17")["template_html"] == "<h2>{{ headline }}!</h2>"
    assert stored(library, "legacy-18")["provenance"] == "editor"


async def test_one_bad_row_stops_nothing(library: Database, tmp_path: Path) -> None:
    """Each refused row has its reason; the rest is stored."""
    reports = taken(
        library,
        tmp_path / "old.csv",
        "1,a",
        GOOD,
        GOOD,
        "3,스크립트,소개,,<script>x</script>,",
        "4,문장,소개,,{% include 'a' %},",
        f"5,{'가' * 200},소개,,<p>x</p>,",
        "6,a,소개,,,",
        '7,끝,없는 종류,없는 분류,<p>끝</p>,"안 닫힌',
    )
    assert [report.outcome for report in reports] == [
        "refused",
        "added",
        *["refused"] * 5,
        "added",
    ]
    reasons = [report.reason for report in reports if report.reason]
    for reason, part in zip(
        reasons, ("2 cells", "row 2", "nothing of it", "include", "name", "no template"), strict=True
    ):
        assert part in reason
    assert stored(library, "legacy-7")["block_type"] == "story"
    assert any("없는 분류 is unknown" in change for change in reports[-1].changes)


async def test_ids_that_are_no_ids_are_told_apart(library: Database, tmp_path: Path) -> None:
    """Korean ones and missing ones are made of a digest, the same each time."""
    ids = ("가-1", "A 1", "a-1", "a/1", "x" * 300, "", "")
    lines = [f"{old},a,소개,,<p>{number}</p>," for number, old in enumerate(ids)]
    first = taken(library, tmp_path / "old.csv", *lines)
    again = taken(library, tmp_path / "old.csv", *lines)
    assert len({report.template_id for report in first}) == len(ids)
    assert first[2].template_id == "legacy-a-1"
    assert {report.outcome for report in first} == {"added"}
    assert [report.template_id for report in again] == [report.template_id for report in first]
    assert {report.outcome for report in again} == {"unchanged"}


async def test_a_dry_run_stores_nothing(library: Database, tmp_path: Path) -> None:
    """And tells the same."""
    assert [report.outcome for report in taken(library, tmp_path / "old.csv", GOOD, dry_run=True)] == [
        "added"
    ]
    assert legacy_count(library) == 0


async def test_a_file_of_something_else_is_refused_whole(library: Database, tmp_path: Path) -> None:
    """Nothing is stored of it."""
    path = tmp_path / "old.csv"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(MalformedError):
        list(import_file(library, path))


@pytest.fixture
def environment(postgres: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's database."""
    monkeypatch.setenv("DATABASE_URL", postgres.url.get_secret_value())


@pytest.mark.usefixtures("environment")
async def test_the_command_reports_and_ends_with_a_code(
    library: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when all is taken, 2 with refused rows, 1 without a file; what it prints cannot write escape codes."""
    path, report = tmp_path / "old.csv", tmp_path / "report.json"
    path.write_text(f"{HEADER}\n{GOOD}\n", "cp949")
    assert main([str(path), "--dry-run"]) == 0
    assert "1 added" in capsys.readouterr().out
    path.write_text(f"{HEADER}\n{GOOD}\n9,a,소개,,<img src='http://x/\u202e\u0085'>,\n8,a\n", "utf-8")
    assert main([str(path), "--report", str(report)]) == 2
    told = capsys.readouterr().out
    assert "3 rows: 2 added, 0 updated, 0 unchanged, 0 kept, 1 refused" in told
    assert "\u202e" not in told
    assert [row["outcome"] for row in json.loads(report.read_text("utf-8"))] == ["added", "added", "refused"]
    assert main([str(tmp_path / "missing.csv")]) == 1
    assert main([str(path), "--report", str(tmp_path / "no" / "folder.json")]) == 1

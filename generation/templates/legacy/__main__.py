"""`python -m generation.templates.legacy FILE [--dry-run] [--report OUT.json]`: the old service's templates as drafts.

Uses the database of DATABASE_URL. Every row is taken by itself: what is wrong with one is told and the next is read.
Ends with 0 when every row was taken or is there already, with 2 when some were refused, with 1 when nothing could
be read or stored.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generation.templates import categories as category_rows
from generation.templates.legacy.store import draft, store, template_id
from generation.templates.legacy.table import MAX_BYTES, Row, read_rows
from generation.templates.legacy.translate import translate
from shared.errors import AppError, FieldsError, InvalidError, TooLargeError

if TYPE_CHECKING:
    from shared.db.pool import Database

_MOST_TOLD = 6
_ALL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a row.

    Attributes:
        outcome: added, updated, unchanged, kept (somebody has edited the draft since) or refused.
        changes: what is different from the old template.
        reason: why it was refused; empty if it was not.
    """

    row: int
    line: int
    old_id: str
    template_id: str
    outcome: str
    changes: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        told = list(self.changes[:_MOST_TOLD])
        if len(self.changes) > _MOST_TOLD:
            told.append(f"and {len(self.changes) - _MOST_TOLD} more")
        lines = [
            f"row {self.row} (line {self.line}) {self.outcome}: {self.template_id or self.old_id or '-'}"
        ]
        lines += [f"    {line}" for line in ([self.reason] if self.reason else told)]
        return "\n".join(_safe(line) for line in lines)


def import_file(database: Database, path: Path, *, dry_run: bool = False) -> Iterator[Report]:
    """Take every row of a file, one after the other; with `dry_run` nothing is stored.

    Raises:
        InvalidError: the file is not such a table. OSError: it cannot be read.
        UnavailableError: the database is away; rows told so far are stored.
    """
    if path.stat().st_size > MAX_BYTES:
        raise TooLargeError(f"{path} has more than {MAX_BYTES} bytes")
    rows = read_rows(path.read_bytes())
    known = database.run_sync(lambda cursor: category_rows.listing(cursor, _ALL, None))
    categories = {key: one["category_id"] for one in known for key in (one["category_id"], one["name"])}
    seen: dict[str, int] = {}
    for row in rows:
        yield _import_row(database, row, categories, seen, dry_run=dry_run)


def _import_row(
    database: Database, row: Row, categories: dict[str, str], seen: dict[str, int], *, dry_run: bool
) -> Report:
    identity = template_id(row)
    if not row.problem and identity in seen:
        row.problem = f"row {seen[identity]} has the same id"
    if row.problem:
        return _refused(row, row.problem)
    seen[identity] = row.number
    try:
        translation = translate(row.cells["html"])
        wanted = draft(row, translation, categories)
        outcome = database.run_sync(lambda cursor: store(cursor, wanted, dry_run=dry_run))
    except FieldsError as error:
        return _refused(row, "; ".join(f"{issue.loc}: {issue.msg}" for issue in error.issues[:3]))
    except InvalidError as error:
        return _refused(row, error.message)
    changes = (*row.changes, *translation.changes)
    return Report(row.number, row.line, row.cells["id"], identity, outcome, changes)


def _refused(row: Row, reason: str) -> Report:
    return Report(row.number, row.line, row.cells["id"][:80], "", "refused", tuple(row.changes), reason)


def _safe(line: str) -> str:
    """A line for a terminal: what is not to be seen is escaped, so that a file cannot write escape codes."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)[:400]


def main(arguments: Sequence[str]) -> int:
    """Run the command."""
    from shared.db.connect import connector
    from shared.db.pool import Database
    from shared.settings import DatabaseSettings

    options = _parser().parse_args(arguments)
    database = Database(connector(DatabaseSettings()), size=1)
    told: list[Report] = []
    failure: Exception | None = None
    try:
        for report in import_file(database, options.file, dry_run=options.dry_run):
            told.append(report)
            sys.stdout.write(f"{report}\n")
    except (AppError, OSError) as error:
        failure = error
    try:
        if options.report:  # also of what was done before a failure
            _write(told, options.report)
    except OSError as error:
        failure = failure or error
    if failure:
        sys.stderr.write(f"{_safe(str(failure))}\n")
        return 1
    return _summed_up(told, dry_run=options.dry_run)


def _write(told: Sequence[Report], path: Path) -> None:
    content = [asdict(report) for report in told]
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _summed_up(told: Sequence[Report], *, dry_run: bool) -> int:
    counts = Counter(report.outcome for report in told)
    figures = ", ".join(
        f"{counts[name]} {name}" for name in ("added", "updated", "unchanged", "kept", "refused")
    )
    sys.stdout.write(f"{len(told)} rows: {figures}{' (dry run: nothing was stored)' if dry_run else ''}\n")
    return 2 if counts["refused"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generation.templates.legacy",
        description="Store the old service's templates as drafts; see docs/migrating-from-aks.md.",
    )
    parser.add_argument("file", type=Path, help="the old service's CSV")
    parser.add_argument("--dry-run", action="store_true", help="tell what would be done, store nothing")
    parser.add_argument("--report", type=Path, metavar="OUT.json", help="the whole report, row by row")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

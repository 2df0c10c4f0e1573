"""`python -m generation.templates export OUT.json [SET ...]` and `... import FILE`: sets between two libraries.

Both use the database of DATABASE_URL. An import is all or nothing; what is wrong with a file is listed by its place.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.templates.exchange import Bundle, check, export, read_in
from shared.errors import AppError, FieldsError, MalformedError, TooLargeError
from shared.http import validated

if TYPE_CHECKING:
    from shared.db.pool import Database

MAX_BYTES = 64 * 1024 * 1024


def write_file(database: Database, path: Path, template_set_ids: Sequence[str]) -> str:
    """Export to a file; what was done."""
    content = database.run_sync(lambda cursor: export(cursor, template_set_ids))
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return f"{len(content['sets'])} sets with {len(content['templates'])} templates written to {path}"


def read_file(database: Database, path: Path) -> str:
    """Import from a file; what was done.

    Raises:
        MalformedError: not JSON. TooLargeError: over `MAX_BYTES`. FieldsError: see exchange.
    """
    bundle = validated(Bundle, _json(path))
    check(bundle)
    report = database.run_sync(lambda cursor: read_in(cursor, bundle, "import"))
    return f"added {len(report.added)}, updated {len(report.updated)}: {', '.join([*report.added, *report.updated])}"


def _json(path: Path) -> Any:
    if path.stat().st_size > MAX_BYTES:
        raise TooLargeError(f"{path} has more than {MAX_BYTES} bytes")
    try:
        value = json.loads(path.read_text("utf-8"))
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair in escapes is no text
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{path} is not JSON") from error
    return value


def main(arguments: Sequence[str]) -> int:
    """Run the command; 0 when it did what was asked."""
    from shared.db.connect import connector
    from shared.db.pool import Database
    from shared.settings import DatabaseSettings

    options = _parser().parse_args(arguments)
    database = Database(connector(DatabaseSettings()), size=1)
    try:
        if options.command == "export":
            told = write_file(database, options.file, options.sets)
        else:
            told = read_file(database, options.file)
    except (AppError, OSError) as error:
        sys.stderr.write(_explained(error))
        return 1
    sys.stdout.write(f"{told}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m generation.templates")
    commands = parser.add_subparsers(dest="command", required=True)
    out = commands.add_parser("export", help="write sets with all they need to a JSON file")
    out.add_argument("file", type=Path)
    out.add_argument("sets", nargs="*", metavar="SET", help="ids of sets; all that are not archived")
    read = commands.add_parser("import", help="check a file and bring the library to what it says")
    read.add_argument("file", type=Path)
    return parser


def _explained(error: Exception) -> str:
    lines = [str(error)]
    if isinstance(error, FieldsError):
        lines += [f"  {issue.loc}: {issue.msg}" for issue in error.issues]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

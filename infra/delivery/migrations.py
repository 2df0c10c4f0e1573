"""Whether the migrations only add: while they run, and after a rollback, the code of before works on the new schema."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from infra.delivery.commands import DeliveryError, Run

FOLDER = "shared/db/migrations/versions"

# What may be in a string or a comment counts for nothing.
_HIDDEN = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_ADDS = re.compile(
    r"create (?:or replace )?(?:unique )?(?:table|index|extension|function|view|type|sequence|schema|trigger)\b"
    r"|(?:insert into|comment on|grant|set|select)\b|update\b(?=.*\bwhere\b)"
)
# An index that is not unique holds no rule: without it the code of before is slower, and that is all. Whether that is
# too slow is for the one who writes the migration to say.
_PLAIN_INDEX = re.compile(r"create index (?:concurrently )?(?:if not exists )?([\w.\"]+) on\b")
_UNIQUE_INDEX = re.compile(r"create unique index (?:concurrently )?(?:if not exists )?([\w.\"]+) on\b")
_DROP_INDEX = re.compile(r"drop index (?:concurrently )?(?:if exists )?([\w.\"]+)")
_ALTER = re.compile(r"alter table (?:if exists )?(?:only )?[\w.\"]+ (?P<actions>.+)")
# A column the code of before does not fill needs a value of its own.
_COLUMN = re.compile(r"add (?:column )?(?!constraint\b|primary\b|unique\b|check\b|foreign\b|exclude\b).+")
_REQUIRED = re.compile(r"(?!.*\b(?:default|generated)\b).*\bnot null\b")
_HARMLESS = re.compile(
    r"alter (?:column )?[\w\"]+ (?:set (?:storage|statistics|default)|drop not null)\b"
    r"|alter (?:column )?(\w+) type json using \1::json"  # from jsonb: reads and writes alike
    r"|add constraint .+ not valid|set \(|enable trigger\b"
)


def breaking_statements(script: str, droppable: Collection[str] = ()) -> list[str]:
    """The statements of an SQL script that may take something from the code of before.

    Args:
        script: the SQL.
        droppable: names of indexes it may drop, of `plain_indexes`.
    """
    return [statement for statement in _statements(script) if not _is_additive(statement, droppable)]


def plain_indexes(scripts: Iterable[str]) -> set[str]:
    """The names of the indexes that SQL scripts make and that are not unique.

    PostgreSQL itself refuses to drop the index of a constraint; a unique index is one to `on conflict`.
    """
    statements = [statement for script in scripts for statement in _statements(script)]
    return _named(_PLAIN_INDEX, statements) - _named(_UNIQUE_INDEX, statements)


def _named(pattern: re.Pattern[str], statements: Iterable[str]) -> set[str]:
    return {found[1] for statement in statements if (found := pattern.match(statement))}


def check(run: Run, root: Path, base: str) -> None:
    """Check every script of the checkout, and that none of those at `base` was changed or removed.

    Args:
        run: runs git.
        root: the checkout.
        base: a commit, branch or tag: what is deployed, or what is merged into. "" looks at the scripts only.

    Raises:
        DeliveryError: names each script and statement.
    """
    here = {path.name: path.read_text("utf-8") for path in sorted((root / FOLDER).glob("*.sql"))}
    droppable = plain_indexes(here.values())
    problems = [
        f"{name}: {statement}"
        for name, script in here.items()
        for statement in breaking_statements(script, droppable)
    ]
    if base:
        problems += _rewritten(here, _at(run, base))
    if problems:
        raise DeliveryError("migrations only add (CONTRIBUTING.md):\n  " + "\n  ".join(problems))


def _at(run: Run, base: str) -> dict[str, str]:
    listed = run("git", "ls-tree", "--name-only", base, f"{FOLDER}/").split()
    return {Path(path).name: run("git", "show", f"{base}:{path}") for path in listed if path.endswith(".sql")}


def _rewritten(here: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    gone = [f"{name}: it has run already and is missing" for name in before if name not in here]
    changed = [
        f"{name}: it has run already and was changed"
        for name, script in before.items()
        if name in here and here[name] != script
    ]
    return gone + changed


def _statements(script: str) -> Iterator[str]:
    for statement in _HIDDEN.sub(" '' ", script).lower().split(";"):
        words = " ".join(part for part in statement.split() if part != "''")
        if words:
            yield words


def _is_additive(statement: str, droppable: Collection[str]) -> bool:
    if dropped := _DROP_INDEX.fullmatch(statement):
        return dropped[1] in droppable
    if altered := _ALTER.fullmatch(statement):
        return all(_adds(action) for action in _actions(altered["actions"]))
    return _ADDS.match(statement) is not None


def _adds(action: str) -> bool:
    if _COLUMN.fullmatch(action):
        return _REQUIRED.match(action) is None
    return _HARMLESS.match(action) is not None


def _actions(text: str) -> list[str]:
    """Split at the commas outside parentheses."""
    depth, start, parts = 0, 0, []
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]

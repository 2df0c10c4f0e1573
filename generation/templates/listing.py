"""Lists in the order of their keys: `?limit=&cursor=`, filters, and the page that answers."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generation.templates.requests import composed
from shared.errors import FieldIssue, FieldsError
from shared.http import Call, Reply, reply

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_BLOCK_TYPE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_STATUSES = ("draft", "active", "archived")
_DEFAULT_LIMIT, _MAX_LIMIT = 20, 100
_MAX_QUERY, _MAX_WORDS, _MAX_CURSOR = 100, 10, 400
_MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of templates or sets is narrowed to; `words` must all be found, in any part of a word.

    Attributes:
        statuses: any of these.
        with_general: whether what suits every category belongs to `category_id` too.
    """

    category_id: str | None = None
    block_type: str | None = None
    words: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("active",)
    with_general: bool = False


def read_filters(call: Call, *, category_id: str | None = None) -> Filters:
    """The filters in the query; `category_id` if the route names the category.

    Raises:
        FieldsError: a value that no such filter can have.
    """
    return Filters(
        category_id=category_id or _matching(call, "category_id", _ID),
        block_type=_matching(call, "block_type", _BLOCK_TYPE),
        words=_words(call),
        statuses=_chosen_statuses(call),
        with_general=category_id is not None,
    )


def _matching(call: Call, name: str, pattern: re.Pattern[str]) -> str | None:
    given = call.query.get(name)
    if given and not pattern.fullmatch(given):
        raise FieldsError([FieldIssue(name, "lower-case letters, digits, _ and -")])
    return given or None


def _words(call: Call) -> tuple[str, ...]:
    given = composed(call.query.get("q", ""))
    if len(given) > _MAX_QUERY:
        raise FieldsError([FieldIssue("q", f"holds {_MAX_QUERY} characters")])
    if "\0" in given or any("\ud800" <= letter <= "\udfff" for letter in given):
        raise FieldsError([FieldIssue("q", "is not text")])
    return tuple(given.split()[:_MAX_WORDS])


def _chosen_statuses(call: Call) -> tuple[str, ...]:
    # A repeated parameter arrives joined by commas, so both ways of writing several are one.
    given = tuple(call.query.get("status", "active").split(","))
    if not set(given) <= set(_STATUSES):
        raise FieldsError([FieldIssue("status", f"{', '.join(_STATUSES)}; several joined by commas")])
    return given


def read_page(call: Call, *, keys: Sequence[type]) -> tuple[int, list[Any] | None]:
    """`?limit=&cursor=`: how many, and the keys of the last item of the page before.

    Raises:
        FieldsError: not a number from 1 to 100, or not a cursor of this list.
    """
    limit = call.whole_number("limit") or _DEFAULT_LIMIT
    if limit > _MAX_LIMIT:
        raise FieldsError([FieldIssue("limit", f"must be at most {_MAX_LIMIT}")])
    cursor = call.query.get("cursor")
    return limit, _read_cursor(cursor, keys) if cursor else None


def page_of(rows: list[dict[str, Any]], limit: int, keys: Sequence[str]) -> Reply:
    """{items, next_cursor}; `rows` holds one more than `limit` when there is more."""
    more = len(rows) > limit
    rows = rows[:limit]
    cursor = _write_cursor([rows[-1][key] for key in keys]) if more else None
    return reply({"items": rows, "next_cursor": cursor})


def _write_cursor(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, keys: Sequence[type]) -> list[Any]:
    values: Any = None
    with contextlib.suppress(ValueError, RecursionError):  # binascii.Error and JSON's are ValueErrors
        padded = cursor[:_MAX_CURSOR] + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    shaped = isinstance(values, list) and [type(value) for value in values] == list(keys)
    if not shaped or not all(map(_storable, values)):
        raise FieldsError([FieldIssue("cursor", "is not a cursor of this list")])
    return list(values)


def _storable(value: Any) -> bool:
    return _ID.fullmatch(value) is not None if isinstance(value, str) else 0 <= value <= _MAX_NUMBER

"""The old service's CSV, whatever program wrote it: encodings, delimiters, names of columns, rows nobody checked.

What is read is text from outside; nothing of it is evaluated. Columns are found by their names (`COLUMNS`), in any
order; others are left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shared.errors import MalformedError, TooLargeError

MAX_BYTES = 64 * 1024 * 1024
MAX_ROWS = 5_000
# What each column may be called; compared without case, blanks, `-` and `_`.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "template_id", "no", "idx", "번호", "템플릿id"),
    "name": ("name", "title", "template_name", "이름", "제목", "템플릿명", "템플릿이름"),
    "block_type": ("block_type", "type", "block", "section", "블록", "블록타입", "블록종류", "종류", "유형"),
    "category": ("category", "category_id", "category_name", "카테고리", "분류", "상품군"),
    "html": ("template_html", "html", "template", "content", "markup", "본문", "내용", "템플릿"),
    "description": ("description", "desc", "note", "설명", "비고"),
}
_ENCODINGS = ("utf-8-sig", "cp949")
_DELIMITERS = (",", "\t", ";", "|")
_APART = re.compile(r"[\s_-]+")
# A spreadsheet runs what begins so; `="007"` is how it keeps a number's zeros.
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')
_FORMULA = re.compile(r"\s*(?:[=@]|[+-](?=[A-Za-z(])).*", re.DOTALL)
# Read behind the last line: a quote that nobody closed takes it in, with all the lines before.
_END = "\ue002"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class Row:
    """A row under the header.

    Attributes:
        number: from 1; `line`: of the file, where the row ends.
        cells: text by the names of `COLUMNS`, stripped; those the file does not have are empty.
        changes: what was done to the cells, for the report.
        problem: why nothing can be made of it; empty if something can.
    """

    number: int
    line: int
    cells: dict[str, str]
    changes: list[str] = field(default_factory=list)
    problem: str = ""


def read_rows(content: bytes) -> Iterator[Row]:
    """The rows of a file; empty ones are passed over.

    Raises:
        TooLargeError: over `MAX_BYTES`, or more than `MAX_ROWS` rows.
        MalformedError: no text, or no column that holds templates.
    """
    if len(content) > MAX_BYTES:
        raise TooLargeError(f"the file has more than {MAX_BYTES} bytes")
    text = decoded(content)
    lines = _lines(text, _delimiter(text))
    header = next(lines, (0, []))[1]
    places = _places(header)
    if "html" not in places:
        known = ", ".join(COLUMNS["html"])
        raise MalformedError(
            f"no column holds templates: it is called one of {known}; found {_shown(header)}"
        )
    number = 0
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            number += 1
            if number > MAX_ROWS:
                raise TooLargeError(f"the file has more than {MAX_ROWS} rows")
            yield _row(number, line, cells, places, len(header))


def decoded(content: bytes) -> str:
    """The file's text: UTF-16 by its mark, UTF-8, or CP949, which Excel writes in Korea.

    Raises:
        MalformedError: none of them.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MalformedError("the file is not text in UTF-8, UTF-16 or CP949")


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row; one whose open quote took in others has a cell too many: it is refused."""
    ended = text if text.endswith(("\n", "\r")) else f"{text}\n"
    reader = csv.reader(io.StringIO(ended + _END, newline=""), delimiter=delimiter)
    # The file's own size is the limit: a lower one would leave the reader in the middle of a quoted cell.
    before = csv.field_size_limit(len(text) + len(_END) + 1)
    try:
        for cells in reader:
            if cells and cells[-1].endswith(_END):
                cells[-1] = cells[-1].removesuffix(_END).rstrip()
                if cells != [""]:
                    yield reader.line_num - 1, [*cells, ""] if "\n" in cells[-1] else cells
                return
            yield reader.line_num, cells
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """The delimiter with which most of the header's names are known."""
    header = text[: text.find("\n")] if "\n" in text else text
    return max(
        _DELIMITERS, key=lambda one: len(_places(next(csv.reader([header[:4096]], delimiter=one), [])))
    )


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; of several with one meaning, the first by the order of its names."""
    named = {_plain(name): place for place, name in reversed(list(enumerate(header)))}
    found = {}
    for column, names in COLUMNS.items():
        place = next((named[_plain(name)] for name in names if _plain(name) in named), None)
        if place is not None:
            found[column] = place
    return found


def _plain(name: str) -> str:
    return _APART.sub("", _CONTROL.sub("", name)).strip("\ufeff\"'").casefold()


def _row(number: int, line: int, cells: Sequence[str], places: Mapping[str, int], width: int) -> Row:
    row = Row(number, line, dict.fromkeys(COLUMNS, ""))
    for column, place in places.items():
        if place < len(cells):
            row.cells[column] = _clean(cells[place], column, row)
    if len(cells) != width:
        row.problem = (
            f"has {len(cells)} cells where the header has {width}: a quote or a comma is wrong in it"
        )
    elif not row.cells["html"]:
        row.problem = "holds no template"
    return row


def _clean(cell: str, column: str, row: Row) -> str:
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
        row.changes.append(f"{column}: control characters removed")
    if quoted := _QUOTED_FORMULA.fullmatch(text.strip()):
        text = quoted[1]
    elif column != "html" and _FORMULA.fullmatch(text):
        text = text.strip().lstrip("=@+-")
        row.changes.append(f"{column}: a formula was taken as text")
    return text.strip()


def _shown(header: Sequence[str]) -> str:
    names = [_CONTROL.sub("", name)[:40] for name in header[:12]]
    return ", ".join(names) or "nothing"

"""The old service's CSV as it may come: encodings, names of columns, hostile cells."""

import csv
import time

import pytest

from generation.templates.legacy import table
from generation.templates.legacy.table import Row, read_rows
from shared.errors import MalformedError, TooLargeError

HEADER = "id,name,block_type,template_html"


def rows(text: str, encoding: str = "utf-8") -> list[Row]:
    return list(read_rows(text.encode(encoding)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_encodings_of_korean_programs_are_read(encoding: str) -> None:
    """Korean text comes out the same from each, and a byte order mark is no part of the first column's name."""
    (row,) = rows(f"{HEADER}\n7,소개 카드,소개,<p>{{제목}}</p>\n", encoding)
    assert row.cells["id"] == "7"
    assert row.cells["name"] == "소개 카드"
    assert row.cells["html"] == "<p>{제목}</p>"


@pytest.mark.parametrize(
    "content", [b"\x81\x00\xff\xfe\xfd", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n\xff\xd9\xfe"]
)
def test_a_file_that_is_no_text_is_refused(content: bytes) -> None:
    """Bytes of no known encoding, or without a column of templates."""
    with pytest.raises(MalformedError):
        list(read_rows(content))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_found_by_the_header(delimiter: str) -> None:
    """Whichever names most known columns."""
    (row,) = rows(f"template_html{delimiter}카테고리{delimiter}번호\n<b>x</b>{delimiter}식품{delimiter}3\n")
    assert (row.cells["html"], row.cells["category"], row.cells["id"]) == ("<b>x</b>", "식품", "3")


@pytest.mark.parametrize("name", ["Template HTML", "template-html", " HTML ", "본문", "CONTENT"])
def test_column_names_are_taken_loosely(name: str) -> None:
    """Case, blanks, hyphens and the known Korean names make no difference."""
    assert rows(f"no,{name}\n1,<p>x</p>\n")[0].cells["html"] == "<p>x</p>"


def test_a_file_without_templates_says_what_it_has() -> None:
    """The error names the columns that were looked for and those that were found."""
    with pytest.raises(MalformedError, match=r"template_html.*found a, b"):
        rows("a,b\n1,2\n")


def test_quoted_cells_may_hold_lines_and_commas() -> None:
    """RFC 4180 quoting; the row knows the line where it ends."""
    first, second = rows(f'{HEADER}\n1,"a, b",intro,"<p>\n""x""\n</p>"\n2,c,intro,<i>y</i>\n')
    assert first.cells["html"] == '<p>\n"x"\n</p>'
    assert (first.line, second.line) == (4, 5)


def test_a_bad_row_does_not_spoil_the_next() -> None:
    """Too few cells, too many, no template: each has its reason, and what follows is read."""
    found = rows(f"{HEADER}\n1,a\n2,b,intro,<p>x</p>,extra\n3,c,intro,\n\n4,d,intro,<p>y</p>\n")
    assert [row.problem.split(":")[0] for row in found] == [
        "has 2 cells where the header has 4",
        "has 5 cells where the header has 4",
        "holds no template",
        "",
    ]


def test_nul_and_control_characters_are_taken_out() -> None:
    """PostgreSQL could not keep them; the report says so."""
    (row,) = rows(f"{HEADER}\n1,a\x00b\x1b[31m,intro,<p>\x00x</p>\n")
    assert (row.cells["name"], row.cells["html"]) == ("ab[31m", "<p>x</p>")
    assert row.changes == ["name: control characters removed", "html: control characters removed"]


@pytest.mark.parametrize(
    ("cell", "text", "changed"),
    [
        ('=HYPERLINK("http://evil";"x")', 'HYPERLINK("http://evil";"x")', True),
        ("@SUM(A1)", "SUM(A1)", True),
        ("+cmd|' /C calc'!A0", "cmd|' /C calc'!A0", True),
        ('="007"', "007", False),
        ("-50% 할인", "-50% 할인", False),
        ("+82 10", "+82 10", False),
    ],
)
def test_formulas_are_text(cell: str, text: str, changed: bool) -> None:
    """What a spreadsheet would run loses its sign; a number in quotes is unwrapped; Korean copy stays."""
    quoted = '"' + cell.replace('"', '""') + '"'
    (row,) = rows(f"{HEADER}\n1,{quoted},intro,<p>x</p>\n")
    assert row.cells["name"] == text
    assert bool(row.changes) is changed


def test_a_quote_that_is_never_closed_ends_in_one_row() -> None:
    """Whatever it swallows is one row; those before are read, and the limit of the csv module is put back."""
    before = csv.field_size_limit()
    text = f'{HEADER}\n1,a,intro,<p>x</p>\n2,b,intro,"<p>' + "y" * 300_000 + "\n3,c,intro,<p>z</p>\n"
    first, second = rows(text)
    assert first.problem == ""
    assert len(second.cells["html"]) > 300_000
    assert "a quote" in second.problem
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_what_an_open_quote_swallows_is_not_taken_for_a_template(end: str) -> None:
    """In the last column the number of cells alone would not tell. One in the last line has swallowed nothing."""
    (open_quote,) = rows(f'{HEADER}\n1,a,intro,"<p>x</p>\n2,b,intro,<p>y</p>{end}')
    assert "a quote" in open_quote.problem
    for quoted in ('"<p>x</p>"', '"<p>x</p>'):
        (row,) = rows(f"{HEADER}\n1,a,intro,{quoted}{end}")
        assert (row.problem, row.line, row.cells["html"]) == ("", 2, "<p>x</p>")


def test_size_and_rows_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is too large is refused before it is read."""
    monkeypatch.setattr(table, "MAX_ROWS", 2)
    with pytest.raises(TooLargeError, match="2 rows"):
        rows(f"{HEADER}\n" + "1,a,intro,<p>x</p>\n" * 3)
    monkeypatch.setattr(table, "MAX_BYTES", 10)
    with pytest.raises(TooLargeError, match="10 bytes"):
        rows(HEADER)


def test_a_large_file_is_read_in_no_time() -> None:
    """Two thousand rows; the bound is loose, what matters is that nothing grows with the square."""
    began = time.process_time()
    assert len(rows(f"{HEADER}\n" + "1,a,intro,<p>x</p>\n" * 2_000)) == 2_000
    assert time.process_time() - began < 2

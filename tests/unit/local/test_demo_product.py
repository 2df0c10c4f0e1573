from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.demo_product import ProductError, read_product

RECORD = {
    "product_id": "P-1",
    "name": "원두 200g",
    "description": "워시드 원두",
    "category": "식품",
    "price_krw": 15900,
    "attributes": {"중량": "200g"},
    "packaging": ["종이"],
    "notice": {"식품의 유형": "커피"},
    "photo": None,
}


def write(path: Path, record: object, *, lines: bool = False) -> Path:
    """The record as a file."""
    text = json.dumps(record, ensure_ascii=False)
    path.write_text(f"\n{text}\n{{}}\n" if lines else text, encoding="utf-8")
    return path


def test_record_becomes_the_apis_product(tmp_path: Path) -> None:
    """The API's fields are taken, others stay behind."""
    read = read_product(write(tmp_path / "p.json", RECORD))
    assert set(read.product) == {
        *("name", "description", "category", "price_krw", "attributes", "packaging", "notice")
    }
    assert read.photo is None


def test_first_record_of_jsonl(tmp_path: Path) -> None:
    """Of a .jsonl file the first non-empty line counts."""
    assert read_product(write(tmp_path / "p.jsonl", RECORD, lines=True)).product["name"] == "원두 200g"


def test_first_record_of_a_list(tmp_path: Path) -> None:
    """Of a JSON list the first element counts."""
    assert read_product(write(tmp_path / "p.json", [RECORD, {}])).product["price_krw"] == 15900


def test_unknown_values_are_left_out(tmp_path: Path) -> None:
    """A null means unknown and is not sent."""
    read = read_product(write(tmp_path / "p.json", {**RECORD, "price_krw": None}))
    assert "price_krw" not in read.product


def test_photo_beside_the_file(tmp_path: Path) -> None:
    """A photo is relative to the product file, wherever the command runs."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"x")
    read = read_product(write(tmp_path / "p.json", {**RECORD, "photo": "photos/a.png"}))
    assert read.photo == tmp_path / "photos" / "a.png"


def test_photo_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo that is not beside the file is looked for as it is written."""
    (tmp_path / "b.png").write_bytes(b"x")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    read = read_product(write(tmp_path / "sub" / "p.json", {**RECORD, "photo": "b.png"}))
    assert read.photo == Path("b.png")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("3", "holds no product"),
        (r'{"name": "\ud800", "description": "b"}', "half a character"),
        ("[]", "holds no product"),
        ("{}", "no name and no description"),
        ('{"name": "a", "description": "b", "photo": 3}', "photo must be a path"),
        ('{"name": "a", "description": "b", "photo": "missing.png"}', "there is no photo missing.png"),
    ],
)
def test_unusable_files_say_why(tmp_path: Path, content: str, said: str) -> None:
    """Each kind of broken file has its own message, with the file's name."""
    path = tmp_path / "p.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ProductError, match=said) as caught:
        read_product(path)
    assert str(path) in str(caught.value)


def test_missing_file_says_so(tmp_path: Path) -> None:
    """A wrong path is an error in words, not a traceback."""
    with pytest.raises(ProductError, match="cannot be read"):
        read_product(tmp_path / "none.json")

from __future__ import annotations

from typing import Any

from generation.templates.library_files import read_library
from generation.templates.schema import check_values, slot_schema
from local.standins.copywriting.reading import Fact
from local.standins.copywriting.size_matrix import size_matrix
from tests.unit.standins.prompts import block, closed, listed, problems, products, text

NULLABLE = {"type": ["string", "null"]}
COAT = products()[1] | {
    "name": "오버핏 코튼 후드 집업",
    "category": "의류",
    "description": "면 100% 후드 집업입니다.",
    "attributes": {
        "소재": "면 100%",
        "사이즈": "M / L / XL",
        "총장": "M 68cm, L 70cm, XL 72cm",
        "가슴 단면": "M 60cm, L 62.5cm, XL 65cm",
    },
}


def _matrix(product: dict[str, Any]) -> Any:
    template = read_library().by_id["size_chart-matrix"]
    slots = block(product, "size_chart", slot_schema(template))["slots"]
    assert check_values(template, slots) == []
    return slots


def test_a_size_chart_is_filled_from_the_measures() -> None:
    """Sizes across, measures down, figures only, the unit where the template wants it."""
    slots = _matrix(COAT)
    assert slots["unit"] == "cm"
    assert [column["label"] for column in slots["columns"]] == ["M", "L", "XL"]
    assert {row["label"]: [cell["value"] for cell in row["cells"]] for row in slots["rows"]} == {
        "총장": ["68", "70", "72"],
        "가슴 단면": ["60", "62.5", "65"],
    }


def test_a_size_chart_without_measures_is_still_honest() -> None:
    """The sizes there are, else the facts as they stand; a unit only where a fact has one."""
    for attributes in ({"사이즈": "M / L / XL"}, {"사이즈": "250-275mm"}, {"소재": "면 100%"}):
        slots = _matrix(COAT | {"attributes": attributes, "notice": {}})
        assert slots["unit"] == ("mm" if "250-275mm" in attributes.values() else "표 참고")
        assert all(len(row["cells"]) == len(slots["columns"]) for row in slots["rows"])


def test_measures_of_other_shapes_are_read() -> None:
    """Brackets, shared units, numbered sizes; mixed units stay with their figures; a range is no pair of sizes."""

    def rows(*values: tuple[str, str]) -> tuple[str, Any]:
        matrix = size_matrix([Fact("", *pair, "attribute") for pair in values], ("분류", "의류"))
        return matrix.unit, dict(matrix.rows)

    assert rows(("총장", "S(68cm) M(70cm)")) == ("cm", {"총장": ("68", "70")})
    assert rows(("총장", "S 68 / M 70cm")) == ("cm", {"총장": ("68", "70")})
    assert rows(("가슴", "95: 50cm, 100: 52cm")) == ("cm", {"가슴": ("50", "52")})
    assert rows(("총장", "S 68cm, M 70cm"), ("굽", "S 30mm, M 35mm")) == (
        "표 참고",
        {"총장": ("68cm", "70cm"), "굽": ("30mm", "35mm")},
    )
    assert rows(("총장", "S 68cm, M 70cm"), ("소매", "L 60cm, XL 61cm"))[1] == {"총장": ("68", "70")}
    assert rows(("사이즈", "250-275mm")) == ("mm", {"사이즈": ("250-275mm",)})
    assert rows() == ("표 참고", {"분류": ("의류",)})


def test_a_required_text_is_never_empty() -> None:
    """Also where no fact gives it: then it says so."""
    names = ("unit", "color", "step", "rating", "price", "note", "quote", "author", "badge")
    slots = block(products()[0], "story", closed(**{name: text() for name in names}))["slots"]
    assert all(value.strip() for value in slots.values()), slots


def test_an_optional_field_without_facts_is_null() -> None:
    """Nothing is made up to fill it: no rating, no number, no note that would suit any product, no padded list."""
    figures = {"type": ["array", "null"], "minItems": 9, "maxItems": 12}
    schema = closed(
        rating=NULLABLE,
        review_count={"type": ["integer", "null"]},
        note=NULLABLE,
        items=figures | {"items": closed(value=text(10), label=text(16))},
        headline=NULLABLE,
    )
    slots = block(products()[0], "hero", schema)["slots"]
    assert problems(slots, schema) == []
    assert {name for name, value in slots.items() if value is not None} == {"headline"}


def test_a_text_below_a_list_does_not_repeat_it() -> None:
    """An optional body after the list that has said everything is left out; a required one is written."""
    rows = listed(closed(label=text(20), value=text(80)), 1, 4)
    optional = closed(rows=rows, body=NULLABLE)
    assert block(products()[0], "ingredients", optional)["slots"]["body"] is None
    assert block(products()[0], "ingredients", closed(rows=rows, body=text(200)))["slots"]["body"]

"""docs/migrating-from-aks.md names what is there: settings, parameters, modules, functions, columns, commands."""

import ast
import json
import re
from pathlib import Path

import pytest

from generation.templates.legacy.__main__ import _parser
from generation.templates.legacy.table import COLUMNS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/migrating-from-aks.md").read_text("utf-8")
CODE = re.compile(r"`([^`\n]+)`")
# Of the right-hand column: the left one names what the old deployment had.
NOW = [row.split("|")[2:] for row in PAGE.splitlines() if row.startswith("| ")]
NAMED = sorted({name for cells in NOW for cell in cells for name in CODE.findall(cell)})
COLUMN_NAMES = {name for names in COLUMNS.values() for name in names}


def settings() -> set[str]:
    """Every setting there is."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))
    described = re.findall(
        r"^\| `(\w+)` \|", (ROOT / "docs/configuration.md").read_text("utf-8"), re.MULTILINE
    )
    return {*sample["Values"], *described}


def bicep() -> str:
    return "\n".join(path.read_text("utf-8") for path in (ROOT / "infra").rglob("*.bicep"))


def functions() -> set[str]:
    """The names of everything that is defined in a blueprint."""
    found = set()
    for path in (ROOT / "generation").rglob("blueprint.py"):
        tree = ast.parse(path.read_text("utf-8"))
        found |= {
            node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        }
        found |= {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return found


def exists(name: str) -> bool:
    """Whether a name of the page is a setting, a parameter, a function, a file, a route or a value of ours."""
    if "/" in name and "." in name:
        return any(True for start in ("", "infra/") for _ in ROOT.glob(start + name))
    if name.startswith("/"):
        return any(name.removeprefix("/api/") in text for text in (*functions(), relay(), bicep()))
    if name.endswith((".bicep", ".json", ".txt")):
        return (ROOT / name).exists() or (ROOT / "infra" / name).exists()
    plain = name.partition("=")[0]
    known = plain in settings() or plain in functions() or re.search(rf"\b{re.escape(plain)}\b", bicep())
    return bool(known) or plain in (ROOT / "host.json").read_text("utf-8")


def relay() -> str:
    return "\n".join(path.read_text("utf-8") for path in (ROOT / "notifications/relay").rglob("*.py"))


@pytest.mark.parametrize("name", [name for name in NAMED if name.casefold() not in COLUMN_NAMES])
def test_what_replaces_the_old_exists(name: str) -> None:
    """Nothing is promised that is not in the code or in infra/."""
    ignored = {"-poison", "function:generate_page", "http", "azd up"}
    assert name in ignored or exists(name), name


@pytest.mark.parametrize(
    "part",
    [
        "node pool",
        "taints",
        "HPA",
        "Secrets",
        "Redis",
        "ServiceMonitor",
        "Helm",
        "ArgoCD",
        "REDIS_*",
        "ChromaDB",
    ],
)
def test_every_part_of_the_old_deployment_has_its_row(part: str) -> None:
    """On the left of a table."""
    assert any(part in row.split("|")[1] for row in PAGE.splitlines() if row.startswith("| "))


def test_the_names_of_columns_are_those_of_the_code() -> None:
    """The table under "The file" lists what `COLUMNS` has, no more and no less."""
    section = PAGE.split("**The file.**")[1].split("**What becomes")[0]
    listed = [CODE.findall(row.split("|")[2]) for row in section.splitlines() if row.startswith("| ")][1:]
    found = {name.casefold() for names in listed for name in names}
    assert found == {name.casefold() for name in COLUMN_NAMES}


def test_the_commands_are_those_of_the_code() -> None:
    """Every line that starts the import has arguments that it takes."""
    lines = re.findall(r"-m generation\.templates\.legacy ([^#\n]*)", PAGE)
    assert len(lines) == 2
    for line in lines:
        assert _parser().parse_args(line.split()).file.name == "old-templates.csv"


def test_the_steps_are_in_order() -> None:
    """Templates before new work, new work before the old queue runs dry, nothing taken away before that."""
    steps = re.findall(r"^(\d)\. \*\*([^*]+)\*\*", PAGE, re.MULTILINE)
    assert [number for number, _ in steps] == list("12345678")
    titles = [title for _, title in steps]
    wanted = [
        "Schema and templates.",
        "Send new work to the new side",
        "Let the old queue run dry.",
        "Take away",
    ]
    assert [titles.index(title) for title in wanted] == sorted(titles.index(title) for title in wanted)

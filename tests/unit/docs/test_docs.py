"""The pages tell the truth as far as a test can see: links, file names, routes, events, error codes, examples."""

import ast
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generation.pages.requests import PageRequest
from generation.tasks.explanations import _EXPLANATIONS
from shared.events import Event, EventType

ROOT = Path(__file__).parents[3]
API, EVENTS = ROOT / "docs/api.md", ROOT / "docs/events.md"
NOT_OURS = {"node_modules", "demo-out", "build", "__pycache__"}
METHODS = {"get", "post", "put", "patch", "delete"}
DECISION_PARTS = ["Status", "Context", "Decision", "Consequences", "Alternatives"]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
ROUTE_HEADING = re.compile(r"^### (GET|POST|PUT|PATCH|DELETE) (/\S*)", re.MULTILINE)
_FOLDERS = r"(?:\.github|bench|docs|generation|infra|local|notifications|shared|tests)"
OUR_FILE = re.compile(rf"{_FOLDERS}/[\w./-]*")
# With its ending, also within a command or a longer line; without one it might be a route.
MENTIONED_FILE = re.compile(rf"(?<![\w./-]){_FOLDERS}/[\w./-]*\.\w+")
OUR_MODULE = re.compile(rf"python -m ({_FOLDERS}[\w.]*)")
MAKE_TARGET = re.compile(r"\bmake ([a-z]+)\b")


def _pages() -> Iterator[Path]:
    for folder, inside, files in os.walk(ROOT):
        inside[:] = [name for name in inside if name not in NOT_OURS and not name.startswith(".")]
        yield from (Path(folder, name) for name in files if name.endswith(".md"))


def _parameters(pages: list[Path]) -> list[Any]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


PAGES = sorted(_pages())
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
# The changelog tells of files that have gone since.
TODAYS_PAGES = [page for page in PAGES if page.name != "CHANGELOG.md"]


@cache
def _text(page: Path) -> str:
    return page.read_text("utf-8")


def _prose(page: Path) -> str:
    return FENCE.sub("", _text(page))


def _anchors(page: Path) -> set[str]:
    """The anchors GitHub gives a page's headings."""
    texts = (LINK.sub("", heading) or heading for heading in HEADING.findall(_prose(page)))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}


def _examples(page: Path, heading: str) -> list[Any]:
    """The JSON examples under one heading, up to the next."""
    after = _text(page).split(f"\n{heading}\n", maxsplit=1)
    assert len(after) == 2, f"{page.name} has no heading {heading!r}"
    section = re.split(r"^#{1,6} ", after[1], maxsplit=1, flags=re.MULTILINE)[0]
    return [json.loads(body) for language, body in FENCE.findall(section) if language == "json"]


def _routes() -> set[tuple[str, str]]:
    """(method, path) of every `endpoints.route(...)` in a blueprint."""
    found = set()
    for folder in ("generation", "notifications"):
        for path in (ROOT / folder).rglob("blueprint.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "endpoints.route":
                    route = ast.literal_eval(node.args[1])
                    named = {keyword.arg for keyword in node.keywords if keyword.arg} & METHODS
                    found |= {(method.upper(), f"/{route}".rstrip("/")) for method in named}
    return found


@pytest.mark.parametrize("page", _parameters(PAGES))
def test_relative_links_lead_somewhere(page: Path) -> None:
    """A link to a file finds it, and its anchor is a heading there."""
    broken = []
    for link in LINK.findall(INLINE_CODE.sub("", _prose(page))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        goal = (page.parent / name).resolve() if name else page
        if not goal.exists() or (anchor and anchor not in _anchors(goal)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", _parameters(TODAYS_PAGES))
def test_named_files_exist(page: Path) -> None:
    """A path of ours in `code`, or anywhere if it has an ending, is a file or folder; NAME stands for any name."""
    named = [code for code in INLINE_CODE.findall(_prose(page)) if OUR_FILE.fullmatch(code)]
    named += MENTIONED_FILE.findall(_text(page))
    made_by_use = {"local/node_modules/"}
    missing = {name for name in named if not any(ROOT.glob(name.replace("NAME", "*")))}
    assert missing - made_by_use == set()


@pytest.mark.parametrize("page", _parameters(TODAYS_PAGES))
def test_named_commands_exist(page: Path) -> None:
    """Every `make target` is one of the Makefile's, every `python -m` of ours can be run."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = [*INLINE_CODE.findall(_prose(page)), *(body for _, body in FENCE.findall(_text(page)))]
    assert {target for one in code for target in MAKE_TARGET.findall(one)} - targets == set()
    modules = [ROOT.joinpath(*name.split(".")) for name in OUR_MODULE.findall(_text(page))]
    assert [path for path in modules if not _runs(path)] == []


def _runs(module: Path) -> bool:
    return module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()


@pytest.mark.parametrize("page", _parameters(PAGES))
def test_json_examples_parse(page: Path) -> None:
    """Every fence marked json is JSON."""
    for language, body in FENCE.findall(_text(page)):
        if language == "json":
            json.loads(body)


def test_every_route_is_documented_and_no_other() -> None:
    """docs/api.md has a heading for each method of each route, and none for what is not there."""
    documented = {(method, path.rstrip("/")) for method, path in ROUTE_HEADING.findall(_text(API))}
    assert len(_routes()) > 10
    assert _routes() - documented == set()
    assert documented - _routes() == set()


def test_every_error_code_is_documented() -> None:
    """Each code a task's error or warning may carry has its row in docs/api.md."""
    rows = set(re.findall(r"^\| `(\w+)` \|", _text(API), re.MULTILINE))
    assert set(_EXPLANATIONS) - rows == set()


@pytest.mark.parametrize("kind", EventType)
def test_every_event_type_has_an_example(kind: EventType) -> None:
    """docs/events.md shows each type under its name, as an envelope our own code reads."""
    example = _examples(EVENTS, f"### {kind.value}")[0]
    assert Event.decode(json.dumps(example).encode()).type is kind
    assert ("sequence" in example["data"]) == ("subject" in example)


def test_the_request_example_is_accepted() -> None:
    """The body shown for POST /generation/display-list passes its own check."""
    assert PageRequest.model_validate(_examples(API, "### POST /generation/display-list")[0]).product


@pytest.mark.parametrize("page", _parameters(DECISIONS))
def test_decisions_have_their_parts(page: Path) -> None:
    """Status, context, decision, consequences, alternatives; numbered as the file is."""
    title, *parts = HEADING.findall(_prose(page))
    assert title.startswith(f"{page.name[:4]}: ")
    assert parts == DECISION_PARTS

"""DESIGN section 2: imports point one way."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PRODUCTION = ("shared", "notifications", "generation")
SDKS = {"openai", "together", "boto3", "botocore", "azure", "psycopg2", "PIL", "aiohttp", "httpx"}

SHARED_BY_DOMAINS = {"generation.ports", "generation.fields", "generation.structured", "generation.prompts"}

# For each folder, the first parts of our own modules it may import. The longest matching folder counts.
ALLOWED = {
    "shared": {"shared"},
    "notifications": {"shared", "notifications"},
    "notifications/relay": {"shared", "notifications.relay"},
    "generation": {"shared", "generation", "notifications.outbox"},
    "generation/providers": {"shared", "generation.ports", "generation.providers"},
    "generation/templates": {"shared", "generation.templates", "generation.facts", *SHARED_BY_DOMAINS},
    "generation/images": {"shared", "generation.images", "generation.tasks", *SHARED_BY_DOMAINS},
    "generation/claims": {"generation.claims", "generation.facts"},
    "generation/tasks": {"shared", "generation.ports", "generation.tasks", "notifications.outbox"},
}
# Entry points see the composition root and everything of theirs.
ENTRY_POINTS = {"blueprint.py", "function_app.py", "bootstrap.py"}


def production_files() -> Iterator[Path]:
    """Every Python file that is deployed."""
    yield from (ROOT / "function_app.py", ROOT / "bootstrap.py")
    for folder in PRODUCTION:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "clients" not in path.parts)


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module, and whether the import runs when the file is imported."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in names if is_module(name)} or {node.module}
            yield from ((module, id(node) not in inside) for module in modules)


def is_type_checking(node: ast.AST) -> bool:
    """An `if TYPE_CHECKING:` block."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def is_module(name: str) -> bool:
    """Whether a dotted name is a module of ours rather than something in one."""
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def is_entry_point(path: Path) -> bool:
    """Blueprints, the function app, the composition root, and commands."""
    return path.name in ENTRY_POINTS


def within(module: str, prefixes: set[str]) -> bool:
    """Whether a module is one of the prefixes or inside one."""
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def rule_for(path: Path) -> set[str]:
    """What a file may import of ours."""
    relative = path.relative_to(ROOT).as_posix()
    folders = [folder for folder in ALLOWED if relative.startswith(f"{folder}/")]
    return ALLOWED[max(folders, key=len)]


FILES = [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in production_files()]


@pytest.mark.parametrize("path", FILES)
def test_imports_point_one_way(path: Path) -> None:
    """A module imports only from its own layer and those below it."""
    if is_entry_point(path):
        return
    ours = [
        name for name, _ in imports(path) if name.split(".")[0] in {*PRODUCTION, "bootstrap", "function_app"}
    ]
    assert [name for name in ours if not within(name, rule_for(path))] == []


@pytest.mark.parametrize("path", FILES)
def test_production_never_imports_the_stack_or_tests(path: Path) -> None:
    """Nothing deployed knows local/ or tests/."""
    assert [name for name, _ in imports(path) if name.split(".")[0] in {"local", "tests", "bench"}] == []


@pytest.mark.parametrize("path", FILES)
def test_azure_functions_stay_in_entry_points(path: Path) -> None:
    """Only function_app.py and blueprint.py know azure.functions."""
    if not is_entry_point(path):
        assert [name for name, _ in imports(path) if within(name, {"azure.functions"})] == []


@pytest.mark.parametrize("path", FILES)
def test_sdks_are_imported_where_first_used(path: Path) -> None:
    """No SDK is imported when a module is: only inside the function that needs it."""
    if not is_entry_point(path):
        assert [name for name, at_import in imports(path) if at_import and name.split(".")[0] in SDKS] == []


@pytest.mark.parametrize("path", FILES)
def test_only_settings_reads_the_environment(path: Path) -> None:
    """os.environ and os.getenv are read nowhere but in shared/settings.py (through pydantic-settings)."""
    text = path.read_text("utf-8")
    assert "os.environ" not in text
    assert "getenv" not in text


def test_domain_sees_protocols_not_providers() -> None:
    """generation/pages and generation/tasks never name a provider."""
    for folder in ("pages", "tasks"):
        for path in (ROOT / "generation" / folder).glob("*.py"):
            assert [name for name, _ in imports(path) if within(name, {"generation.providers"})] == [], path


def test_importing_the_app_with_an_empty_environment_opens_nothing(tmp_path: Path) -> None:
    """Importing function_app reads no setting, opens no socket and no file but Python's own."""
    code = """
import sys
opened = []
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec"):
        opened.append((event, args))
    if event == "open" and not str(args[0]).endswith((".py", ".pyc", ".so", ".pth", ".pem", ".cfg")):
        import traceback
        if any("generation/" in line.filename or "shared/" in line.filename or "notifications/" in line.filename
               for line in traceback.extract_stack() if line.name != "<module>"):
            opened.append((event, args))
sys.addaudithook(watch)
import function_app
assert not opened, opened
loaded = {"openai", "together", "boto3", "azure.eventhub", "azure.storage.queue", "PIL"} & set(sys.modules)
assert not loaded, loaded
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

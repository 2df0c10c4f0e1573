"""Which import costs what: the log of `python -X importtime`, summed by package.

The interpreter writes a line when a module has been imported, after the lines of what that import needed, indented by
how deep it is ("import time: self [us] | cumulative | imported package"; Python 3.13, "Command line and environment").
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.result import Table

OURS = frozenset({"generation", "notifications", "shared", "bootstrap", "function_app"})
INTERPRETER = "(interpreter)"

_LINE = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \| ( *)(\S+)$", re.MULTILINE)
_INDENT = 2
_NAMESPACES = frozenset({"azure", "generation", "notifications", "shared"})  # told apart by their second part


@dataclass(frozen=True, slots=True)
class Imported:
    """One import of a module.

    Attributes:
        module: its dotted name.
        microseconds: its own time, without that of what it imported.
        importers: who wanted it, the innermost first.
    """

    module: str
    microseconds: int
    importers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one package costs.

    Attributes:
        package: its name.
        milliseconds: own time of its modules and of those of the standard library that it was the first to need.
        modules: how many these are.
        wanted_by: the module outside the package that imported it first; empty for a top-level import.
    """

    package: str
    milliseconds: float
    modules: int
    wanted_by: str


def parse(log: str) -> list[Imported]:
    """The imports in a log, in reverse: importers before what they imported."""
    imports: list[Imported] = []
    open_modules: list[str] = []
    for own, indent, module in reversed(_LINE.findall(log)):
        depth = len(indent) // _INDENT
        del open_modules[depth:]
        imports.append(Imported(module, int(own), tuple(reversed(open_modules))))
        open_modules.append(module)
    return imports


def package_of(module: str) -> str:
    """The package a module's cost belongs to: its first part, two for namespaces and our own folders."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] in _NAMESPACES else parts[0]


def payer(imported: Imported) -> str:
    """The package that an import is charged to: for the standard library whoever was the first to need it."""
    chain = (imported.module, *imported.importers)
    return next((package_of(name) for name in chain if not _is_standard(name)), INTERPRETER)


def costs(imports: Sequence[Imported]) -> list[Cost]:
    """The cost of every package, the dearest first."""
    charged: dict[str, list[Imported]] = defaultdict(list)
    for imported in imports:
        charged[payer(imported)].append(imported)
    found = [
        Cost(
            package,
            sum(each.microseconds for each in charges) / 1000,
            len(charges),
            _wanted_by(package, charges),
        )
        for package, charges in charged.items()
    ]
    return sorted(found, key=lambda cost: -cost.milliseconds)


def profile_table(logs: Iterable[str], most: int = 15) -> Table:
    """The dearest packages and the sum of the others, of the fastest of several logs.

    The same work is done each time, so what one log has more than another is other programs' doing.
    """
    ranked = min((costs(parse(log)) for log in logs), key=_total)
    total = _total(ranked)
    rows = [_row(cost, total) for cost in ranked[:most]]
    if rest := ranked[most:]:
        modules = sum(cost.modules for cost in rest)
        rows.append(_row(Cost(f"{len(rest)} others", _total(rest), modules, ""), total))
    columns = ("package", "ms", "share", "modules", "first imported by")
    title = f"Imports of function_app by package, {total:.0f} ms with the profiler on (the fastest run)"
    return Table(title, columns, tuple(rows))


def _total(found: Sequence[Cost]) -> float:
    return sum(cost.milliseconds for cost in found)


def _row(cost: Cost, total: float) -> tuple[str, ...]:
    share = f"{cost.milliseconds / total:.0%}"
    return cost.package, f"{cost.milliseconds:.1f}", share, str(cost.modules), cost.wanted_by


def _wanted_by(package: str, charges: Sequence[Imported]) -> str:
    """The importer of the package's first module; the log was read backwards, so the last charge came first."""
    outside = [
        [name for name in imported.importers if package_of(name) != package and not _is_standard(name)]
        for imported in charges
        if package_of(imported.module) == package
    ]
    return next((names[0] for names in reversed(outside) if names), "")


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names or module.startswith(("_", "encodings"))

"""Walks a parsed template: allows exactly the language, and notes what it asks for.

The language: `{{ slot }}`, `{{ item.field }}`, `{{ image.url|alt|width|height }}`, `{{ loop.index }}`,
`{{ theme.token }}` in styles, `{% for item in slot %}` two deep, `{% if slot %}`/`elif`/`else`, and the filters of
`filters.FILTERS` without arguments. docs/templates/language.md explains it to authors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jinja2 import nodes

from generation.templates.filters import RICH_FILTERS
from generation.templates.markup_scanner import Place, ScanError, fill, scan
from generation.templates.placement import (
    IMAGE_PARTS,
    filter_problem,
    image_problem,
    text_problem,
    theme_problem,
)
from generation.templates.slots import SlotKind
from generation.templates.syntax import Source, SyntaxProblem
from generation.templates.uses import NAME, RESERVED, Use, dotted, first_offset, path_problem

_LOOP_PARTS = frozenset({"index", "first", "last"})
_MAX_LOOPS = 2
_MAX_NESTING = 12
_MAX_PROBLEMS = 20
_MAX_FILTERS = 3
_WRITTEN = {
    "assign": "set",
    "assignblock": "set",
    "callblock": "call",
    "filterblock": "filter",
    "fromimport": "from",
    "scope": "autoescape",
    "scopedevalcontextmodifier": "autoescape",
    "const": "a fixed value (const)",
    "getitem": "[ ] (getitem)",
    "sub": "- (sub); names are written with _",
    "condexpr": "a condition (condexpr); use {% if %}",
}


class _Stop(Exception):  # noqa: N818  not an error: the markup is broken, so what follows would only be noise
    pass


class Checker:
    """One walk over one template; afterwards `problems` and `uses` hold what was found."""

    def __init__(self, source: Source) -> None:
        self.problems: list[SyntaxProblem] = []
        self.uses: dict[str, Use] = {}
        self._source = source
        self._place = Place()
        self._loops: list[tuple[str, Use]] = []
        self._depth = 0

    def check(self, template: nodes.Template) -> None:
        """Walk the whole tree."""
        try:
            self._body(template.body)
        except _Stop:
            return
        end = len(self._source.text)
        if self._place.attribute:
            self._problem(end, "the template ends inside an attribute")
        elif self._place.open:
            self._problem(end, f"<{self._place.open[-1]}> is never closed")

    def _problem(self, offset: int, message: str) -> None:
        self.problems.append(self._source.problem(offset, message))
        if len(self.problems) >= _MAX_PROBLEMS:
            raise _Stop

    def _body(self, body: list[nodes.Node]) -> None:
        for node in body:
            match node:
                case nodes.Output():
                    self._output(node)
                case nodes.For():
                    self._for(node)
                case nodes.If():
                    self._if(node)
                case _:
                    self._problem(
                        first_offset(node), f"{{% {_word(node)} %}} is not part of the template language"
                    )

    def _output(self, output: nodes.Output) -> None:
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                self._text(node)
            else:
                self._expression(node)
                self._place = fill(self._place)

    def _text(self, node: nodes.TemplateData) -> None:
        try:
            self._place = scan(self._place, node.data)
        except ScanError as error:
            self._problem(node.lineno + error.offset, error.message)
            raise _Stop from error

    # -- statements

    def _for(self, node: nodes.For) -> None:
        target = node.target
        if not isinstance(target, nodes.Name) or not NAME.fullmatch(target.name) or target.name in RESERVED:
            self._problem(target.lineno, "a loop has one variable: lower-case letters, digits and _")
            raise _Stop
        if node.test or node.else_ or node.recursive:
            self._problem(node.lineno, "a loop has no condition, no else and no recursion")
        if len(self._loops) >= _MAX_LOOPS:
            self._problem(node.lineno, f"loops nest at most {_MAX_LOOPS} deep")
            raise _Stop
        if any(target.name == name for name, _ in self._loops):
            self._problem(target.lineno, f"{target.name} is the outer loop's variable already")
        use = self._iterated(node.iter)
        if use is None:
            raise _Stop
        self._loops.append((target.name, use))
        with self._nested(node):
            self._returning(node.lineno, node.body)
        self._loops.pop()

    def _if(self, node: nodes.If) -> None:
        self._condition(node.test)
        start = self._place
        with self._nested(node):
            self._body(node.body)
            after = self._place
            for branch in node.elif_:
                self._condition(branch.test)
                self._branch(branch.lineno, start, after, branch.body)
            self._branch(node.lineno, start, after, node.else_)
        self._place = after

    def _branch(self, offset: int, start: Place, after: Place, body: list[nodes.Node]) -> None:
        self._place = start
        self._body(body)
        if not self._place.same_spot(after):
            self._problem(offset, "every branch of an if must leave the same elements open")
            raise _Stop

    def _returning(self, offset: int, body: list[nodes.Node]) -> None:
        start = self._place
        self._body(body)
        if not self._place.same_spot(start):
            self._problem(offset, "a loop must close the elements it opens")
            raise _Stop

    @contextmanager
    def _nested(self, node: nodes.Node) -> Iterator[None]:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            self._problem(node.lineno, f"statements nest at most {_MAX_NESTING} deep")
            raise _Stop
        yield
        self._depth -= 1

    def _condition(self, node: nodes.Node) -> None:
        path = self._path(node)
        if path is None:
            return
        head, *rest = path
        if head == "loop":
            self._loop_part(node, rest)
        elif head == "theme":
            self._problem(node.lineno, "theme tokens are for styles, not for conditions")
        elif path[-1] in IMAGE_PARTS and self._is_image(path):
            self._tested(self._use(node, path[:-1], "image"))
        else:
            self._tested(self._use(node, path, kind=None))

    @staticmethod
    def _tested(use: Use | None) -> None:
        if use:
            use.tested = True

    # -- expressions

    def _expression(self, node: nodes.Expr) -> None:
        inner, filters = self._unfiltered(node)
        path = self._path(inner) if filters is not None else None
        if path is None or filters is None:
            return
        problem: str | None = None
        match path:
            case ["theme", *rest]:
                problem = theme_problem(self._place, rest, filters)
            case ["loop", *rest]:
                if self._loop_part(inner, rest):
                    problem = text_problem(self._place, "text", filters)
            case [*_, part] if len(path) > 1 and part in IMAGE_PARTS and self._is_image(path):
                problem = image_problem(self._place, part, filters)
                self._use(inner, path[:-1], "image")
            case _:
                kind: SlotKind = "rich" if RICH_FILTERS & set(filters) else "text"
                if self._use(inner, path, kind):
                    problem = text_problem(self._place, kind, filters)
        if problem:
            self._problem(inner.lineno, problem)

    def _unfiltered(self, node: nodes.Expr) -> tuple[nodes.Expr, list[str] | None]:
        names: list[str] = []
        while isinstance(node, nodes.Filter):
            problem = filter_problem(node, last=not names)
            if problem or len(names) >= _MAX_FILTERS or node.node is None:
                self._problem(node.lineno, problem or f"at most {_MAX_FILTERS} filters")
                return node, None
            names.append(node.name)
            node = node.node
        return node, names

    def _path(self, node: nodes.Node) -> list[str] | None:
        """The dotted name an expression is, or None after noting what it is instead."""
        head, rest = dotted(node)
        if not isinstance(head, nodes.Name):
            self._problem(first_offset(head), f"only names are allowed here, not {_word(head)}")
            return None
        parts = [head.name, *rest]
        node.lineno = head.lineno  # a dotted name stands where its first letter is, not at its last dot
        if bad := next((part for part in parts if not NAME.fullmatch(part)), None):
            self._problem(
                node.lineno,
                f"{bad[:40]!r} is not a name: lower-case letters, digits and _, letter first, at most 40",
            )
            return None
        return parts

    def _is_image(self, path: list[str]) -> bool:
        # `item.url` is a field called url; `item.photo.url` and `hero.url` are parts of pictures.
        looped = any(path[0] == name for name, _ in self._loops)
        return len(path) == (3 if looped else 2)

    def _use(self, node: nodes.Node, path: list[str], kind: SlotKind | None) -> Use | None:
        """Note that the slot or field `path` names is used as `kind`."""
        loop = next((use for name, use in reversed(self._loops) if name == path[0]), None)
        length = 1 if loop is None else 2
        if len(path) != length:
            self._problem(node.lineno, path_problem(path, looped=loop is not None))
            return None
        if path[0] in RESERVED:
            self._problem(node.lineno, f"{path[0]} is a reserved name")
            return None
        known = self.uses if loop is None else loop.fields
        use = known.setdefault(path[-1], Use(path[-1]))
        if kind and not use.settle(kind):
            self._problem(node.lineno, f"{path[-1]} is used as {use.kind} elsewhere, here as {kind}")
            return None
        return use

    def _iterated(self, node: nodes.Node) -> Use | None:
        path = self._path(node)
        if path is None:
            return None
        if path[0] in RESERVED:
            self._problem(node.lineno, f"{path[0]} cannot be looped over")
            return None
        return self._use(node, path, "list")

    def _loop_part(self, node: nodes.Node, rest: list[str]) -> bool:
        if not self._loops or len(rest) != 1 or rest[0] not in _LOOP_PARTS:
            self._problem(node.lineno, "inside a loop there are loop.index, loop.first and loop.last")
            return False
        return True


def _word(node: nodes.Node) -> str:
    """What the author wrote: Jinja2 calls some of it otherwise."""
    name = type(node).__name__.lower()
    return _WRITTEN.get(name, name)

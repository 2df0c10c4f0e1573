"""Walks a parsed template: allows exactly the language, and notes what it asks for.

The language: `{{ slot }}`, `{{ item.field }}`, `{{ image.url|alt|width|height }}`, `{{ loop.index }}`,
`{{ theme.token }}` in styles, `{% for item in slot %}` two deep, `{% if slot %}`/`elif`/`else`, and the filters of
`filters.FILTERS` without arguments. docs/templates/language.md explains it to authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jinja2 import nodes

from generation.templates.filters import FILTERS, RICH_FILTERS
from generation.templates.markup_scanner import Place, ScanError, fill, scan
from generation.templates.slots import SlotKind
from generation.templates.syntax import Source, SyntaxProblem
from generation.templates.theme import TOKENS

IMAGE_PARTS = frozenset({"url", "alt", "width", "height"})
LOOP_PARTS = frozenset({"index", "first", "last"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset({"theme", "loop", "self", "super", "caller", "varargs", "kwargs"})
_MAX_LOOPS = 2
_MAX_NESTING = 12
_MAX_PROBLEMS = 20
_MAX_FILTERS = 3
_TEXT_ATTRIBUTES = frozenset({"alt", "title", "aria-label"})
# A paragraph inside one of these would end it (HTML standard, "phrasing content").
_PHRASING = frozenset(
    {
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "span",
        "strong",
        "b",
        "em",
        "i",
        "u",
        "s",
        "small",
        "sub",
        "sup",
        "mark",
    }
)


@dataclass(slots=True)
class Use:
    """A slot as the template uses it; `kind` is None while it has only been tested."""

    name: str
    offset: int
    kind: SlotKind | None = None
    tested: bool = False
    fields: dict[str, Use] = field(default_factory=dict)


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
                    self._problem(_first_offset(node), f"{{% {_word(node)} %}} is not part of the template language")

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
        if not isinstance(target, nodes.Name) or not _NAME.fullmatch(target.name) or target.name in _RESERVED:
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
        match path:
            case ["theme", *rest]:
                self._theme(inner, rest, filters)
            case ["loop", *rest]:
                if self._loop_part(inner, rest):
                    self._written(inner, "text", filters)
            case [*_, part] if len(path) > 1 and part in IMAGE_PARTS and self._is_image(path):
                self._image(inner, path, filters)
            case _:
                kind: SlotKind = "rich" if RICH_FILTERS & set(filters) else "text"
                if self._use(inner, path, kind):
                    self._written(inner, kind, filters)

    def _unfiltered(self, node: nodes.Expr) -> tuple[nodes.Expr, list[str] | None]:
        names: list[str] = []
        while isinstance(node, nodes.Filter):
            problem = _filter_problem(node, first=not names)
            if problem or len(names) >= _MAX_FILTERS or node.node is None:
                self._problem(node.lineno, problem or f"at most {_MAX_FILTERS} filters")
                return node, None
            names.append(node.name)
            node = node.node
        return node, names

    def _path(self, node: nodes.Node) -> list[str] | None:
        """The dotted name an expression is, or None after noting what it is instead."""
        parts: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr):
            parts.insert(0, inner.attr)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            self._problem(_first_offset(inner), f"only names are allowed here, not {_word(inner)}")
            return None
        parts.insert(0, inner.name)
        node.lineno = inner.lineno  # a dotted name stands where its first letter is, not at its last dot
        if bad := next((part for part in parts if not _NAME.fullmatch(part)), None):
            self._problem(
                node.lineno, f"{bad!r} is not a name: lower-case letters, digits and _, letter first"
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
            self._problem(node.lineno, _path_problem(path, looped=loop is not None))
            return None
        if path[0] in _RESERVED:
            self._problem(node.lineno, f"{path[0]} is a reserved name")
            return None
        known = self.uses if loop is None else loop.fields
        use = known.setdefault(path[-1], Use(path[-1], node.lineno))
        if kind and not _settle(use, kind):
            self._problem(node.lineno, f"{path[-1]} is used as {use.kind} elsewhere, here as {kind}")
            return None
        return use

    def _iterated(self, node: nodes.Node) -> Use | None:
        path = self._path(node)
        if path is None:
            return None
        if path[0] in _RESERVED:
            self._problem(node.lineno, f"{path[0]} cannot be looped over")
            return None
        return self._use(node, path, "list")

    def _loop_part(self, node: nodes.Node, rest: list[str]) -> bool:
        if not self._loops or len(rest) != 1 or rest[0] not in LOOP_PARTS:
            self._problem(node.lineno, "inside a loop there are loop.index, loop.first and loop.last")
            return False
        return True

    # -- what may stand where

    def _theme(self, node: nodes.Expr, rest: list[str], filters: list[str]) -> None:
        attribute = self._place.attribute
        if len(rest) != 1 or rest[0] not in TOKENS or filters:
            self._problem(node.lineno, f"theme tokens are {', '.join(sorted(TOKENS))}")
        elif attribute is None or attribute.name != "style":
            self._problem(node.lineno, "theme tokens stand in style attributes only")

    def _image(self, node: nodes.Expr, path: list[str], filters: list[str]) -> None:
        attribute = self._place.attribute
        part = path[-1]
        if filters:
            self._problem(node.lineno, "parts of an image take no filters")
        allowed = {"url": {"src"}, "alt": _TEXT_ATTRIBUTES, "width": {"width"}, "height": {"height"}}[part]
        if attribute is None or attribute.name not in allowed:
            self._problem(node.lineno, f"an image's {part} stands in {' or '.join(sorted(allowed))} only")
        elif part in {"url", "width", "height"} and (attribute.tag != "img" or attribute.value):
            self._problem(node.lineno, f"an image's {part} stands alone in an <img>")
        self._use(node, path[:-1], "image")

    def _written(self, node: nodes.Expr, kind: SlotKind, filters: list[str]) -> None:
        attribute = self._place.attribute
        if attribute is None:
            if "rich" in filters and (inside := _PHRASING & set(self._place.open)):
                self._problem(node.lineno, f"paragraphs cannot stand inside <{min(inside)}>: use inline")
        elif attribute.name not in _TEXT_ATTRIBUTES:
            self._problem(node.lineno, f"a slot may not stand in {attribute.name}")
        elif kind == "rich":
            self._problem(node.lineno, "rich text may not stand in an attribute")


def _settle(use: Use, kind: SlotKind) -> bool:
    """Give `use` its kind; False if it has another one. Text somewhere and rich elsewhere is rich."""
    if use.kind is None or {use.kind, kind} == {"text", "rich"}:
        use.kind = "rich" if "rich" in (use.kind, kind) else kind
    return use.kind == kind or {use.kind, kind} == {"text", "rich"}


def _filter_problem(node: nodes.Filter, *, first: bool) -> str | None:
    if node.name not in FILTERS:
        return f"there is no filter {node.name}; there are {', '.join(FILTERS)}"
    if node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
        return "filters take no arguments"
    if node.name in RICH_FILTERS and not first:
        return f"{node.name} must be the last filter"
    return None


def _path_problem(path: list[str], *, looped: bool) -> str:
    if looped and len(path) == 1:
        return f"{path[0]} is an item: write {{{{ {path[0]}.field }}}}"
    return f"{'.'.join(path)}: only item.field of a loop, or url, alt, width, height of an image"


def _first_offset(node: nodes.Node) -> int:
    """Where the leftmost part of `node` stands; Jinja2 gives operators the offset of their end, and some nodes none."""
    offsets, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.lineno, int):
            offsets.append(one.lineno)
        waiting.extend(one.iter_child_nodes())
    return min(offsets, default=0)


def _word(node: nodes.Node) -> str:
    return type(node).__name__.lower()

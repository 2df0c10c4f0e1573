"""What a template asks for, as the checker finds it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jinja2 import nodes

from generation.templates.slots import SlotKind

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = frozenset({"theme", "loop", "self", "super", "caller", "varargs", "kwargs"})


@dataclass(slots=True)
class Use:
    """A slot as the template uses it; `kind` is None while it has only been tested."""

    name: str
    kind: SlotKind | None = None
    tested: bool = False
    fields: dict[str, Use] = field(default_factory=dict)

    def settle(self, kind: SlotKind) -> bool:
        """Take this kind; False if it has another one. Text here and rich there is rich."""
        if self.kind is None or {self.kind, kind} == {"text", "rich"}:
            self.kind = "rich" if "rich" in (self.kind, kind) else kind
        return self.kind == kind or {self.kind, kind} == {"text", "rich"}


def dotted(node: nodes.Node) -> tuple[nodes.Node, list[str]]:
    """What stands before the first dot, and the words after it: of `a.b.c` the name `a`, and `b`, `c`."""
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    return node, parts[::-1]


def first_offset(node: nodes.Node) -> int:
    """Where the leftmost part of `node` stands; Jinja2 gives operators the offset of their end, and some nodes none."""
    offsets, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one.lineno, int):
            offsets.append(one.lineno)
        waiting.extend(one.iter_child_nodes())
    return min(offsets, default=0)


def path_problem(path: list[str], *, looped: bool) -> str:
    """What is wrong with a dotted name of the wrong length; `looped` if it starts with a loop's variable."""
    if looped and len(path) == 1:
        return f"{path[0]} is an item: write {{{{ {path[0]}.field }}}}"
    return f"{'.'.join(path)}: only item.field of a loop, or url, alt, width, height of an image"

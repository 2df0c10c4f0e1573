"""How large a template can grow, and how long it takes: upper bounds, so that what could explode is never saved."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import nodes

from generation.templates.filters import MAX_PARAGRAPHS, NEXT_PARAGRAPH
from generation.templates.slots import Slot

# An ampersand becomes five bytes, and the capitals of one letter can take six.
_BYTES_PER_CHAR = 6
_RICH_EXTRA = MAX_PARAGRAPHS * len(f"{NEXT_PARAGRAPH}</p>")
_URL_BYTES = 2_048 * 5
_ALT_BYTES = 300 * 5
_TOKEN_BYTES = 160
_COUNT_BYTES = 4


def largest_output(body: list[nodes.Node], slots: Mapping[str, Slot]) -> int:
    """Bytes the body can take at most when every slot is filled to its limits.

    Args:
        body: of a template the checker accepted.
        slots: by name.
    """
    return _body(body, {}, slots)


def most_steps(body: list[nodes.Node], slots: Mapping[str, Slot]) -> int:
    """Expressions, conditions and turns of loops that rendering the body can take when every list is full.

    A loop that prints nothing would pass any limit of size.
    """
    return _steps(body, {}, slots)


def _steps(body: list[nodes.Node], items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> int:
    return sum(_node_steps(node, items, slots) for node in body)


def _node_steps(node: nodes.Node, items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> int:
    if isinstance(node, nodes.If):
        branches = [node.body, *(branch.body for branch in node.elif_), node.else_]
        return 1 + len(node.elif_) + max(_steps(branch, items, slots) for branch in branches)
    if isinstance(node, nodes.For):
        times, inner = _turns(node, items, slots)
        return 1 + times * (1 + _steps(node.body, inner, slots))
    return len(node.nodes) if isinstance(node, nodes.Output) else 0


def _body(body: list[nodes.Node], items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> int:
    return sum(_node(node, items, slots) for node in body)


def _node(node: nodes.Node, items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> int:
    if isinstance(node, nodes.Output):
        return sum(_expression(part, items, slots) for part in node.nodes)
    if isinstance(node, nodes.If):
        branches = [node.body, *(branch.body for branch in node.elif_), node.else_]
        return max(_body(branch, items, slots) for branch in branches)
    if isinstance(node, nodes.For):
        times, inner = _turns(node, items, slots)
        return times * _body(node.body, inner, slots)
    return 0


def _turns(
    node: nodes.For, items: Mapping[str, Slot], slots: Mapping[str, Slot]
) -> tuple[int, Mapping[str, Slot]]:
    """How often a loop turns at most, and what its variable stands for."""
    listed = _find(_path(node.iter), items, slots)
    if listed is None or not isinstance(node.target, nodes.Name):
        return 0, items
    return listed.max_items, {**items, node.target.name: listed}


def _expression(node: nodes.Expr, items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> int:
    if isinstance(node, nodes.TemplateData):
        return len(node.data.encode("utf-8", "replace"))
    path = _path(node)
    if path[0] == "theme":
        return _TOKEN_BYTES
    if path[0] == "loop":
        return _COUNT_BYTES
    slot = _find(path, items, slots)
    if slot is None or slot.kind == "image":
        return _URL_BYTES if path[-1] == "url" else _ALT_BYTES
    return slot.max_chars * _BYTES_PER_CHAR + (_RICH_EXTRA if slot.kind == "rich" else 0)


def _find(path: list[str], items: Mapping[str, Slot], slots: Mapping[str, Slot]) -> Slot | None:
    if path[0] not in items:
        return slots.get(path[0])
    return next((field for field in items[path[0]].fields if field.name == path[1]), None)


def _path(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _path(node.node)
    if isinstance(node, nodes.Getattr):
        return [*_path(node.node), node.attr]
    return [node.name] if isinstance(node, nodes.Name) else [""]

"""Reads Bicep as data, by its syntax tree: enough to compare it with the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tree_sitter
import tree_sitter_bicep

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
FILES = sorted([*INFRA.glob("*.bicep"), *INFRA.glob("modules/*.bicep")])


class Expression(str):
    """A value that only a deployment knows, as it is written."""

    __slots__ = ()


@dataclass(frozen=True)
class Declaration:
    """A resource or module: what it is of (type or path) and its body; of a loop the body of one round."""

    of: str
    body: dict[str, Any]
    existing: bool = False


@dataclass(frozen=True)
class Template:
    """What a file declares, by name."""

    params: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Declaration] = field(default_factory=dict)
    modules: dict[str, Declaration] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)


@cache
def read(path: Path) -> Template:
    """Read one file; a parameter without a default is None."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    root = parser.parse(path.read_bytes()).root_node
    assert not root.has_error, path
    template = Template()
    for node in root.named_children:
        if node.type == "parameter_declaration":
            template.params[_name(node)] = _default(node)
        elif node.type == "variable_declaration":
            template.variables[_name(node)] = value(node.named_children[-1])
        elif node.type == "output_declaration":
            template.outputs[_name(node)] = value(node.named_children[-1])
        elif node.type == "resource_declaration":
            template.resources[_name(node)] = _declaration(node)
        elif node.type == "module_declaration":
            template.modules[_name(node)] = _declaration(node)
    return template


def value(node: tree_sitter.Node) -> Any:
    """Objects as dicts, arrays as lists, literals as themselves, everything else as an Expression."""
    text = _text(node)
    if node.type == "object":
        return dict(_properties(node))
    if node.type == "array":
        return [value(child) for child in node.named_children if child.type != "comment"]
    if node.type == "string" and not any(child.type == "interpolation" for child in node.named_children):
        return text[1:-1].replace("\\'", "'")
    if node.type == "number":
        return int(text)
    if node.type == "boolean":
        return text == "true"
    return Expression(text)


def _properties(node: tree_sitter.Node) -> Iterator[tuple[str, Any]]:
    for child in node.named_children:
        if child.type == "object_property":
            key, *_, last = child.named_children
            yield _text(key).strip("'"), value(last)


def _declaration(node: tree_sitter.Node) -> Declaration:
    of = next(value(child) for child in node.named_children if child.type == "string")
    existing = any(child.type == "existing" for child in node.children)
    return Declaration(of, value(_body(node)), existing)


def _body(node: tree_sitter.Node) -> tree_sitter.Node:
    last = node.named_children[-1]
    return last if last.type == "object" else _body(last)


def _default(node: tree_sitter.Node) -> Any:
    return value(node.named_children[-1]) if any(child.type == "=" for child in node.children) else None


def _name(node: tree_sitter.Node) -> str:
    return next(_text(child) for child in node.named_children if child.type.endswith("identifier"))


def _text(node: tree_sitter.Node) -> str:
    assert node.text is not None
    return node.text.decode()

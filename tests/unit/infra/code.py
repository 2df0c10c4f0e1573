"""What the code itself says that the deployment must agree with, read from its source."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from pydantic_settings import BaseSettings

from shared import settings
from tests.unit.infra.bicep import ROOT

type Classes = list[type[BaseSettings]]

_TRIGGERS = ("queue_trigger", "timer_trigger")


def function_app() -> Classes:
    """The settings classes of the function app: all but those that only the relay reads."""
    return [model for model in _classes() if model is not settings.RelaySettings]


def relay() -> Classes:
    """The settings classes that the relay's entry point makes."""
    source = (ROOT / "notifications/relay/__main__.py").read_text("utf-8")
    imported = {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "shared.settings"
        for alias in node.names
    }
    return [model for model in _classes() if model.__name__ in imported]


def names(classes: Classes) -> set[str]:
    """The environment variables that these classes read."""
    return {str(field.alias) for model in classes for field in model.model_fields.values()}


def required(classes: Classes) -> set[str]:
    """Those of them without a default."""
    fields = [field for model in classes for field in model.model_fields.values()]
    return {str(field.alias) for field in fields if field.is_required()}


def _classes() -> Classes:
    members = inspect.getmembers(settings, inspect.isclass)
    return [
        member
        for _, member in members
        if issubclass(member, BaseSettings) and member.__module__ == settings.__name__ and member.model_fields
    ]


def own_files() -> Iterator[Path]:
    """Every Python file that is deployed."""
    yield from (ROOT / "bootstrap.py", ROOT / "function_app.py")
    for folder in ("generation", "notifications", "shared"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def triggered_functions() -> set[str]:
    """Names of the functions that a queue or a timer starts: those that scale one by one."""
    found = set()
    for path in own_files():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
                isinstance(decorator, ast.Call)
                and isinstance(decorator.func, ast.Attribute)
                and decorator.func.attr in _TRIGGERS
                for decorator in node.decorator_list
            ):
                found.add(node.name)
    return found


def logged_texts() -> set[str]:
    """The texts given to log.debug() ... log.critical()."""
    return {
        node.args[0].value
        for path in own_files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"log", "logger"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }

"""The parameters of a deployment: those azd would give (`${NAME=default}` in main.parameters.json), and the sizes.

azd, the workflows and an operator so use one list of names. Source of the form: Microsoft Learn, "Azure Developer CLI:
environment variables in parameter files".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.delivery.commands import DeliveryError

INFRA = Path(__file__).parents[1]
ENVIRONMENTS = ("dev", "staging", "prod")

_REFERENCE = re.compile(r"\$\{(\w+)(?:=([^}]*))?\}")
# A pipeline comes from an Azure address, which the database lets in; only a person's own is listed.
_MAY_BE_ABSENT = {"databaseAllowedAddresses"}


def parameters(template: str, environment: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """An ARM parameter file as an object: the template's own, with the environment's sizes over them.

    Args:
        template: `main` or `relay`.
        environment: one of ENVIRONMENTS.
        variables: what `${NAME}` stands for.

    Raises:
        DeliveryError: a variable without a default is not given; all such are named.
    """
    if environment not in ENVIRONMENTS:
        raise DeliveryError(f"{environment!r} is no environment; there are {', '.join(ENVIRONMENTS)}")
    suffix = "" if template == "main" else f".{template}"
    document = _read(INFRA / f"{template}.parameters.json")
    sizes = _read(INFRA / "environments" / f"{environment}{suffix}.parameters.json")["parameters"]
    given = document["parameters"]
    absent = {name: missing for name in given if (missing := _missing(given[name], variables))}
    if wanted := sorted({one for name, many in absent.items() if name not in _MAY_BE_ABSENT for one in many}):
        raise DeliveryError(f"not given: {', '.join(wanted)} (docs/delivery.md lists the variables)")
    filled = {name: _fill(entry, variables) for name, entry in given.items() if name not in absent}
    return {**document, "parameters": {**filled, **sizes}}


def _missing(value: Any, variables: Mapping[str, str]) -> list[str]:
    found = _REFERENCE.finditer(json.dumps(value))
    return [match[1] for match in found if not variables.get(match[1]) and match[2] is None]


def _fill(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, variables) for item in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: variables.get(match[1]) or match[2] or "", value)
    return value


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content

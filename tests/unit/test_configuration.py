"""shared/settings.py, local.settings.sample.json and docs/configuration.md name the same settings and defaults."""

import inspect
import json
import re
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from shared import settings

ROOT = Path(__file__).parents[2]
HOST_SETTINGS = {"FUNCTIONS_WORKER_RUNTIME"}
CLASSES = [
    member
    for _, member in inspect.getmembers(settings, inspect.isclass)
    if issubclass(member, BaseSettings) and member.__module__ == "shared.settings" and member.model_fields
]
FIELDS = {field.alias or name: field for model in CLASSES for name, field in model.model_fields.items()}


def shown(default: object) -> str:
    """A default as the page writes it."""
    if default is PydanticUndefined:
        return "required"
    if default is None or default == ():
        return ""
    if isinstance(default, tuple):
        return ",".join(default)
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    return f"{value:g}" if isinstance(value, float) else str(value)


def documented() -> dict[str, str]:
    """Settings of the page's tables with their default."""
    text = (ROOT / "docs/configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| [FR ]+ \|(.*?)\| .+ \|$", text, re.MULTILINE)
    return {name: default.strip("` ") for name, default in rows}


def test_every_setting_is_documented_with_its_default() -> None:
    """No setting is missing on the page, none is invented, every default is the code's."""
    assert documented() == {name: shown(field.default) for name, field in FIELDS.items()}


def test_every_setting_is_in_the_sample() -> None:
    """local.settings.sample.json lists each setting and nothing we do not read."""
    values = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    assert set(values) - HOST_SETTINGS == set(FIELDS)
    assert all(isinstance(value, str) for value in values.values())


def test_the_sample_is_valid() -> None:
    """Every settings class can be made from the sample's values."""
    values = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    for model in CLASSES:
        own = {
            alias: values[alias] for alias in (field.alias for field in model.model_fields.values()) if alias
        }
        model.model_validate({name: value for name, value in own.items() if value})

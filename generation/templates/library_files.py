"""Reads the seed library: `library/categories.json`, `library/templates/*.html` + `.json`, `library/sets/*.json`.

A template's file name is its id. Its JSON holds block_type, name, description, category_id (or null) and metadata.
`library/samples/*.json` tell what the preview of a set shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.templates.models import Category, Template, TemplateSet
from generation.templates.theme import THEMES

_FOLDER = Path(__file__).parent / "library"


@dataclass(frozen=True, slots=True)
class SampleProduct:
    """What a set's preview tells: of which product there are pictures, and slot values by template."""

    picture: str
    slots: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Library:
    """The seed content; template versions are 1. `samples`, by set, are for previews and never stored."""

    categories: tuple[Category, ...]
    templates: tuple[Template, ...]
    sets: tuple[TemplateSet, ...]
    samples: Mapping[str, SampleProduct]

    @property
    def by_id(self) -> Mapping[str, Template]:
        """The templates by their id."""
        return {template.template_id: template for template in self.templates}


def read_library(folder: Path = _FOLDER) -> Library:
    """Everything under `folder`, sorted by id."""
    categories = json.loads((folder / "categories.json").read_text("utf-8"))
    return Library(
        categories=tuple(Category(**entry) for entry in categories),
        templates=tuple(_templates(folder / "templates")),
        sets=tuple(_sets(folder / "sets")),
        samples=dict(_samples(folder / "samples")),
    )


def _templates(folder: Path) -> Iterator[Template]:
    for path in sorted(folder.glob("*.html")):
        about: dict[str, Any] = json.loads(path.with_suffix(".json").read_text("utf-8"))
        yield Template(template_id=path.stem, version=1, template_html=path.read_text("utf-8"), **about)


def _sets(folder: Path) -> Iterator[TemplateSet]:
    for path in sorted(folder.glob("*.json")):
        about: dict[str, Any] = json.loads(path.read_text("utf-8"))
        theme = THEMES[about.pop("theme")]
        ids = tuple(about.pop("template_ids"))
        yield TemplateSet(template_set_id=path.stem, theme=theme, template_ids=ids, **about)


def _samples(folder: Path) -> Iterator[tuple[str, SampleProduct]]:
    for path in sorted(folder.glob("*.json")):
        yield path.stem, SampleProduct(**json.loads(path.read_text("utf-8")))

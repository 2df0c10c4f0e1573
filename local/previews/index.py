"""The index page of the pictures: every set whole, every template by its block type."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from generation.templates.library_files import Library
from generation.templates.models import Template

_ACROSS = 3
_HEAD = """# The template library in pictures

Drawn by `python -m local.previews docs/templates`: every template and set of the seed library with sample products
(`generation/templates/library/samples`, still lifes in `local/previews/art`), at 860 px and, for the sets, at 390 px.
What each of them holds is in [library.md](library.md); how templates are written in [language.md](language.md).
"""


def index(library: Library) -> str:
    """The page as Markdown; the pictures lie beside it."""
    return "\n".join([_HEAD, "## Sets", "", *_sets(library), "## Templates", "", *_templates(library)])


def _sets(library: Library) -> Iterator[str]:
    for one in library.sets:
        yield f"### `{one.template_set_id}` {one.name}\n"
        yield f"{one.description}: {', '.join(f'`{block}`' for block in one.template_ids)}.\n"
        wide, phone = f"set-{one.template_set_id}.webp", f"set-{one.template_set_id}-390.webp"
        yield f'<img src="{wide}" width="430" alt="{one.name}, 860 px">'
        yield f'<img src="{phone}" width="195" alt="{one.name}, 390 px">\n'


def _templates(library: Library) -> Iterator[str]:
    ordered = sorted(library.templates, key=lambda one: (one.block_type, one.template_id))
    for block_type, found in groupby(ordered, key=lambda one: one.block_type):
        yield f"### {block_type}\n"
        yield from _table(list(found))
        yield ""


def _table(templates: list[Template]) -> Iterator[str]:
    for start in range(0, len(templates), _ACROSS):
        row = templates[start : start + _ACROSS]
        yield "| " + " | ".join(f"`{one.template_id}` {one.name}" for one in row) + " |"
        yield "|" + "---|" * len(row)
        yield "| " + " | ".join(f"![{one.name}]({one.template_id}.webp)" for one in row) + " |"
        yield ""

"""A library of 500 templates in a PostgreSQL of its own, and a page of 50 KB made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from generation.templates.library_files import Library, read_library
from generation.templates.models import Template
from generation.templates.page_shell import render_page
from generation.templates.preview import sample_images
from generation.templates.seed import seed
from generation.templates.theme import Theme
from local.addresses import free_base
from local.postgres import PostgresServer
from shared.db.connect import connector
from shared.db.migrate import upgrade
from shared.db.pool import Database
from shared.settings import DatabaseSettings

TEMPLATES = 500
PAGE_BYTES = 50_000
_PICTURES = "https://images.example/sample"


def large_library() -> Library:
    """The seed library and copies of its templates, `TEMPLATES` in all."""
    library = read_library()
    missing = TEMPLATES - len(library.templates)
    copies = [
        replace(template, template_id=f"{template.template_id}-{number}")
        for number, template in enumerate(islice(cycle(library.templates), missing))
    ]
    return replace(library, templates=(*library.templates, *copies))


@contextmanager
def stored(folder: Path, library: Library) -> Iterator[DatabaseSettings]:
    """A migrated database that holds the library; stopped at the end."""
    with PostgresServer(folder / "cluster", free_base() + 70) as server:
        settings = DatabaseSettings.model_validate({"DATABASE_URL": server.url})
        upgrade(settings)
        Database(connector(settings), size=1).run_sync(lambda cursor: seed(cursor, library))
        yield settings


class Page:
    """Blocks of the seed library with their samples, as many as make `PAGE_BYTES` of HTML."""

    def __init__(self) -> None:
        templates, theme, self.size = cycle(read_library().templates), Theme(), 0
        self._theme = theme
        self._blocks: list[Template] = []
        while self.size < PAGE_BYTES:
            self._blocks.append(next(templates))
            self.size = len(self.render().encode())

    def render(self) -> str:
        """The page from its slot values: every block rendered, sanitised, put into the document."""
        blocks = [
            one.compiled.render(one.samples, sample_images(one, _PICTURES), self._theme)
            for one in self._blocks
        ]
        return render_page("상품 상세페이지", self._theme, blocks)

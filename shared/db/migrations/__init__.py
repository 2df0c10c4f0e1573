"""Ordered migrations: each a small module for alembic beside the SQL it runs. Additive only."""

from __future__ import annotations

from pathlib import Path


def run_script(module_file: str) -> None:
    """Run the `.sql` file that stands beside a migration's module, in alembic's transaction."""
    from alembic import op

    # As the driver takes it: SQLAlchemy's text() would read ":name" as a parameter.
    op.get_bind().exec_driver_sql(_script(module_file))


def run_statements(module_file: str) -> None:
    """The same, each statement in a transaction of its own: for what holds no lock while it takes long.

    A script that breaks off leaves what it has done, and must do no harm when it is run again. Its statements are told
    apart by a semicolon at a line's end.
    """
    from alembic import op

    with op.get_context().autocommit_block():
        for statement in _script(module_file).split(";\n"):
            if statement.strip():
                op.get_bind().exec_driver_sql(statement)


def _script(module_file: str) -> str:
    return Path(module_file).with_suffix(".sql").read_text("utf-8")

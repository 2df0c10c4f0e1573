"""Ordered migrations: each a small module for alembic beside the SQL it runs. Additive only."""

from __future__ import annotations

from pathlib import Path


def run_script(module_file: str) -> None:
    """Run the `.sql` file that stands beside a migration's module, in alembic's transaction."""
    from alembic import op

    # As the driver takes it: SQLAlchemy's text() would read ":name" as a parameter.
    op.get_bind().exec_driver_sql(Path(module_file).with_suffix(".sql").read_text("utf-8"))

"""Tasks, steps, outbox, pages, images and the template library."""

from shared.db.migrations import run_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_script(__file__)

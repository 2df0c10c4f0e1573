"""Requests and steps' results keep the order of their keys."""

from shared.db.migrations import run_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_script(__file__)

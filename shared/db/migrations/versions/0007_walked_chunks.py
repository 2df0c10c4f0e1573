"""Only chunks of owners who have many are in the index of vectors."""

from shared.db.migrations import run_statements

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_statements(__file__)

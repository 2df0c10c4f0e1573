"""What the purge needs: how far it has come, and the way to what may go."""

from shared.db.migrations import run_statements

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_statements(__file__)

"""What each user spends a day, and what sellers say of their pages."""

from shared.db.migrations import run_script

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_script(__file__)

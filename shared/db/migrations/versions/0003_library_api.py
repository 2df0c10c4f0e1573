"""What editing, searching, counting and testing the template library needs."""

from shared.db.migrations import run_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_script(__file__)

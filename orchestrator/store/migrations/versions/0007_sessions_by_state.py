"""Sessions that are not over, found without reading those that are."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("sessions_state", "sessions", ["state", "starts_at"], unique=False)

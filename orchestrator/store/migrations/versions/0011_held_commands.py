"""Held commands survive a restart; the open ones, and who is there, are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("commands", sa.Column("held", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("commands", sa.Column("not_before", sa.Integer(), nullable=True))
    op.add_column("commands", sa.Column("expires_at", sa.Integer(), nullable=True))
    op.drop_index("commands_open", "commands")
    is_open = sa.text("state IN ('accepted', 'running')")
    op.create_index("commands_open", "commands", ["room_id", "created_at"], sqlite_where=is_open)
    op.create_index("commands_session", "commands", ["session_id", "created_at"], unique=False)
    op.create_index("participants_state", "participants", ["state"], unique=False)

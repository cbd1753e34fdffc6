"""Agents of rooms: rotating tokens, reports, scenes; what a command brought."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "agent_tokens",
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("next_hash", sa.String(), nullable=True),
        sa.Column("rotated_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_id"),
        sa.UniqueConstraint("next_hash"),
    )
    op.create_table(
        "retired_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("device_id", sa.String(), nullable=False),
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("retired_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("retired_tokens_at", "retired_tokens", ["retired_at"], unique=False)
    op.create_table(
        "room_reports",
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.create_table(
        "room_scenes",
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.add_column("commands", sa.Column("result", sa.JSON(), nullable=True))
    op.create_index("commands_open", "commands", ["state", "room_id"], unique=False)

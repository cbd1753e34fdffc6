"""Cues that are fired at one instant, and their contents."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def _session() -> "sa.Column[str]":
    return sa.Column(
        "session_id", sa.String(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "session_contents",
        _session(),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "sha256"),
    )
    op.create_table(
        "content_parts",
        _session(),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "sha256", "number"),
    )
    op.create_table(
        "session_cues",
        _session(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("execute_at", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("session_id", "id"),
    )

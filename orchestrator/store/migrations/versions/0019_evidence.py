"""What would be lost with the process, and the report that is kept of a ceremony."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "cue_firings",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("cue_id", sa.String(), nullable=False),
        sa.Column("execute_at", sa.String(), nullable=False),
        sa.Column("participant_id", sa.String(), nullable=False),
        sa.Column("fired_at", sa.String(), nullable=False),
        sa.Column("error_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "cue_id", "execute_at", "participant_id"),
    )
    op.create_table(
        "service_lives",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("service_lives_seen", "service_lives", ["seen_at"])
    op.create_table(
        "session_evidence",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id"),
    )

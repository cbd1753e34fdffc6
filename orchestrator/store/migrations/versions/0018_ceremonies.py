"""Ceremonies that are planned and rehearsed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "ceremonies",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("organiser_id", sa.String(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("rehearsal_uid", sa.String(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        sa.UniqueConstraint("uid", "organiser_id"),
    )
    op.create_index("ceremonies_rehearsal", "ceremonies", ["rehearsal_uid"])
    op.create_table(
        "ceremony_people",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("ceremony_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("room_id", sa.String()),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False, unique=True),
        sa.ForeignKeyConstraint(["ceremony_id"], ["ceremonies.id"], ondelete="CASCADE"),
    )
    op.create_index("ceremony_people_of", "ceremony_people", ["ceremony_id", "place"])
    op.create_table(
        "rehearsals",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("began_at", sa.Integer(), nullable=False),
        sa.Column("began_by", sa.String(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.Integer()),
        sa.Column("report", sa.JSON()),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], ondelete="CASCADE"),
    )
    op.create_index("rehearsals_session", "rehearsals", ["session_id", "began_at"])
    op.create_table(
        "site_tests",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
    )
    op.create_index("site_tests_room", "site_tests", ["room_id", "at"])
    op.add_column("participants", sa.Column("part", sa.String(), nullable=True))
    op.add_column("sessions", sa.Column("doors_seconds", sa.Integer(), nullable=True))

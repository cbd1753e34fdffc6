"""Small pictures of the stored views of rooms' cameras."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "view_pictures",
        sa.Column("room_id", sa.String(), nullable=False),
        sa.Column("preset", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "preset"),
    )

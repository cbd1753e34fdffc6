"""For long calendars: what a first sync lists, what lasts for months, what has no date."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("items", sa.Column("unplaced", sa.Boolean(), server_default="1", nullable=False))
    op.execute(
        "UPDATE items SET unplaced = 0 WHERE EXISTS (SELECT 1 FROM occurrences"
        " WHERE occurrences.calendar_id = items.calendar_id AND occurrences.name = items.name)"
    )
    op.create_index(
        "items_unplaced", "items", ["calendar_id"], unique=False, sqlite_where=sa.text("unplaced")
    )
    op.create_index("items_listed", "items", ["calendar_id", "rev", "name", "etag"], unique=False)
    op.create_index(
        "occurrences_long",
        "occurrences",
        ["calendar_id", "ends_at"],
        unique=False,
        sqlite_where=sa.text("ends_at - starts_at > 2678400"),
    )

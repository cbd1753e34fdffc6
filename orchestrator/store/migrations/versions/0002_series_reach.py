"""Until when the instances of a series are stored."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("items", sa.Column("placed_until", sa.Integer(), nullable=True))
    # Series known already are looked at by the first run of the job; copies follow their home.
    op.execute(
        "UPDATE items SET placed_until = CAST(strftime('%s', 'now') AS INTEGER)"
        " WHERE (instr(body, 'RRULE') > 0 OR instr(body, 'RDATE') > 0)"
        " AND name NOT IN (SELECT id || '.ics' FROM bookings)"
    )

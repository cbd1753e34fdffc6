"""On which day an app password was used last."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("app_passwords", sa.Column("used_on", sa.String(), nullable=True))

"""The public page of a session."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from orchestrator.store.tables import metadata

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("code", String, nullable=False, unique=True),
    Column("opens_at", Integer),  # nothing is told before; null: from the start on
    Column("on_air", Boolean, nullable=False, default=False),  # wanted, not what is
    Column("began_at", Integer),  # the clock of the stream counts from here
    Column("ended_at", Integer),
    Column("life", Integer, nullable=False, default=0),  # broadcasters so far
    Column("participant_id", String),  # the place of the last one
    Column("caption", String, nullable=False, default=""),
    Column("replay", Boolean, nullable=False, default=False),  # approved to be seen again
)

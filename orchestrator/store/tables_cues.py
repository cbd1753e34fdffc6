"""Tables of what is fired at one instant: cues, and the contents that endpoints keep for them."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, String, Table

from orchestrator.store.tables import metadata

session_contents = Table(
    "session_contents",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("type", String, nullable=False),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("added_at", Integer, nullable=False),
)

content_parts = Table(  # so that a long clip is never in memory as a whole for each who fetches it
    "content_parts",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

session_cues = Table(
    "session_cues",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),  # kind title text seconds lead contents
    Column("execute_at", String),  # to the microsecond
)

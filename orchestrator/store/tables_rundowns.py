"""Tables of ceremonies: the rundown of a session."""

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table

from orchestrator.store.tables import metadata

rundowns = Table(
    "rundowns",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),  # orchestrator.rundown_document
    Column("updated_by", String, nullable=False),
    Column("updated_at", Integer, nullable=False),
)

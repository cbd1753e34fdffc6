"""The stage of a ceremony: a document, and how often it has changed."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from orchestrator.store.tables import metadata

stagings = Table(
    "stagings",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", String, nullable=False),  # JSON of orchestrator.staging.Staging
    Column("updated_at", Integer, nullable=False),
)

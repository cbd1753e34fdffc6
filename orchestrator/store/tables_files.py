"""The table of people's private files, kept beside their calendars."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table

from orchestrator.store.tables import metadata

files = Table(
    "files",
    metadata,
    Column("owner_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String, primary_key=True),  # relative, no slash at its ends
    Column("folder", Boolean, nullable=False),
    Column("etag", String, nullable=False),
    Column("content_type", String, nullable=False, default=""),
    Column("body", LargeBinary, nullable=False),
    Column("properties", JSON, nullable=False),  # {namespace}name -> XML
    Column("modified_at", Integer, nullable=False),
)

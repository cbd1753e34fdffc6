"""Tables of recordings: on what terms, what was recorded, its parts, and the mix made of it."""

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table

from orchestrator.store.tables import metadata

recording_terms = Table(  # of a session: purpose, basis, keeper, days
    "recording_terms",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("document", JSON, nullable=False),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", String, primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("state", String, nullable=False),  # recording stopping kept failed
    Column("participant_id", String, nullable=False),
    Column("terms", JSON, nullable=False),  # as they were when it began
    Column("started_by", String, nullable=False),
    Column("started_at", Integer, nullable=False),
    Column("stopped_by", String),
    Column("stopped_at", Integer),
    Column("delete_at", Integer, nullable=False),
    Index("recordings_of_session", "session_id"),
)

recording_parts = Table(  # the index of the files; instants in milliseconds
    "recording_parts",
    metadata,
    Column("recording_id", ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("file", String, nullable=False),
    Column("participant_id", String, nullable=False),
    Column("room_id", String),
    Column("name", String, nullable=False),
    Column("source", String, nullable=False),  # microphone camera screen
    Column("kind", String, nullable=False),  # audio video
    Column("began", BigInteger, nullable=False),
    Column("ended", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("lost", Integer, nullable=False),
)

recording_mixes = Table(
    "recording_mixes",
    metadata,
    Column("recording_id", ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String, nullable=False),  # waiting running done failed cancelled
    Column("progress", Float, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("asked_at", Integer, nullable=False),
    Column("why", String),  # it failed
    Column("size", BigInteger),
    Column("approved_by", String),
    Column("approved_at", Integer),
)

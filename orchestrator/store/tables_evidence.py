"""Tables of what would be lost with the process, and of the report that is kept of a ceremony."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table

from orchestrator.store.tables import metadata

cue_firings = Table(  # what endpoints say of a cue they showed; the first word of each counts
    "cue_firings",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("cue_id", String, primary_key=True),
    Column("execute_at", String, primary_key=True),  # to the microsecond, as in session_cues
    Column("participant_id", String, primary_key=True),
    Column("fired_at", String, nullable=False),
    Column("error_ms", Integer, nullable=False),
)

service_lives = Table(  # from when until when the service was there; told while a ceremony runs
    "service_lives",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Index("service_lives_seen", "seen_at"),
)

session_evidence = Table(  # made once a ceremony is over; what it is made of is dropped in time
    "session_evidence",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("ended_at", Integer, nullable=False),  # of the session it is about
    Column("made_at", Integer, nullable=False),
    Column("document", JSON, nullable=False),
)

"""Tables about lines: what tests of a centre's line measured, and how media flowed in a session."""

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table

from orchestrator.store.tables import metadata

line_tests = Table(
    "line_tests",
    metadata,
    Column("id", String, primary_key=True),
    Column("centre_id", String, nullable=False),
    Column("path", String, nullable=False),  # udp tcp turn
    Column("down_kbps", Integer, nullable=False),
    Column("up_kbps", Integer, nullable=False),
    Column("down_at_least", Boolean, nullable=False),  # the line carried all that was sent
    Column("up_at_least", Boolean, nullable=False),
    Column("rtt_ms", Integer, nullable=False),
    Column("jitter_ms", Integer, nullable=False),
    Column("loss", Float, nullable=False),  # 0 to 1
    Column("taken_at", Integer, nullable=False),
    Column("by", String, nullable=False),  # a person, or the room whose screen did it
    Index("line_tests_centre", "centre_id", "taken_at"),
    Index("line_tests_taken", "taken_at"),
)

session_quality = Table(  # one row for a participant and a quarter of a minute
    "session_quality",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("participant_id", String, primary_key=True),
    Column("legs", JSON, nullable=False),  # by role: kbps loss rtt_ms fps frozen available_kbps why
    Index("session_quality_at", "at"),
)

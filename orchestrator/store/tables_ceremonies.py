"""Tables of what is planned of a ceremony: its people, its rehearsals, the tests of its sites."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from orchestrator.store.tables import metadata

ceremonies = Table(
    "ceremonies",
    metadata,
    Column("id", String, primary_key=True),
    Column("organiser_id", String, nullable=False),
    Column("uid", String, nullable=False),  # of the event of the ceremony
    Column("rehearsal_uid", String, nullable=False),  # and of its rehearsal's
    Column("document", JSON, nullable=False),  # orchestrator.store.ceremonies.Ceremony
    Column("version", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    UniqueConstraint("uid", "organiser_id"),
    Index("ceremonies_rehearsal", "rehearsal_uid"),
)

ceremony_people = Table(
    "ceremony_people",
    metadata,
    Column("id", String, primary_key=True),
    Column("ceremony_id", ForeignKey("ceremonies.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("part", String, nullable=False),  # speaker animateur press public
    Column("room_id", String),
    Column("email", String, nullable=False),
    Column("code", String, nullable=False, unique=True),  # of his own link
    Index("ceremony_people_of", "ceremony_id", "place"),
)

rehearsals = Table(
    "rehearsals",
    metadata,
    Column("id", String, primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("began_at", Integer, nullable=False),
    Column("began_by", String, nullable=False),
    Column("until", Integer, nullable=False),  # it is ended by the clock then
    Column("ended_at", Integer),
    Column("report", JSON),  # orchestrator.rehearsal
    Index("rehearsals_session", "session_id", "began_at"),
)

site_tests = Table(
    "site_tests",
    metadata,
    Column("id", String, primary_key=True),
    Column("room_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),  # milliseconds: two within a second are in order
    Column("by", String, nullable=False),  # a person, or the room whose screen made it
    Column("document", JSON, nullable=False),  # orchestrator.site_test.Measured
    Index("site_tests_room", "room_id", "at"),
)

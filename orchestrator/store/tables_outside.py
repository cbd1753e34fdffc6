"""Tables about what lives elsewhere: mail, read-only feeds, external calendar servers."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from orchestrator.store.tables import metadata

__all__ = [
    "feed_busy",
    "feeds",
    "mails",
    "mails_received",
    "metadata",
    "outside_letters",
    "remote_items",
    "remotes",
]

# --- notices and mail -------------------------------------------------------

mails = Table(
    "mails",
    metadata,
    Column("id", String, primary_key=True),
    Column("dedupe", String, nullable=False, unique=True),  # one notice, once: topic/booking/to/rev
    Column("recipient", String, nullable=False),
    Column("kind", String, nullable=False),  # accepted refused moved displaced cancelled reminder…
    Column("booking_id", String),
    Column("message", LargeBinary, nullable=False),  # RFC 5322, ready to send
    Column("state", String, nullable=False),  # waiting sending sent failed
    Column("tries", Integer, nullable=False, default=0),
    Column("next_at", Integer, nullable=False),
    Column("sent_at", Integer),
    Column("error", String),
    Column("created_at", Integer, nullable=False),
    Index("mails_waiting", "state", "next_at"),
)

mails_received = Table(  # iMIP by SMTP: the same message twice is answered once
    "mails_received",
    metadata,
    Column("message_id", String, primary_key=True),
    Column("sender", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("at", Integer, nullable=False),
)

outside_letters = Table(  # how many people asked us to write to outside, and when
    "outside_letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Index("outside_letters_person", "person_id", "at"),
)

# --- calendars kept elsewhere -----------------------------------------------

feeds = Table(  # read-only ICS of shared premises; what it says blocks the room
    "feeds",
    metadata,
    Column("id", String, primary_key=True),  # from the configuration
    Column("room_id", String, nullable=False),
    Column("etag", String),
    Column("fetched_at", Integer),
    Column("error", String),
)

feed_busy = Table(
    "feed_busy",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    Column("room_id", String, nullable=False),
    Column("starts_at", Integer, nullable=False),
    Column("ends_at", Integer, nullable=False),
    Column("title", String, nullable=False, default=""),
    Index("feed_busy_room", "room_id", "starts_at"),
)

remotes = Table(  # one external CalDAV calendar for a room
    "remotes",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("token", String),  # sync token or ctag at the last look
    Column("looked_at", Integer),
    Column("error", String),
)

remote_items = Table(  # what stood there at the last look, and which object of ours it is
    "remote_items",
    metadata,
    Column("room_id", ForeignKey("remotes.room_id", ondelete="CASCADE"), primary_key=True),
    Column("href", String, primary_key=True),
    Column("name", String, nullable=False),  # ours, in the room's calendar; empty: left alone
    Column("uid", String, nullable=False),
    Column("etag", String),  # theirs; None: we are about to write it, or were when we died
    Column("seen", String),  # what it said there, as a digest of its facts
    Column("sent", String),  # the ETag of what of ours stands there
    Column("ours", Boolean, nullable=False),  # it is there because we wrote it
    Column("error", String),  # why it cannot be read, booked or written
    Index("remote_items_name", "room_id", "name"),
)

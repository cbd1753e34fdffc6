"""Every table, in SQLAlchemy Core. Instants are integers: seconds since 1970 in UTC.

The migrations make them; `tests/orchestrator/store` checks that both agree.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

facts = Table(  # store_uuid (part of every sync token), schema_compat, hmac_key…
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# --- people -----------------------------------------------------------------

people = Table(
    "people",
    metadata,
    Column("id", String, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False, default=""),
    Column("role", String, nullable=False),  # admin animateur trainer booker
    Column("password_hash", String),  # Argon2id; None = may not log in by password
    Column("locale", String, nullable=False, default="fr"),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", Integer, nullable=False),
)

person_centres = Table(
    "person_centres",
    metadata,
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("centre_id", String, primary_key=True),
)

app_passwords = Table(  # CalDAV; looked up by a keyed hash, never stored
    "app_passwords",
    metadata,
    Column("id", String, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("label", String, nullable=False),
    Column("mac", String, nullable=False, unique=True),
    Column("created_at", Integer, nullable=False),
    Column("revoked_at", Integer),
    Column("used_on", String),  # the last day in UTC, 2026-11-24
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("csrf", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
)

attempts = Table(  # rate limits that survive a restart
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "scope", String, nullable=False
    ),  # login@ADDRESS, login@ADDRESS NAME, login:NAME, link@…, enter@…, pair@…
    Column("at", Integer, nullable=False),
    Index("attempts_scope_at", "scope", "at"),
)

# --- devices ----------------------------------------------------------------

devices = Table(
    "devices",
    metadata,
    Column("id", String, primary_key=True),
    Column("room_id", String, nullable=False),
    Column("kind", String, nullable=False),  # kiosk agent panel desk phone
    Column("token_hash", String, nullable=False, unique=True),
    Column("created_at", Integer, nullable=False),
    Column("revoked_at", Integer),
    Column("last_seen_at", Integer),
    Column("expires_at", Integer),  # of a phone
)

pairings = Table(
    "pairings",
    metadata,
    Column("id", String, primary_key=True),
    Column("code_hash", String, nullable=False, unique=True),
    Column("room_id", String, nullable=False),
    Column("created_by", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("expires_at", Integer, nullable=False),
    Column("used_at", Integer),
)

# --- calendars --------------------------------------------------------------

calendars = Table(
    "calendars",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_kind", String, nullable=False),  # person | room
    Column("owner_id", String, nullable=False),  # person id | room id
    Column("name", String, nullable=False),  # path segment: "calendar" for a person's own
    Column("displayname", String, nullable=False, default=""),
    Column("color", String, nullable=False, default=""),
    Column("rev", Integer, nullable=False, default=0),
    UniqueConstraint("owner_kind", "owner_id", "name"),
)

items = Table(
    "items",
    metadata,
    Column("calendar_id", ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),  # last path segment of the href
    Column("uid", String, nullable=False),
    Column("etag", String, nullable=False),
    Column("schedule_tag", String),
    Column("content_type", String, nullable=False, default="text/calendar"),
    Column("body", LargeBinary, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("placed_until", Integer),  # a series: its instances are stored until then
    Column("unplaced", Boolean, nullable=False, default=True, server_default="1"),  # has none
    UniqueConstraint("calendar_id", "uid"),
    Index("items_listed", "calendar_id", "rev", "name", "etag"),  # all a first sync reads
    Index("items_unplaced", "calendar_id", sqlite_where=text("unplaced")),
)

item_changes = Table(  # append-only: what sync-collection reads
    "item_changes",
    metadata,
    Column("calendar_id", ForeignKey("calendars.id", ondelete="CASCADE"), primary_key=True),
    Column("rev", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("old_etag", String),
    Column("new_etag", String),
    Column("who", String, nullable=False, default=""),
    Column("at", Integer, nullable=False),
)

LONG = 31 * 24 * 3600
"""Seconds: what lasts longer is found by an index of its own, the rest by when it starts."""
IS_LONG = f"ends_at - starts_at > {LONG}"

occurrences = (
    Table(  # every event's instants, 400 days ahead; cancelled and transparent ones are absent
        "occurrences",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("calendar_id", ForeignKey("calendars.id", ondelete="CASCADE"), nullable=False),
        Column("name", String, nullable=False),
        Column("booking_id", ForeignKey("bookings.id", ondelete="CASCADE")),
        Column("room_id", String),  # set when the room is held
        Column("starts_at", Integer, nullable=False),
        Column("ends_at", Integer, nullable=False),
        Column("recurrence_id", String, nullable=False, default=""),
        Index("occurrences_calendar_start", "calendar_id", "starts_at"),
        Index("occurrences_item", "calendar_id", "name"),
        Index("occurrences_room_start", "room_id", "starts_at"),
        Index("occurrences_booking", "booking_id"),
        Index("occurrences_long", "calendar_id", "ends_at", sqlite_where=text(IS_LONG)),
    )
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", String, primary_key=True),
    Column("uid", String, nullable=False),  # of the iCalendar event
    Column("organiser_id", String, nullable=False),  # person id
    Column("door", String, nullable=False),  # invitation | room-calendar | rest
    Column("calendar_id", Integer),  # where the organiser's copy is
    Column("item_name", String),
    Column("kind", String, nullable=False, default="meeting"),
    Column("title", String, nullable=False, default=""),
    Column("state", String, nullable=False),  # requested confirmed declined cancelled released
    Column("reason", JSON),  # [{key, fields}] when declined
    Column("starts_at", Integer, nullable=False),  # first instance
    Column("ends_at", Integer, nullable=False),
    Column("recurring", Boolean, nullable=False, default=False),
    Column(
        "seats", Integer, nullable=False, default=0, server_default="0"
    ),  # announced people; 0 = not said
    Column("checked_in_at", Integer),
    Column("released_at", Integer),
    Column("decided_by", String),  # who approved or refused what had to be asked
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Index("bookings_uid", "uid"),
)

booking_rooms = Table(
    "booking_rooms",
    metadata,
    Column("booking_id", ForeignKey("bookings.id", ondelete="CASCADE"), primary_key=True),
    Column("room_id", String, primary_key=True),
)

# --- sessions ---------------------------------------------------------------

sessions = Table(  # one per instance of a booking (a series has one for each date)
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("booking_id", ForeignKey("bookings.id", ondelete="SET NULL")),
    Column("recurrence_id", String, nullable=False, default=""),
    Column("kind", String, nullable=False),  # meeting training ceremony reception
    Column("title", String, nullable=False),
    Column("state", String, nullable=False),  # orchestrator.session.State
    Column("organiser_id", String, nullable=False),
    Column("join_code", String, nullable=False),  # ≥ 128 bits; the same for all dates of a series
    Column("starts_at", Integer, nullable=False),
    Column("ends_at", Integer, nullable=False),
    Column("opened_at", Integer),
    Column("started_at", Integer),
    Column("ended_at", Integer),
    Column("doors_seconds", Integer),  # before its hour; NULL: as for all
    Index("sessions_code", "join_code"),
    Index("sessions_start", "starts_at"),
    Index(
        "sessions_state", "state", "starts_at"
    ),  # the few that are not over, among all there were
    Index("sessions_booking", "booking_id"),
)

sites = Table(
    "sites",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("centre_id", String, nullable=False),
    Column("role", String, nullable=False),  # host remote viewer
    Column("state", String, nullable=False),  # expected … left
)

participants = Table(
    "participants",
    metadata,
    Column("id", String, primary_key=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),  # room person guest encoder receiver
    Column("room_id", String),
    Column("person_id", String),
    Column("part", String),  # of who has a link of his own: orchestrator.ceremony.Part
    Column("token_hash", String, nullable=False, unique=True),
    Column("state", String, nullable=False),  # waiting invited joined lost left
    Column("created_at", Integer, nullable=False),
    Column("joined_at", Integer),
    Column("left_at", Integer),
    Index("participants_session", "session_id"),
    Index("participants_state", "state"),  # the few that are there, among all there were
)

# --- room control -----------------------------------------------------------

room_states = Table(  # the last document each room reported
    "room_states",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("at", Integer, nullable=False),
)

IS_OPEN = "state IN ('accepted', 'running')"

commands = Table(
    "commands",
    metadata,
    Column("id", String, primary_key=True),
    Column("room_id", String, nullable=False),
    Column("command", String, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String, nullable=False),
    Column("error", String),
    Column("by", String, nullable=False),
    Column("session_id", String),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("result", JSON),  # what the room told of it
    Column("held", Boolean, nullable=False, default=False, server_default="0"),  # not yet sent
    Column("not_before", Integer),
    Column("expires_at", Integer),
    Index("commands_room", "room_id", "created_at"),
    Index("commands_session", "session_id", "created_at"),
    Index("commands_open", "room_id", "created_at", sqlite_where=text(IS_OPEN)),
)

# --- the record -------------------------------------------------------------

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", String, primary_key=True),  # principal + resource
    Column("key", String, primary_key=True),
    Column("body_hash", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("at", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("target", String, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Index("audit_at", "at"),
)

outbox = Table(  # written with what it tells; done once every listener has seen it
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Integer, nullable=False),
    Column("topic", String, nullable=False),  # booking.made booking.moved booking.cancelled …
    Column("payload", JSON, nullable=False),
    Column("done_at", Integer),
    Index("outbox_open", "done_at", "id"),
)

# --- policy -----------------------------------------------------------------

room_policies = Table(  # what the animateur changed of a room's policy; the YAML stays beneath
    "room_policies",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("updated_at", Integer, nullable=False),
)

closures = Table(  # exceptional closings and openings of a centre, beside those of the YAML
    "closures",
    metadata,
    Column("id", String, primary_key=True),
    Column("centre_id", String, nullable=False),
    Column("kind", String, nullable=False),  # closed | open
    Column("first_day", String, nullable=False),  # ISO civil dates at the centre
    Column("last_day", String, nullable=False),
    Column("opens", String),  # HH:MM, for kind open
    Column("closes", String),
    Column("reason", String, nullable=False, default=""),
    Column("created_by", String, nullable=False),
    Column("created_at", Integer, nullable=False),
    Index("closures_centre", "centre_id"),
)

delegations = Table(  # who may write in whose calendar
    "delegations",
    metadata,
    Column("owner_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("delegate_id", ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("rights", String, nullable=False),  # read | write
    Column("created_at", Integer, nullable=False),
)

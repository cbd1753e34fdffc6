"""Tables about rooms: their agents' tokens and reports, their scenes, and who calls for help."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from orchestrator.store.tables import metadata

agent_tokens = Table(  # one for each agent: the one in use, and the next until it is on its disk
    "agent_tokens",
    metadata,
    Column("device_id", ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True),
    Column("next_hash", String, unique=True),
    Column("rotated_at", Integer, nullable=False),
)

retired_tokens = Table(  # good once, and nobody's any more: who comes with one has stolen it
    "retired_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("device_id", String, nullable=False),
    Column("room_id", String, nullable=False),
    Column("retired_at", Integer, nullable=False),
    Index("retired_tokens_at", "retired_at"),
)

room_reports = Table(  # the last report of each room's agent
    "room_reports",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("at", Integer, nullable=False),
)

room_scenes = Table(  # what the animateur made of a room's scenes; none: those of the house
    "room_scenes",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),
    Column("updated_by", String, nullable=False),
    Column("updated_at", Integer, nullable=False),
)

help_calls = Table(  # a room that waits for somebody; it goes when it is closed
    "help_calls",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("asked_at", Integer, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("answered_at", Integer),
    Column("answered_by", String),
)

view_pictures = Table(  # small pictures of a camera's stored views
    "view_pictures",
    metadata,
    Column("room_id", String, primary_key=True),
    Column("preset", Integer, primary_key=True),
    Column("taken_at", Integer, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
)

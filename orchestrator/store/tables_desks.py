"""Tables about reception desks: their calls, the animateurs on duty, numbers to call back.

Nothing here says who a visitor is, but the call-back he asks for himself.
"""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, String, Table

from orchestrator.store.tables import metadata

desk_calls = Table(
    "desk_calls",
    metadata,
    Column("id", String, primary_key=True),
    Column("desk_id", String, nullable=False),
    Column("centre_id", String, nullable=False),
    Column("state", String, nullable=False),  # orchestrator.desk.State
    Column("asked_at", Integer, nullable=False),
    Column("tier", Integer, nullable=False),
    Column("tier_at", Integer),
    Column("rings", JSON, nullable=False),  # [[person, since]]
    Column("declined", JSON, nullable=False),  # [person]
    Column("missed", JSON, nullable=False),
    Column("answered_by", String),
    Column("answered_at", Integer),
    Column("ended_at", Integer),
    Column("session_id", String),
    Column("visitor_id", String),  # their places in the session
    Column("animateur_id", String),
    Index("desk_calls_state", "state", "asked_at"),
    Index("desk_calls_ended", "ended_at"),
)

desk_agents = Table(
    "desk_agents",
    metadata,
    Column("person_id", String, primary_key=True),
    Column("away", Boolean, nullable=False),
    Column("misses", Integer, nullable=False),
    Column("free_at", Integer, nullable=False),
)

desk_callbacks = Table(
    "desk_callbacks",
    metadata,
    Column("id", String, primary_key=True),
    Column("desk_id", String, nullable=False),
    Column("centre_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("at", Integer, nullable=False),
    Column("done_at", Integer),
    Column("done_by", String),
    Index("desk_callbacks_at", "at"),
)

"""Tables about alerts that are posted elsewhere: what waits to leave, and who was told of what."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table

from orchestrator.store.tables import metadata

posts = Table(
    "posts",
    metadata,
    Column("seq", Integer, primary_key=True),  # in the order written: each target takes them in it
    Column("id", String, nullable=False, unique=True),  # the same at each try
    Column("target", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("state", String, nullable=False),  # waiting sent failed
    Column("tries", Integer, nullable=False),
    Column("next_at", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("error", String),
    Index("posts_target", "target", "state", "seq"),
    Index("posts_created", "created_at"),
)

posts_told = Table(  # what a target was told to have opened and not yet to have closed
    "posts_told",
    metadata,
    Column("target", String, primary_key=True),
    Column("room_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("device", String, primary_key=True),  # "": none
    Column("session_id", String),
    Column("since", Integer, nullable=False),
    Column("text", String, nullable=False),  # the key of the sentence, and what it names
    Column("faults", JSON, nullable=False),
)

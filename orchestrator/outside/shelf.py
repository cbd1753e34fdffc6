"""An object of a room's calendar here, as it is compared with what stands elsewhere."""

import hashlib
from datetime import datetime

from calendars.reconcile import Ours
from orchestrator.store.remotes import Shelved
from rooms.ids import RoomId


def ours_of(one: Shelved, room: RoomId, domain: str, now: datetime, digest: str = "") -> Ours:
    """It, with the place and the UID it is written under there."""
    return Ours(
        name=one.name, etag=one.etag, href=f"{_stem(one)}.ics", uid=uid_of(one, room, domain),
        digest=digest, held=one.held, at_home=one.at_home,
        to_come=one.endless or (one.ends_at or 0) > now.timestamp(),
    )  # fmt: skip


def uid_of(one: Shelved, room: RoomId, domain: str) -> str:
    """Made of the booking's id, so that it is the same after every restart."""
    return f"{_stem(one)}.{room}@{domain}"


def hashed(text: str) -> str:
    """A name for what has none of ours."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _stem(one: Shelved) -> str:
    return one.booking or hashed(one.name)

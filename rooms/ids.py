"""Names of things: slugs chosen by people, random ids made by us."""

import re
import secrets
from typing import NewType

CentreId = NewType("CentreId", str)
RoomId = NewType("RoomId", str)
PersonId = NewType("PersonId", str)
BookingId = NewType("BookingId", str)
SessionId = NewType("SessionId", str)
ParticipantId = NewType("ParticipantId", str)
DeviceId = NewType("DeviceId", str)
CommandId = NewType("CommandId", str)
TrackId = NewType("TrackId", str)
LegId = NewType("LegId", str)

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_slug(text: str) -> bool:
    """Whether `text` may name a centre, a room or a path segment."""
    return SLUG.fullmatch(text) is not None


def new_id(prefix: str) -> str:
    """A random id of 80 bits that says what it names: `bk-9f2c…`. Not a secret."""
    return f"{prefix}-{secrets.token_hex(10)}"


def new_secret() -> str:
    """A secret of 192 bits, safe in a URL: link codes, tokens, app passwords."""
    return secrets.token_urlsafe(24)

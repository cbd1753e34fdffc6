"""Credentials of the TURN servers: good for an hour at most, made without asking them.

What coturn calls `use-auth-secret`: the user is `<expiry>:<name>`, the password his signature by a
secret that the service and the TURN servers share. Nothing is kept, and nothing can be withdrawn
before it expires; the name is that of a participant or a room, for their quota.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.settings.turn import Turn
from rooms.errors import Unavailable
from signalling.messages import IceServer

LONGEST_SECRET = 1000


def credentials(secret: str, name: str, expires: datetime) -> tuple[str, str]:
    """User name and password, good until `expires`."""
    user = f"{int(expires.timestamp())}:{name}"
    signature = hmac.digest(secret.encode(), user.encode(), hashlib.sha1)
    return user, base64.b64encode(signature).decode()


class Relays:
    """What each peer is told of the TURN servers (`signalling.ports.Relays`)."""

    def __init__(self, turn: Turn, secret: str) -> None:
        self._turn = turn
        self._secret = secret

    @property
    def renew_after(self) -> timedelta:
        """When a peer is told again: what he was told first is still good for as long."""
        return self._turn.lifetime / 2

    def servers(self, name: str, now: datetime) -> tuple[IceServer, ...]:
        """For the `RTCPeerConnection` of a participant or a room of this name."""
        user, password = credentials(self._secret, name, now + self._turn.lifetime)
        return (IceServer(urls=self._turn.urls, username=user, credential=password),)


def read_secret(path: Path) -> str:
    """The secret of the file; Unavailable("no-turn-secret") without one. Blocking."""
    try:
        secret = path.read_text()[:LONGEST_SECRET].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise Unavailable("no-turn-secret", file=str(path), reason=reason) from None
    if not secret:
        raise Unavailable("no-turn-secret", file=str(path), reason="empty")
    return secret

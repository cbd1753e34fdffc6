"""ICE as a lite agent: it answers checks, never sends one, and believes only what passed one."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from signalling.transport.stun import Address, BadStun, parse_request, success

Owner = TypeVar("Owner")

LOOPBACK = ("127.0.0.1", "::1")
UDP_PREFERENCE, TCP_PREFERENCE = 126, 90
# RFC 6544 §4.2: for a passive candidate the direction's part of the local preference is 4.
PASSIVE = 4 << 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One side's ICE name and password."""

    ufrag: str
    password: str


def new_credentials() -> Credentials:
    """Random ones of ours: 64 and 192 bits."""
    return Credentials(ufrag=secrets.token_hex(8), password=secrets.token_hex(24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Generic[Owner]):
    """A check that was valid: whose it is, and the answer he is owed."""

    owner: Owner
    ufrag: str
    nominated: bool
    answer: bytes


class IceLite(Generic[Owner]):
    """Whose a connectivity check is, told by our half of its user name."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[Credentials, Owner]] = {}

    def add(self, credentials: Credentials, owner: Owner) -> None:
        """Expect checks with these credentials."""
        self._owners[credentials.ufrag] = (credentials, owner)

    def forget(self, credentials: Credentials) -> None:
        """Answer them no more."""
        self._owners.pop(credentials.ufrag, None)

    def check(self, data: bytes, address: Address) -> Checked[Owner] | None:
        """None for whatever is not a valid check; it gets no answer."""
        try:
            request = parse_request(data)
        except BadStun:
            return None
        known = self._owners.get(request.ufrag)
        if known is None or not request.signed_by(known[0].password):
            return None
        return Checked(
            owner=known[1],
            ufrag=request.ufrag,
            nominated=request.nominated,
            answer=success(request.transaction, address, known[0].password),
        )


def candidate_lines(hosts: Sequence[str], port: int, *, tcp: bool = False) -> list[str]:
    """Our host candidates, the first the best, and that there are no others.

    With `tcp` the same hosts again, for those who can send us no datagram (RFC 6544 §4.5); loopback
    only where there is nothing else, for every candidate is a connection that somebody opens.
    """
    lines = [
        f"a=candidate:{n + 1} 1 udp {_priority(UDP_PREFERENCE, 65535 - n)} {host} {port} typ host"
        for n, host in enumerate(hosts)
    ]
    reachable = [host for host in hosts if host not in LOOPBACK] or hosts
    for n, host in enumerate(reachable if tcp else ()):
        number, priority = len(lines) + 1, _priority(TCP_PREFERENCE, PASSIVE + 8191 - n)
        lines.append(
            f"a=candidate:{number} 1 tcp {priority} {host} {port} typ host tcptype passive"
        )
    return [*lines, "a=end-of-candidates"]


def _priority(preference: int, local: int) -> int:
    """RFC 8445 §5.1.2.1, for the one component there is."""
    return (preference << 24) + (local << 8) + 255

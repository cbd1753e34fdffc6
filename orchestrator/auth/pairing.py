"""Pairing a device with a place by a code: ten minutes, one use, and so many tries.

Who guesses is slowed by himself. Five wrong codes from one address burn what is open for that
address and for nobody else. A hundred from anywhere within ten minutes burn it for everybody, and
what is made after that has twelve digits instead of eight, so that nothing need be burnt while
they go on: people in the room get in, and each guess is worth ten thousand times less.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.auth import limits
from orchestrator.auth.keyring import Keyring
from orchestrator.auth.limits import Limit
from orchestrator.store import agents, attempts, audit, devices
from rooms.errors import TooMany
from rooms.ids import DeviceId, RoomId

LASTS = timedelta(minutes=10)
TRIES = 5
"""Wrong codes of one address at one place."""
MANY = 100
"""Wrong codes of all addresses together at one place."""
SHORT, LONG = 8, 12
PATTERN = rf"^[0-9]{{{SHORT}}}([0-9]{{{LONG - SHORT}}})?$"
USE = "pairing-code"


@dataclass(frozen=True, slots=True)
class Wrong:
    """The code was none; `renew`: whoever shows one had better show another now."""

    renew: bool


def new_code(
    conn: Connection,
    keyring: Keyring,
    room: RoomId,
    by: str,
    now: datetime,
    lasts: timedelta = LASTS,
) -> str:
    """A code to type on the screen of `room`; earlier open codes of the room stay good."""
    digits = LONG if _guessed(conn, room, now) >= MANY else SHORT
    while True:
        code = f"{secrets.randbelow(10**digits):0{digits}d}"
        if devices.add_pairing(conn, room, _mac(keyring, room, code), by, now, lasts):
            return code


def claim(
    conn: Connection,
    keyring: Keyring,
    room: RoomId,
    code: str,
    now: datetime,
    kind: str = devices.SCREEN,
    *,
    source: str,
) -> tuple[DeviceId, str] | Wrong:
    """The device and its token, for a code that is good from the address `source`."""
    if wrong := use(conn, keyring, room, code, now, source):
        return wrong
    if kind == devices.AGENT:
        agent, token, _ = agents.add(conn, room, now)
        return agent.id, token
    device, token = devices.add(conn, room, now, kind)
    return device.id, token


def use(
    conn: Connection, keyring: Keyring, room: RoomId, code: str, now: datetime, source: str
) -> Wrong | None:
    """None when the code was good; it is used up then. A wrong one counts.

    Returns rather than raises, so that what was counted is committed.
    """
    found = devices.open_pairing(conn, room, _mac(keyring, room, code), now)
    if found is not None and not attempts.any_of(conn, _burnt(found, source)):
        devices.use_pairing(conn, found, now)
        attempts.clear(conn, _tried(room, source))
        return None
    by_one = _guessed_from(conn, room, source, now)
    by_all = _guessed_by_all(conn, room, now)
    return Wrong(renew=by_all or by_one)


def _guessed_from(conn: Connection, room: RoomId, source: str, now: datetime) -> bool:
    """Count it against its address; whether a new code is wanted, for which it asks in vain more
    than once a minute."""
    scope = _tried(room, source)
    attempts.add(conn, scope, now)
    if attempts.times(conn, scope, now - LASTS)[0] < TRIES:
        return False
    attempts.clear(conn, scope)
    for code in devices.open_pairings(conn, room, now):
        attempts.add(conn, _burnt(code, source), now)
    try:
        limits.count(conn, now, (Limit(f"pair-anew:{room}", 1, limits.MINUTE),))
    except TooMany:
        return False
    return True


def _guessed_by_all(conn: Connection, room: RoomId, now: datetime) -> bool:
    """Count it against the place; whether it was the one that burnt what is open there."""
    known = _guessed(conn, room, now)
    if known >= MANY:
        return False
    attempts.add(conn, _tried(room), now)
    if known + 1 < MANY:
        return False
    devices.burn_pairings(conn, room, now)
    audit.record(conn, now, "nobody", "codes.burnt", room, {"wrong": MANY})
    return True


def _guessed(conn: Connection, room: RoomId, now: datetime) -> int:
    return attempts.times(conn, _tried(room), now - LASTS)[0]


def _tried(room: RoomId, source: str = "") -> str:
    # No address and no room has a space in it.
    return f"pair:{room} {source}" if source else f"pair:{room}"


def _burnt(code: str, source: str) -> str:
    return f"burnt:{code} {source}"


def _mac(keyring: Keyring, room: RoomId, code: str) -> str:
    return keyring.mac(USE, f"{room}:{code}")

"""Pairing a device with a room: eight digits, ten minutes, one use, five tries."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.auth.keyring import Keyring
from orchestrator.store import agents, attempts, devices
from rooms.ids import DeviceId, RoomId

LASTS = timedelta(minutes=10)
TRIES = 5
USE = "pairing-code"


def new_code(
    conn: Connection,
    keyring: Keyring,
    room: RoomId,
    by: str,
    now: datetime,
    lasts: timedelta = LASTS,
) -> str:
    """A code to type on the screen of `room`; earlier open codes of the room stay good."""
    while True:
        code = f"{secrets.randbelow(10**8):08d}"
        if devices.add_pairing(conn, room, _mac(keyring, room, code), by, now, lasts):
            return code


def claim(
    conn: Connection,
    keyring: Keyring,
    room: RoomId,
    code: str,
    now: datetime,
    kind: str = devices.SCREEN,
) -> tuple[DeviceId, str] | None:
    """The device and its token, or None. Five wrong codes burn every open code of the room."""
    if not use(conn, keyring, room, code, now):
        return None
    if kind == devices.AGENT:
        agent, token, _ = agents.add(conn, room, now)
        return agent.id, token
    device, token = devices.add(conn, room, now, kind)
    return device.id, token


def use(conn: Connection, keyring: Keyring, room: RoomId, code: str, now: datetime) -> bool:
    """Whether the code was good; it is used up then. A wrong one counts.

    Returns rather than raises, so that what was counted is committed.
    """
    if devices.use_pairing(conn, room, _mac(keyring, room, code), now):
        attempts.clear(conn, f"pair:{room}")
        return True
    attempts.add(conn, f"pair:{room}", now)
    tried, _ = attempts.times(conn, f"pair:{room}", now - LASTS)
    if tried >= TRIES:
        devices.burn_pairings(conn, room, now)
        attempts.clear(conn, f"pair:{room}")
    return False


def _mac(keyring: Keyring, room: RoomId, code: str) -> str:
    return keyring.mac(USE, f"{room}:{code}")

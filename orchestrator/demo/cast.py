"""Who plays: the people and the paired screens of a fresh data directory."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from orchestrator import wiring
from orchestrator.auth import accounts, app_passwords
from orchestrator.auth.keyring import Keyring, load_keyring
from orchestrator.auth.passwords import hash_password
from orchestrator.store import devices, people
from rooms.ids import RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Somebody with an account; `app_password` is for his calendar client."""

    login: str
    name: str
    role: str
    password: str
    app_password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everybody, and the device token of each room's screen."""

    admin: Player
    trainer: Player
    animateur: Player
    screens: dict[RoomId, str]

    @property
    def players(self) -> tuple[Player, ...]:
        """The people, for whoever prints their logins."""
        return (self.admin, self.trainer, self.animateur)


def gather(data: Path, rooms: Iterable[RoomId], centres: Iterable[str]) -> Cast:
    """Make the accounts and pair the screens, before the service starts. Blocking."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring = load_keyring(data)
    store = wiring.open_store(data)
    try:
        return store.write_now(lambda conn: _gather(conn, keyring, list(rooms), sorted(centres)))
    finally:
        store.close()


def _gather(conn: Connection, keyring: Keyring, rooms: list[RoomId], centres: list[str]) -> Cast:
    now = datetime.now(UTC)
    return Cast(
        admin=_player(conn, keyring, now, "admin", "Administration", "admin", []),
        trainer=_player(conn, keyring, now, "claire", "Claire Formatrice", "trainer", centres),
        animateur=_player(conn, keyring, now, "paul", "Paul Animateur", "animateur", centres),
        screens={room: devices.add(conn, room, now)[1] for room in rooms},
    )


def _player(
    conn: Connection,
    keyring: Keyring,
    now: datetime,
    login: str,
    name: str,
    role: str,
    centres: list[str],
) -> Player:
    password = secrets.token_urlsafe(9)
    people.add(
        conn,
        now,
        login=login,
        name=name,
        role=role,
        centres=centres,
        password_hash=hash_password(password),
    )
    person = accounts.by_login(conn, login)
    assert person is not None
    secret = app_passwords.create(conn, keyring, person, "demo", now)
    return Player(login=login, name=name, role=role, password=password, app_password=secret)

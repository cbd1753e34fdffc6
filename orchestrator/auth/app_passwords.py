"""App passwords for calendar clients: 125 random bits, looked up by a keyed hash.

A calendar client proves itself on every request; Argon2 there would cap the service at a few
requests a second (knowledge/hardening.md §4), and a random secret does not need it.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from orchestrator.auth import accounts
from orchestrator.auth.keyring import Keyring
from orchestrator.auth.people import Person
from orchestrator.store import people

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs that are not mistaken for one another
GROUPS = 5
USE = "app-password"


def create(
    conn: Connection, keyring: Keyring, person: Person, label: str, now: datetime | None = None
) -> str:
    """A new app password, to be shown once."""
    groups = ["".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(GROUPS)]
    mac = keyring.mac(USE, "".join(groups))
    people.add_app_password(conn, now or datetime.now(UTC), person.id, label, mac)
    return "-".join(groups)


def person_for(conn: Connection, keyring: Keyring, login: str, password: str) -> Person | None:
    """Whom login and app password prove; None when either is wrong, revoked or put out."""
    if len(password) > 100:
        return None
    person = accounts.person_of(people.of_app_password(conn, _mac(keyring, password)))
    return person if person is not None and person.login == login else None


class Uses:
    """Which were used today: the day is written down once, not at each request of each client."""

    def __init__(self, keyring: Keyring) -> None:
        """The keyring names a password without keeping it."""
        self._keyring = keyring
        self._day = date.min
        self._noted: set[str] = set()

    def note(self, password: str, now: datetime) -> Callable[[Connection], None] | None:
        """What to write about a password that was just proved right; nothing the second time."""
        day, mac = now.astimezone(UTC).date(), _mac(self._keyring, password)
        if day != self._day:
            self._day, self._noted = day, set()
        if mac in self._noted:
            return None
        self._noted.add(mac)
        return lambda conn: people.used_app_password(conn, mac, day)


def _mac(keyring: Keyring, password: str) -> str:
    return keyring.mac(USE, password.replace("-", "").replace(" ", "").lower())

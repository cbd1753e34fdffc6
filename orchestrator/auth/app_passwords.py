"""App passwords for calendar clients: 125 random bits, looked up by a keyed hash.

A calendar client proves itself on every request; Argon2 there would cap the service at a few
requests a second (knowledge/hardening.md §4), and a random secret does not need it.
"""

import secrets
from datetime import UTC, datetime

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
    plain = password.replace("-", "").replace(" ", "").lower()
    owner = people.owner_of_app_password(conn, keyring.mac(USE, plain))
    if owner is None:
        return None
    person = accounts.by_id(conn, owner)
    return person if person is not None and person.login == login else None

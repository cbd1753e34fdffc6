"""What a person lets into his calendars: programs, by app passwords, and colleagues.

Everybody decides for himself; the command line decides for others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth import accounts, app_passwords
from orchestrator.auth.keyring import Keyring
from orchestrator.auth.people import Person
from orchestrator.store import audit, own_calendars, people
from orchestrator.store.people import AppPasswordRow, PersonRow
from rooms.errors import Conflict, Invalid, NotFound, Unauthenticated

LONGEST_LABEL = 60
MOST_APP_PASSWORDS = 20
MOST_DELEGATES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Somebody else, and what one of the two lets the other do: `read` or `write`."""

    login: str
    name: str
    rights: str


def make_app_password(
    conn: Connection, keyring: Keyring, now: datetime, person: Person, label: str
) -> tuple[AppPasswordRow, str]:
    """One more, and the secret itself, which is shown once.

    Raises:
        Invalid: "bad-label".
        Conflict: "label-taken", "too-many-app-passwords".
    """
    _still_here(conn, person)
    name = " ".join(label.split())
    if not 0 < len(name) <= LONGEST_LABEL or not name.isprintable():
        raise Invalid("bad-label", longest=LONGEST_LABEL)
    known = people.app_passwords_of(conn, person.id)
    if name in {row.label for row in known}:
        raise Conflict("label-taken", label=name)
    if len(known) >= MOST_APP_PASSWORDS:
        raise Conflict("too-many-app-passwords", most=MOST_APP_PASSWORDS)
    secret = app_passwords.create(conn, keyring, person, name, now)
    audit.record(conn, now, person.id, "app-password.made", person.id, {"label": name})
    ids = {row.id for row in known}
    made = next(row for row in people.app_passwords_of(conn, person.id) if row.id not in ids)
    return made, secret


def revoke_app_password(conn: Connection, now: datetime, person: Person, password: str) -> None:
    """It opens nothing any more; NotFound("no-app-password") unless it is his own."""
    _still_here(conn, person)
    rows = people.app_passwords_of(conn, person.id)
    row = next((row for row in rows if row.id == password), None)
    if row is None:
        raise NotFound("no-app-password")
    people.revoke_app_password(conn, now, row.id)
    audit.record(conn, now, person.id, "app-password.revoked", person.id, {"label": row.label})


def share(conn: Connection, now: datetime, person: Person, login: str, rights: str) -> Shared:
    """Let a colleague read or write one's calendars.

    Raises:
        NotFound: "no-person".
        Invalid: "share-with-oneself", "bad-rights".
        Conflict: "too-many-delegates".
    """
    _still_here(conn, person)
    other = people.by_login(conn, login)
    if other is None or not other.active:
        raise NotFound("no-person", login=login)
    if other.id == person.id:
        raise Invalid("share-with-oneself")
    if rights not in own_calendars.RIGHTS:
        raise Invalid("bad-rights")
    known = {let.delegate for let in own_calendars.delegated_by(conn, person.id)}
    if len(known | {other.id}) > MOST_DELEGATES:
        raise Conflict("too-many-delegates", most=MOST_DELEGATES)
    own_calendars.delegate(conn, now, person.id, other.id, rights)
    audit.record(conn, now, person.id, "calendar.shared", other.id, {"rights": rights})
    return Shared(login=other.login, name=other.name, rights=rights)


def unshare(conn: Connection, now: datetime, person: Person, login: str) -> None:
    """Take it back; NotFound("no-delegate") when he was not let in."""
    _still_here(conn, person)
    other = people.by_login(conn, login)
    known = {let.delegate for let in own_calendars.delegated_by(conn, person.id)}
    if other is None or other.id not in known:
        raise NotFound("no-delegate", login=login)
    own_calendars.delegate(conn, now, person.id, other.id, None)
    audit.record(conn, now, person.id, "calendar.unshared", other.id)


def delegates(conn: Connection, person: Person) -> list[Shared]:
    """Whom a person let into his calendars, by name."""
    lets = own_calendars.delegated_by(conn, person.id)
    return _named(conn, [(let.delegate, let.rights) for let in lets])


def lenders(conn: Connection, person: Person) -> list[Shared]:
    """Who let a person into his, by name."""
    lets = own_calendars.delegated_to(conn, person.id)
    return _named(conn, [(let.owner, let.rights) for let in lets])


def colleagues(conn: Connection, person: Person) -> list[PersonRow]:
    """Those whose names a person is offered, by name."""
    found = [
        row
        for row in people.everyone(conn)
        if row.active and row.id != person.id and roles.may_know(person, row.centres)
    ]
    return sorted(found, key=lambda row: row.name.casefold())


def _named(conn: Connection, lets: Sequence[tuple[str, str]]) -> list[Shared]:
    rows = [(people.by_id(conn, other), rights) for other, rights in lets]
    found = [
        Shared(login=row.login, name=row.name, rights=rights)
        for row, rights in rows
        if row is not None and row.active
    ]
    return sorted(found, key=lambda shared: shared.name.casefold())


def _still_here(conn: Connection, person: Person) -> None:
    if accounts.by_id(conn, person.id) is None:
        raise Unauthenticated("login-required")

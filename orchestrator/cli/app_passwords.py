"""`margeride user app-password`, `app-passwords` and `revoke`: what opens a person's calendars."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.cli.common import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from orchestrator.auth.people import Person
    from orchestrator.store.people import AppPasswordRow

NO_LABEL = "-"


def make(arguments: argparse.Namespace) -> int:
    """`user app-password LOGIN`: one password for one calendar client, alone on its line."""
    from orchestrator.auth import app_passwords
    from orchestrator.auth.keyring import load_keyring
    from orchestrator.cli.store import opened

    with opened(arguments.data) as database:
        keyring = load_keyring(arguments.data)
        label = arguments.label[:100]
        print(
            database.write_now(
                lambda conn: app_passwords.create(
                    conn, keyring, person_of(conn, arguments.login), label
                )
            )
        )
    return 0


def every(arguments: argparse.Namespace) -> int:
    """`user app-passwords LOGIN`: label, day made, last day of use and id, one to a line."""
    from orchestrator.cli.store import opened
    from orchestrator.store import people

    with opened(arguments.data) as database:
        rows = database.read_now(
            lambda conn: people.app_passwords_of(conn, person_of(conn, arguments.login).id)
        )
    for row in rows:
        used = f"{row.used_on:%Y-%m-%d}" if row.used_on else say("cli-never-used")
        print(f"{row.label or NO_LABEL}\t{row.created_at:%Y-%m-%d}\t{used}\t{row.id}")
    return 0


def revoke(arguments: argparse.Namespace) -> int:
    """`user revoke LOGIN LABEL`: it opens nothing any more. An id is taken for a label too."""
    from orchestrator.cli.store import opened
    from orchestrator.store import audit, people

    def write(conn: "Connection") -> str:
        person, now = person_of(conn, arguments.login), datetime.now(UTC)
        found = _named(people.app_passwords_of(conn, person.id), arguments.label)
        people.revoke_app_password(conn, now, found.id)
        detail = {"label": found.label}
        audit.record(conn, now, "cli", "app-password.revoked", person.id, detail)
        return found.label or found.id

    with opened(arguments.data) as database:
        label = database.write_now(write)
    print(say("cli-revoked", login=arguments.login, label=label))
    return 0


def _named(rows: "list[AppPasswordRow]", name: str) -> "AppPasswordRow":
    from rooms.errors import Conflict, NotFound

    found = [row for row in rows if name in (row.label or NO_LABEL, row.id)]
    if not found:
        raise NotFound("cli-no-app-password", label=name)
    if len(found) > 1:
        raise Conflict("cli-which-app-password", label=name, ids=[row.id for row in found])
    return found[0]


def person_of(conn: "Connection", login: str) -> "Person":
    """The active person of that login."""
    from orchestrator.auth import accounts
    from rooms.errors import NotFound

    person = accounts.by_login(conn, login)
    if person is None:
        raise NotFound("cli-no-user", login=login)
    return person

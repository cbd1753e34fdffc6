"""Browser sessions: kept on the server, 12 hours, one random cookie and one CSRF token."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.auth.tokens import new_token, token_hash
from orchestrator.store import people

LASTS = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """A person at his browser. `csrf` comes back with each of his writes."""

    person: Person
    csrf: str


def begin(conn: Connection, person: Person, now: datetime) -> tuple[str, str]:
    """A new session: the cookie's value and the CSRF token."""
    cookie, csrf = new_token(), new_token()
    people.add_web_session(conn, token_hash(cookie), person.id, csrf, now, now + LASTS)
    return cookie, csrf


def find(conn: Connection, cookie: str, now: datetime) -> WebSession | None:
    """The running session of a cookie, unless its person was put out."""
    row, csrf = people.of_web_session(conn, token_hash(cookie), now) or (None, "")
    person = accounts.person_of(row)
    return None if person is None else WebSession(person=person, csrf=csrf)


def end(conn: Connection, cookie: str) -> None:
    """Log out."""
    people.end_web_session(conn, token_hash(cookie))

"""Who stands behind a sender's address: a person of ours, or somebody the network lets in.

Somebody let in by `mail.accept_from` gets an account of his own the first time: without a
password, never asked for one, listed and put out like every other. His login says what he is.
"""

import hashlib
from datetime import datetime

from sqlalchemy import Connection, func, select

from calendars.addresses import one_line
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.mail.story import Office
from orchestrator.store import people
from orchestrator.store.tables import people as table

STAND_IN = "courriel-"
ROLE = "booker"


def find(conn: Connection, office: Office, address: str) -> Person | None:
    """The active person of this address; None for somebody unknown, or not let in any more."""
    query = (
        select(table.c.login)
        .where(func.lower(table.c.email) == address, table.c.active)
        .order_by(table.c.login.startswith(STAND_IN), table.c.login)
        .limit(1)
    )
    login = conn.execute(query).scalar_one_or_none()
    if login is None or (login.startswith(STAND_IN) and not let_in(office, address)):
        return None
    return accounts.by_login(conn, login)


def may_write(conn: Connection, office: Office, address: str) -> bool:
    """Whether an invitation from this address is listened to."""
    if find(conn, office, address) is not None:
        return True
    return let_in(office, address) and people.by_login(conn, login_for(address)) is None


def found_or_made(
    conn: Connection, now: datetime, office: Office, address: str, name: str
) -> Person | None:
    """The person, with an account made for him if the network lets him in."""
    known = find(conn, office, address)
    if known is not None or not may_write(conn, office, address):
        return known
    people.add(
        conn, now, login=login_for(address), name=one_line(name, 60) or address, role=ROLE,
        centres=[centre.id for centre in office.network.centres], email=address,
        locale=office.locale,
    )  # fmt: skip
    return accounts.by_login(conn, login_for(address))


def let_in(office: Office, address: str) -> bool:
    """Whether the configuration names the address or its domain."""
    accepted = office.mail.accept_from
    return address in accepted or address.partition("@")[2] in accepted


def login_for(address: str) -> str:
    """The login of a stand-in."""
    return STAND_IN + hashlib.sha256(address.encode()).hexdigest()[:12]

"""From stored rows to the `Person` everybody else speaks of. Who is not active does not exist."""

from sqlalchemy import Connection

from orchestrator.auth.people import Person
from orchestrator.store import people
from orchestrator.store.people import PersonRow


def person_of(row: PersonRow | None) -> Person | None:
    """The person of a row, unless he was put out."""
    if row is None or not row.active:
        return None
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        role=row.role,
        centres=row.centres,
        locale=row.locale,
    )


def by_id(conn: Connection, person: str) -> Person | None:
    """An active person by id."""
    return person_of(people.by_id(conn, person))


def by_address(conn: Connection, mail_domain: str, address: str) -> Person | None:
    """An active person by a calendar user address."""
    return person_of(people.by_address(conn, mail_domain, address))


def by_login(conn: Connection, login: str) -> Person | None:
    """An active person by login."""
    return person_of(people.by_login(conn, login))

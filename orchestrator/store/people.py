"""Rows of people and of what proves who they are."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from orchestrator.store.instants import instant
from orchestrator.store.prepared import Prepared
from orchestrator.store.tables import app_passwords, people, person_centres, web_sessions
from rooms.ids import CentreId, PersonId, new_id

_PRINCIPAL = re.compile(r"(?:https?://[^/]+)?/dav/principals/([^/@]+)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person as stored. `password_hash` is None for one who may not log in by password."""

    id: PersonId
    login: str
    name: str
    email: str
    role: str
    centres: frozenset[CentreId]
    locale: str
    active: bool
    password_hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppPasswordRow:
    """What is known of an app password; not the password. `used_on` is its last day, in UTC."""

    id: str
    label: str
    created_at: datetime
    used_on: date | None


def add(
    conn: Connection,
    now: datetime,
    *,
    login: str,
    name: str,
    role: str,
    centres: Iterable[str] = (),
    password_hash: str | None = None,
    email: str = "",
    locale: str = "fr",
) -> PersonId:
    """A new person. `IntegrityError` when the login is taken."""
    person = PersonId(new_id("pe"))
    conn.execute(
        insert(people).values(
            id=person,
            login=login,
            name=name,
            email=email,
            role=role,
            password_hash=password_hash,
            locale=locale,
            active=True,
            created_at=int(now.timestamp()),
        )
    )
    for centre in sorted(set(centres)):
        conn.execute(insert(person_centres).values(person_id=person, centre_id=centre))
    return person


_CENTRES = (
    select(func.group_concat(person_centres.c.centre_id))
    .where(person_centres.c.person_id == people.c.id)
    .scalar_subquery()
    .label("centres")
)
_ANY = select(
    *(people.c[name] for name in PersonRow.__dataclass_fields__ if name != "centres"), _CENTRES
)
_BY_LOGIN = Prepared(_ANY.where(people.c.login == bindparam("login_")))
_BY_ID = Prepared(_ANY.where(people.c.id == bindparam("id_")))
_EVERYONE = Prepared(_ANY.order_by(people.c.login))
_IDS_BY_EMAIL = (
    select(people.c.id).where(func.lower(people.c.email) == bindparam("email_")).limit(2)
)
_OF_APP_PASSWORD = Prepared(
    _ANY.where(
        people.c.id == app_passwords.c.person_id,
        app_passwords.c.mac == bindparam("mac_"),
        app_passwords.c.revoked_at.is_(None),
    )
)
_OF_WEB_SESSION = Prepared(
    _ANY.add_columns(web_sessions.c.csrf).where(
        people.c.id == web_sessions.c.person_id,
        web_sessions.c.token_hash == bindparam("hash_"),
        web_sessions.c.expires_at > bindparam("now_"),
    )
)


def by_login(conn: Connection, login: str) -> PersonRow | None:
    """The person of that login, active or not."""
    return next(iter(_find(conn, _BY_LOGIN, login_=login)), None)


def by_address(conn: Connection, mail_domain: str, address: str) -> PersonRow | None:
    """The active person of a calendar user address: under our domain, or his own e-mail."""
    principal = _PRINCIPAL.fullmatch(address.strip())
    bare = address.strip().lower().removeprefix("mailto:")
    if principal:  # as Apple's clients write it
        bare = f"{principal[1].lower()}@{mail_domain.lower()}"
    login, _, domain = bare.partition("@")
    if not domain:
        return None
    found = by_login(conn, login) if domain == mail_domain.lower() else None
    if found is None:
        ids = conn.execute(_IDS_BY_EMAIL, {"email_": bare}).scalars().all()
        found = by_id(conn, ids[0]) if len(ids) == 1 else None
    return found if found is not None and found.active else None


def by_id(conn: Connection, person: str) -> PersonRow | None:
    """The person of that id, active or not."""
    return next(iter(_find(conn, _BY_ID, id_=person)), None)


def everyone(conn: Connection) -> list[PersonRow]:
    """All people, by login."""
    return _find(conn, _EVERYONE)


def _find(conn: Connection, query: Prepared, **wanted: str) -> list[PersonRow]:
    return [_person(**row._asdict()) for row in query.run(conn, **wanted)]


def _person(*, centres: str | None, **others: Any) -> PersonRow:
    """Of a row, with his centres as SQLite joins them: slugs and commas."""
    names = centres.split(",") if centres else ()
    return PersonRow(centres=frozenset(map(CentreId, names)), **others)


def set_password(conn: Connection, person: PersonId, password_hash: str) -> None:
    """A new password ends every web session of the person."""
    conn.execute(update(people).where(people.c.id == person).values(password_hash=password_hash))
    conn.execute(delete(web_sessions).where(web_sessions.c.person_id == person))


def set_active(conn: Connection, person: PersonId, active: bool) -> None:
    """Let someone in again, or out; out ends his web sessions."""
    conn.execute(update(people).where(people.c.id == person).values(active=active))
    if not active:
        conn.execute(delete(web_sessions).where(web_sessions.c.person_id == person))


def add_app_password(
    conn: Connection, now: datetime, person: PersonId, label: str, mac: str
) -> str:
    """Keep the keyed hash of an app password; its id."""
    password = new_id("ap")
    conn.execute(
        insert(app_passwords).values(
            id=password,
            person_id=person,
            label=label,
            mac=mac,
            created_at=int(now.timestamp()),
        )
    )
    return password


def of_app_password(conn: Connection, mac: str) -> PersonRow | None:
    """Whose app password this is, unless it was revoked; active or not."""
    return next(iter(_find(conn, _OF_APP_PASSWORD, mac_=mac)), None)


def app_passwords_of(conn: Connection, person: str) -> list[AppPasswordRow]:
    """Those of a person that open his calendars, the newest first."""
    query = select(app_passwords).where(
        app_passwords.c.person_id == person, app_passwords.c.revoked_at.is_(None)
    )
    return [
        AppPasswordRow(
            id=row.id,
            label=row.label,
            created_at=instant(row.created_at),
            used_on=row.used_on and date.fromisoformat(row.used_on),
        )
        for row in conn.execute(
            query.order_by(app_passwords.c.created_at.desc(), app_passwords.c.id)
        )
    ]


def used_app_password(conn: Connection, mac: str, day: date) -> None:
    """Note the day it was used."""
    which = app_passwords.c.mac == mac
    conn.execute(update(app_passwords).where(which).values(used_on=day.isoformat()))


def revoke_app_password(conn: Connection, now: datetime, password: str) -> None:
    """It opens nothing from now on."""
    conn.execute(
        update(app_passwords)
        .where(app_passwords.c.id == password, app_passwords.c.revoked_at.is_(None))
        .values(revoked_at=int(now.timestamp()))
    )


def add_web_session(
    conn: Connection, token_hash: str, person: PersonId, csrf: str, now: datetime, expires: datetime
) -> None:
    """Keep a web session, and forget those that are over."""
    conn.execute(delete(web_sessions).where(web_sessions.c.expires_at <= int(now.timestamp())))
    conn.execute(
        insert(web_sessions).values(
            token_hash=token_hash,
            person_id=person,
            csrf=csrf,
            created_at=int(now.timestamp()),
            expires_at=int(expires.timestamp()),
        )
    )


def of_web_session(
    conn: Connection, token_hash: str, now: datetime
) -> tuple[PersonRow, str] | None:
    """Whose running web session this is, active or not, and its CSRF token."""
    row = _OF_WEB_SESSION.one(conn, hash_=token_hash, now_=int(now.timestamp()))
    if row is None:
        return None
    person = row._asdict()
    csrf = str(person.pop("csrf"))
    return _person(**person), csrf


def end_web_session(conn: Connection, token_hash: str) -> None:
    """Forget a web session."""
    conn.execute(delete(web_sessions).where(web_sessions.c.token_hash == token_hash))

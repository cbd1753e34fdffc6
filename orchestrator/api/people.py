"""Log in, log out, who am I."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from orchestrator.api.callers import address_of, cookie_name
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.auth import accounts, limits, passwords, web_sessions
from orchestrator.auth.people import Person
from orchestrator.keys import PUBLIC_URL
from orchestrator.store import audit, people
from rooms.errors import Unauthenticated


class Login(Body):
    """Login and password of a person."""

    login: Annotated[str, Field(min_length=1, max_length=63)]
    password: Annotated[str, Field(min_length=1, max_length=500)]


class PersonOut(Shape):
    """A person."""

    id: str
    login: str
    name: str
    role: str
    centres: list[str]
    locale: str


class Me(Shape):
    """The person who is logged in, and the token his writes carry."""

    person: PersonOut
    csrf: str


def person_out(person: Person) -> PersonOut:
    """A person as the API shows him."""
    return PersonOut(
        id=person.id,
        login=person.login,
        name=person.name,
        role=person.role,
        centres=sorted(person.centres),
        locale=person.locale,
    )


async def login(call: Call) -> Answer:
    """Prove who you are; the session is a cookie."""
    sent = call.body(Login)
    rules = limits.login_limits(sent.login, address_of(call.request))
    counted = await call.database.write(lambda conn: limits.count(conn, call.now, rules))
    row = await call.database.read(lambda conn: people.by_login(conn, sent.login))
    person = accounts.person_of(row)
    stored = row.password_hash if row is not None and person is not None else None
    right = await passwords.verify_aside(stored, sent.password)
    if not right or person is None:
        raise Unauthenticated("bad-login")
    known = person

    def begin(conn: Connection) -> tuple[str, str]:
        limits.forgive(conn, counted)
        if call.caller.cookie:
            web_sessions.end(conn, call.caller.cookie)
        audit.record(conn, call.now, known.id, "login", known.id)
        return web_sessions.begin(conn, known, call.now)

    cookie, csrf = await call.database.write(begin)
    me = Me(person=person_out(person), csrf=csrf)
    return Answer(body=me.model_dump(), cookies={cookie_name(call.app[PUBLIC_URL]): cookie})


async def logout(call: Call) -> Answer:
    """End the session of this browser."""
    await call.database.write(lambda conn: web_sessions.end(conn, call.caller.cookie))
    return Answer(status=204, cookies={cookie_name(call.app[PUBLIC_URL]): None})


async def me(call: Call) -> Answer:
    """Who am I."""
    return Answer(body=Me(person=person_out(call.person), csrf=call.caller.csrf).model_dump())


ROUTES = (
    Route(
        method="POST",
        path="/login",
        handler=login,
        summary="Log in",
        body=Login,
        answer=Me,
        errors=(401, 429),
        csrf=False,
    ),
    Route(method="POST", path="/logout", handler=logout, summary="Log out", person=True, ok=204),
    Route(method="GET", path="/me", handler=me, summary="Who am I", person=True, answer=Me),
)

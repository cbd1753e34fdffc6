"""What a person lets into his own calendars: programs, by app passwords, and colleagues."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from calendars.server.request import PREFIX as DAV
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route, Shape
from orchestrator.cases import own_access
from orchestrator.cases.own_access import Shared
from orchestrator.keys import KEYRING, PUBLIC_URL
from orchestrator.store import people
from orchestrator.store.instants import iso
from orchestrator.store.people import AppPasswordRow


class AppPasswordIn(Body):
    """What it is for, so that it is known again when it is to be revoked."""

    label: Annotated[str, Field(min_length=1, max_length=own_access.LONGEST_LABEL)]


class AppPasswordOut(Shape):
    """An app password, without the password; `used_on` is the last day, in UTC."""

    id: str
    label: str
    created_at: str
    used_on: str | None


class AppPasswordsOut(Shape):
    """Where a calendar client finds the calendars, as whom, and with which app passwords."""

    address: str
    login: str
    app_passwords: list[AppPasswordOut]


class MadeOut(Shape):
    """A new one; this is the only time the password is told."""

    app_password: AppPasswordOut
    password: str


class RightsIn(Body):
    """See the calendars, or write in them too."""

    rights: Literal["read", "write"]


class SharedOut(Shape):
    """Somebody, and what is let."""

    login: str
    name: str
    rights: str


class ColleagueOut(Shape):
    """Somebody who works at the same centre."""

    login: str
    name: str


class SharedAnswer(Shape):
    """One colleague."""

    delegate: SharedOut


class DelegatesOut(Shape):
    """Whom I let in, who lets me in, and whom I may think of."""

    delegates: list[SharedOut]
    lenders: list[SharedOut]
    colleagues: list[ColleagueOut]


def _password(row: AppPasswordRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "label": row.label,
        "created_at": iso(row.created_at),
        "used_on": row.used_on and row.used_on.isoformat(),
    }


def _shared(one: Shared) -> dict[str, str]:
    return {"login": one.login, "name": one.name, "rights": one.rights}


async def app_passwords(call: Call) -> Answer:
    """How to connect a calendar client, and which ones may."""
    person = call.person
    rows = await call.database.read(lambda conn: people.app_passwords_of(conn, person.id))
    return Answer(
        body={
            "address": f"{call.app[PUBLIC_URL]}{DAV}/",
            "login": person.login,
            "app_passwords": [_password(row) for row in rows],
        }
    )


async def make(call: Call) -> Answer:
    """One more app password."""
    label, keyring = call.body(AppPasswordIn).label, call.app[KEYRING]
    row, secret = await call.database.write(
        lambda conn: own_access.make_app_password(conn, keyring, call.now, call.person, label)
    )
    where = {"Location": f"{PREFIX}/me/app-passwords/{row.id}"}
    body = {"app_password": _password(row), "password": secret}
    return Answer(status=201, headers=where, body=body)


async def revoke(call: Call) -> Answer:
    """It opens nothing any more."""
    password = call.path("password")
    await call.database.write(
        lambda conn: own_access.revoke_app_password(conn, call.now, call.person, password)
    )
    return Answer(status=204)


async def delegates(call: Call) -> Answer:
    """Who sees my calendars, and whose I see."""
    person = call.person

    def find(conn: Connection) -> dict[str, Any]:
        return {
            "delegates": [_shared(one) for one in own_access.delegates(conn, person)],
            "lenders": [_shared(one) for one in own_access.lenders(conn, person)],
            "colleagues": [
                {"login": row.login, "name": row.name}
                for row in own_access.colleagues(conn, person)
            ],
        }

    return Answer(body=await call.database.read(find))


async def share(call: Call) -> Answer:
    """Let a colleague in, or change what he may."""
    login, rights = call.path("login"), call.body(RightsIn).rights
    made = await call.database.write(
        lambda conn: own_access.share(conn, call.now, call.person, login, rights)
    )
    return Answer(body={"delegate": _shared(made)})


async def unshare(call: Call) -> Answer:
    """Let him in no more."""
    login = call.path("login")
    await call.database.write(lambda conn: own_access.unshare(conn, call.now, call.person, login))
    return Answer(status=204)


ROUTES = (
    Route(
        method="GET",
        path="/me/app-passwords",
        handler=app_passwords,
        summary="How to connect a calendar client",
        person=True,
        answer=AppPasswordsOut,
    ),
    Route(
        method="POST",
        path="/me/app-passwords",
        handler=make,
        summary="Make an app password",
        person=True,
        body=AppPasswordIn,
        ok=201,
        answer=MadeOut,
        errors=(409, 422),
    ),
    Route(
        method="DELETE",
        path="/me/app-passwords/{password}",
        handler=revoke,
        summary="Revoke an app password",
        person=True,
        ok=204,
        errors=(404,),
    ),
    Route(
        method="GET",
        path="/me/delegates",
        handler=delegates,
        summary="Who sees my calendars, and whose I see",
        person=True,
        answer=DelegatesOut,
    ),
    Route(
        method="PUT",
        path="/me/delegates/{login}",
        handler=share,
        summary="Let a colleague see or write my calendars",
        person=True,
        body=RightsIn,
        answer=SharedAnswer,
        errors=(404, 409, 422),
    ),
    Route(
        method="DELETE",
        path="/me/delegates/{login}",
        handler=unshare,
        summary="Let a colleague in no more",
        person=True,
        ok=204,
        errors=(404,),
    ),
)

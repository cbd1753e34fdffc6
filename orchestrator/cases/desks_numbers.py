"""Numbers that visitors leave at a desk, for the animateurs of its centre to call back."""

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.cases.desks_rights import Caller, attending, desk_at
from orchestrator.means import Means
from orchestrator.store import audit
from orchestrator.store import desks as store
from orchestrator.store.desks import CallBack
from rooms.errors import Forbidden, NotFound, TooMany
from rooms.ids import new_id

MOST_WAITING = 50


async def ask_call_back(means: Means, caller: Caller, desk: str, name: str, phone: str) -> str:
    """Keep a number at which the visitor may be called; its id."""
    place = desk_at(means.network, desk)
    if caller.desk != place.id:
        raise Forbidden("not-your-desk", desk=desk)
    now = means.clock()
    wish = CallBack(
        id=new_id("cb"), desk=place.id, centre=place.centre, name=name, phone=phone, at=now
    )

    def write(conn: Connection) -> None:
        store.forget(conn, now)
        if sum(one.desk == place.id for one in store.callbacks(conn)) >= MOST_WAITING:
            raise TooMany("desk-numbers-full", retry_after=3600)
        store.add_callback(conn, wish)

    await means.database.write(write)
    means.bus.publish("desk.callback.asked", desk=place.id, centre=place.centre)
    return wish.id


async def call_backs(means: Means, person: Person) -> list[CallBack]:
    """Who waits to be called by somebody of his centres, oldest first."""

    def read(conn: Connection) -> list[CallBack]:
        known = attending(conn, person)
        found = store.callbacks(conn)
        return [one for one in found if roles.may_call_back(known, one.centre)]

    return await means.database.read(read)


async def called_back(means: Means, person: Person, wish: str) -> None:
    """It is done; the number is forgotten a week later."""
    now = means.clock()

    def write(conn: Connection) -> None:
        known = attending(conn, person)
        if not roles.may_call_back(known, store.callback(conn, wish).centre):
            raise NotFound("no-desk-callback", callback=wish)
        store.callback_done(conn, wish, person.id, now)
        audit.record(conn, now, person.id, "desk.called-back", wish)

    await means.database.write(write)
    means.bus.publish("desk.callback.done")

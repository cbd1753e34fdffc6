"""Rights, checked inside the transaction that acts, on the person as he is then."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.cases.conductor import Conductor
from orchestrator.room_control import Check
from orchestrator.store import phones, sessions
from orchestrator.store.sessions import Stored
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.ids import CentreId, RoomId, SessionId

SessionCheck = Callable[[Connection, Stored], None]


def anyone(conn: Connection, stored: Stored) -> None:
    """The check of the house itself."""


def runs(person: Person) -> SessionCheck:
    """He runs this session; for anybody else it does not exist."""

    def check(conn: Connection, stored: Stored) -> None:
        known = accounts.by_id(conn, person.id)
        if known is None or not roles.may_run(known, stored.facts):
            raise NotFound("no-session", session=stored.id)

    return check


def run_with(person: Person, others: Collection[str]) -> SessionCheck:
    """He runs this session, and so may these others; Invalid("deputy-may-not") else."""

    def check(conn: Connection, stored: Stored) -> None:
        runs(person)(conn, stored)
        for other in others:
            known = accounts.by_id(conn, other)
            if known is None or not roles.may_run(known, stored.facts):
                raise Invalid("deputy-may-not", person=other if known is None else known.name)

    return check


def commands(conductor: Conductor, person: Person, room: RoomId, command: str = "") -> Check:
    """He commands this room now, and may ask this of it."""
    return commands_by(conductor, person.id, room, command)


def commands_by(conductor: Conductor, person: str, room: RoomId, command: str) -> Check:
    """As `commands`, for somebody of whom only the id is known, be it a person or a phone."""
    means = conductor.means
    centre = means.network.centre_of(room).id

    def check(conn: Connection) -> None:
        now = means.clock()
        known = accounts.by_id(conn, person)
        if known is None:
            by_phone(conductor, person, room, command)(conn)
            return
        if not _commands(conn, known, room, centre, now):
            raise Forbidden("not-your-room", room=room)
        if not roles.may_ask(known, command, centre):
            raise Forbidden("not-your-command", room=room, command=command)

    return check


def by_phone(conductor: Conductor, phone: str, room: RoomId, command: str) -> Check:
    """The phone commands this room still, and may ask this of it."""
    clock = conductor.means.clock

    def check(conn: Connection) -> None:
        known = phones.by_id(conn, phone)
        if known is None or known.put_out:
            raise Forbidden("not-your-room", room=room)
        if not roles.may_command_by_phone(known.room, known.until, room, clock()):
            raise Forbidden("not-your-room", room=room)
        if not roles.may_ask_by_phone(command):
            raise Forbidden("not-your-command", room=room, command=command)

    return check


def _commands(conn: Connection, who: Person, room: RoomId, centre: CentreId, now: datetime) -> bool:
    """Sessions are looked for only where the role alone does not say yes."""
    if roles.may_command(who, room, centre, (), now):
        return True
    held = sessions.of_room(conn, room, now + roles.COMMANDS_FROM)
    return roles.may_command(who, room, centre, [stored.facts for stored in held], now)


def commands_in(conductor: Conductor, person: Person, room: RoomId, session: SessionId) -> Check:
    """He commands this room and runs the session it is to join."""
    of_room, of_session = commands(conductor, person, room), runs(person)

    def check(conn: Connection) -> None:
        of_room(conn)
        of_session(conn, sessions.get(conn, session))

    return check

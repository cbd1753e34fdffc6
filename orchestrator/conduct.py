"""The use cases, as a table of contents: what is done in the house, and where it is written.

rehearse_session             rehearsals: the same, and nobody outside sees it
open_session … end_session   moves: check the right, apply the table, keep, then do and tell
call_room, call_missing      calls: a room's screen gets a fresh token and joins by itself
command_room                 a person asks something of a room he may command (fan_out: of several)
command_by_phone             a phone asks it of the room on whose screen it was paired
look, enter_by_link          guests: what a link shows, and the token it gives
wait_by_link, introduce      guests: a token for the lobby, and the name when one comes in
follow_booking               a moved or cancelled booking carries its running session along
learn                        what the wire learns of a site
"""

from orchestrator.auth.people import Person
from orchestrator.cases import rehearsals, rights
from orchestrator.cases.calls import call_if_missing, call_missing, call_room, release
from orchestrator.cases.conductor import CLOCK, Conductor
from orchestrator.cases.fan_out import Asked, ask_room
from orchestrator.cases.follow import follow_booking
from orchestrator.cases.guests import (
    Gone,
    check_rehearsing,
    doors,
    enter_by_link,
    introduce,
    look,
    look_named,
    wait_by_link,
)
from orchestrator.cases.moves import act, learn, open_media
from orchestrator.session import Act, State
from orchestrator.store import sessions
from orchestrator.store.commands import Order
from orchestrator.store.phones import Phone
from orchestrator.store.sessions import Stored
from rooms.control import CallJoin
from rooms.ids import CommandId, RoomId, SessionId

__all__ = [
    "CLOCK",
    "Conductor",
    "Gone",
    "act",
    "call_missing",
    "call_if_missing",
    "call_room",
    "cancel_command",
    "check_rehearsing",
    "command_by_phone",
    "command_room",
    "doors",
    "end_session",
    "enter_by_link",
    "follow_booking",
    "introduce",
    "learn",
    "look",
    "look_named",
    "open_media",
    "open_session",
    "pause_session",
    "rehearse_session",
    "release",
    "start_session",
    "wait_by_link",
]


rehearse_session = rehearsals.begin


async def open_session(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """Open the doors, and call the rooms that are ready to come; a rehearsal is over then."""
    await _over(conductor, session, person)
    stored = await act(conductor, session, Act.OPEN, person.id, rights.runs(person))
    await call_missing(conductor, stored, person.id)
    return stored


async def start_session(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """Go on air, or back on air after a pause; a rehearsal is over then."""
    await _over(conductor, session, person)
    return await act(conductor, session, Act.START, person.id, rights.runs(person))


async def pause_session(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """Show the slate."""
    return await act(conductor, session, Act.PAUSE, person.id, rights.runs(person))


async def end_session(conductor: Conductor, session: SessionId, person: Person) -> Stored:
    """Let the rooms go and close the media; after a rehearsal the session waits for its day."""
    if await _over(conductor, session, person):
        return await conductor.means.database.read(lambda conn: sessions.get(conn, session))
    return await act(conductor, session, Act.END, person.id, rights.runs(person))


async def _over(conductor: Conductor, session: SessionId, person: Person) -> bool:
    """End the rehearsal, if there is one."""
    found = await conductor.means.database.read(lambda conn: sessions.get(conn, session))
    if found.session.state is State.REHEARSAL:
        await rehearsals.finish(conductor, session, person)
        return True
    return False


async def command_room(
    conductor: Conductor, person: Person, room: RoomId, asked: Asked
) -> tuple[Order, bool]:
    """Ask something of a room; the command as stored, and whether it had been asked before."""
    command = asked.command
    if isinstance(command, CallJoin):
        check = rights.commands_in(conductor, person, room, command.session)
        return await call_room(
            conductor, command.session, room, person.id, check=check, once=asked.once
        )
    check = rights.commands(conductor, person, room, command.name)
    return await ask_room(conductor, person.id, room, asked, check)


async def command_by_phone(
    conductor: Conductor, phone: Phone, room: RoomId, asked: Asked
) -> tuple[Order, bool]:
    """As `command_room`, for a phone; it takes its room into sessions the room is a site of."""
    command = asked.command
    check = rights.by_phone(conductor, phone.id, room, command.name)
    if isinstance(command, CallJoin):
        return await call_room(
            conductor, command.session, room, phone.id, check=check, once=asked.once
        )
    return await ask_room(conductor, phone.id, room, asked, check)


async def cancel_command(
    conductor: Conductor, person: Person, room: RoomId, command: CommandId
) -> Order:
    """Give a command up."""
    await conductor.means.database.read(rights.commands(conductor, person, room))
    return await conductor.control.cancel(command, person.id)

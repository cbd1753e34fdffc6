"""Who may do what: one function for each right, of a person, a place, a session and the hour.

An `admin` may everything. An `animateur` runs the rooms of his centres and the sessions held
there. A `trainer` runs the sessions he organises, and commands their rooms from 15 minutes before
the start until they are over, but not their machines (`system.*`). A `booker` books at his centres
and runs what he booked. Guests and devices are not people: their tokens say which session or which
room is theirs. A phone paired on a room's screen commands that room until its time is over, but
neither its machine nor what is kept for others.
Rights are checked where the use case runs, not only where the request enters.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from rooms.ids import CentreId, PersonId, RoomId

ADMIN, ANIMATEUR, TRAINER, BOOKER = "admin", "animateur", "trainer", "booker"
ROLES = (ADMIN, ANIMATEUR, TRAINER, BOOKER)
COMMANDS_FROM = timedelta(minutes=15)
MACHINE = "system."
OF_PHONES = frozenset(
    {
        *("call.join", "call.leave", "call.hold", "call.resume", "call.dtmf", "call.hand.set"),
        *("audio.mic.set", "audio.speaker.set", "audio.volume.set"),
        *("video.camera.set", "video.selfview.set", "video.layout.set"),
        *("camera.select", "camera.preset.recall", "camera.goto", "camera.move"),
        *("camera.focus.set", "camera.stop", "camera.home"),
        *("display.power.set", "display.input.set", "display.blank.set", "display.freeze.set"),
        *("share.start", "share.stop", "room.wake", "room.standby", "room.preset.apply"),
    }
)
"""What a phone may ask of its room: nothing that stays when its people have gone."""


class Who(Protocol):
    """A person, as far as rights go."""

    @property
    def id(self) -> PersonId:
        """Who it is."""

    @property
    def role(self) -> str:
        """One of ROLES."""

    @property
    def centres(self) -> frozenset[CentreId]:
        """Where he works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What rights need to know of a session."""

    organiser: PersonId
    rooms: frozenset[RoomId]
    centres: frozenset[CentreId]
    starts_at: datetime
    over: bool = False


def may_run(who: Who, session: SessionFacts) -> bool:
    """Open, start, pause and end a session: its organiser, the animateurs of its sites."""
    if who.role == ANIMATEUR and who.centres & session.centres:
        return True
    return who.role == ADMIN or who.id == session.organiser


def may_see_session(who: Who, session: SessionFacts) -> bool:
    """See a session: whoever takes part in running it."""
    return may_run(who, session)


def may_command(
    who: Who,
    room: RoomId,
    centre: CentreId,
    sessions: Iterable[SessionFacts],
    now: datetime,
) -> bool:
    """Command a room: animateurs at home; trainers (and bookers) for the time of their session."""
    if who.role == ADMIN or (who.role == ANIMATEUR and centre in who.centres):
        return True
    return any(
        who.id == session.organiser
        and room in session.rooms
        and not session.over
        and now >= session.starts_at - COMMANDS_FROM
        for session in sessions
    )


def may_ask(who: Who, command: str, centre: CentreId) -> bool:
    """Ask this of a room one may command: its machine is for the animateurs of its centre."""
    if not command.startswith(MACHINE):
        return True
    return who.role == ADMIN or (who.role == ANIMATEUR and centre in who.centres)


def may_command_by_phone(of: RoomId, until: datetime, room: RoomId, now: datetime) -> bool:
    """Command a room by a phone: the one on whose screen it was paired, for its time."""
    return of == room and now < until


def may_ask_by_phone(command: str) -> bool:
    """Ask this by a phone of the room it commands."""
    return command in OF_PHONES


def may_book(who: Who, centre: CentreId, bookable_by: Iterable[str]) -> bool:
    """Book a room: by role, a booker only at his own centres."""
    if who.role == ADMIN:
        return True
    return who.role in bookable_by and (who.role != BOOKER or centre in who.centres)


def may_cancel(who: Who, organiser: PersonId, centres: Iterable[CentreId]) -> bool:
    """Cancel a booking: its organiser, the animateurs of the centres whose rooms it holds."""
    if who.role == ANIMATEUR and not who.centres.isdisjoint(centres):
        return True
    return who.role == ADMIN or who.id == organiser


def may_see_title(who: Who | None, organiser: PersonId, centre: CentreId) -> bool:
    """Read what a room is held for: its organiser, whoever works at its centre."""
    if who is None:
        return False
    return who.role == ADMIN or who.id == organiser or centre in who.centres


def screen_may_see_title(screen: RoomId | None, room: RoomId) -> bool:
    """Show what a room is held for on its own screen, and on no other."""
    return screen is not None and screen == room


def may_pair(who: Who, centre: CentreId) -> bool:
    """Pair and revoke the screen of a room: the animateurs of its centre."""
    return who.role == ADMIN or (who.role == ANIMATEUR and centre in who.centres)


def may_know(who: Who, centres: Iterable[CentreId]) -> bool:
    """Be offered somebody's name: whoever works at one of the same centres."""
    return who.role == ADMIN or not who.centres.isdisjoint(centres)


def may_test_line(who: Who, centre: CentreId) -> bool:
    """Test the line of a centre: whoever works there, for it is his own line that he tests."""
    return who.role == ADMIN or centre in who.centres


def may_attend(who: Who) -> bool:
    """Be rung by the reception desks: animateurs, and who may everything."""
    return who.role in (ADMIN, ANIMATEUR)


def may_call_back(who: Who, centre: CentreId) -> bool:
    """Read the number a visitor left at a desk: the animateurs of its centre."""
    return who.role == ADMIN or (who.role == ANIMATEUR and centre in who.centres)


def may_audit(who: Who) -> bool:
    """Read the record of what was done."""
    return who.role == ADMIN

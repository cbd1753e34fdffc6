"""The house, as the wire knows it: who a token is, what may be entered, what was reported.

Implements `signalling.ports.House` over the store. What a report changes is kept before the call
returns; what it makes others hear is told right after, by a task of the house, so that the wire
never waits for itself.
"""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import conduct
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.cases import (
    cues,
    held,
    moves,
    recordings,
    stage_views,
    stage_wire,
    stagings,
    views,
)
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.moves import Move
from orchestrator.means import Means
from orchestrator.presence import Presence, Screens
from orchestrator.room_control import RoomControl
from orchestrator.session import OVER, RUNNING, Learnt, Step
from orchestrator.store import devices, line_tests, participants, rooms, sessions
from orchestrator.store.devices import Device
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from orchestrator.words import words
from rooms.control import parse_room_state
from rooms.errors import Conflict, Forbidden, MargerideError, NotFound, Unauthenticated
from rooms.ids import CommandId, RoomId, SessionId
from signalling.engine import Air, Budget
from signalling.messages_cues import Cued, HeardOfCue
from signalling.ports import UNSEEN, Identity, Json, Place

log = logging.getLogger(__name__)
GRACE = timedelta(seconds=60)
LONGEST_TOKEN = 200


class House:
    """One for the whole service. `means.wire` is set once the switchboard stands."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self.wakened = asyncio.Event()  # something happened that the clock should look at now
        self.control = RoomControl(means, self.wakened.set)
        self.conductor = Conductor(means, self.control)
        self.screens = Screens(self._presence_changed)
        self._telling: set[asyncio.Task[None]] = set()
        self._absent_until: datetime | None = None

    # --- who, and where he may go ---------------------------------------------

    async def identify(self, token: str) -> Identity:
        """A room's screen, or a participant of one session."""
        known = None
        if len(token) <= LONGEST_TOKEN:
            known = await self.means.database.read(lambda conn: _holder(conn, token))
        if known is None:
            raise Unauthenticated("bad-token")
        if isinstance(known, Participant):
            return Identity(participant=known.id, session=known.session)
        device, now = known, self.means.clock()
        await self.means.database.write(lambda conn: devices.seen(conn, device.id, now))
        return Identity(room=device.room)

    async def wait(self, identity: Identity) -> Place:
        """A person's own place, before he has it: under the same conditions, without his name."""
        if identity.room is not None:
            raise Forbidden("forbidden")
        one = await self.means.database.read(lambda conn: _claimed(conn, identity, None))
        await self._let_pass(one)
        return Place(session=one.session, participant=one.id, name="", kind=one.kind)

    async def enter(
        self,
        identity: Identity,
        session: SessionId | None,
        token: str | None,
        name: str | None = None,
    ) -> Place:
        """A participant's own place; for a screen the one whose token its room was given."""
        one = await self.means.database.read(lambda conn: _claimed(conn, identity, token))
        if session is not None and one.session != session:
            raise NotFound("no-session", session=session)
        await self._let_pass(one)
        if one.state == participants.WAITING:
            one = await conduct.introduce(self.conductor, one, name or "")
        return _place(one)

    async def _let_pass(self, one: Participant) -> None:
        stored = await self.stored(one.session)
        if stored.session.state in OVER:
            raise Conflict("session-over", session=stored.id)
        await conduct.doors(self.conductor, stored)
        if one.kind in ("guest", "person"):
            person = await self.means.database.read(lambda conn: _person(conn, one))
            conduct.check_rehearsing(stored, person, one.part)

    async def session(self, session: SessionId) -> Json:
        """The `session` object of the wire."""
        stored = await self.stored(session)
        stage = await stage_wire.of_session(self.means, session)
        found = views.on_the_wire(self.means, stored)
        recorded = await recordings.notice(self.means, session)
        if recorded is not None:
            found["recording"] = recorded
        return found if stage is None else {**found, "stage": stage}

    async def air(self, session: SessionId) -> Air | None:
        """What its stage lets through."""
        return await stage_views.air(self.means, session)

    async def stored(self, session: SessionId) -> Stored:
        """The session as kept; NotFound("no-session")."""
        return await self.means.database.read(lambda conn: sessions.get(conn, session))

    async def places(self, session: SessionId) -> tuple[Place, ...]:
        """Everybody on record as in, or lost and expected back."""
        known = await self.means.database.read(participants.here)
        return tuple(_place(one) for one in known if one.session == session)

    async def budget(self, place: Place) -> Budget | None:
        """What the line of his room's centre carries; nothing is known of a browser elsewhere."""
        if place.room is None:
            return None
        try:
            centre = self.means.network.centre_of(place.room)
        except NotFound:  # the room left the network
            return None
        now = self.means.clock()
        read = self.means.database.read
        line = (await read(lambda conn: line_tests.profiles(conn, [centre], now)))[centre.id]
        return Budget(
            line=centre.id, up_kbps=line.up_kbps, down_kbps=line.down_kbps, rtt_ms=line.rtt_ms
        )

    # --- what the wire reports of people ----------------------------------------

    async def joined(self, place: Place) -> None:
        """He is in, for the first time or again."""
        await self._report(place, participants.JOINED, Step.JOINED)
        self.conductor.stir(place.session, place.room, "", ready=True)

    async def lost(self, place: Place) -> None:
        """Nothing is heard of him; his place is kept."""
        await self._report(place, participants.LOST, Step.LOST)

    async def left(self, place: Place, reason: str) -> None:
        """Gone. A room that is merely `gone` stays expected back: its site is dropped, not left."""
        cues.left(self.conductor, place)
        step = Step.LOST if reason == "gone" else Step.LEFT
        await self._report(place, participants.LEFT, step, reason)
        self.conductor.stir(place.session, place.room, "", ready=False)

    async def _report(self, place: Place, state: str, step: Step, reason: str = "") -> None:
        now = self.means.clock()

        def keep(conn: Connection) -> tuple[bool, Move | None]:
            changed = participants.become(conn, now, place.participant, state)
            if place.kind in UNSEEN:
                return False, None
            if place.room is None:
                return changed, None
            event = Learnt(room=place.room, step=step)
            return changed, moves.move_in(conn, now, place.session, event, place.room)

        try:
            changed, move = await self.means.database.write(keep)
        except NotFound:  # its booking was cancelled meanwhile, and with it the session
            return
        if changed:
            self.means.bus.publish(
                f"participant.{state}",
                session=place.session,
                participant=place.participant,
                room=place.room,
                reason=reason,
            )
        if move is not None and move.changed:
            self._tell(moves.carry_out(self.conductor, move, place.participant))
        self.wakened.set()

    async def cues(self, place: Place) -> tuple[Cued, ...]:
        """What is told to who joins."""
        return await cues.told_to_who_joins(self.conductor, place.session, place.room)

    async def heard_of_cue(self, place: Place, message: HeardOfCue) -> None:
        """He keeps a cue, cannot, or has shown it."""
        await cues.heard(self.conductor, place, message)

    async def hand(self, place: Place, up: bool) -> None:
        """A hand is up, or down again: on a stage it asks for the floor."""
        await stagings.hand(self.conductor, place, up)

    # --- what the wire reports of rooms -----------------------------------------

    async def screen_on(self, room: RoomId) -> None:
        """A room's screen said hello: it may have to be called."""
        self.screens.on(room, self.means.clock())
        self.wakened.set()

    async def screen_off(self, room: RoomId) -> None:
        """Its connection ended or fell silent."""
        self.screens.off(room, self.means.clock())

    async def room_state(self, room: RoomId, version: int, document: Json) -> None:
        """The room reported its state document; Invalid("bad-state")."""
        state = parse_room_state(document)
        now = self.means.clock()
        if await self.means.database.write(
            lambda conn: rooms.keep_state(conn, now, room, version, state.to_json())
        ):
            self.means.bus.publish(
                "room.state.changed", room=room, version=version, document=state.to_json()
            )
        if state.call.state == "in_call" and state.call.session is not None:
            await self._flows(SessionId(state.call.session), room)

    async def _flows(self, session: SessionId, room: RoomId) -> None:
        try:
            await conduct.learn(self.conductor, session, room, Step.FLOWING)
        except NotFound:
            log.info("%s says it is in %s, which does not know it", room, session)

    async def command_accepted(self, room: RoomId, command: CommandId) -> None:
        """The screen has taken the command."""
        await self.control.accepted(room, command)

    async def command_done(self, room: RoomId, command: CommandId, result: Json) -> None:
        """And carried it out."""
        await self.control.done(room, command, result)

    async def command_failed(
        self, room: RoomId, command: CommandId, error: str, detail: str
    ) -> None:
        """Or could not, with the reason."""
        await self.control.failed(room, command, error)

    def words(self, key: str, locale: str, facts: Json) -> str:
        """The sentence for people behind an error key."""
        return words(key, locale, facts)

    # --- starting, waiting, ending ----------------------------------------------

    async def restore(self) -> None:
        """After a start: who was in is lost until he is heard again; open commands likewise."""
        now = self.means.clock()
        self._absent_until = now + GRACE
        running = await self.means.database.write(lambda conn: _all_lost(conn, now))
        for stored in running:
            await conduct.open_media(self.conductor, stored.id)
        await self.control.restore(now, lambda order: held.again(self.conductor, order))
        self.wakened.set()

    async def expire(self, now: datetime) -> None:
        """End what has waited long enough: commands, silent screens, those lost by a restart."""
        self.screens.expire(now)
        await self.control.expire(now)
        if self._absent_until is not None and now >= self._absent_until:
            self._absent_until = None
            await self._dismiss_absent()

    async def _dismiss_absent(self) -> None:
        lost = await self.means.database.read(participants.here)
        for one in lost:
            if one.state == participants.LOST:
                await self.left(_place(one), "gone")

    async def settled(self) -> None:
        """Everything that was to be told has been told."""
        while self._telling:
            await asyncio.gather(*self._telling)

    def _tell(self, telling: Awaitable[None]) -> None:
        task = asyncio.create_task(self._told(telling), name="house-telling")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _told(self, telling: Awaitable[None]) -> None:
        try:
            await telling
        except MargerideError as error:
            log.warning("could not tell: %s", error)

    def _presence_changed(self, room: RoomId, presence: Presence) -> None:
        self.means.bus.publish("room.presence.changed", room=room, presence=presence.value)


def _holder(conn: Connection, token: str) -> Participant | Device | None:
    """Who was given the token."""
    return participants.by_token(conn, token) or devices.by_token(conn, token)


def _claimed(conn: Connection, identity: Identity, token: str | None) -> Participant:
    """The place a client claims: his own, or for a screen its room's, proved by its token."""
    if identity.room is None:
        own = [] if identity.session is None else participants.of_session(conn, identity.session)
        for one in own:
            if one.id == identity.participant:
                return one
        raise NotFound("no-session")
    called = None if not token else participants.by_token(conn, token)
    if called is None or called.room != identity.room:
        raise Forbidden("forbidden", room=identity.room)
    return called


def _place(one: Participant) -> Place:
    return Place(
        session=one.session, participant=one.id, name=one.name, kind=one.kind, room=one.room
    )


def _all_lost(conn: Connection, now: datetime) -> list[Stored]:
    """Nobody is on the wire of a service that has just started; the sessions that run."""
    for one in participants.here(conn):
        participants.become(conn, now, one.id, participants.LOST)
        stored = sessions.get(conn, one.session)
        if one.room is not None and one.room in stored.centres:
            event = Learnt(room=one.room, step=Step.LOST)
            moves.move_in(conn, now, one.session, event, "restart")
    return [stored for stored in sessions.due(conn, now) if stored.session.state in RUNNING]


def _person(conn: Connection, one: Participant) -> Person | None:
    return None if one.person is None else accounts.by_id(conn, one.person)

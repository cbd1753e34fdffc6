"""The switchboard: every client on the wire, tied to the media engine and to the house.

A `Caller` is one connection. It begins with a peer of its own; when its `hello` resumes a peer that
was here before, it takes that one up. Peers are kept for the grace time after their line broke.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import TypeVar

from rooms.errors import MargerideError, NotFound, TooMany, Unavailable
from rooms.ids import CommandId, LegId, ParticipantId, RoomId, SessionId, TrackId
from signalling.codec import write
from signalling.engine import EngineState, Leg, MediaEngine, Role, SubscribeOffer
from signalling.messages import ClientMessage, CodeBurnt, Command, CommandCancel, Hello, Ice
from signalling.messages_cues import Cued
from signalling.peer import Closing, Event, Refuse, State
from signalling.ports import UNSEEN, House, Identity, Json, Relays
from signalling.presence import Presence
from signalling.switchboard_asks import Asks
from signalling.switchboard_gathering import Hall, Seat, Seated
from signalling.switchboard_media import Media
from signalling.switchboard_peer import Clock, Line, Peer, steady_clock
from signalling.switchboard_relays import Told
from signalling.switchboard_seats import Seats
from signalling.switchboard_talk import Talk

log = logging.getLogger(__name__)

SWEEP_EVERY = 1.0
Result = TypeVar("Result")


class Switchboard:
    """Implements `signalling.ports.Wire` over a MediaEngine and a House."""

    def __init__(
        self,
        house: House,
        engine: MediaEngine,
        clock: Clock | None = None,
        relays: Relays | None = None,
    ) -> None:
        self._house = house
        self._engine = engine
        self._clock = clock
        self._relays = Told(relays)
        self._peers: dict[str, Seated] = {}
        self._strangers: set[Seated] = set()
        self._leaving: set[Seated] = set()
        self._waiting: Presence[str] = Presence()
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False

    @property
    def clock(self) -> Clock:
        """Now, for everything here."""
        if self._clock is None:
            self._clock = steady_clock()
        return self._clock

    async def start(self) -> None:
        """Follow the engine and sweep; needs a running loop."""
        self._hall = Hall(self.clock)
        self._media = Media(self._engine, self._house, self._hall)
        talk = Talk(self._hall)
        self._seats = Seats(self._house, self._hall, self._media, talk)
        self._asks = Asks(self._house, self._seats, self._media, talk)
        self._tasks = [
            asyncio.create_task(self._media.follow(), name="media events"),
            asyncio.create_task(self._sweep_for_ever(), name="sweep"),
        ]

    @property
    def connected(self) -> int:
        """How many clients are on the wire now."""
        return sum(peer.line is not None for peer in self._peers.values())

    def drain(self) -> None:
        """Ask every client to redial (1012); new ones are turned away likewise."""
        self._draining = True
        for peer in (*self._peers.values(), *self._strangers):
            peer.hang_up(Closing.RESTART)

    async def stop(self) -> None:
        """Let everybody go; the worker and its media are left as they are."""
        self.drain()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in [*self._peers.values(), *self._leaving]:
            await peer.stop()
        await self._media.stop()

    def connect(self, line: Line, locale: str) -> "Caller":
        """A new connection."""
        peer: Seated = Peer(self._house, self.clock, locale)
        caller = Caller(self, line, peer)
        if self._draining:
            peer.hang_up(Closing.RESTART)
        else:
            self._strangers.add(peer)
        return caller

    async def greet(self, caller: "Caller", hello: Hello) -> None:
        """Find out who speaks; give him his former place on the wire, or a new one."""
        if self._draining:
            caller.peer.hang_up(Closing.RESTART)
            return
        peer = caller.peer
        try:
            peer.identity = await self._house.identify(hello.token)
        except MargerideError as refusal:
            closing = Closing.BAD_TOKEN if refusal.key == "bad-token" else Closing.REFUSED
            peer.carry_out([Refuse(key=refusal.key, about=hello.type, closing=closing)])
            return
        if self._draining:  # since then: he has been told
            return
        former = self._peers.get(peer.key)
        if former is not None and _resumes(former, hello):
            self._take_up(caller, former, hello.last_seq or 0)
        else:
            self._welcome(peer, former)
        room = caller.peer.identity.room
        if room is not None:
            caller.peer.later(lambda: self._house.screen_on(room))

    def admit(self, caller: "Caller", identity: Identity) -> None:
        """Somebody within the service, known already: no token, no `hello`.

        Raises:
            Unavailable: "service-leaving".
        """
        if self._draining:
            raise Unavailable("service-leaving")
        peer = caller.peer
        peer.identity = identity
        self._welcome(peer, self._peers.get(peer.key))

    async def perform(self, caller: "Caller", message: ClientMessage) -> None:
        """What somebody within the service wants, in its turn. Refusals are raised."""
        peer = caller.peer
        await self._in_turn(peer, lambda: self._asks.do(peer, message))

    async def receive(
        self, caller: "Caller", leg: LegId, offer: str, tracks: tuple[TrackId, ...]
    ) -> SubscribeOffer:
        """Send these tracks on a leg that offers itself, and never any others."""
        peer = caller.peer
        return await self._in_turn(peer, lambda: self._asks.receive(peer, leg, offer, tracks))

    async def _in_turn(self, peer: Seated, job: Callable[[], Awaitable[Result]]) -> Result:
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            try:
                result = await job()
            except Exception as refusal:
                _tell_once(done, refusal)
            else:
                _tell_once(done, result)

        if peer.session.state is State.GONE:  # nobody empties his mailbox any more
            raise NotFound("not-joined")
        if not peer.later(work):
            raise TooMany("too-fast")
        return await done

    def ask(self, peer: Seated, message: ClientMessage) -> None:
        """Put what a client wants in its mailbox."""
        if not peer.later(lambda: self._asks.carry_out(peer, message)):
            peer.carry_out([Refuse(key="too-fast", closing=Closing.REFUSED)])

    def line_lost(self, peer: Seated, line: Line) -> None:
        """A connection ended; its peer is kept for a while."""
        self._strangers.discard(peer)
        if peer.line is not line:
            return
        peer.line = None
        peer.session.happen(Event.BROKEN)
        if peer.session.state is not State.RESUMING or self._draining:
            return
        self._waiting.lost(peer.key, self.clock())
        room, seat = peer.identity.room, peer.seat
        if room is not None:
            peer.later(lambda: self._house.screen_off(room))
        if seat is not None and self._seats.lost(seat, self.clock()):
            peer.later(lambda: self._seats.tell_lost(seat))

    async def sweep(self, now: datetime) -> None:
        """Forget those whose time is over."""
        for key in self._waiting.gone(now):
            peer = self._peers.pop(key, None)
            if peer is not None:
                self._let_go(peer)
        for name in self._relays.due(self._peers, now):
            self._peers[name].say(Ice(ice=self._relays.servers(name, now)))
        await self._seats.sweep(now)

    # What the house may ask (signalling.ports.Wire).

    def screen_connected(self, room: RoomId) -> bool:
        """Whether a room's screen is on the wire now."""
        return self._screen(room) is not None

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Send a command to a room's screen; False when it is not connected."""
        screen = self._screen(room)
        if screen is None:
            return False
        screen.say(Command(id=command, command=name, arguments=arguments, deadline=deadline))
        return True

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Ask the screen to give a command up."""
        screen = self._screen(room)
        if screen is not None:
            screen.say(CommandCancel(id=command))

    def now(self) -> datetime:
        """The clock that endpoints are told."""
        return self.clock()

    async def cue(self, session: SessionId, message: Cued, rooms: Collection[RoomId] = ()) -> None:
        """Tell every participant of a cue; where rooms are named, their screens alone."""
        if session in self._hall.gatherings:
            self._hall.gatherings[session].tell(message, rooms=rooms)

    async def session_changed(self, session: SessionId) -> None:
        """Tell every participant the session's present state."""
        await self._seats.session_changed(session)

    async def end(self, session: SessionId) -> None:
        """Say `left: ended` to everybody and close the media."""
        await self._seats.end(session)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Put a participant out."""
        await self._seats.remove(session, participant)

    async def disconnect_screen(self, room: RoomId) -> None:
        """Close the socket of a room's screen (its device was revoked)."""
        screen = self._peers.get(room)
        if screen is not None:
            screen.hang_up(Closing.BAD_TOKEN)

    async def code_burnt(self, room: RoomId) -> None:
        """Tell a room's screen to show another code for phones."""
        screen = self._screen(room)
        if screen is not None:
            screen.say(CodeBurnt())

    def reports(self) -> dict[tuple[SessionId, ParticipantId], list[Json]]:
        """What pages measure of their own legs: the last each of them said."""
        gatherings = self._hall.gatherings.values()
        seats = (seat for gathering in gatherings for seat in gathering.seats.values())
        return {seat.key: seat.reported for seat in seats if seat.reported}

    async def figures(self, session: SessionId) -> Json:
        """Participants of a session with the figures of their legs."""
        legs = _legs_by_participant(await self._media.state(), session)
        gathering = self._hall.gatherings.get(session)
        every = gathering.seats.values() if gathering else ()
        seats = [one for one in every if one.place.kind not in UNSEEN]
        return {"participants": [_figures(seat, legs.get(seat.id, {})) for seat in seats]}

    def _screen(self, room: RoomId) -> Seated | None:
        peer = self._peers.get(room)
        return peer if peer is not None and peer.session.on_line else None

    def _take_up(self, caller: "Caller", former: Seated, last_seq: int) -> None:
        stranger, caller.peer = caller.peer, former
        if former.line is not None:
            former.hang_up(Closing.ELSEWHERE)
        former.line, stranger.line = caller.line, None
        former.locale = stranger.locale
        self._waiting.here(former.key)
        self._strangers.discard(stranger)
        session, room, seat, now = former.session, former.identity.room, former.seat, self.clock()
        ice = self._relays.servers(former.key, now)
        former.carry_out(session.take_up(former.kind, room, last_seq, now, ice))
        if seat is not None:
            former.later(lambda: self._seats.back(seat))

    def _welcome(self, peer: Seated, former: Seated | None) -> None:
        if former is not None:
            self._supersede(former)
        self._peers[peer.key] = peer
        self._strangers.discard(peer)
        self._waiting.here(peer.key)
        room, now = peer.identity.room, self.clock()
        ice = self._relays.servers(peer.key, now)
        peer.carry_out(peer.session.welcome(peer.kind, room, now, ice))
        peer.work()

    def _supersede(self, former: Seated) -> None:
        """The same token came again, by another line: the newest has it."""
        former.hang_up(Closing.ELSEWHERE)
        former.line = None
        seat, former.seat = former.seat, None
        if seat is not None:
            seat.peer = None
            if self._seats.lost(seat, self.clock()):
                former.later(lambda: self._seats.tell_lost(seat))
        self._let_go(former)

    def _let_go(self, peer: Seated) -> None:
        peer.over()
        if peer.seat is not None:
            peer.seat.peer = None
        self._leaving.add(peer)
        peer.when_empty(lambda: self._leaving.discard(peer))

    async def _sweep_for_ever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_EVERY)
            try:
                await self.sweep(self.clock())
            except Exception:
                log.exception("the sweep failed")


class Caller:
    """One connection, from its first byte to its last."""

    def __init__(self, switchboard: Switchboard, line: Line, peer: Seated) -> None:
        self._switchboard = switchboard
        self.line = line
        self.peer = peer
        peer.line = line

    @property
    def due(self) -> datetime:
        """When `tick` is next needed."""
        return self.peer.session.due

    async def receive(self, text: str) -> None:
        """A frame came."""
        for message in self._effects(text):
            if isinstance(message, Hello):
                await self._switchboard.greet(self, message)
            else:
                self._switchboard.ask(self.peer, message)

    def refuse(self, key: str) -> None:
        """The connection itself was misused."""
        self.peer.carry_out([Refuse(key=key, closing=Closing.REFUSED)])

    def tick(self, now: datetime) -> None:
        """Time passed."""
        if self.peer.line is self.line:
            self.peer.carry_out(self.peer.session.tick(now))

    def gone(self) -> None:
        """The connection ended."""
        self._switchboard.line_lost(self.peer, self.line)

    def _effects(self, text: str) -> list[ClientMessage]:
        if self.peer.line is not self.line:
            return []
        now = self._switchboard.clock()
        return self.peer.carry_out(self.peer.session.receive(text, now))


def _tell_once(done: asyncio.Future[Result], what: Result | Exception) -> None:
    """Whoever waits may have been given up meanwhile."""
    if done.done():
        return
    if isinstance(what, Exception):
        done.set_exception(what)
    else:
        done.set_result(what)


def _resumes(former: Seated, hello: Hello) -> bool:
    if hello.resume is None or not former.session.can_resume(hello.last_seq):
        return False
    return hmac.compare_digest(former.session.resume.encode(), hello.resume.encode())


def _legs_by_participant(state: EngineState, session: SessionId) -> dict[str, dict[Role, Leg]]:
    members = state.sessions.get(session, ())
    return {member.participant: {leg.role: leg for leg in member.legs} for member in members}


def _figures(seat: Seat, legs: dict[Role, Leg]) -> Json:
    shown = {role: write(legs[role]) if role in legs else None for role in Role}
    return {
        **write(seat.gathering.view(seat)),
        "publish": shown[Role.PUBLISH],
        "subscribe": shown[Role.SUBSCRIBE],
        "reported": seat.reported,
    }

"""One client of the wire, without the wire: what it may say when, what it is told, what is due.

The life of a peer is the table below. `receive` takes a frame, `tick` the passing of time; both
give effects to carry out. Server messages are numbered and the last 256 are kept, so that a broken
line is taken up where it broke.

                       ┌────────── LEFT ───────────┐
    hello ─WELCOMED→ known ─JOINED→ joined ─OPENED→ negotiating ⇄ live
                       └── any of these ─BROKEN→ resuming ─RESUMED→ where it was

Who is known may wait in the lobby (WAITS) before he joins; LEFT ends that too.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from rooms.errors import Fact, Invalid
from signalling.messages import (
    VERSION,
    ClientMessage,
    CommandAccepted,
    CommandDone,
    CommandFailed,
    Error,
    Heartbeat,
    Hello,
    IceServer,
    Join,
    Leave,
    Lobby,
    RoomState,
    ServerMessage,
    Welcome,
    body,
    hear,
    numbered,
)
from signalling.messages_cues import AskClock, ClockTold
from signalling.messages_media import LegFailed, PublishOffer, SubscribeAnswer, SubscribeStart

HELLO_WITHIN = timedelta(seconds=5)
HEARTBEAT = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=15)
LOBBY_FOR = timedelta(minutes=10)
KEPT = 256
# Characters, likewise: half of what may wait on a line, for they are all sent at once.
KEPT_SIZE = 131_072
# And of what was said to him in a session, once he is out of it.
KEPT_OUTSIDE = 8
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
RATE, BURST = 30.0, 60.0
CHANGES = 5.0  # a second: what everybody else is told of


class State(StrEnum):
    """Where a peer is in its life."""

    HELLO = "hello"
    KNOWN = "known"
    LOBBY = "lobby"
    JOINED = "joined"
    NEGOTIATING = "negotiating"
    LIVE = "live"
    RESUMING = "resuming"
    GONE = "gone"


class Event(StrEnum):
    """What moves it on. OPENED and SETTLED: an exchange of SDP began, or all have ended."""

    WELCOMED = "welcomed"
    WAITS = "waits"
    JOINED = "joined"
    OPENED = "opened"
    SETTLED = "settled"
    LEFT = "left"
    BROKEN = "broken"
    OVER = "over"


class Closing(IntEnum):
    """The close codes of docs/protocol.md."""

    DONE = 1000
    REFUSED = 1008
    RESTART = 1012
    TOO_SLOW = 1013
    SILENT = 4000
    BAD_TOKEN = 4001
    ELSEWHERE = 4002


_ALWAYS = {Event.BROKEN: State.RESUMING, Event.OVER: State.GONE}
_IN_SESSION = {
    **_ALWAYS,
    Event.JOINED: State.JOINED,
    Event.OPENED: State.NEGOTIATING,
    Event.SETTLED: State.LIVE,
    Event.LEFT: State.KNOWN,
}
TABLE: dict[State, dict[Event, State]] = {
    State.HELLO: {Event.WELCOMED: State.KNOWN, Event.BROKEN: State.GONE, Event.OVER: State.GONE},
    State.KNOWN: {**_ALWAYS, Event.JOINED: State.JOINED, Event.WAITS: State.LOBBY},
    State.LOBBY: {**_ALWAYS, Event.JOINED: State.JOINED, Event.LEFT: State.KNOWN},
    State.JOINED: _IN_SESSION,
    State.NEGOTIATING: _IN_SESSION,
    State.LIVE: _IN_SESSION,
    State.RESUMING: {Event.OVER: State.GONE},
    State.GONE: {},
}

KNOWN_MAY_SAY = (Heartbeat, Lobby, Join, RoomState, CommandAccepted, CommandDone, CommandFailed)
LOBBY_MAY_SAY = (
    Heartbeat, Lobby, Join, Leave, PublishOffer, SubscribeStart, SubscribeAnswer, LegFailed,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Send:
    """Put this frame on the line."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the line with this code."""

    code: Closing


@dataclass(frozen=True, slots=True)
class Ask:
    """The client wants this done."""

    message: ClientMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Tell the client that it is refused; `closing` when the line ends with it."""

    key: str
    facts: dict[str, Fact] = field(default_factory=dict)
    about: str | None = None
    closing: Closing | None = None


Effect = Send | Close | Ask | Refuse


class Allowance:
    """So many a second; what is not used is saved, up to a burst."""

    def __init__(self, rate: float, burst: float, now: datetime) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._counted_at = burst, now

    def take(self, now: datetime) -> bool:
        """One more; False when there is none left."""
        earned = (now - self._counted_at).total_seconds() * self._rate
        self._left, self._counted_at = min(self._burst, self._left + earned), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class PeerSession:
    """A client's side of the conversation, over as many lines as it takes."""

    def __init__(self, resume: str, now: datetime) -> None:
        self.resume = resume
        self.state = State.HELLO
        self.seq = 0
        self._before = State.HELLO
        self._kept: deque[str] = deque()
        self._kept_size = 0
        self._changes = Allowance(CHANGES, CHANGES, now)
        self._take_line(now)

    @property
    def on_line(self) -> bool:
        """Whether somebody is at the other end now."""
        return self.state not in (State.RESUMING, State.GONE)

    @property
    def due(self) -> datetime:
        """When `tick` has something to do, at the latest."""
        if self.state is State.HELLO:
            return self._hello_by
        return min(self._next_heartbeat, self._last_heard + DEAD_AFTER)

    def happen(self, event: Event) -> None:
        """Move on; an event without a place in the table changes nothing."""
        if event is Event.LEFT:
            # What was said there is of no use outside, and he may be away for long.
            self._forget(KEPT_OUTSIDE, KEPT_SIZE)
        if self.state is State.RESUMING and event not in TABLE[State.RESUMING]:
            self._before = TABLE[self._before].get(event, self._before)
            return
        if event is Event.BROKEN:
            self._before = self.state
        self.state = TABLE[self.state].get(event, self.state)

    def receive(self, text: str, now: datetime) -> list[Effect]:
        """A frame came."""
        self._last_heard = now
        if not self._frames.take(now):
            return [Refuse(key="too-fast", closing=Closing.REFUSED)]
        try:
            message = hear(text)
        except Invalid as refusal:
            return [self._unreadable(refusal)]
        if isinstance(message, Hello) is not (self.state is State.HELLO):
            key = "hello-first" if self.state is State.HELLO else "bad-message"
            return [Refuse(key=key, about=message.type, closing=Closing.REFUSED)]
        if isinstance(message, Hello) and VERSION not in message.versions:
            return [Refuse(key="unsupported-version", about="hello", closing=Closing.REFUSED)]
        if isinstance(message, AskClock):  # at once: what waits in a mailbox is of no use
            told = ClockTold(sent=message.sent, at=now.strftime(INSTANT))
            return [Send(body(told))]
        return [] if isinstance(message, Heartbeat) else [Ask(message)]

    def may_say(self, message: ClientMessage) -> bool:
        """Whether the message makes sense now; asked when its turn comes, not when it arrives."""
        state = self._before if self.state is State.RESUMING else self.state
        if state is State.KNOWN:
            return isinstance(message, KNOWN_MAY_SAY)
        if state is State.LOBBY:
            return isinstance(message, LOBBY_MAY_SAY)
        return state is not State.GONE

    def may_change(self, now: datetime) -> bool:
        """Whether he has not changed too often lately, over all his lines; counts this once."""
        return self._changes.take(now)

    def say(self, message: ServerMessage) -> list[Effect]:
        """Number a message, keep it, and send it if somebody is there."""
        return self.say_body(body(message))

    def say_body(self, text: str) -> list[Effect]:
        """The same for a message that is already text."""
        self.seq += 1
        self._keep(text)
        return [Send(numbered(self.seq, text))] if self.on_line else []

    def _keep(self, text: str) -> None:
        self._kept.append(text)
        self._kept_size += len(text)
        self._forget(KEPT, KEPT_SIZE)

    def _forget(self, most: int, size: int) -> None:
        """Keep no more than the last so many."""
        while len(self._kept) > most or self._kept_size > size:
            self._kept_size -= len(self._kept.popleft())

    def refused(self, refusal: Refuse, sentence: str) -> list[Effect]:
        """The words of a refusal, and the end of the line when it is fatal."""
        fatal = refusal.closing is not None
        error = Error(code=refusal.key, text=sentence, fatal=fatal, about=refusal.about)
        ending: list[Effect] = [] if refusal.closing is None else [Close(refusal.closing)]
        return self.say(error) + ending

    def welcome(
        self, peer: str, room: str | None, now: datetime, ice: tuple[IceServer, ...] = ()
    ) -> list[Effect]:
        """The client is known: count from nothing."""
        self.happen(Event.WELCOMED)
        self.seq = 0
        self._kept.clear()
        self._kept_size = 0
        self._next_heartbeat = now + HEARTBEAT
        return [self._welcome(peer, room, 0, False, now, ice)]

    def can_resume(self, last_seq: int | None) -> bool:
        """Whether everything after that number is still here."""
        return last_seq is not None and self.seq - len(self._kept) <= last_seq <= self.seq

    def take_up(
        self,
        peer: str,
        room: str | None,
        last_seq: int,
        now: datetime,
        ice: tuple[IceServer, ...] = (),
    ) -> list[Effect]:
        """A new line goes on where the former broke."""
        if self.state is State.RESUMING:
            self.state = self._before
        self._take_line(now)
        missed = list(self._kept)[len(self._kept) - (self.seq - last_seq) :]
        again = [Send(numbered(last_seq + n, text)) for n, text in enumerate(missed, 1)]
        return [self._welcome(peer, room, last_seq, True, now, ice), *again]

    def tick(self, now: datetime) -> list[Effect]:
        """Time passed."""
        if self.state is State.HELLO and now >= self._hello_by:
            return [Refuse(key="hello-first", closing=Closing.REFUSED)]
        if self.state is State.HELLO or not self.on_line:
            return []
        if now - self._last_heard >= DEAD_AFTER:
            return [Close(Closing.SILENT)]
        if now < self._next_heartbeat:
            return []
        self._next_heartbeat = now + HEARTBEAT
        return [Send(body(Heartbeat()))]

    def _take_line(self, now: datetime) -> None:
        self._hello_by = now + HELLO_WITHIN
        self._last_heard = now
        self._next_heartbeat = now + HEARTBEAT
        self._frames = Allowance(RATE, BURST, now)

    def _unreadable(self, refusal: Invalid) -> Refuse:
        facts = {name: fact for name, fact in refusal.fields.items() if name != "about"}
        about = refusal.fields.get("about")
        return Refuse(
            key=refusal.key,
            facts=facts,
            about=str(about) if about else None,
            closing=Closing.REFUSED,
        )

    def _welcome(
        self,
        peer: str,
        room: str | None,
        seq: int,
        resumed: bool,
        now: datetime,
        ice: tuple[IceServer, ...],
    ) -> Effect:
        message = Welcome(
            version=VERSION,
            peer=peer,
            room=room,
            resume=self.resume,
            resumed=resumed,
            heartbeat=HEARTBEAT.total_seconds(),
            dead_after=DEAD_AFTER.total_seconds(),
            now=now.strftime(INSTANT),
            ice=ice,
            lobby=None if room else LOBBY_FOR.total_seconds(),
        )
        return Send(numbered(seq, body(message)))

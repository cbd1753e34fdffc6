"""A peer with a line and a mailbox: effects are carried out, wishes wait their turn.

What a client wants is done one at a time and in order, by a task of its own; so a slow engine call
for one client delays nobody else, and a client cannot overtake itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from rooms.errors import MargerideError
from rooms.ids import new_secret
from signalling.messages import ClientMessage, ServerMessage
from signalling.peer import Ask, Close, Closing, Effect, Event, PeerSession, Refuse, Send
from signalling.ports import House, Identity

log = logging.getLogger(__name__)

MAILBOX = 120

Clock = Callable[[], datetime]
Job = Callable[[], Awaitable[None]]
SeatT = TypeVar("SeatT")


class Line(Protocol):
    """A connection to a client. Neither call waits for the client."""

    def send(self, text: str) -> None:
        """Queue a frame."""

    def close(self, code: int) -> None:
        """Send what is queued, then close."""


def steady_clock() -> Clock:
    """The time of day as it was at first, carried on by a clock that never jumps."""
    began, zero = datetime.now(UTC), asyncio.get_running_loop().time()
    return lambda: began + timedelta(seconds=asyncio.get_running_loop().time() - zero)


class Peer(Generic[SeatT]):
    """A client known by its identity, for as long as it may come back; `seat` is where he sits."""

    def __init__(self, house: House, clock: Clock, locale: str) -> None:
        self.session = PeerSession(new_secret(), clock())
        self.identity = Identity()
        self.line: Line | None = None
        self.seat: SeatT | None = None
        self.locale = locale
        self._house = house
        self._clock = clock
        self._mailbox: asyncio.Queue[Job] = asyncio.Queue(MAILBOX)
        self._task: asyncio.Task[None] | None = None

    @property
    def key(self) -> str:
        """What tells this peer from others: its room, or its participant."""
        return str(self.identity.room or self.identity.participant)

    @property
    def kind(self) -> str:
        """As `welcome` says it."""
        return "room" if self.identity.room else "participant"

    def say(self, message: ServerMessage) -> None:
        """Tell the client, now or when it is back."""
        self.carry_out(self.session.say(message))

    def say_body(self, text: str) -> None:
        """The same, for a message written once for many."""
        self.carry_out(self.session.say_body(text))

    def hint(self, text: str) -> None:
        """Tell the client now or never: nothing is numbered, nothing is kept."""
        if self.line is not None and self.session.on_line:
            self.line.send(text)

    def refuse(self, error: MargerideError, about: str | None) -> None:
        """Tell the client why not."""
        facts = {name: fact for name, fact in error.fields.items() if name != "about"}
        self.carry_out([Refuse(key=error.key, facts=facts, about=about)])

    def carry_out(self, effects: list[Effect]) -> list[ClientMessage]:
        """Send and close as told; what is left is what the client asks for."""
        asked: list[ClientMessage] = []
        for effect in effects:
            match effect:
                case Send(text=text):
                    if self.line is not None:
                        self.line.send(text)
                case Close(code=code):
                    self.hang_up(code)
                case Refuse():
                    self._refused(effect)
                case Ask(message=message):
                    asked.append(message)
        return asked

    def may_change(self) -> bool:
        """Whether he may change once more what the others see of him."""
        return self.session.may_change(self._clock())

    def hang_up(self, code: Closing) -> None:
        """Close the line."""
        if self.line is not None:
            self.line.close(code)

    def work(self) -> None:
        """Begin to empty the mailbox."""
        self._task = asyncio.create_task(self._work(), name=f"peer {self.key}")

    def later(self, job: Job) -> bool:
        """Put a job in the mailbox; False when it is full."""
        try:
            self._mailbox.put_nowait(job)
        except asyncio.QueueFull:
            return False
        return True

    def over(self) -> None:
        """Nobody comes back to this one; what waits in the mailbox is still done."""
        self.session.happen(Event.OVER)
        self.later(_nothing)

    def when_empty(self, done: Callable[[], None]) -> None:
        """Call this when the last job is done."""
        if self._task is None:
            done()
        else:
            self._task.add_done_callback(lambda _: done())

    async def stop(self) -> None:
        """Let go of the mailbox."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _refused(self, refusal: Refuse) -> None:
        sentence = self._house.words(refusal.key, self.locale, dict(refusal.facts))
        self.carry_out(self.session.refused(refusal, sentence))

    async def _work(self) -> None:
        while not (self.session.state == "gone" and self._mailbox.empty()):
            job = await self._mailbox.get()
            try:
                await job()
            except Exception:
                log.exception("a wish of %s failed", self.key)


async def _nothing() -> None:
    """Wake a mailbox that has nothing more to wait for."""

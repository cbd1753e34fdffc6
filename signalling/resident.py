"""An endpoint without a socket: it lives in the service for whoever speaks HTTP and media only.

What a page says on its WebSocket, the resident says for an encoder (WHIP) or a plain receiver
(WHEP), so that presence, mutes, removal and the end of a session are the same for all.
"""

import asyncio
from collections.abc import Callable

from rooms.errors import MargerideError, NotFound
from rooms.ids import LegId, TrackId
from signalling.engine import SubscribeOffer
from signalling.messages import Heartbeat, Join, Joined, Leave, Left, body, understand
from signalling.messages_media import LegLost, PublishAnswered, PublishOffer
from signalling.peer import HEARTBEAT
from signalling.ports import Identity
from signalling.switchboard import Caller, Switchboard

Choose = Callable[[Joined], tuple[TrackId, ...]]


class Resident:
    """One participant's place, held for him. `over` is set once he has it no more."""

    def __init__(self, switchboard: Switchboard, locale: str) -> None:
        self.over = asyncio.Event()
        self.identity = Identity()
        self._switchboard = switchboard
        self._joined: Joined | None = None
        self._answers: dict[LegId, str] = {}
        self._leg: LegId | None = None
        self._pulse: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._locale = locale
        self._caller: Caller | None = None

    # -- what HTTP asks

    async def publish(self, identity: Identity, leg: LegId, offer: str) -> str:
        """Take the place and send on this leg; the answer. Raises as the switchboard refuses."""
        caller, _ = await self._enter(identity, Join())
        await self._switchboard.perform(caller, PublishOffer(leg=leg, sdp=offer))
        self._leg = leg
        return self._answers[leg]

    async def receive(
        self, identity: Identity, leg: LegId, offer: str, choose: Choose
    ) -> SubscribeOffer:
        """Take the place and receive on this leg what `choose` takes of those who are there."""
        caller, joined = await self._enter(identity, Join())
        made = await self._switchboard.receive(caller, leg, offer, choose(joined))
        self._leg = leg
        return made

    async def resume(
        self, identity: Identity, publish: LegId | None, receive: LegId | None
    ) -> None:
        """Take the place again after the service was gone; NotFound("no-leg") if the leg is too."""
        wish = Join(publish_leg=publish, subscribe_leg=receive)
        _, joined = await self._enter(identity, wish)
        self._leg = joined.publish_leg or joined.subscribe_leg
        if self._leg is None:
            await self.leave()
            raise NotFound("no-leg")

    async def leave(self) -> None:
        """Give the place up, if he ever had it."""
        try:
            if self._caller is not None and self._joined is not None and not self.over.is_set():
                await self._switchboard.perform(self._caller, Leave())
        finally:
            self._end()

    def vanish(self) -> None:
        """The service stops: the place and its media stay, for the next one to find."""
        if self._pulse is not None:
            self._pulse.cancel()

    # -- the line

    def send(self, text: str) -> None:
        """The switchboard says something."""
        _, message = understand(text)
        match message:
            case Joined():
                self._joined = message
            case PublishAnswered(leg=leg, sdp=sdp):
                self._answers[leg] = sdp
            case LegLost(leg=leg) if leg == self._leg:
                self._leaving = asyncio.create_task(self._lost(), name="a resident has gone")
            case Left():
                self._end()
            case _:
                pass

    def close(self, code: int) -> None:
        """The switchboard hangs up: he is out, came again by another line, or all must leave."""
        self._end()

    async def _lost(self) -> None:
        """His media are gone, and with them all we knew of him."""
        try:
            await self.leave()
        except MargerideError:
            self._end()

    async def _enter(self, identity: Identity, join: Join) -> tuple[Caller, Joined]:
        self.identity = identity
        self._caller = caller = self._switchboard.connect(self, self._locale)
        self._switchboard.admit(caller, identity)
        await self._switchboard.perform(caller, join)
        if self._joined is None:
            raise NotFound("not-joined")
        self._pulse = asyncio.create_task(self._beat(caller), name="a resident's heartbeat")
        return caller, self._joined

    async def _beat(self, caller: Caller) -> None:
        """Say that he is here for as long as he is: his media tell when he is not."""
        text = body(Heartbeat())
        while not self.over.is_set():
            await caller.receive(text)
            caller.tick(self._switchboard.clock())
            await asyncio.sleep(HEARTBEAT.total_seconds())

    def _end(self) -> None:
        if not self.over.is_set():
            self.over.set()
            if self._caller is not None:
                self._caller.gone()
        if self._pulse is not None:
            self._pulse.cancel()

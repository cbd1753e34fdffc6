"""A participant without a page: it joins over the wire, sends nothing, and is given every source as
it was encoded. Nothing is decoded.

It mends itself as a page does: the line, the leg, a service or a worker that was killed. Who runs
it says how high each picture is wanted; what comes is handed to `take`, frame by frame.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from rooms.ids import ParticipantId, TrackId
from signalling.engine import Kind, Role
from signalling.messages import (
    Error,
    Join,
    Joined,
    Left,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantView,
    ServerMessage,
    SessionChanged,
    Welcome,
)
from signalling.messages_media import (
    LegFailed,
    LegLost,
    PlacedView,
    ShownTrack,
    SubscribeOffered,
    SubscribeStart,
    View,
)
from signalling.peers.ears import Ears
from signalling.peers.legs import SubscribeLeg
from signalling.peers.line import WireLine

log = logging.getLogger(__name__)

TEND_EVERY = 0.05
RETRY_AFTER = 2.0
FULL_HEIGHT = 1080
OVER = ("session-over", "no-session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A sound or a picture of a source, as it was encoded: Opus, or VP8.

    `source` names the track, `of` is microphone, camera or screen. `timestamp` is RTP time in ticks
    of `rate`, counting on over its wrap. `arrived` is when its first packet came (UTC, seconds).
    `lost` packets before it never came; then pictures have begun again with a key picture.
    """

    source: TrackId
    participant: ParticipantId
    kind: Kind
    of: str
    timestamp: int
    rate: int
    arrived: float
    key: bool
    data: bytes
    lost: int = 0
    size: tuple[int, int] | None = None


Take = Callable[[Frame], None]


class Audience:
    """`await run()` until the session is over; everything else may be read meanwhile.

    `height` says how high a picture is wanted (0: not at all); `changed` is called when
    `participants`, `sources` or `session` are other than they were.
    """

    def __init__(
        self,
        url: str,
        token: str,
        take: Take,
        *,
        client: str = "audience 0.1",
        height: Callable[[PlacedView], int] = lambda _: FULL_HEIGHT,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.line = WireLine(url, token, client, self._welcomed, self._heard)
        self.participants: dict[ParticipantId, ParticipantView] = {}
        self.sources: dict[TrackId, PlacedView] = {}
        self.session: dict[str, Any] = {}
        self.you = ""
        self.reason = ""
        self._take, self._height, self._changed = take, height, changed
        self._ears = self._new_ears()
        self._leg: SubscribeLeg | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()

    async def run(self) -> str:
        """Be there; why it is over: `ended`, `removed`, `left`, or a refusal of the service.

        Raises:
            Refused: the service does not want us for good (the token is no longer good).
        """
        line = asyncio.create_task(self.line.run(), name="audience line")
        beside = [
            asyncio.create_task(self._tend(), name="audience"),
            asyncio.create_task(self._over.wait(), name="audience over"),
        ]
        try:
            await asyncio.wait([line, *beside], return_when=asyncio.FIRST_COMPLETED)
            if line.done() and not self._over.is_set():
                line.result()
            return self.reason
        finally:
            for task in (line, *beside, *self._tasks):
                task.cancel()
            await asyncio.gather(line, *beside, *self._tasks, return_exceptions=True)
            await self._close_leg()

    def look(self) -> None:
        """Ask for the pictures as `height` says now."""
        self._do(self._say_view())

    # -- what the service says

    async def _welcomed(self, welcome: Welcome) -> None:
        if not welcome.resumed or not self.you:
            await self.line.say(self._join())
        elif self._leg is not None:
            await self.line.say(self._leg.answer or SubscribeStart(leg=self._leg.id))

    def _join(self) -> Join:
        leg = self._leg
        held = leg is not None and leg.answer is not None and not leg.over
        return Join(
            subscribe_leg=leg.id if leg and held else None,
            subscribe_serial=leg.serial if leg and held else None,
        )

    async def _heard(self, message: ServerMessage) -> None:
        match message:
            case Joined():
                await self._joined(message)
            case Left(reason=reason):
                self._end(reason)
            case SubscribeOffered():
                self._do(self._offered(message))
            case LegLost(leg=leg, role=Role.SUBSCRIBE):
                if self._leg is not None and self._leg.id == leg:
                    await self._renew()
            case Error(about="join", code=code):
                self._do(self._not_joined(code))
            case Error(about="subscribe.start"):
                self._do(self._retry(self._leg))
            case _:
                self._note(message)

    def _note(self, message: ServerMessage) -> None:
        match message:
            case ParticipantJoined(participant=view) | ParticipantChanged(participant=view):
                self.participants[view.id] = view
            case ParticipantLeft(participant=participant):
                self.participants.pop(participant, None)
            case SessionChanged(session=session):
                self.session = session
            case _:
                return
        self._changed()

    async def _joined(self, joined: Joined) -> None:
        self.session, self.you = joined.session, joined.you
        self.participants = {view.id: view for view in joined.participants}
        if self._leg is None or self._leg.id != joined.subscribe_leg:
            await self._renew()
        elif self._leg.answer is not None:
            await self.line.say(self._leg.answer)
        self._changed()

    async def _not_joined(self, code: str) -> None:
        if code in OVER:
            self._end(code)
            return
        log.info("not let in: %s", code)
        await asyncio.sleep(RETRY_AFTER)
        await self.line.say(self._join())

    def _end(self, reason: str) -> None:
        self.reason = reason
        self._over.set()

    # -- the leg

    def _new_ears(self) -> Ears:
        return Ears(lambda placed, rate, one: self._take(_frame(placed, rate, one)))

    async def _renew(self) -> None:
        await self._close_leg()
        self._ears = self._new_ears()
        self._leg = leg = SubscribeLeg(lambda: self._moved(leg), self._ears)
        await self.line.say(SubscribeStart(leg=leg.id))

    async def _close_leg(self) -> None:
        leg, self._leg = self._leg, None
        if leg is not None:
            await leg.close()

    def _moved(self, leg: SubscribeLeg) -> None:
        if leg is self._leg and leg.over and not self._over.is_set():
            self._do(self._failed(leg))

    async def _failed(self, leg: SubscribeLeg) -> None:
        if self._leg is leg:
            await self.line.say(LegFailed(leg=leg.id))
            await self._renew()

    async def _retry(self, leg: SubscribeLeg | None) -> None:
        await asyncio.sleep(RETRY_AFTER)
        if leg is not None and self._leg is leg and leg.answer is None:
            await self._renew()

    async def _offered(self, offer: SubscribeOffered) -> None:
        leg = self._leg
        if leg is None or leg.id != offer.leg:
            return
        answer = await leg.take(offer)
        if answer is not None:
            await self.line.say(answer)
        self.sources = {placed.track: placed for placed in offer.tracks}
        await self._say_view()
        self._changed()

    async def _say_view(self) -> None:
        shown = [
            ShownTrack(track=placed.track, height=self._height(placed), stage=True)
            for placed in self.sources.values()
            if placed.kind is Kind.VIDEO
        ]
        await self.line.say(View(tracks=tuple(shown)))

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(TEND_EVERY)
            with contextlib.suppress(ConnectionError):
                await self._ears.tend()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="audience mends")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _frame(placed: PlacedView, rate: int, one: Any) -> Frame:
    return Frame(
        source=placed.track,
        participant=placed.participant,
        kind=placed.kind,
        of=placed.source,
        timestamp=one.timestamp,
        rate=rate,
        arrived=one.arrived,
        key=one.key,
        data=one.data,
        lost=one.lost,
        size=one.size,
    )

"""A place in one session: who else is there, what we send, what we are sent, and mending it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any

from signalling.engine import Kind, Role
from signalling.messages import (
    ClientMessage,
    Error,
    Join,
    Joined,
    ParticipantChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantView,
    ServerMessage,
    SessionChanged,
)
from signalling.messages_media import (
    LegFailed,
    LegLost,
    LegReport,
    PublishAnswered,
    Stats,
    SubscribeOffered,
    SubscribeStart,
    TrackSet,
)
from signalling.peers.legs import Leg, PublishLeg, SubscribeLeg
from signalling.peers.listener import Listener
from signalling.peers.test_card import Studio

log = logging.getLogger(__name__)

RETRY_AFTER = 2.0

Say = Callable[[ClientMessage], Awaitable[bool]]


class Call:
    """Holds the legs and renews those that are lost."""

    def __init__(self, join: Join, studio: Studio, say: Say, connected: Callable[[], None]) -> None:
        self._join = join
        self._studio = studio
        self._say = say
        self._connected = connected
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = (monotonic(), 0)
        self._expected_since: float | None = None
        self._closed = False
        self.listener = Listener()
        self.session: dict[str, Any] = {}
        self.participants: dict[str, ParticipantView] = {}
        self.publish: PublishLeg | None = None
        self.subscribe: SubscribeLeg | None = None
        self.began = monotonic()
        self.you = ""

    @property
    def flowing(self) -> bool:
        """Whether the worker takes what we send."""
        return self.publish is not None and self.publish.state == "connected"

    @property
    def first_frame_ms(self) -> float | None:
        """From the moment there was somebody to see to his first picture."""
        seen = self.listener.first_frame_at
        if seen is None or self._expected_since is None:
            return None
        return round(1000 * max(0.0, seen - self._expected_since), 1)

    def join(self) -> Join:
        """What to say to have the place, with the legs that live."""
        publish, subscribe = self.publish, self.subscribe
        answered = publish is not None and publish.answered and not publish.over
        heard = subscribe is not None and subscribe.answer is not None and not subscribe.over
        return Join(
            session=self._join.session,
            token=self._join.token,
            publish_leg=publish.id if publish and answered else None,
            subscribe_leg=subscribe.id if subscribe and heard else None,
            subscribe_serial=subscribe.serial if subscribe and heard else None,
        )

    async def hear(self, message: ServerMessage) -> None:
        """What the service says about this session."""
        match message:
            case Joined():
                await self._joined(message)
            case ParticipantJoined(participant=view) | ParticipantChanged(participant=view):
                self.participants[view.id] = view
            case ParticipantLeft(participant=participant):
                self.participants.pop(participant, None)
                self.listener.forget(participant)
            case SessionChanged(session=session):
                self.session = session
            case PublishAnswered(leg=leg, sdp=sdp):
                if self.publish is not None and self.publish.id == leg:
                    await self.publish.take(sdp)
            case SubscribeOffered():
                self._task(self._offered(message))
            case LegLost(leg=leg, role=role):
                if (held := self._leg(role)) is not None and held.id == leg:
                    await self._renew(role)
            case Error(about="publish.offer" | "subscribe.start" as about):
                self._task(self._retry(Role(about.partition(".")[0])))
            case _:
                log.debug("nothing to do about %s", message.type)

    async def say_again(self) -> None:
        """The line broke and was taken up: repeat what has no visible answer."""
        if self.publish is not None and self.publish.offer and not self.publish.answered:
            await self._say(self.publish.offer)
        if self.subscribe is not None:
            answer = self.subscribe.answer
            await self._say(answer or SubscribeStart(leg=self.subscribe.id))
        await self.say_muted()

    async def say_muted(self) -> None:
        """What of ours is switched off."""
        for kind, on in ((Kind.AUDIO, self._studio.mic_on), (Kind.VIDEO, self._studio.camera_on)):
            await self._say(TrackSet(kind=kind, muted=not on))

    async def stats(self) -> None:
        """Tell the service what we measure."""
        loss, kbps = self.listener.loss_and_rate()
        rtt = await self.rtt_ms()
        legs = [LegReport(role=Role.SUBSCRIBE, kbps=round(kbps, 1), loss=loss)]
        if self.publish is not None:
            sent, now = await self.publish.sent_bytes(), monotonic()
            rate = max(0, sent - self._sent[1]) * 8 / 1000 / max(0.001, now - self._sent[0])
            self._sent = (now, sent)
            legs.append(LegReport(role=Role.PUBLISH, kbps=round(rate, 1), loss=0.0, rtt_ms=rtt))
        await self._say(Stats(legs=tuple(legs)))

    async def rtt_ms(self) -> float | None:
        """The round trip to the worker."""
        return await self.publish.rtt_ms() if self.publish is not None else None

    async def close(self) -> None:
        """Out."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.listener.stop()
        for leg in (self.publish, self.subscribe):
            if leg is not None:
                await leg.close()

    async def _joined(self, joined: Joined) -> None:
        self.session, self.you = joined.session, joined.you
        self.participants = {view.id: view for view in joined.participants}
        if self.publish is None or self.publish.id != joined.publish_leg:
            await self._renew(Role.PUBLISH)
        if self.subscribe is None or self.subscribe.id != joined.subscribe_leg:
            await self._renew(Role.SUBSCRIBE)
        elif self.subscribe.answer is not None:
            await self._say(self.subscribe.answer)
        if not (self._studio.mic_on and self._studio.camera_on):
            await self.say_muted()

    async def _offered(self, offer: SubscribeOffered) -> None:
        subscribe = self.subscribe
        if subscribe is None or subscribe.id != offer.leg:
            return
        if self._expected_since is None and any(t.kind is Kind.VIDEO for t in offer.tracks):
            self._expected_since = monotonic()
        answer = await subscribe.take(offer)
        if answer is not None:
            await self._say(answer)

    async def _renew(self, role: Role) -> None:
        """A new leg in place of the former."""
        former = self._leg(role)
        if role is Role.PUBLISH:
            self.publish = publish = PublishLeg(lambda: self._moved(publish))
            await self._let_go(former)
            await self._say(await publish.begin(self._studio.tracks()))
        else:
            await self.listener.stop()
            self.subscribe = subscribe = SubscribeLeg(lambda: self._moved(subscribe), self.listener)
            await self._let_go(former)
            await self._say(SubscribeStart(leg=subscribe.id))

    def _leg(self, role: Role) -> PublishLeg | SubscribeLeg | None:
        return self.publish if role is Role.PUBLISH else self.subscribe

    def _moved(self, leg: Leg) -> None:
        if leg.state == "connected":
            self._connected()
        if leg.over and not self._closed:
            self._task(self._failed(leg))

    async def _failed(self, leg: Leg) -> None:
        for role in Role:
            if self._leg(role) is leg:
                await self._say(LegFailed(leg=leg.id))
                await self._renew(role)

    async def _retry(self, role: Role) -> None:
        leg = self._leg(role)
        await asyncio.sleep(RETRY_AFTER)
        begun = isinstance(leg, PublishLeg) and leg.answered
        if self._leg(role) is leg and not begun:
            await self._renew(role)

    async def _let_go(self, leg: Leg | None) -> None:
        if leg is not None:
            await leg.close()

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="mending a leg")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

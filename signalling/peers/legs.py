"""The two legs of an endpoint, each an aiortc PeerConnection that asks nobody outside."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription

from rooms.ids import LegId, new_id
from signalling.messages_media import (
    PlacedView,
    PublishOffer,
    Source,
    SubscribeAnswer,
    SubscribeOffered,
)
from signalling.peers.seam import reckon_levels_once
from signalling.transport.seam import peer_connection

SOURCES = {"audio": Source.MICROPHONE, "video": Source.CAMERA}
OVER = ("failed", "closed")

Changed = Callable[[], None]


class Listens(Protocol):
    """Whoever takes what a subscriber leg brings."""

    def placed(self, tracks: tuple[PlacedView, ...]) -> None:
        """What each m-line carries from now on."""

    def listen(self, mid: str, receiver: RTCRtpReceiver) -> None:
        """A new m-line."""


class Leg:
    """A PeerConnection with a name; `changed` is called when its state is another."""

    def __init__(self, changed: Changed) -> None:
        self.id = LegId(new_id("lg"))
        self.pc: RTCPeerConnection = peer_connection()
        self.pc.on("connectionstatechange", changed)
        self._settled = asyncio.Event()
        self.pc.on("connectionstatechange", self._look)

    def _look(self) -> None:
        if self.state == "connected" or self.over:
            self._settled.set()

    @property
    def state(self) -> str:
        """As aiortc says it."""
        return str(self.pc.connectionState)

    @property
    def over(self) -> bool:
        """Whether it will never carry anything again."""
        return self.state in OVER

    async def close(self) -> None:
        """Let go of it."""
        self.pc.remove_all_listeners()
        self._settled.set()
        await self.pc.close()


class PublishLeg(Leg):
    """What we send."""

    def __init__(self, changed: Changed) -> None:
        super().__init__(changed)
        self.offer: PublishOffer | None = None
        self.answered = False

    async def begin(self, tracks: Sequence[MediaStreamTrack]) -> PublishOffer:
        """The offer of these tracks."""
        reckon_levels_once()
        for track in tracks:
            self.pc.addTransceiver(track, direction="sendonly")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sources = {str(line.mid): SOURCES[line.kind] for line in self.pc.getTransceivers()}
        sdp = self.pc.localDescription.sdp
        self.offer = PublishOffer(leg=self.id, sdp=sdp, sources=sources)
        return self.offer

    async def take(self, sdp: str) -> None:
        """The service's answer."""
        if not self.answered:
            self.answered = True
            await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def rtt_ms(self) -> float | None:
        """The round trip to the worker, by its reports."""
        trips = [
            line.roundTripTime
            for sender in self.pc.getSenders()
            for line in (await sender.getStats()).values()
            if line.type == "remote-inbound-rtp" and line.roundTripTime is not None
        ]
        # aiortc reckons from rounded reports: on a fast line a round trip may come out negative.
        return round(max(0.0, min(trips)) * 1000, 1) if trips else None

    async def sent_bytes(self) -> int:
        """Everything sent so far."""
        reports = [await sender.getStats() for sender in self.pc.getSenders()]
        lines = [line for report in reports for line in report.values()]
        return sum(line.bytesSent for line in lines if line.type == "outbound-rtp")


class SubscribeLeg(Leg):
    """What we are sent."""

    def __init__(self, changed: Changed, listener: Listens) -> None:
        super().__init__(changed)
        self.answer: SubscribeAnswer | None = None
        self._listener = listener
        self._lock = asyncio.Lock()
        self._heard: set[str] = set()

    @property
    def serial(self) -> int | None:
        """Of the last offer answered."""
        return self.answer.serial if self.answer else None

    async def take(self, offer: SubscribeOffered) -> SubscribeAnswer | None:
        """Answer an offer; the same one again is answered as before. None when the leg is over."""
        async with self._lock:
            if self.answer is not None:
                # Answered while the first still connects, its receivers would never start.
                await self._settled.wait()
            if self.over:
                return None
            if self.answer is None or offer.serial > self.answer.serial:
                self._listener.placed(offer.tracks)
                self.answer = await self._answer(offer)
            return self.answer

    async def _answer(self, offer: SubscribeOffered) -> SubscribeAnswer:
        await self.pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        for line in self.pc.getTransceivers():
            mid = str(line.mid)
            if line.receiver.track is not None and mid not in self._heard:
                self._heard.add(mid)
                self._listener.listen(mid, line.receiver)
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        sdp = self.pc.localDescription.sdp
        return SubscribeAnswer(leg=offer.leg, serial=offer.serial, sdp=sdp)

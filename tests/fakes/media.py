"""aiortc peers over the engine port: one that publishes, one that watches, and wires that lose."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame, VideoFrame
from blockbuster import BlockBuster

from rooms.ids import LegId, ParticipantId, SessionId, TrackId, new_id
from signalling.engine import Kind, MediaEngine, PublishAnswer, SubscribeOffer
from signalling.transport.sdp_offer import RTX
from signalling.transport.seam import gather_on_loopback, peer_connection

DEADLINE = 15.0


async def until(
    condition: Callable[[], bool], what: str | Callable[[], str], deadline: float = DEADLINE
) -> None:
    """Wait for a condition; `AssertionError` names it when it does not come, as it is then."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() >= end:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {deadline} s: {said}")
        await asyncio.sleep(0.01)


class Picture(MediaStreamTrack):
    """A small moving picture, so that each frame costs a few packets."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 240, rate: int = 15) -> None:
        super().__init__()
        self._frames = itertools.count()
        self._size = (width, height)
        self._rate = rate
        self._began = 0.0

    async def recv(self) -> VideoFrame:
        number = next(self._frames)
        self._began = self._began or time.monotonic()
        await asyncio.sleep(max(0.0, self._began + number / self._rate - time.monotonic()))
        width, height = self._size
        frame = VideoFrame(width, height, "yuv420p")
        for plane in frame.planes:
            level = (number * 5) % 200 + 20
            row = bytes((level + x) % 256 for x in range(plane.line_size))
            plane.update(row * plane.height)
        frame.pts, frame.time_base = number * 90_000 // self._rate, Fraction(1, 90_000)
        return frame


class Tone(MediaStreamTrack):
    """A square wave that is easily heard."""

    kind = "audio"

    def __init__(self, level: int = 8000) -> None:
        super().__init__()
        self._frames = itertools.count()
        self._began = 0.0
        period = [level] * 48 + [-level] * 48
        samples = (period * 10)[:960]
        self._bytes = b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)

    async def recv(self) -> AudioFrame:
        number = next(self._frames)
        self._began = self._began or time.monotonic()
        await asyncio.sleep(max(0.0, self._began + number * 0.02 - time.monotonic()))
        frame = AudioFrame(format="s16", layout="mono", samples=960)
        frame.planes[0].update(self._bytes)
        frame.pts, frame.sample_rate, frame.time_base = number * 960, 48_000, Fraction(1, 48_000)
        return frame


@dataclass
class Publisher:
    """Publishes a picture and a tone over one leg."""

    engine: MediaEngine
    session: SessionId
    participant: ParticipantId
    leg: LegId = field(default_factory=lambda: LegId(new_id("lg")))
    pc: RTCPeerConnection = field(default_factory=peer_connection)
    answer: PublishAnswer | None = None

    async def start(self, tracks: Sequence[MediaStreamTrack] | None = None) -> PublishAnswer:
        for track in tracks if tracks is not None else (Tone(), Picture()):
            self.pc.addTrack(track)
        return await self.offer()

    async def offer(self) -> PublishAnswer:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sdp = self.pc.localDescription.sdp
        answer = await self.engine.publish(self.session, self.participant, self.leg, sdp)
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        self.answer = answer
        return answer

    def track(self, kind: Kind) -> TrackId:
        assert self.answer is not None
        return next(track.id for track in self.answer.tracks if track.kind is kind)

    async def close(self) -> None:
        await self.pc.close()


@dataclass
class Subscriber:
    """Decodes what it is offered; `decoded` counts frames and `loudest` hears, by track id."""

    engine: MediaEngine
    session: SessionId
    participant: ParticipantId
    leg: LegId = field(default_factory=lambda: LegId(new_id("lg")))
    pc: RTCPeerConnection = field(default_factory=peer_connection)
    decoded: dict[str, int] = field(default_factory=dict)
    loudest: dict[str, int] = field(default_factory=dict)
    by_mid: dict[str, int] = field(default_factory=dict)
    offer: SubscribeOffer | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pc.on("track", self._on_track)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self.tasks.append(asyncio.create_task(self._watch(track), name="watch a track"))

    async def _watch(self, track: MediaStreamTrack) -> None:
        mid = str(next(t.mid for t in self.pc.getTransceivers() if t.receiver.track is track))
        with contextlib.suppress(Exception):
            while True:
                frame: Any = await track.recv()
                self.by_mid[mid] = self.by_mid.get(mid, 0) + 1
                name = next((p.track for p in self.placed if p.mid == mid), None)
                if name is None:
                    continue
                self.decoded[name] = self.decoded.get(name, 0) + 1
                if isinstance(frame, av.AudioFrame):
                    self.loudest[name] = _loudness(frame)

    @property
    def placed(self) -> Sequence[Any]:
        return self.offer.tracks if self.offer is not None else ()

    async def want(self, *tracks: TrackId) -> SubscribeOffer | None:
        offer = await self.engine.subscribe(self.session, self.participant, self.leg, tracks)
        if offer is None:
            return None
        self.offer = offer
        await self.pc.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        await self.engine.answer(
            self.session, self.participant, self.leg, offer.serial, self.pc.localDescription.sdp
        )
        return offer

    async def sees(self, *tracks: TrackId, more: int = 5) -> None:
        """Wait until so many further frames of each track are decoded."""
        before = {track: self.decoded.get(track, 0) for track in tracks}
        await until(
            lambda: all(self.decoded.get(t, 0) >= before[t] + more for t in tracks),
            f"{more} more frames of {tracks}, have {self.decoded}",
        )

    async def close(self) -> None:
        await self.pc.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


def _loudness(frame: AudioFrame) -> int:
    data = bytes(frame.planes[0])[:400]
    values = (int.from_bytes(data[n : n + 2], "little", signed=True) for n in range(0, 400, 2))
    return max(abs(value) for value in values)


@contextlib.asynccontextmanager
async def closing(*peers: Publisher | Subscriber) -> AsyncIterator[None]:
    """Close these peers at the end, whatever happened."""
    try:
        yield
    finally:
        await asyncio.gather(*(peer.close() for peer in peers))


def lossy_out(pc: RTCPeerConnection, pattern: Iterable[bool]) -> list[int]:
    """Drop the outgoing RTP packets for which the pattern says True; the count of drops grows."""
    dtls = pc.getTransceivers()[0].receiver.transport
    wire, decisions, dropped = dtls.transport, iter(pattern), [0]
    send = wire._send

    async def _send(data: bytes) -> None:
        rtp = 127 < data[0] < 192 and not 192 <= data[1] <= 223
        if rtp and next(decisions, False):
            dropped[0] += 1
            return
        await send(data)

    wire._send = _send
    return dropped


def lossy_in(pc: RTCPeerConnection, pattern: Iterable[bool]) -> list[int]:
    """The same for packets that arrive, but for repeats: aiortc asks once for what it misses."""
    dtls = pc.getTransceivers()[0].receiver.transport
    wire, decisions, dropped = dtls.transport, iter(pattern), [0]
    receive = wire._recv

    async def _recv() -> bytes:
        while True:
            data: bytes = await receive()
            rtp = 127 < data[0] < 192 and not 192 <= data[1] <= 223
            if not rtp or data[1] & 0x7F == RTX or not next(decisions, False):
                return data
            dropped[0] += 1

    wire._recv = _recv
    return dropped


def let_aiortc_join(guard: BlockBuster) -> None:
    """aiortc joins its decoder thread on the loop when a receiver stops: a test peer may."""
    guard.functions["threading.Lock.acquire"].can_block_in("rtcrtpreceiver.py", "__stop_decoder")


gather_on_loopback()

"""What an endpoint sees and hears of each of the others, frame by frame, and the figures of it.

An m-line may carry somebody else after the next offer: what is decoded is counted for whoever the
line carries at that moment.
"""

import asyncio
import math
from array import array
from collections import deque
from dataclasses import dataclass, field
from operator import mul
from time import monotonic
from typing import Any

from aiortc import MediaStreamTrack, RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from signalling.messages_media import PlacedView
from signalling.peers.seam import Bytes, Waiting, estimate_nothing
from signalling.peers.test_card import RATE

FULL = 32_768
MEASURE_EACH = 5
WINDOW = 0.6
PATIENCE = 0.8  # seconds without a picture while packets come, then a key picture is asked for
BACKLOG = 8  # packets; the picture that is being received holds fewer


@dataclass(slots=True)
class Remote:
    """One of the others, as received here."""

    frames: int = 0
    sounds: int = 0
    kbps: float = 0.0
    loss: float = 0.0
    colour: tuple[int, int] | None = None
    samples: "array[int]" = field(default_factory=lambda: array("h"))
    levels: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=32))

    def level(self, now: float) -> float:
        """Loudness of the last moments, RMS of full scale; silence when nothing came."""
        recent = [level for at, level in self.levels if now - at < WINDOW]
        return max(recent, default=0.0)


@dataclass(slots=True, eq=False)
class Incoming:
    """One m-line of the subscriber leg."""

    receiver: RTCRtpReceiver
    bytes: Bytes
    task: asyncio.Task[None] | None = None
    counted: int = 0
    received: int = 0
    lost: int = 0
    at: float = field(default_factory=monotonic)
    frame_at: float = field(default_factory=monotonic)


class Listener:
    """Decodes everything it is sent."""

    def __init__(self) -> None:
        self.remotes: dict[str, Remote] = {}
        self.first_frame_at: float | None = None
        self._placed: dict[str, str] = {}
        self._incoming: dict[str, Incoming] = {}

    def placed(self, tracks: tuple[PlacedView, ...]) -> None:
        """What each m-line carries from now on."""
        self._placed = {placed.mid: placed.participant for placed in tracks}
        for participant in self._placed.values():
            self.remotes.setdefault(participant, Remote())

    def listen(self, mid: str, receiver: RTCRtpReceiver) -> None:
        """Decode an m-line until it ends."""
        estimate_nothing(receiver)
        incoming = self._incoming[mid] = Incoming(receiver, Bytes(receiver))
        track = receiver.track
        incoming.task = asyncio.create_task(self._decode(mid, track), name=f"decode {mid}")

    def forget(self, participant: str) -> None:
        """He has left."""
        self.remotes.pop(participant, None)

    def loss_and_rate(self) -> tuple[float, float]:
        """The whole leg: the worst loss, and kbit/s."""
        rates = [remote.kbps for remote in self.remotes.values()]
        return max((remote.loss for remote in self.remotes.values()), default=0.0), sum(rates)

    async def measure(self) -> None:
        """Rates and losses since the last time."""
        rates: dict[str, tuple[float, int, int]] = {}
        for mid, incoming in list(self._incoming.items()):
            participant = self._placed.get(mid)
            kbps, received, lost = await _since(incoming)
            if participant is not None:
                before = rates.get(participant, (0.0, 0, 0))
                rates[participant] = (before[0] + kbps, before[1] + received, before[2] + lost)
        for participant, remote in self.remotes.items():
            kbps, received, lost = rates.get(participant, (0.0, 0, 0))
            remote.kbps = kbps
            remote.loss = lost / (received + lost) if received + lost else 0.0

    async def mend(self) -> None:
        """Ask again for lost packets; where a picture stands still for long, begin anew."""
        now = monotonic()
        for incoming in list(self._incoming.values()):
            if incoming.receiver.track.kind != "video":
                continue
            waiting = Waiting(incoming.receiver)
            if now - incoming.frame_at > PATIENCE and waiting.held > BACKLOG:
                incoming.frame_at = now
                await waiting.start_afresh()
            elif waiting.missing:
                await waiting.ask_again()

    async def stop(self) -> None:
        """Listen no more."""
        tasks = [incoming.task for incoming in self._incoming.values() if incoming.task]
        self._incoming.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _decode(self, mid: str, track: MediaStreamTrack) -> None:
        number = 0
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            number += 1
            if mid in self._incoming:
                self._incoming[mid].frame_at = monotonic()
            remote = self.remotes.get(self._placed.get(mid, ""))
            if remote is not None:
                self._take(remote, frame, number)

    def _take(self, remote: Remote, frame: Any, number: int) -> None:
        if isinstance(frame, VideoFrame):
            remote.frames += 1
            self.first_frame_at = self.first_frame_at or monotonic()
            if number % MEASURE_EACH == 1:
                remote.colour = _colour(frame)
        elif isinstance(frame, AudioFrame):
            remote.sounds += 1
            if number % MEASURE_EACH == 0:
                remote.samples = _left(frame)
                remote.levels.append((monotonic(), rms(remote.samples)))


async def _since(incoming: Incoming) -> tuple[float, int, int]:
    report = await incoming.receiver.getStats()
    now, total = monotonic(), incoming.bytes.total
    kbps = (total - incoming.counted) * 8 / 1000 / max(0.001, now - incoming.at)
    streams = [line for line in report.values() if line.type == "inbound-rtp"]
    received = sum(line.packetsReceived for line in streams)
    lost = sum(line.packetsLost for line in streams)
    news = (kbps, max(0, received - incoming.received), max(0, lost - incoming.lost))
    incoming.counted, incoming.at = total, now
    incoming.received, incoming.lost = received, lost
    return news


def rms(samples: "array[int]") -> float:
    """Loudness, 0 to 1."""
    if not samples:
        return 0.0
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) / FULL


def tone_share(samples: "array[int]", frequency: int) -> float:
    """How much of the sound is this tone, 0 to 1 (Goertzel)."""
    energy = sum(map(mul, samples, samples))
    if not energy:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return float(power * 2 / (len(samples) * energy))


def _left(frame: AudioFrame) -> "array[int]":
    samples: array[int] = array("h", bytes(frame.planes[0]))
    channels = len(frame.layout.channels)
    return samples[: frame.samples * channels : channels]


def _colour(frame: VideoFrame) -> tuple[int, int]:
    """The mean of U and V, from the middle row."""
    return _middle(frame, 1), _middle(frame, 2)


def _middle(frame: VideoFrame, number: int) -> int:
    plane = frame.planes[number]
    start = plane.height // 2 * plane.line_size
    row = bytes(plane)[start : start + plane.width]
    return sum(row) // max(1, len(row))

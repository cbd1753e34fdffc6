"""What comes from the audience, decoded: the last picture of each, and the sound for the mixer.

Only who is shown is decoded, and only who is heard; the worker sends no others, and what is under
way when the scene changes is dropped here.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

import av

from orchestrator.broadcast.sound import Mixer
from signalling.engine import Kind
from signalling.peers.audience import Frame

Key = tuple[str, bool]
"""Whose picture, and whether it is of his screen."""
BACKLOG = 400
STILL = 2.0  # seconds after which a picture that does not move is no picture any more


class Decoding:
    """`take` is called by whoever listens; all else by the one thread that composes."""

    def __init__(self, mixer: Mixer) -> None:
        self.pictures: dict[Key, Any] = {}
        self._came: deque[Frame] = deque(maxlen=BACKLOG)
        self._decoders: dict[str, Any] = {}
        self._seen: dict[Key, float] = {}
        self._mixer = mixer

    def take(self, frame: Frame) -> None:
        """One more."""
        self._came.append(frame)

    def decode(self, shown: Iterable[str], heard: Iterable[str], now: float) -> None:
        """Everything that came by now; `now` in seconds, of a clock that never jumps."""
        shown, heard = frozenset(shown), frozenset(heard)
        self._forget(shown, heard, now)
        while self._came:
            frame = self._came.popleft()
            if frame.kind is Kind.AUDIO and frame.participant in heard:
                self._sound(frame)
            elif frame.kind is Kind.VIDEO and frame.participant in shown:
                self._picture(frame, now)

    def _forget(self, shown: frozenset[str], heard: frozenset[str], now: float) -> None:
        for key in list(self.pictures):
            if key[0] not in shown or now - self._seen[key] > STILL:
                del self.pictures[key]
        wanted = {f"{who} {Kind.VIDEO}" for who in shown} | {f"{who} {Kind.AUDIO}" for who in heard}
        for name in list(self._decoders):
            if name.rpartition(" ")[0] not in wanted:
                del self._decoders[name]

    def _decoded(self, frame: Frame, codec: str) -> list[Any]:
        name = f"{frame.participant} {frame.kind} {frame.of}"
        if name not in self._decoders:
            if not frame.key:
                return []
            self._decoders[name] = av.CodecContext.create(codec, "r")
        try:
            return list(self._decoders[name].decode(av.Packet(frame.data)))
        except av.FFmpegError:  # what somebody sends may be anything
            del self._decoders[name]
            return []

    def _picture(self, frame: Frame, now: float) -> None:
        for picture in self._decoded(frame, "vp8"):
            key = (str(frame.participant), frame.of == "screen")
            self.pictures[key], self._seen[key] = picture, now

    def _sound(self, frame: Frame) -> None:
        for sound in self._decoded(frame, "libopus"):
            for one in av.AudioResampler(format="s16", layout="mono", rate=48_000).resample(sound):
                self._mixer.push(frame.participant, bytes(one.planes[0])[: one.samples * 2])

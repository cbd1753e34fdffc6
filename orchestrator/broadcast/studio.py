"""The thread that composes and encodes: every twentieth of a second a picture, in parts of half a
second, in segments of two. Its clock is seconds since the public page first went on air, so that
times go on after another life of the broadcaster."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestrator.broadcast.boxes import Sample, Tracks, fragment
from orchestrator.broadcast.decode import Decoding
from orchestrator.broadcast.encode import Encoder, lasting
from orchestrator.broadcast.pace import Pace
from orchestrator.broadcast.paint import Painter, Sayings
from orchestrator.broadcast.playlist import PART, PARTS, SEGMENT
from orchestrator.broadcast.scene import Scene, scene_of
from orchestrator.broadcast.sound import RATE, Mixer

BEHIND = 1.0  # seconds of sound that are left out rather than made up for


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the stream. `opens` a segment (with its instant) or `closes` one."""

    tracks: Tracks
    body: bytes
    opens: str | None
    closes: bool
    key: bool = False


class Studio(threading.Thread):
    """Calls `publish` for each part, in this thread. `began` is UTC, in seconds."""

    def __init__(
        self,
        size: tuple[int, int],
        sayings: Sayings,
        began: float,
        publish: Callable[[Part], None],
    ) -> None:
        super().__init__(name="studio", daemon=True)
        self.pace = Pace()
        self.mixer = Mixer()
        self.decoding = Decoding(self.mixer)
        self.bandwidth = 0
        self._size, self._publish = size, publish
        self._painter = Painter(size, sayings)
        self._encoder = Encoder(size)
        self._offset = time.time() - began - time.monotonic()
        self._began = began
        self._scene = Scene()
        self._ending = threading.Event()
        self._sound_at = self._worked = 0.0
        self._missed = self._made = 0

    @property
    def scene(self) -> Scene:
        """What is composed now."""
        return self._scene

    def tell(self, session: Mapping[str, Any], names: Mapping[str, str]) -> None:
        """What every screen is told, and the names of participants."""
        self._scene = scene_of(session, names, *self._size)

    def end(self) -> None:
        """After this part no more."""
        self._ending.set()

    @property
    def now(self) -> float:
        """Seconds since the stream first began."""
        return time.monotonic() + self._offset

    def run(self) -> None:
        """The work of the thread."""
        start = (int(self.now / SEGMENT) + 1) * SEGMENT
        self._sound_at = start
        while not self._ending.is_set():
            if self.now > start + SEGMENT:  # the machine stood still: begin where time is now
                start = (int(self.now / SEGMENT) + 1) * SEGMENT
            self._segment(start)
            start += SEGMENT
            self.pace.judge(
                self._missed / max(1, self._missed + self._made), self._worked / SEGMENT
            )
            self._missed, self._made, self._worked = 0, 0, 0.0

    def _segment(self, start: float) -> None:
        at = datetime.fromtimestamp(self._began + start, UTC)
        instant = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for number in range(PARTS):
            last = self._ending.is_set() or number == PARTS - 1
            self._part(start + number * PART, None if number else instant, closes=last)
            if last:
                return

    def _part(self, start: float, opens: str | None, *, closes: bool) -> None:
        rate, video, audio = self.pace.rate, list[Sample](), list[Sample]()
        count = round(rate * PART)
        for number in range(count):
            due = start + number / rate
            self._wait(due)
            if number and self.now > due + 1 / rate:
                self._missed += 1
                continue
            began = time.thread_time()
            video.append(self._picture(due, key=opens is not None and number == 0))
            audio += self._sound(start + (number + 1) * PART / count)
            self._worked += time.thread_time() - began
            self._made += 1
        tracks = self._encoder.tracks
        assert tracks is not None  # a picture was encoded
        self.bandwidth = self._encoder.bandwidth
        number = round(start / PART) & 0xFFFF_FFFF
        body = fragment(number, lasting(video, start + PART), audio)
        self._publish(Part(tracks=tracks, body=body, opens=opens, closes=closes, key=video[0].key))

    def _wait(self, due: float) -> None:
        left = due - self.now
        if left > 0:
            time.sleep(left)

    def _picture(self, at: float, key: bool) -> Sample:
        scene = self._scene
        self.decoding.decode(scene.shown, scene.heard, time.monotonic())
        self._painter.paint(scene, self.decoding.pictures)
        return self._encoder.picture(self._painter.frame, at, key)

    def _sound(self, until: float) -> list[Sample]:
        if until - self._sound_at > BEHIND:
            self._sound_at = until - PART
        count = round((until - self._sound_at) * RATE)
        began, self._sound_at = self._sound_at, self._sound_at + count / RATE
        return self._encoder.sound(self.mixer.pull(count, self._scene.heard), began)

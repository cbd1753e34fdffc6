"""The program of a recording, composed afterwards: a process apart, of low priority.

    python -m orchestrator.recording.mix FOLDER --limit SECONDS --soon WORDS --lost WORDS

Reads the parts and the scenes, writes `mix.mp4` when it is whole, and `mix.json` on the way: how
far it is. Nothing else is told; killed, it begins anew. docs/recording.md.
"""

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from orchestrator.broadcast.paint import Painter, Sayings
from orchestrator.broadcast.scene import Scene
from orchestrator.broadcast.sound import RATE, WIDTH, summed
from orchestrator.recorded import Found
from orchestrator.recording import shelf
from orchestrator.recording.names import MIX, MIX_LOCK, PROGRESS, SCENES
from orchestrator.recording.reels import Pictures, Reel, Sounds
from orchestrator.recording.scenes import Chapter, Scenes

SIZE = (960, 540)
PICTURES = 20  # a second
NICE = 15
TELL_EVERY = 1.0
LOCKED, EMPTY, TOO_LONG = 3, 4, 5
SETTINGS = {"preset": "veryfast", "crf": "25", "g": str(2 * PICTURES)}


def main(words: Sequence[str] | None = None) -> int:
    """Make it; the exit code says why it could not."""
    parser = argparse.ArgumentParser(prog="orchestrator.recording.mix", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=float, required=True, help="seconds it may take")
    parser.add_argument("--soon", required=True, help="what the slate says")
    parser.add_argument("--lost", required=True, help="what a lost source says; {name}")
    wanted = parser.parse_args(words)
    os.umask(0o077)
    os.nice(NICE)
    lock = os.open(wanted.folder / MIX_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return LOCKED
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    try:
        mix = Mix(wanted.folder, Sayings(soon=wanted.soon, lost=wanted.lost))
        if not mix.parts:
            return EMPTY
        return 0 if mix.make(time.monotonic() + wanted.limit) else TOO_LONG
    finally:
        os.close(lock)


class Mix:
    """One program of one folder."""

    def __init__(self, folder: Path, sayings: Sayings) -> None:
        self.parts = shelf.look(folder)
        self._folder = folder
        self._scenes = Scenes(_lines(folder / SCENES))
        self._began = min((part.began for part in self.parts), default=0)
        self._ended = max((part.ended for part in self.parts), default=0)
        self._painter = Painter(SIZE, sayings)
        self._running: dict[int, Reel] = {}
        self._told = 0.0

    def make(self, deadline: float) -> bool:
        """Compose it all; False when it took too long."""
        fresh = self._folder / f"{MIX}.new"
        with av.open(fresh, "w", format="mp4", options={"movflags": "+faststart"}) as out:
            film = Film(out, self._scenes.chapters(self._began), (self._began, self._ended))
            count = -(-(self._ended - self._began) * PICTURES // 1000)
            for number in range(count):
                self._moment(film, number)
                self._tell(number / count)
                if time.monotonic() > deadline:
                    return False
            film.finish()
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(self._folder / MIX)
        return True

    def _moment(self, film: "Film", number: int) -> None:
        ms = self._began + number * 1000 // PICTURES
        there = [part for part in self.parts if part.began <= ms <= part.ended]
        self._open(there)
        scene = self._scenes.at(ms, SIZE, there)
        self._painter.paint(scene, self._pictures(ms))
        film.picture(self._painter.frame, number)
        film.sound(self._sounds(scene, number))

    def _open(self, there: Sequence[Found]) -> None:
        wanted = {part.number for part in there}
        for number in set(self._running) - wanted:
            self._running.pop(number).close()
        for part in there:
            if part.number not in self._running:
                self._running[part.number] = (
                    Pictures(self._folder, part)
                    if part.kind == "video"
                    else Sounds(self._folder, part, self._began)
                )

    def _pictures(self, ms: int) -> dict[tuple[str, bool], Any]:
        found: dict[tuple[str, bool], Any] = {}
        for reel in self._running.values():
            if isinstance(reel, Pictures) and (picture := reel.at(ms)) is not None:
                found[reel.part.participant, reel.part.of == "screen"] = picture
        return found

    def _sounds(self, scene: Scene, number: int) -> bytes:
        """Of those who were heard then, and nobody else."""
        count = RATE // PICTURES
        taken = [
            (reel.part.participant, reel.pull(number * count, count))
            for reel in self._running.values()
            if isinstance(reel, Sounds)
        ]
        return summed([sound for who, sound in taken if who in scene.heard], count)

    def _tell(self, progress: float) -> None:
        now = time.monotonic()
        if now - self._told > TELL_EVERY:
            self._told = now
            _keep(self._folder / PROGRESS, {"progress": round(progress, 3)})


class Film:
    """The file that is made: H.264 and AAC, with the cues as chapters."""

    def __init__(self, out: Any, chapters: Sequence[Chapter], between: tuple[int, int]) -> None:
        self._out = out
        self._video = out.add_stream("libx264", rate=PICTURES, options=SETTINGS)
        self._video.width, self._video.height = SIZE
        self._video.pix_fmt, self._video.codec_context.thread_count = "yuv420p", 1
        self._audio = out.add_stream("aac", rate=RATE, layout="mono")
        self._audio.bit_rate = 64_000
        self._samples = 0
        out.set_chapters(_chapters(chapters, *between))

    def picture(self, frame: "av.VideoFrame", number: int) -> None:
        """The next one."""
        frame.pts, frame.time_base = number, Fraction(1, PICTURES)
        self._out.mux(self._video.encode(frame))

    def sound(self, samples: bytes) -> None:
        """The sound under it."""
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(samples) // WIDTH)
        frame.planes[0].update(samples)
        frame.rate, frame.pts, frame.time_base = RATE, self._samples, Fraction(1, RATE)
        self._samples += frame.samples
        self._out.mux(self._audio.encode(frame))

    def finish(self) -> None:
        """What the encoders still hold."""
        for stream in (self._video, self._audio):
            self._out.mux(stream.encode(None))


def _chapters(found: Sequence[Chapter], began: int, ended: int) -> list[dict[str, Any]]:
    ends = [one.at for one in found[1:]] + [ended] * bool(found)
    return [
        {
            "id": number,
            "start": one.at - began,
            "end": max(one.at + 1, end) - began,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": one.title},
        }
        for number, (one, end) in enumerate(zip(found, ends, strict=True), 1)
        if one.at < ended
    ]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _keep(path: Path, document: dict[str, float]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document))
    fresh.replace(path)


if __name__ == "__main__":
    sys.exit(main())

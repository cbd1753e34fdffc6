"""The files of a recording: one for each source and each time it comes, written by one thread.

A part `0007-camera.webm` has beside it `0007-camera.json`: whose it is, and when it began. Frames
reach the file as they come, and the disk within a second.
"""

import json
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.recording.matroska import (
    LONGEST,
    NO_DURATION,
    About,
    block,
    cluster,
    duration,
    head,
)
from orchestrator.recording.timeline import Timeline
from orchestrator.store.instants import iso
from signalling.engine import Kind
from signalling.peers.audience import Frame

SYNC_EVERY = 0.8
CLUSTER_EVERY = 1000  # ms
Work = Callable[[], None]
Key = tuple[str, str, Kind]
"""A source that may come again: its participant, where it comes from, and sound or picture."""


class Disk:
    """A thread that writes, so that a slow disk delays no packet. `failed` is why it gave up."""

    def __init__(self) -> None:
        self.failed: OSError | None = None
        self._dirty: set[int] = set()
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="disk", daemon=True)
        self._thread.start()

    def do(self, work: Work) -> None:
        """Do it after what was asked before."""
        self._queue.put(work)

    def close(self) -> None:
        """Finish. Blocking."""
        self._queue.put(None)
        self._thread.join()

    def wrote(self, fd: int) -> None:
        """To be brought to the disk soon (on the thread)."""
        self._dirty.add(fd)

    def closes(self, fd: int) -> None:
        """Bring it to the disk and close it (on the thread)."""
        self._dirty.discard(fd)
        os.fsync(fd)
        os.close(fd)

    def _run(self) -> None:
        synced = time.monotonic()
        while True:
            try:
                work = self._queue.get(timeout=SYNC_EVERY)
            except queue.Empty:
                work = _nothing
            if work is None:
                return
            try:
                if self.failed is None:
                    work()
                if time.monotonic() - synced > SYNC_EVERY:
                    synced = time.monotonic()
                    self._sync()
            except OSError as error:
                self.failed = error

    def _sync(self) -> None:
        for fd in self._dirty:
            os.fdatasync(fd)
        self._dirty.clear()


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose a source is, as the session knows him at the moment."""

    participant: str
    room: str | None
    name: str


class Part:
    """One file, from its first frame on."""

    def __init__(self, disk: Disk, path: Path, whose: Whose, first: Frame) -> None:
        self._disk = disk
        self._path = path
        self._whose, self._of, self._kind = whose, first.of, first.kind
        self._line = Timeline(first.arrived)
        self._source = first.source
        self._cluster = -LONGEST
        self._lost = 0
        self._fd = -1
        began = datetime.fromtimestamp(first.arrived, UTC)
        size = (first.size or (16, 16)) if first.kind is Kind.VIDEO else None
        beginning = head(About(name=f"{whose.name} – {first.of}", began_at=began, size=size))
        self._duration_at = beginning.index(NO_DURATION)
        document = self._document(ended=False)
        disk.do(lambda: self._open(document, beginning))

    def write(self, frame: Frame) -> None:
        """One more frame."""
        if frame.source != self._source:  # published anew: another clock
            self._source = frame.source
            self._line.afresh()
        at = self._line.place(frame.timestamp, frame.rate, frame.arrived)
        self._lost += frame.lost
        data = b""
        begins = self._kind is Kind.VIDEO and frame.key
        if at - self._cluster >= CLUSTER_EVERY or begins:
            self._cluster = at
            data = cluster(at)
        data += block(at - self._cluster, frame.data, key=frame.key)
        self._disk.do(lambda: self._write(data))

    def close(self) -> None:
        """The source is gone: say how long it was."""
        document, length = self._document(ended=True), duration(self._line.last + 1)
        self._disk.do(lambda: self._end(document, length))

    def _document(self, *, ended: bool) -> str:
        began = datetime.fromtimestamp(self._line.began, UTC)
        return json.dumps(
            {
                "participant": self._whose.participant,
                "room": self._whose.room,
                "name": self._whose.name,
                "of": self._of,
                "kind": self._kind.value,
                "began_at": iso(began),
                "began": self._line.began,
                "lost": self._lost,
                "ended": ended,
            },
            ensure_ascii=False,
        )

    # -- on the thread

    def _open(self, document: str, beginning: bytes) -> None:
        _keep(self._path.with_suffix(".json"), document)
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._write(beginning)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        self._disk.wrote(self._fd)

    def _end(self, document: str, length: bytes) -> None:
        os.pwrite(self._fd, length, self._duration_at)
        self._disk.closes(self._fd)
        _keep(self._path.with_suffix(".json"), document)


class Parts:
    """Everything that is being written into one folder."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder, self._disk = folder, disk
        self._open: dict[Key, Part] = {}
        self._number = last_number(folder)

    def take(self, frame: Frame, whose: Whose) -> None:
        """A frame goes into the file of its source; the first, of pictures a key, makes it."""
        key = (whose.participant, frame.of, frame.kind)
        part = self._open.get(key)
        if part is None:
            if not frame.key:
                return
            self._number += 1
            path = self._folder / f"{self._number:04d}-{frame.of}.webm"
            part = self._open[key] = Part(self._disk, path, whose, frame)
        part.write(frame)

    def only(self, present: Iterable[Key]) -> None:
        """Whoever is not among these has gone."""
        for key in set(self._open) - set(present):
            self._open.pop(key).close()


def last_number(folder: Path) -> int:
    """Of the parts that are there; 0 for none. Blocking."""
    numbers = [path.name[:4] for path in folder.glob("[0-9][0-9][0-9][0-9]-*")]
    return max(map(int, numbers), default=0)


def append(path: Path, line: bytes) -> None:
    """One more line, on the disk before this returns. Blocking."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, line)
        os.fsync(fd)
    finally:
        os.close(fd)


def _keep(path: Path, text: str) -> None:
    """Whole or not at all, whatever happens meanwhile."""
    fresh = path.with_suffix(".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)
    fresh.replace(path)

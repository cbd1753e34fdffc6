"""Sees to it that what is to be recorded is recorded, and that what is over is deleted.

What is wanted stands in the store, what is there in the folders: each look compares the two and
repairs the difference, so that it does not matter who was killed when.
"""

import asyncio
import contextlib
import json
import logging
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from orchestrator.cases import recordings as cases
from orchestrator.cases import services
from orchestrator.means import Means
from orchestrator.recorded import Found
from orchestrator.recording import shelf
from orchestrator.recording.mixes import Mixes
from orchestrator.recording.names import FAILED, LOCK, LOG, MIX_LOCK, WANTED, folder_of
from orchestrator.recording.processes import Children, tell_to_end
from orchestrator.session import RUNNING
from orchestrator.store import participants, recordings, sessions
from orchestrator.store.recordings import FAILED as BROKEN
from orchestrator.store.recordings import KEPT, RECORDING, Recording
from rooms.errors import NotFound, Unavailable
from rooms.ids import SessionId

log = logging.getLogger(__name__)

LOOK = 1.0
SWEEP_EVERY = timedelta(hours=1)
# A recorder that was put out of its session and still writes is told once more, by a signal.
PATIENCE = timedelta(seconds=10)
LEAST_FREE = 500 << 20
CLOCK = "clock"


class Keeper:
    """Implements `orchestrator.effects.Recordings`. `url` is where recorders find the wire."""

    def __init__(self, means: Means, data: Path, url: str) -> None:
        self._means = means
        self._data = data
        self._url = url
        self._children = Children()
        self._kicked = asyncio.Event()
        self._swept: datetime | None = None
        self._tries: dict[str, int] = {}
        self._mixes = Mixes(means, data)

    async def start(self, session: SessionId, by: str) -> None:
        """As the port says; Unavailable("recording-no-room") when the disk is full."""
        await self.room()
        await cases.begin(self._means, session, by)
        self.kick()

    async def stop(self, session: SessionId, by: str) -> None:
        """As the port says."""
        await cases.end(self._means, session, by)
        self.kick()

    def kick(self) -> None:
        """Something has changed: look now."""
        self._kicked.set()

    async def room(self) -> None:
        """Unavailable("recording-no-room")."""
        free = await asyncio.to_thread(lambda: shutil.disk_usage(self._data).free)
        if free < LEAST_FREE:
            raise Unavailable("recording-no-room", megabytes=LEAST_FREE >> 20)

    async def run(self) -> None:
        """Look until cancelled; recorders live on."""
        while True:
            self._kicked.clear()
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), LOOK)

    async def look(self) -> None:
        """Compare what is wanted with what is there, and repair the difference."""
        for recording in await self._means.database.read(recordings.open_ones):
            try:
                await self._tend(recording)
            except NotFound:  # deleted meanwhile
                log.info("recording %s is gone", recording.id)
        await self._mixes.look()
        now = self._means.clock()
        if self._swept is None or now - self._swept >= SWEEP_EVERY:
            self._swept = now
            await self.sweep(now)

    async def end_mix(self, recording: str) -> None:
        """Whoever makes its mix is to stop."""
        folder = folder_of(self._data, recording)
        await asyncio.to_thread(tell_to_end, folder / MIX_LOCK)

    async def sweep(self, now: datetime) -> None:
        """Delete what is over, and the folders of what is on no record any more."""
        await self._means.database.write(lambda conn: cases.expired(conn, now))
        known = await self._means.database.read(recordings.everything)
        await asyncio.to_thread(_clear, self._data, {one.id for one in known})

    async def _tend(self, recording: Recording) -> None:
        folder = folder_of(self._data, recording.id)
        if recording.state == RECORDING:
            runs = await self._means.database.read(lambda conn: _runs(conn, recording.session))
            if not runs:
                await cases.end(self._means, recording.session, CLOCK)
            elif await asyncio.to_thread((folder / FAILED).exists):
                await self._settle(recording, BROKEN)
            else:
                await self._record(recording, folder)
        elif await self._writes(recording, folder):
            await self._hurry(recording, folder)
        else:
            await self._settle(recording, KEPT)

    async def _writes(self, recording: Recording, folder: Path) -> bool:
        def look() -> bool:
            return self._children.alive(recording.id) or shelf.is_written(folder)

        return await asyncio.to_thread(look)

    async def _record(self, recording: Recording, folder: Path) -> None:
        if await self._writes(recording, folder):
            await asyncio.to_thread(_tell_where, folder, self._url)
            return
        tries = self._tries[recording.id] = self._tries.get(recording.id, 0) + 1
        if tries > 1:
            log.warning("the recorder of %s is started again", recording.session)
        token = await self._means.database.write(
            lambda conn: participants.renew(conn, recording.participant)
        )
        wanted = {"url": self._url, "token": token}
        await asyncio.to_thread(self._spawn, recording.id, folder, wanted)

    def _spawn(self, recording: str, folder: Path, wanted: dict[str, str]) -> None:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        shelf.mend(folder)
        _write(folder / WANTED, wanted)
        words = ["orchestrator.recording.recorder", str(folder)]
        self._children.spawn(recording, words, folder / LOG)

    async def _hurry(self, recording: Recording, folder: Path) -> None:
        """It was put out of its session: it closes its files and ends. If not, by a signal."""
        now, since = self._means.clock(), recording.stopped_at
        if since is not None and now - since > PATIENCE:
            await asyncio.to_thread(tell_to_end, folder / LOCK)
        await services.take_place(self._means, recording.session, recording.participant)

    async def _settle(self, recording: Recording, state: str) -> None:
        folder = folder_of(self._data, recording.id)
        found, why = await asyncio.to_thread(_close, folder)
        await cases.settled(self._means, recording, state, why, found)


def _runs(conn: Connection, session: SessionId) -> bool:
    return sessions.get(conn, session).session.state in RUNNING


def _close(folder: Path) -> tuple[list[Found], str]:
    """The parts as they are for ever, and why no more were written."""
    if not folder.exists():
        return [], ""
    found = shelf.mend(folder)
    (folder / WANTED).unlink(missing_ok=True)
    why = (folder / FAILED).read_text() if (folder / FAILED).exists() else ""
    return found, why


def _tell_where(folder: Path, url: str) -> None:
    """The service may have come back at another address."""
    try:
        wanted = json.loads((folder / WANTED).read_text())
    except (FileNotFoundError, ValueError):
        return
    if wanted["url"] != url:
        _write(folder / WANTED, {**wanted, "url": url})


def _write(path: Path, document: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(document, file)
    fresh.replace(path)


def _clear(data: Path, known: set[str]) -> None:
    top = folder_of(data, "")
    for folder in top.iterdir() if top.exists() else ():
        if folder.name not in known and not shelf.is_written(folder):
            shutil.rmtree(folder, ignore_errors=True)

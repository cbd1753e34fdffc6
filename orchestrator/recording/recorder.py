"""The recorder of one session: a process apart that writes what is on air, source by source.

    python -m orchestrator.recording.recorder FOLDER

`FOLDER/wanted.json` says where the service is and with which token; `FOLDER/recorder.lock` is held
for as long as it lives. It outlives the service as the media worker does, and ends with the
session, when it is put out of it, on SIGTERM, or when nobody has answered for so long that the
worker has ended too. docs/recording.md.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aioice.ice

from orchestrator.recording.files import Disk, Parts, Whose, append
from orchestrator.recording.names import FAILED, LOCK, SCENES, WANTED
from orchestrator.recording.scenes import said
from signalling.peers.audience import Audience, Frame
from signalling.peers.line import Refused
from signalling.transport.seam import LOOPBACK, host_addresses

LOCKED, NO_ROOM = 3, 5
LOOK = 1.0
ALONE = 90.0
LEAST_FREE = 200 << 20


def main(words: Sequence[str] | None = None) -> int:
    """Run until the end; the exit code says why it could not."""
    parser = argparse.ArgumentParser(prog="orchestrator.recording.recorder", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(words).folder
    os.umask(0o077)
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    if not _locked(lock):
        return LOCKED
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    _gather_at_home()
    return asyncio.run(Recorder(folder).run())


def _locked(lock: int) -> bool:
    """Somebody may be looking whether it is held; a moment later he has seen it."""
    for _ in range(10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def _gather_at_home() -> None:
    """The worker is on this machine: by its addresses, or by loopback where there is no other."""
    hosts = [*host_addresses(), LOOPBACK]
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: hosts


class Recorder:
    """One session, one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wanted = _wanted(folder)
        self._disk = Disk()
        self._parts = Parts(folder, self._disk)
        self._scene = ""
        url, token = self._wanted["url"], self._wanted["token"]
        self._audience = Audience(
            url, token, self._take, client="recorder 0.1", changed=self._changed
        )

    async def run(self) -> int:
        """Until the session is over, or this is."""
        being = asyncio.create_task(self._audience.run(), name="recorder")
        looking = asyncio.create_task(self._look(), name="recorder looks")
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, being.cancel)
        looking.add_done_callback(lambda _: being.cancel())
        try:
            with contextlib.suppress(asyncio.CancelledError, Refused):
                print(f"over: {await being}", file=sys.stderr)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await asyncio.to_thread(self._finish)
        return NO_ROOM if self._disk.failed is not None else 0

    def _finish(self) -> None:
        self._parts.only(())
        self._disk.close()

    def _take(self, frame: Frame) -> None:
        view = self._audience.participants.get(frame.participant)
        if view is not None and view.encrypted:
            return  # what the service has no key to is of no use to anybody
        whose = Whose(
            participant=frame.participant,
            room=view.room if view else None,
            name=view.name if view else "",
        )
        self._parts.take(frame, whose)

    def _changed(self) -> None:
        """Whoever has left has left; a track that is merely published anew goes on in its file."""
        sources = self._audience.sources.values()
        self._note()
        if self._audience.line.connected and self._audience.participants:
            there = set(self._audience.participants)
            self._parts.only(
                (one.participant, one.source, one.kind)
                for one in sources
                if one.participant in there
            )

    def _note(self) -> None:
        """What everybody is shown from now on, for the mix."""
        names = {str(one.id): one.name for one in self._audience.participants.values()}
        scene = said(self._audience.session, names)
        if scene != self._scene:
            self._scene, at = scene, time.time()
            line = f'\n{{"at": {at:.3f}, {scene[1:]}'.encode()
            self._disk.do(lambda: append(self._folder / SCENES, line))

    async def _look(self) -> None:
        """Is there room, and is the service still where it was?"""
        heard = time.monotonic()
        while True:
            await asyncio.sleep(LOOK)
            free = await asyncio.to_thread(lambda: shutil.disk_usage(self._folder).free)
            if self._disk.failed is not None or free < LEAST_FREE:
                self._disk.failed = self._disk.failed or OSError("no room")
                failed = self._folder / FAILED
                await asyncio.to_thread(failed.write_text, str(self._disk.failed))
                return
            if self._audience.line.connected:
                heard = time.monotonic()
            elif time.monotonic() - heard > ALONE or await self._moved():
                return

    async def _moved(self) -> bool:
        return await asyncio.to_thread(_wanted, self._folder) != self._wanted


def _wanted(folder: Path) -> dict[str, Any]:
    """Where the service is, and the token. Blocking."""
    found: dict[str, Any] = json.loads((folder / WANTED).read_text())
    return found


if __name__ == "__main__":
    sys.exit(main())

"""Sees to the mixes that were asked for: one process at a time, made again when it was killed."""

import asyncio
import json
import logging
from pathlib import Path

from orchestrator.cases import mixes as cases
from orchestrator.means import Means
from orchestrator.recorded import Found
from orchestrator.recording import shelf
from orchestrator.recording.names import MIX, MIX_LOCK, MIX_LOG, PROGRESS, folder_of
from orchestrator.recording.processes import Children
from orchestrator.store import recordings
from orchestrator.store.recordings import WAITING, Mix
from orchestrator.words import CATALOGUES

log = logging.getLogger(__name__)

TRIES = 2
# So long it may take: as many times the recording, and a beginning.
TIMES, BEGINNING = 6, 120
WHY = {4: "recording-empty", 5: "recording-mix-too-long"}
LOCALE = "fr"


class Mixes:
    """Looked at by the keeper, again and again."""

    def __init__(self, means: Means, data: Path) -> None:
        self._means = means
        self._data = data
        self._children = Children()
        self._tries: dict[str, int] = {}

    async def look(self) -> None:
        """The oldest wish is carried out; the others wait."""
        asked = await self._means.database.read(recordings.open_mixes)
        if asked:
            await self._tend(asked[0])

    async def _tend(self, mix: Mix) -> None:
        folder, name = folder_of(self._data, mix.recording), mix.recording
        if mix.state == WAITING:
            if not await asyncio.to_thread(shelf.is_written, folder, MIX_LOCK):
                self._tries[name] = 0
                await self._begin(mix, folder)
        elif await asyncio.to_thread(self._runs, folder, name):
            await cases.progressed(self._means, mix, await asyncio.to_thread(_progress, folder))
        elif await asyncio.to_thread((folder / MIX).exists):
            size = await asyncio.to_thread(lambda: (folder / MIX).stat().st_size)
            await cases.made(self._means, mix, size)
        else:
            await self._again(mix, folder)

    def _runs(self, folder: Path, name: str) -> bool:
        return self._children.alive(name) or shelf.is_written(folder, MIX_LOCK)

    async def _again(self, mix: Mix, folder: Path) -> None:
        why = WHY.get(self._children.ended.pop(mix.recording, 0))
        if why is None and self._tries.get(mix.recording, 0) < TRIES:
            log.warning("the mix of %s is begun again", mix.recording)
            await self._begin(mix, folder)
        else:
            await cases.failed(self._means, mix, why or "recording-mix-broken")

    async def _begin(self, mix: Mix, folder: Path) -> None:
        self._tries[mix.recording] = self._tries.get(mix.recording, 0) + 1
        parts = await self._means.database.read(lambda c: recordings.parts(c, mix.recording))
        await cases.began(self._means, mix)
        await asyncio.to_thread(self._spawn, mix.recording, folder, _limit(parts))

    def _spawn(self, name: str, folder: Path, limit: int) -> None:
        for old in (MIX, PROGRESS):
            (folder / old).unlink(missing_ok=True)
        words = ["orchestrator.recording.mix", str(folder), "--limit", str(limit)]
        words += ["--soon", CATALOGUES[LOCALE]["public-soon"]]
        words += ["--lost", CATALOGUES[LOCALE]["public-lost"]]
        self._children.spawn(name, words, folder / MIX_LOG)


def _limit(parts: list[Found]) -> int:
    began = min((part.began for part in parts), default=0)
    ended = max((part.ended for part in parts), default=0)
    return BEGINNING + TIMES * (ended - began) // 1000


def _progress(folder: Path) -> float:
    try:
        return float(json.loads((folder / PROGRESS).read_text())["progress"])
    except (FileNotFoundError, ValueError):
        return 0.0

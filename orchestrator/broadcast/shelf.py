"""The files of the stream that players may have now, and those who wait for the next one."""

import asyncio
from collections.abc import Callable

from orchestrator.broadcast import playlist
from orchestrator.broadcast.boxes import Tracks, initial
from orchestrator.broadcast.playlist import PART, Asked, Window
from orchestrator.broadcast.studio import Part

WITHIN = 3 * playlist.SEGMENT  # seconds a player is kept waiting (6.2.5.2)
PARTS_KEPT = playlist.WITH_PARTS + 1


class Shelf:
    """Of one loop. `changed` is called after each part."""

    def __init__(self, life: int, first: int, changed: Callable[[], None] = lambda: None) -> None:
        self.window = Window(life, first)
        self.tracks: Tracks | None = None
        self.caption = ""
        self._files: dict[str, bytes] = {}
        self._parts: list[bytes] = []
        self._texts: dict[bool, bytes] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._changed = changed

    def put(self, part: Part) -> None:
        """One more part is there; whoever waited looks again."""
        if self.tracks is None:
            self.tracks = part.tracks
            self._files[playlist.initial_name(self.window.life)] = initial(part.tracks)
        if part.opens is not None:
            self.window.begin(part.opens)
            self._parts = []
        number = self.window.segments[-1].number
        index = self.window.add(PART, part.key)
        self._parts.append(part.body)
        self._files[playlist.part_name(number, index)] = part.body
        if part.closes:
            self._files[playlist.segment_name(number)] = b"".join(self._parts)
            for gone in self.window.close():
                self._files.pop(playlist.segment_name(gone), None)
            for index in range(playlist.PARTS):
                self._files.pop(playlist.part_name(number - PARTS_KEPT, index), None)
        self._tell()

    def end(self) -> None:
        """No more parts will come."""
        if self.window.segments and not self.window.segments[-1].whole:
            number = self.window.segments[-1].number
            self._files[playlist.segment_name(number)] = b"".join(self._parts)
            self.window.close()
        self.window.ended = True
        self._tell()

    def file(self, name: str) -> bytes | None:
        """A file that is there."""
        return self._files.get(name)

    async def text(self, asked: Asked) -> bytes:
        """The media playlist, once it has what is asked.

        Raises:
            Unready: it is too far ahead.
            TimeoutError: it did not come.
        """
        await self._until(lambda: self.tracks is not None and self.window.has(asked))
        if asked.skip not in self._texts:
            self._texts[asked.skip] = self.window.text(asked.skip).encode()
        return self._texts[asked.skip]

    async def part(self, name: str) -> bytes | None:
        """A file; a part that is hinted is waited for. None where it is not and will not come.

        Raises:
            TimeoutError: it did not come.
        """
        wanted = playlist.part_of(name)
        if wanted is None or name in self._files or not self._hinted(name):
            return self._files.get(name)
        await self._until(lambda: self.window.ended or self.window.has(wanted))
        return self._files.get(name)

    def _hinted(self, name: str) -> bool:
        return f'"{name}"' in self.window.text().rpartition("#EXT-X-PRELOAD-HINT")[2]

    async def _until(self, there: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN):
            while not there():
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiting.discard(waiter)

    def _tell(self) -> None:
        self._texts.clear()
        waiting, self._waiting = self._waiting, set()
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._changed()

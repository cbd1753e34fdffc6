"""The press as the service sees it: a child for each paper, bounded in time, memory and bytes."""

import asyncio
import contextlib
import json
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.desk_table import Paper, Picture, Place
from orchestrator.papers import letters
from rooms.errors import Invalid, TooMany

SCRIPT = Path(__file__).with_name("press.py")
WITHIN = 30.0
"""Seconds of the wall clock; the child gives itself fewer of the processor's."""
WAITING = 8
"""Papers that may wait while one is pressed."""
MOST = 40 * 1024 * 1024
PDF = "application/pdf"
REFUSALS = frozenset({"paper-locked", "paper-broken", "paper-too-long", "paper-too-heavy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a visitor drew (points of a pad of 1000 by 400) or typed, and the line below it."""

    strokes: Sequence[Sequence[tuple[int, int]]]
    name: str
    said: str


class Press:
    """One paper at a time; a few wait for their turn."""

    def __init__(self, script: Path = SCRIPT, within: float = WITHIN) -> None:
        self._script = script
        self._within = within
        self._turn = asyncio.Semaphore(1)
        self._asked = 0

    async def pages(self, file: bytes) -> tuple[Picture, ...]:
        """The pages of a PDF as pictures; Invalid with the reason for one that is refused."""
        return await self._pressed({"do": "pages", "type": PDF}, file)

    async def sign(
        self, paper: Paper, place: Place, signature: Signature
    ) -> tuple[Picture, Picture]:
        """The file with this drawn onto the page that is shown, and a picture of that page.

        Invalid("unwritable-name") for a typed name with letters that the font does not have.
        """
        name = letters.joined(signature.name)
        if not letters.are_known(name):
            raise Invalid("unwritable-name")
        order = {
            "do": "sign",
            "type": paper.file.content_type,
            "page": paper.page,
            "place": place.value,
            "strokes": signature.strokes,
            "name": name,
            "said": letters.made_known(signature.said),
        }
        file, page = await self._pressed(order, paper.file.body)
        return file, page

    async def _pressed(self, order: dict[str, Any], file: bytes) -> tuple[Picture, ...]:
        if self._asked > WAITING:
            raise TooMany("paper-busy", retry_after=int(self._within))
        self._asked += 1
        try:
            async with self._turn:
                return await self._press(order, file)
        finally:
            self._asked -= 1

    async def _press(self, order: dict[str, Any], file: bytes) -> tuple[Picture, ...]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(self._script)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env={},
        )
        try:
            async with asyncio.timeout(self._within):
                told = await _talked(process, order, file)
                await process.wait()
        except TimeoutError:
            raise Invalid("paper-too-heavy") from None
        finally:
            if process.returncode is None:
                await _ended(process)
        return _parsed(told)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Killed, waited for, and its pipes at their end: what is not read keeps one open."""
    assert process.stdout is not None
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    while await process.stdout.read(1 << 18):
        pass
    await process.wait()


async def _talked(process: asyncio.subprocess.Process, order: dict[str, Any], file: bytes) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    head = json.dumps(order).encode()
    told = asyncio.create_task(_told(process.stdout), name="paper told")
    try:
        with contextlib.suppress(ConnectionError):  # it died: what it told says so
            process.stdin.write(struct.pack(">I", len(head)) + head + file)
            await process.stdin.drain()
            process.stdin.close()
        return await told
    finally:
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)  # two cannot read of one pipe


async def _told(stream: asyncio.StreamReader) -> bytes:
    chunks, size = [], 0
    while chunk := await stream.read(1 << 18):
        size += len(chunk)
        if size > MOST:
            raise Invalid("paper-too-heavy")
        chunks.append(chunk)
    return b"".join(chunks)


def _parsed(told: bytes) -> tuple[Picture, ...]:
    """What the child answered; nothing it says is believed beyond its form."""
    try:
        (long,) = struct.unpack(">I", told[:4])
        head = json.loads(told[4 : 4 + long])
        if refused := head.get("refused"):
            raise Invalid(refused if refused in REFUSALS else "paper-broken")
        kinds, sizes = head["types"], head["sizes"]
        found, at = [], 4 + long
        for kind, size in zip(kinds, sizes, strict=True):
            if kind not in ("image/png", "image/jpeg", PDF) or size <= 0 or at + size > len(told):
                raise ValueError(kind)
            found.append(Picture(content_type=kind, body=told[at : at + size]))
            at += size
    except (struct.error, ValueError, KeyError, TypeError, AttributeError):
        raise Invalid("paper-too-heavy" if not told else "paper-broken") from None
    return tuple(found)

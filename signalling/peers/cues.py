"""The cues of a peer: kept with all they show, acknowledged by hash, fired by the service's clock.

The twin of `cues.js`. A peer has no screen: what it would show is noted, and told as a page does.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import aiohttp

from signalling.clock import ARMED_FOR, Answer, OffsetClock, wait
from signalling.messages import ClientMessage
from signalling.messages_cues import (
    AskClock,
    ClockTold,
    Content,
    CueFire,
    CueFired,
    CueLoad,
    CueReady,
    CueRecall,
    CueRefused,
    WhyNot,
)

log = logging.getLogger(__name__)
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"
TRY_AGAIN = 15.0
WITHIN = aiohttp.ClientTimeout(total=None, sock_connect=20, sock_read=20)
LULL = 60.0
OfCues = ClockTold | CueLoad | CueFire | CueRecall
Say = Callable[[ClientMessage], Awaitable[bool]]
Fetch = Callable[[Content], Awaitable[bytes]]


class OtherBytes(Exception):
    """What arrived is not what was announced."""


@dataclass(slots=True)
class Held:
    """One that was loaded; `at` is its instant by the service's clock, in seconds since 1970."""

    load: CueLoad
    kept: bool = False
    at: float | None = None
    fired_at: float | None = None


def over_http(url: str, token: str) -> Fetch:
    """Fetches from the service whose wire is at this address."""
    address = url.replace("ws", "http", 1).partition("/ws/")[0]

    async def fetch(content: Content) -> bytes:
        headers = {"Authorization": f"Bearer {token}"}
        body = bytearray()
        async with (
            aiohttp.ClientSession(timeout=WITHIN) as http,
            http.get(address + content.url, headers=headers, raise_for_status=True) as answer,
        ):
            async for part in answer.content.iter_any():
                body += part
                if len(body) > content.size:
                    raise OtherBytes(content.sha256)
        return bytes(body)

    return fetch


class PeerCues:
    """`await run()` beside the line until cancelled."""

    def __init__(self, say: Say, fetch: Fetch, own: Callable[[], float] = monotonic) -> None:
        self._say = say
        self._fetch = fetch
        self._own = own
        self._clock = OffsetClock()
        self._held: dict[str, Held] = {}
        self._bytes: set[str] = set()
        self._untold: list[CueFired] = []
        self._asked = 0
        self._ask_at = 0.0
        self._stirred = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ask for the time while there is something to keep, and fire what is due."""
        try:
            while True:
                self._stirred.clear()
                await self._fire()
                await self._ask()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stirred.wait(), self._until_next())
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def welcomed(self, *, resumed: bool) -> None:
        """There is a line again, to the same service or to another."""
        if not resumed:
            self._clock.restart()
        self._asked, self._ask_at = 0, self._own()
        self._stirred.set()

    async def joined(self) -> None:
        """We are in: what was shown while nobody could be told is told."""
        self._untold = [one for one in self._untold if not await self._say(one)]

    async def hear(self, message: OfCues) -> None:
        """What the service says of them."""
        match message:
            case ClockTold(sent=sent, at=at):
                first = self._clock.read(self._own()) is None
                self._clock.hear(Answer(sent=sent, heard=self._own(), at=_seconds(at)))
                for held in self._held.values() if first else ():
                    self._prepare(held)
            case CueLoad():
                self._load(message)
            case CueFire(cue=cue, version=version, at=at):
                self._arm(cue, version, _seconds(at))
            case CueRecall(cue=cue, version=version):
                if cue in self._held and self._held[cue].load.version <= version:
                    del self._held[cue]
        self._stirred.set()

    def figures(self) -> list[dict[str, Any]]:
        """What is kept, and when each was shown by the service's clock."""
        return [
            {
                "cue": held.load.cue,
                "kind": held.load.kind.value,
                "title": held.load.title,
                "text": held.load.text,
                "kept": held.kept,
                "fired_at": None if held.fired_at is None else _instant(held.fired_at),
            }
            for held in self._held.values()
        ]

    @property
    def _now(self) -> float | None:
        reading = self._clock.read(self._own())
        return None if reading is None else self._own() + reading.offset

    def _load(self, load: CueLoad) -> None:
        known = self._held.get(load.cue)
        if known is not None and known.load.version > load.version:
            return
        if known is None or known.load.version < load.version:
            known = self._held[load.cue] = Held(load)
        if len(self._held) == 1:
            self._asked, self._ask_at = 0, self._own()
        self._prepare(known)

    def _arm(self, cue: str, version: int, at: float) -> None:
        held = self._held.get(cue)
        if held is not None and held.load.version == version and at != held.at:
            held.at, held.fired_at = at, None
            self._ask_at = min(self._ask_at, self._own())

    def _prepare(self, held: Held) -> None:
        if self._clock.read(self._own()) is not None:  # else with the first answer
            self._task(self._keep(held))

    async def _keep(self, held: Held) -> None:
        load = held.load
        try:
            for content in load.contents:
                await self._bring(content)
        except (OtherBytes, aiohttp.ClientError, OSError, TimeoutError) as trouble:
            why = WhyNot.HASH if isinstance(trouble, OtherBytes) else WhyNot.FETCH
            await self._say(CueRefused(cue=load.cue, version=load.version, why=why))
            await asyncio.sleep(TRY_AGAIN)
            if self._held.get(load.cue) is held:
                self._prepare(held)
            return
        if self._held.get(load.cue) is held:
            held.kept = True
            await self._say(self._ready(load))

    async def _bring(self, content: Content) -> None:
        if content.sha256 in self._bytes:
            return
        body = await self._fetch(content)
        if hashlib.sha256(body).hexdigest() != content.sha256:
            raise OtherBytes(content.sha256)
        self._bytes.add(content.sha256)  # there is no screen to show them on

    def _ready(self, load: CueLoad) -> CueReady:
        reading = self._clock.read(self._own())
        return CueReady(
            cue=load.cue,
            version=load.version,
            sha256=tuple(one.sha256 for one in load.contents),
            rtt_ms=1000 * self._clock.worst_trip(),
            error_ms=0.0 if reading is None else 1000 * reading.error,
        )

    async def _fire(self) -> None:
        for held in list(self._held.values()):
            now = self._now
            if held.at is None or held.fired_at is not None or now is None or now < held.at:
                continue
            held.fired_at = now
            load = held.load
            told = CueFired(cue=load.cue, version=load.version, at=_instant(now))
            if not await self._say(told):
                self._untold.append(told)

    async def _ask(self) -> None:
        if not self._held or self._own() < self._ask_at:
            return
        if await self._say(AskClock(sent=self._own())):
            self._asked += 1
            self._ask_at = self._own() + wait(self._asked, self._near())
        else:
            self._ask_at = self._own() + LULL  # the next line asks at once

    def _armed(self) -> list[float]:
        return [one.at for one in self._held.values() if one.at is not None and not one.fired_at]

    def _near(self) -> bool:
        now = self._now
        return now is not None and any(at - now < ARMED_FOR for at in self._armed())

    def _until_next(self) -> float | None:
        now, waits = self._now, []
        if self._held:
            waits.append(self._ask_at - self._own())
        if now is not None:
            waits += [at - now for at in self._armed()]
        return max(0.001, min(waits)) if waits else None

    def _task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="keeping a cue")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(INSTANT)

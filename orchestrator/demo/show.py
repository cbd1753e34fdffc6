"""The plot: booked, called, joined, seen and heard, one muted and unmuted."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import TextIO

from orchestrator.demo.rooms import Rooms
from orchestrator.demo.stage import Stage
from orchestrator.demo.table import Screen, draw
from orchestrator.demo.verdict import Verdict
from orchestrator.words import words

MUTED = "villefort-visio"
TITLE = "Inauguration simultanée des télécentres"
STEP = 0.25
ACT = 25.0  # seconds any act may take


class Show:
    """One inauguration on a stage that is set. `play()` says whether it was one."""

    def __init__(self, stage: Stage, rooms: Rooms, locale: str, out: TextIO = sys.stdout) -> None:
        self._stage = stage
        self._rooms = rooms
        self._locale = locale
        self._screen = Screen(out)
        self.verdict = Verdict(sites=rooms.sites, muted=MUTED)
        self.link = ""

    def say(self, key: str, **facts: object) -> None:
        """A sentence of the catalogue, above the table."""
        self._screen.say(words(key, self._locale, facts))

    async def play(self) -> bool:
        """The whole plot, to the last table."""
        if not await self._until(lambda: self._rooms.connected):
            self.say("demo-no-screens")
            return False
        if not await self._book():
            return False
        await self._until(self.verdict.complete)
        await self._mute_and_unmute()
        self._screen.last(self._table())
        self.say("demo-success" if self.verdict.success() else "demo-failure")
        return self.verdict.success()

    async def stay(self) -> None:
        """Keep the table alive until we are interrupted."""
        while True:
            await self._look()
            await asyncio.sleep(1.0)

    async def _book(self) -> bool:
        self.say("demo-booking")
        answer = await self._stage.book(TITLE)
        if not answer.accepted:
            self.say("demo-refused", reason=answer.comment)
            return False
        self.link = answer.link
        self.say("demo-booked", link=answer.link)
        return True

    async def _mute_and_unmute(self) -> None:
        verdict, place = self.verdict, self.verdict.sites[MUTED].name
        async with self._stage.person(self._stage.cast.animateur) as animateur:
            if not await self._until(lambda: verdict.everybody_hears(MUTED)):
                return
            self.say("demo-mute", place=place)
            await animateur.command(MUTED, "audio.mic.set", on=False)
            verdict.mute_observed = await self._until(lambda: verdict.nobody_hears(MUTED))
            self.say("demo-unmute", place=place)
            await animateur.command(MUTED, "audio.mic.set", on=True)
            verdict.unmute_observed = await self._until(lambda: verdict.everybody_hears(MUTED))

    async def _until(self, true: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + ACT
        while time.monotonic() < deadline:
            await self._look()
            if true():
                return True
            await asyncio.sleep(STEP)
        return False

    async def _look(self) -> None:
        await self._rooms.look()
        self._screen.show(self._table())

    def _table(self) -> str:
        return draw(self.verdict.sites.values(), self._locale)

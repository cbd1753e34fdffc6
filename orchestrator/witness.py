"""Sees to it that a kill loses nothing of what a ceremony's report tells.

While a ceremony is open it writes every two seconds that the service is there, so that its
absence can be read afterwards, and notes when the media worker is lost and back. Once a ceremony
is over its report is kept, before the figures it is made of are dropped.
"""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.cases import evidences
from orchestrator.cases.conductor import CLOCK
from orchestrator.means import Means
from orchestrator.store import audit
from orchestrator.store import evidence as rows
from rooms.ids import SessionId
from signalling.ports import Json

EVERY, SELDOM = 0.5, 5.0
SEEN_EVERY = timedelta(seconds=2)
SETTLES = timedelta(seconds=30)
"""After its end the last words of pages come in."""
KEPT_UNTIL = timedelta(days=25)
"""Figures are dropped after thirty."""


class Witness:
    """Looks for as long as the service runs."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._life: int | None = None
        self._seen: datetime | None = None
        self._flowed: dict[SessionId, bool] = {}
        """Of each ceremony in which somebody had a leg: whether anybody has one now."""
        self._legs: dict[SessionId, frozenset[str]] = {}
        """Who had one, when anybody had."""
        self._looked: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            busy = await self.look()
            await asyncio.sleep(EVERY if busy else SELDOM)

    async def look(self) -> bool:
        """Whether a ceremony is open."""
        now, database = self._means.clock(), self._means.database
        if self._life is None:
            self._life = await database.write(lambda conn: rows.begin_life(conn, now))
        running = await database.read(rows.running)
        if running and (self._seen is None or now - self._seen >= SEEN_EVERY):
            life, self._seen = self._life, now
            await database.write(lambda conn: rows.go_on_living(conn, life, now))
        for session in running:
            await self._look_at(session, now)
        self._flowed = {one: flows for one, flows in self._flowed.items() if one in running}
        self._legs = {one: legs for one, legs in self._legs.items() if one in running}
        await self._keep(now)
        return bool(running)

    async def _look_at(self, session: SessionId, now: datetime) -> None:
        figures = await self._means.wire.figures(session)
        seats = figures["participants"]
        here = frozenset(str(one["id"]) for one in seats)
        legs = frozenset(str(one["id"]) for one in seats if _has_leg(one))
        flows = bool(legs)
        if flows:
            self._legs[session] = legs
        elif not here & self._legs.get(session, frozenset()):
            return  # nobody is there who had a leg: who has just come has none yet
        if session not in self._flowed:
            if not flows:
                return
            self._flowed[session] = await self._flowed_before(session, now)
        if flows == self._flowed[session]:
            return
        self._flowed[session] = flows
        action = "media.back" if flows else "media.lost"
        await self._means.database.write(
            lambda conn: audit.record(conn, now, CLOCK, action, session)
        )

    async def _flowed_before(self, session: SessionId, now: datetime) -> bool:
        """Whether what was noted last, perhaps by an earlier life, is that it flows."""

        def last(conn: Connection) -> bool:
            return rows.last_of_media(conn, session, now) != "media.lost"

        return await self._means.database.read(last)

    async def _keep(self, now: datetime) -> None:
        if self._looked is not None and now - self._looked < SETTLES:
            return
        self._looked = now
        ended = await self._means.database.read(
            lambda conn: rows.unkept(conn, now - SETTLES, now - KEPT_UNTIL)
        )
        for session in ended:
            await evidences.keep(self._means, session)


def _has_leg(seat: Json) -> bool:
    return bool(seat.get("publish") or seat.get("subscribe"))

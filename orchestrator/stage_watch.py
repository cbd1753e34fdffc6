"""What is seen of a ceremony's sources and desks, four times a second, told to its stage.

A source is there while it has a place on the wire, and flows while packets of it arrive. Where no
worker answers, or one has just begun to, or the service has: nobody is judged by his silence until
people have had the time to come back, so that the program stays as it was.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from orchestrator.cases import stagings as cases
from orchestrator.cases.conductor import Conductor
from orchestrator.session import RUNNING
from orchestrator.stage_signal import Arriving, Signal, Steady, signal, steadied
from orchestrator.stage_table import SLATE_AFTER, SourceState
from orchestrator.staging import Fact, Staging
from orchestrator.store import stagings
from orchestrator.store.tables import sessions as session_rows
from orchestrator.store.tables_stagings import stagings as rows
from rooms.errors import MargerideError, NotFound
from rooms.ids import SessionId
from signalling.engine import Kind
from signalling.ports import Json

log = logging.getLogger(__name__)

EVERY, SELDOM = 0.25, 1.0
QUIET = timedelta(seconds=1)
"""Without a packet for so long a source is silent; a quiet microphone sends twice as often."""
TOLD_IN = timedelta(seconds=0.3)
"""The ladder is read so far ahead: a slate that is due in 2 s stands on every screen by then, and
has to be kept, told and drawn before."""
SETTLES = timedelta(seconds=10)
DESK_LOST = timedelta(seconds=15)
SENDS = ("room", "person", "guest", "encoder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A publisher's leg as last seen, and when its packets last grew."""

    leg: str
    packets: int
    at: datetime


class StageWatch:
    """Looks for as long as the service runs."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor
        self._means = conductor.means
        self._flows: dict[tuple[SessionId, str], Flow] = {}
        self._signals: dict[tuple[SessionId, str], Steady] = {}
        self._settled: dict[SessionId, datetime] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("a look at the stages failed; the next one comes")
            await asyncio.sleep(self.until_next())

    def until_next(self) -> float:
        """Seconds until the next look; one falls on the very instant at which a slate is due."""
        if not self._settled:
            return SELDOM
        now = self._means.clock()
        due = [flow.at + SLATE_AFTER - TOLD_IN - now for flow in self._flows.values()]
        return min([EVERY, *(one.total_seconds() for one in due if one > timedelta())])

    async def look(self) -> None:
        """Tell every stage that is set up what is seen now."""
        found = await self._means.database.read(_running)
        for session in self._settled.keys() - found.keys():
            del self._settled[session]
            await self._empty(session)
        for session, staging in found.items():
            try:
                await self._look_at(session, staging)
            except MargerideError as refusal:  # its session ended meanwhile
                log.debug("the stage of %s: %s", session, refusal)
        self._forget(found)

    async def _empty(self, session: SessionId) -> None:
        """Its session runs no more: if it is opened again, everybody comes to the wings."""
        with contextlib.suppress(NotFound):
            people = frozenset(one for of, one in self._conductor.desks if of == session)
            await cases.learn(self._conductor, session, {}, people)

    async def _look_at(self, session: SessionId, staging: Staging) -> None:
        now = self._means.clock()
        figures = await self._means.wire.figures(session)
        seats = [one for one in figures["participants"] if one.get("kind") in SENDS]
        settled = self._settled.setdefault(session, now + SETTLES)
        if seats and not any(one.get("publish") or one.get("subscribe") for one in seats):
            settled = self._settled[session] = now + SETTLES  # no worker, or a new one
        facts = dict(self._facts(session, seats, now))
        if now < settled:
            facts = _as_it_was(staging, facts)
        facts = {name: _since(fact, settled) for name, fact in facts.items()}
        lost = self._lost(session, staging, now)
        await cases.learn(self._conductor, session, facts, lost, ahead=TOLD_IN)

    def _facts(
        self, session: SessionId, seats: Iterable[Json], now: datetime
    ) -> Iterable[tuple[str, Fact]]:
        for seat in seats:
            flow = self._flow(session, seat, now)
            name = seat.get("room") or seat["id"]
            if flow is None:
                if seat.get("room"):
                    yield name, Fact()
            elif now - flow.at <= QUIET:
                yield name, Fact(flows=True, signal=self._signal(session, seat, now))
            else:
                yield name, Fact(silent_since=flow.at)

    def _flow(self, session: SessionId, seat: Json, now: datetime) -> Flow | None:
        """What he sends; the last that was known when his leg is gone, None when he never did."""
        key, leg = (session, str(seat["id"])), seat.get("publish")
        known = self._flows.get(key)
        if leg is None or leg.get("state") != "connected":
            return known
        packets, quiet = _packets(leg), leg.get("quiet_ms")
        if known is None or (known.leg, known.packets) != (leg["id"], packets):
            at = now if quiet is None else now - timedelta(milliseconds=quiet)
            known = self._flows[key] = Flow(leg=leg["id"], packets=packets, at=at)
        return known

    def _signal(self, session: SessionId, seat: Json, now: datetime) -> Signal | None:
        """What comes of him; None from an older worker, which does not say."""
        leg = seat.get("publish")
        told = [] if leg is None else leg.get("arrivals") or []
        key = (session, str(seat["id"]))
        if told:
            seen = signal(_arriving(one) for one in told)
            self._signals[key] = steadied(self._signals.get(key), seen, now)
        known = self._signals.get(key)
        return None if known is None else known.signal

    def _lost(self, session: SessionId, staging: Staging, now: datetime) -> frozenset[str]:
        heard = self._conductor.desks
        there = {
            person: heard.setdefault((session, person), now) for person in staging.direction.here
        }
        return frozenset(person for person, at in there.items() if now - at > DESK_LOST)

    def _forget(self, found: Mapping[SessionId, Staging]) -> None:
        self._flows = {key: flow for key, flow in self._flows.items() if key[0] in found}
        self._signals = {key: one for key, one in self._signals.items() if key in self._flows}
        for key in [key for key in self._conductor.desks if key[0] not in found]:
            del self._conductor.desks[key]


def _since(fact: Fact, settled: datetime) -> Fact:
    """Nobody's silence counts before people have had the time to come back."""
    if fact.silent_since is None or fact.silent_since >= settled:
        return fact
    return replace(fact, silent_since=settled)


def _arriving(told: Json) -> Arriving:
    return Arriving(
        source=str(told["source"]),
        layers=int(told["layers"]),
        asked=int(told["asked"]),
        is_sound=told["kind"] == Kind.AUDIO,
    )


def _packets(leg: Json) -> int:
    counts: dict[str, Any] = leg.get("counts") or {}
    return int(counts.get("packets", 0))


def _as_it_was(staging: Staging, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Whoever flows does; of all others nothing new is said."""
    there = (one.id for one in staging.stage.sources if one.state is not SourceState.ABSENT)
    known = {name: fact if fact.flows else Fact() for name, fact in facts.items()}
    return {name: Fact() for name in there} | known


def _running(conn: Connection) -> dict[SessionId, Staging]:
    running = (
        select(rows.c.session_id)
        .join(session_rows, session_rows.c.id == rows.c.session_id)
        .where(session_rows.c.state.in_(RUNNING))
    )
    ids = [SessionId(row.session_id) for row in conn.execute(running)]
    return {session: stagings.get(conn, session)[1] for session in ids}

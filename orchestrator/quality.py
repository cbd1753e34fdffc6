"""Keeps how media flow in each session: a row for each participant every quarter of a minute.

Once a day what has been kept long enough is dropped: the quality of sessions and tests of lines.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.means import utc_now
from orchestrator.store import line_tests, quality
from orchestrator.store.database import Database
from orchestrator.store.quality import Sample
from rooms.errors import Unavailable
from rooms.ids import ParticipantId, SessionId
from signalling.engine import EngineState, Leg, LegState, MediaEngine, Member
from signalling.ports import Json

EVERY = 15.0
DROPPED_EVERY = timedelta(days=1)
FRESH = timedelta(seconds=3 * EVERY)
LOSSY = 0.05
HELD_DOWN = ("line", "centre")
Reports = Mapping[tuple[SessionId, ParticipantId], list[Json]]
"""What pages measure of their own legs, by seat."""


class Quality:
    """The timer. `reports` are the pages' last, `observe` is shown what the worker says."""

    def __init__(
        self,
        database: Database,
        engine: MediaEngine,
        reports: Callable[[], Reports],
        observe: Callable[[EngineState], None],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._engine = engine
        self._reports = reports
        self._observe = observe
        self._clock = clock
        self._dropped: datetime | None = None
        self._last: dict[ParticipantId, Sample] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Keep how it is now; drop what is too old."""
        now = self._clock()
        if self._dropped is None or now - self._dropped >= DROPPED_EVERY:
            await self._database.write(lambda conn: _drop(conn, now))
            self._dropped = now
        try:
            state = await self._engine.state()
        except Unavailable:
            return
        self._observe(state)
        samples = taken(state, self._reports(), now)
        self._last = {sample.participant: sample for sample in samples}
        if samples:
            await self._database.write(lambda conn: quality.keep(conn, samples))

    def last(self) -> Mapping[ParticipantId, Sample]:
        """The last sample of everybody who has one."""
        return self._last

    def ails(self, participant: ParticipantId) -> tuple[str, Json] | None:
        """What is wrong with somebody's line now: the key of the sentence and its facts."""
        sample = self._last.get(participant)
        if sample is None or self._clock() - sample.at > FRESH:
            return None
        return ails(sample.legs)


QUALITY: web.AppKey[Quality] = web.AppKey("quality", Quality)


def ails(legs: Mapping[str, Json]) -> tuple[str, Json] | None:
    """What loses packets comes before what carries too little."""
    loss = max((leg["loss"] for leg in legs.values()), default=0.0)
    if loss >= LOSSY:
        return "line-loses", {"percent": round(100 * loss)}
    down = legs.get("subscribe")
    if down and down["available_kbps"] and any(down["why"].get(why) for why in HELD_DOWN):
        return "line-lowers", {"kbps": round(down["available_kbps"])}
    return None


def taken(state: EngineState, reports: Reports, now: datetime) -> list[Sample]:
    """A sample of everybody who has a connected leg."""
    found = []
    for session, members in state.sessions.items():
        for member in members:
            legs = _figures(member, reports.get((session, member.participant), []))
            carries = member.tracks or any(leg.tracks or leg.choices for leg in member.legs)
            if legs and carries:  # who waits in the lobby lives through nothing
                sample = Sample(session=session, participant=member.participant, at=now, legs=legs)
                found.append(sample)
    return found


def _figures(member: Member, reported: list[Json]) -> dict[str, Json]:
    said = {report["role"]: report for report in reported}
    return {
        leg.role.value: _of_leg(leg, said.get(leg.role.value, {}))
        for leg in member.legs
        if leg.state is LegState.CONNECTED
    }


def _of_leg(leg: Leg, said: Json) -> Json:
    """The worker's figures, and what only the page can know."""
    return {
        "kbps": round(leg.kbps, 1),
        "loss": round(leg.loss, 4),
        "rtt_ms": leg.rtt_ms if leg.rtt_ms is not None else said.get("rtt_ms"),
        "fps": said.get("fps"),
        "frozen": said.get("frozen"),
        "concealed": said.get("concealed"),
        "available_kbps": leg.available_kbps,
        "why": dict(Counter(choice.why.value for choice in leg.choices)),
        "path": leg.path.transport.value if leg.path else None,
    }


def _drop(conn: Connection, now: datetime) -> None:
    line_tests.drop(conn, now)
    quality.drop(conn, now)

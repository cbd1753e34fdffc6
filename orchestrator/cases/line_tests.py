"""Tests of a centre's line through the real media path: a session of the worker's, for one page.

The page sends on one leg, and receives what it sent on up to four others, so that the way down is
filled although most lines carry less up. One test for a centre at a time, twenty seconds at most.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.auth.people import Person
from orchestrator.means import Means
from orchestrator.store import line_tests, participants
from orchestrator.store.line_tests import Kept
from orchestrator.tasks import ended
from rooms.centre import Centre
from rooms.errors import Conflict, Forbidden, MargerideError, NotFound, Unauthenticated, Unavailable
from rooms.ids import CentreId, LegId, ParticipantId, RoomId, SessionId, TrackId, new_id
from rooms.line import LineTest, PathName
from signalling.engine import Budget, EngineState, Role, Transport
from signalling.messages import IceServer
from signalling.ports import Relays

log = logging.getLogger(__name__)
LONGEST = timedelta(seconds=20)
RESULTS_WITHIN = timedelta(seconds=20)
"""After its media were closed."""
MOST_RECEIVERS = 4
AMPLE_KBPS = 100_000
SENDER = ParticipantId("line-test-sender")
PATH_NAMES: Mapping[Transport, PathName] = {
    Transport.UDP: "udp",
    Transport.TCP: "tcp",
    Transport.TURN: "turn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tester:
    """Who tests: a person, or the screen of a room."""

    person: Person | None = None
    room: RoomId | None = None

    @property
    def name(self) -> str:
        """As the history keeps it."""
        return self.person.id if self.person is not None else self.room or ""


@dataclass(slots=True, kw_only=True)
class Running:
    """A test that somebody began; `task` ends it."""

    id: str
    centre: CentreId
    path: PathName
    by: str
    ice: tuple[IceServer, ...] = ()
    tracks: tuple[TrackId, ...] = ()
    receivers: int = 0
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def session(self) -> SessionId:
        """Its name at the worker."""
        return SessionId(self.id)


class LineTests:
    """Those that run now. `relays` finds the TURN servers, if there are any."""

    def __init__(self, means: Means, relays: Callable[[], Relays | None]) -> None:
        self._means = means
        self._relays = relays
        self._by_id: dict[str, Running] = {}
        self._busy: set[CentreId] = set()

    async def begin(self, caller: Tester, centre: CentreId, path: PathName) -> Running:
        """Open a test; Conflict while the line is needed, or tested by somebody else."""
        place = self._means.network.centre(centre)
        _check(caller, place)
        test = Running(id=new_id("lt"), centre=centre, path=path, by=caller.name)
        if path == "turn":
            test.ice = self._servers(test.id)
        if await self._means.database.read(lambda conn: _in_use(conn, place)):
            raise Conflict("line-in-use", centre=place.name)
        if centre in self._busy:
            raise Conflict("line-test-running", centre=place.name)
        self._busy.add(centre)
        try:
            await self._means.engine.open(test.session)
        except MargerideError:
            self._busy.discard(centre)
            raise
        self._by_id[test.id] = test
        test.task = asyncio.create_task(self._expire(test), name="a line test")
        return test

    async def publish(self, caller: Tester, name: str, offer: str) -> str:
        """The answer to what the page sends."""
        test = self._running(caller, name)
        leg = LegId(new_id("lg"))
        made = await self._means.engine.publish(test.session, SENDER, leg, offer)
        test.tracks = tuple(track.id for track in made.tracks)
        return made.sdp

    async def receive(self, caller: Tester, name: str, offer: str) -> str:
        """The answer to one more leg on which the page receives what it sends."""
        test = self._running(caller, name)
        if not test.tracks:
            raise Conflict("line-test-sends-nothing")
        if test.receivers >= MOST_RECEIVERS:
            raise Conflict("line-test-receivers", most=MOST_RECEIVERS)
        test.receivers += 1
        who, leg = ParticipantId(f"line-test-{test.receivers}"), LegId(new_id("lg"))
        # A line of its own that is taken to carry everything: it is filled at once.
        budget = Budget(line=f"{test.id}-{test.receivers}", down_kbps=AMPLE_KBPS)
        await self._means.engine.line(test.session, who, budget)
        made = await self._means.engine.receive(test.session, who, leg, offer, test.tracks)
        return made.sdp

    async def finish(self, caller: Tester, name: str, measured: LineTest) -> Kept:
        """Keep what the page measured, by the path that the worker saw; the test is over."""
        test = self._known(caller, name)
        path = await self._path(test)
        await self._end(test)
        # A page that tests the relay can take no other way; whether the worker knows the relay by
        # its address depends on the network description.
        if path is None or test.path == "turn":
            path = test.path
        found = replace(measured, path=path)
        kept = Kept(id=test.id, centre=test.centre, by=test.by, test=found)
        await self._means.database.write(lambda conn: line_tests.add(conn, kept))
        return kept

    async def abandon(self, caller: Tester, name: str) -> None:
        """End a test without a result."""
        await self._end(self._known(caller, name))

    async def stop(self) -> None:
        """End all."""
        for test in list(self._by_id.values()):
            await self._end(test)

    # -- inside

    def _servers(self, name: str) -> tuple[IceServer, ...]:
        relays = self._relays()
        if relays is None:
            raise Conflict("no-relay")
        return relays.servers(name, self._means.clock())

    def _known(self, caller: Tester, name: str) -> Running:
        test = self._by_id.get(name)
        if test is None or test.by != caller.name:
            raise NotFound("no-line-test")
        return test

    def _running(self, caller: Tester, name: str) -> Running:
        test = self._known(caller, name)
        if test.centre not in self._busy:
            raise Conflict("line-test-over")
        return test

    async def _expire(self, test: Running) -> None:
        await asyncio.sleep(LONGEST.total_seconds())
        await self._close(test)
        await asyncio.sleep(RESULTS_WITHIN.total_seconds())
        self._by_id.pop(test.id, None)

    async def _end(self, test: Running) -> None:
        if self._by_id.pop(test.id, None) is not None and test.task is not None:
            await ended(test.task)
            await self._close(test)

    async def _close(self, test: Running) -> None:
        self._busy.discard(test.centre)
        try:
            await self._means.engine.close(test.session)
        except MargerideError as refusal:
            log.warning("the media of a line test are not closed: %s", refusal)

    async def _path(self, test: Running) -> PathName | None:
        try:
            return _path_in(await self._means.engine.state(), test.session)
        except Unavailable:
            return None


def _path_in(state: EngineState, session: SessionId) -> PathName | None:
    """How the sender reached the worker; None once that is not known any more."""
    for member in state.sessions.get(session, ()):
        for leg in member.legs:
            if leg.role is Role.PUBLISH and leg.path is not None:
                return PATH_NAMES[leg.path.transport]
    return None


def _check(caller: Tester, centre: Centre) -> None:
    """He works at the centre, or is the screen of one of its rooms."""
    if not caller.name:
        raise Unauthenticated("login-required")
    at_home = caller.room in {room.id for room in centre.rooms}
    if caller.person is not None:
        at_home = roles.may_test_line(caller.person, centre.id)
    if not at_home:
        raise Forbidden("not-your-line", centre=centre.name)


def _in_use(conn: Connection, centre: Centre) -> bool:
    """Whether a room of the centre is in a session: a test would take its line away."""
    rooms = {room.id for room in centre.rooms}
    return any(one.room in rooms for one in participants.here(conn))

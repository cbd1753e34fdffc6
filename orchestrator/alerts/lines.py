"""What is known of the lines of the centres: their tests, and how packets fare in sessions now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.alerts.line_degraded import Strain, suffers
from orchestrator.settings.model import Network
from orchestrator.store import line_tests
from orchestrator.store.participants import Participant
from orchestrator.store.quality import Sample
from rooms.centre import Line
from rooms.ids import CentreId, ParticipantId, RoomId
from rooms.line import LineTest, believed

READ_EVERY = timedelta(minutes=1)
Samples = Callable[[], Mapping[ParticipantId, Sample]]


@dataclass(slots=True)
class Lines:
    """Read again every minute, and noted at each look. `samples` are the last of everybody."""

    samples: Samples = dict
    _tests: dict[CentreId, list[LineTest]] = field(default_factory=dict)
    _read_at: datetime | None = None
    _strains: dict[RoomId, Strain] = field(default_factory=dict)

    def read(self, conn: Connection, network: Network, now: datetime) -> None:
        """The tests, when those known are a minute old. Blocking."""
        if self._read_at is None or now - self._read_at >= READ_EVERY:
            centres = [centre.id for centre in network.centres]
            self._tests, self._read_at = line_tests.recent(conn, centres, now), now

    def note(self, network: Network, here: Iterable[Participant]) -> None:
        """How the packets fare of the rooms that are in a session."""
        samples = self.samples()
        known = {room.id for room in network.rooms}
        for one in here:
            sample = samples.get(one.id)
            if sample is not None and one.room in known:
                strain = self._strains.setdefault(one.room, Strain())
                line = network.centre_of(one.room).line
                strain.note(sample.at, suffers(sample.legs.values(), line))

    def of(
        self, network: Network, room: RoomId, now: datetime
    ) -> tuple[Line | None, tuple[LineTest, ...]]:
        """The line a room speaks for, with its tests in order: the first room of a centre does."""
        centre = network.centre_of(room)
        if centre.rooms[0].id != room:
            return None, ()
        return centre.line, tuple(believed(self._tests.get(centre.id, ()), now))

    def strained(self, room: RoomId, now: datetime) -> bool:
        """Whether its packets have fared badly for minutes."""
        strain = self._strains.get(room)
        return strain is not None and strain.stands(now)

"""Which worker carries which session: the least loaded takes the next, and keeps it.

A session costs as the square of those in it, for everybody's packets go to everybody else. One
that is open and empty still counts as a small one: at nine many open at once, and then fill.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rooms.ids import ParticipantId, SessionId

MOST_WORKERS = 32
EXPECTED = 3


@dataclass(slots=True)
class Placed:
    """A session on its worker, and who is in it."""

    worker: int
    people: set[ParticipantId] = field(default_factory=set)

    @property
    def cost(self) -> int:
        """What it is thought to cost its worker."""
        return max(EXPECTED, len(self.people)) ** 2


class Places:
    """Workers are numbers. `present` answer calls, `draining` take no new session."""

    def __init__(self) -> None:
        self.present: set[int] = set()
        self.draining: set[int] = set()
        # Sessions that are wanted open, whether they are on a worker or lost theirs.
        self.wanted: set[SessionId] = set()
        self._placed: dict[SessionId, Placed] = {}

    def of(self, session: SessionId) -> int | None:
        """The worker of a session."""
        placed = self._placed.get(session)
        return placed.worker if placed is not None else None

    def place(self, session: SessionId) -> int | None:
        """Its worker, from now on if it had none; None when no worker may take it."""
        self.wanted.add(session)
        if session not in self._placed:
            able = self.present - self.draining
            if not able:
                return None
            self._placed[session] = Placed(min(able, key=lambda one: (self.load(one), one)))
        return self._placed[session].worker

    def load(self, worker: int) -> int:
        """What a worker is thought to carry."""
        return sum(one.cost for one in self._placed.values() if one.worker == worker)

    def sessions(self, worker: int) -> list[SessionId]:
        """Those of a worker."""
        return [session for session, one in self._placed.items() if one.worker == worker]

    def people(self, worker: int) -> int:
        """How many participants it carries."""
        return sum(len(one.people) for one in self._placed.values() if one.worker == worker)

    def came(self, session: SessionId, participant: ParticipantId) -> None:
        """Somebody has a leg there."""
        if session in self._placed:
            self._placed[session].people.add(participant)

    def left(self, session: SessionId, participant: ParticipantId) -> None:
        """Somebody has none any more."""
        if session in self._placed:
            self._placed[session].people.discard(participant)

    def closed(self, session: SessionId) -> None:
        """The session is over."""
        self.wanted.discard(session)
        self._placed.pop(session, None)

    def lost(self, worker: int) -> list[SessionId]:
        """A worker is gone; its sessions stand nowhere, and may be placed again."""
        self.present.discard(worker)
        gone = self.sessions(worker)
        for session in gone:
            del self._placed[session]
        return gone

    def found(
        self, worker: int, carried: Mapping[SessionId, Iterable[ParticipantId]]
    ) -> list[SessionId]:
        """A worker answers and carries this. Those it should close: they are elsewhere by now.

        Of two workers that carry the same session the one with more people has it.
        """
        self.present.add(worker)
        surplus = []
        for session, people in carried.items():
            here, held = Placed(worker, set(people)), self._placed.get(session)
            if held is not None and held.worker != worker and len(held.people) >= len(here.people):
                surplus.append(session)
            else:
                self.wanted.add(session)
                self._placed[session] = here
        return surplus

"""The rundown (conducteur) of a ceremony: its cues in order, edited and directed while it runs.

One cue is live at a time: GO ends the one before at the instant it takes effect. Those that are
done in a moment (`orchestrator.cue.MOMENTARY`) go beside it and end nothing.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from orchestrator.cue import (
    BEGUN,
    MOMENTARY,
    MOST_CUES,
    WAITING,
    Act,
    Cue,
    CueId,
    Plan,
    State,
    acknowledged,
    changed,
    checked,
    directed,
    settled,
    unready,
)
from rooms.errors import Conflict, Invalid, NotFound
from rooms.ids import RoomId

GOES = frozenset({Act.GO, Act.GO_ANYWAY})
BY_THE_DIRECTOR = frozenset(Act) - {Act.LOADED, Act.UNLOADED, Act.CHANGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rundown:
    """The cues of a session whose sites are `sites`."""

    sites: tuple[RoomId, ...]
    cues: tuple[Cue, ...] = ()

    def cue(self, id: str) -> Cue:
        """One of them; NotFound("no-cue")."""
        for cue in self.cues:
            if cue.id == id:
                return cue
        raise NotFound("no-cue", cue=id)

    @property
    def live(self) -> Cue | None:
        """The one that is on."""
        return next((cue for cue in self.cues if cue.state is State.LIVE), None)

    def with_cue(self, after: Cue) -> "Rundown":
        """The same with this cue in the place of the one it was."""
        return replace(self, cues=tuple(after if c.id == after.id else c for c in self.cues))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an edited rundown: a plan, and the cue it is the plan of (None: a new one)."""

    plan: Plan
    id: CueId | None = None


def edited(rundown: Rundown, entries: Sequence[Entry], new_id: Callable[[], CueId]) -> Rundown:
    """The rundown with these lines and no others, in this order."""
    if len(entries) > MOST_CUES:
        raise Invalid("too-many-cues", most=MOST_CUES)
    cues = tuple(_entered(rundown, entry, new_id) for entry in entries)
    ids = [cue.id for cue in cues]
    for cue in cues:
        if ids.count(cue.id) > 1:
            raise Invalid("cue-twice", cue=cue.id)
    for cue in rundown.cues:
        if cue.state in BEGUN and cue.id not in ids:
            raise Conflict("cue-begun", cue=cue.id, state=cue.state.value)
    return _in_order(rundown, cues)


def _entered(rundown: Rundown, entry: Entry, new_id: Callable[[], CueId]) -> Cue:
    plan = checked(entry.plan, rundown.sites)
    if entry.id is None:
        return settled(Cue(id=new_id(), plan=plan), rundown.sites)
    return changed(rundown.cue(entry.id), plan, rundown.sites)


def reordered(rundown: Rundown, order: Sequence[str]) -> Rundown:
    """The same cues in this order; Conflict("other-cues") when they are not all named once."""
    if sorted(order) != sorted(cue.id for cue in rundown.cues):
        raise Conflict("other-cues")
    return _in_order(rundown, tuple(rundown.cue(id) for id in order))


def _in_order(rundown: Rundown, cues: tuple[Cue, ...]) -> Rundown:
    if _begun(cues) != _begun(rundown.cues):
        raise Conflict("cue-passed")
    return replace(rundown, cues=cues)


def _begun(cues: Sequence[Cue]) -> list[CueId]:
    return [cue.id for cue in cues if cue.state in BEGUN]


def done(rundown: Rundown, id: str, act: Act, at: datetime) -> Rundown:
    """The rundown after the director's act on one cue, which takes effect at `at`."""
    cue = rundown.cue(id)
    after = directed(cue, act, rundown.sites, at)
    if act not in GOES:
        return rundown.with_cue(after)
    if cue.plan.kind in MOMENTARY:
        return rundown.with_cue(directed(after, Act.FINISH, rundown.sites, at))
    before = rundown.live
    if before is not None:
        rundown = rundown.with_cue(directed(before, Act.FINISH, rundown.sites, at))
    return rundown.with_cue(after)


def site_ready(rundown: Rundown, id: str, room: RoomId, edition: int) -> Rundown:
    """A site says that it has all of a cue."""
    _of_session(rundown, room)
    return rundown.with_cue(acknowledged(rundown.cue(id), room, edition, rundown.sites))


def site_unready(rundown: Rundown, id: str, room: RoomId) -> Rundown:
    """A site says that it has it no more."""
    _of_session(rundown, room)
    return rundown.with_cue(unready(rundown.cue(id), room, rundown.sites))


def found_ready(rundown: Rundown, held: Mapping[CueId, Set[RoomId]]) -> Rundown:
    """These sites have all of these cues; of those that have begun it is nothing."""
    here = frozenset(rundown.sites)
    for cue in rundown.cues:
        rooms = cue.acknowledged | (held.get(cue.id, frozenset()) & here)
        if cue.state in WAITING and rooms != cue.acknowledged:
            after = settled(replace(cue, acknowledged=rooms), rundown.sites)
            rundown = rundown.with_cue(after)
    return rundown


def found_unready(rundown: Rundown, lacks: Mapping[CueId, Set[RoomId]]) -> Rundown:
    """These sites have these cues no more."""
    for cue in rundown.cues:
        rooms = cue.acknowledged - lacks.get(cue.id, frozenset())
        if cue.state in WAITING and rooms != cue.acknowledged:
            after = settled(replace(cue, acknowledged=rooms), rundown.sites)
            rundown = rundown.with_cue(after)
    return rundown


def due(rundown: Rundown) -> list[Cue]:
    """Whose GO has still to be carried out, in the order in which they take effect."""
    return sorted((cue for cue in rundown.cues if cue.due), key=takes_effect)


def takes_effect(cue: Cue) -> datetime:
    """When its GO does; of one that has none, never."""
    return cue.started_at or datetime.max.replace(tzinfo=UTC)


def carried_out(rundown: Rundown, id: str) -> Rundown:
    """What its GO brings with it is done."""
    return rundown.with_cue(replace(rundown.cue(id), due=False))


def _of_session(rundown: Rundown, room: RoomId) -> None:
    if room not in rundown.sites:
        raise NotFound("no-site", room=room)


def reset(rundown: Rundown) -> Rundown:
    """As it was before it was run: after a rehearsal. What the sites have, they have still."""
    return replace(
        rundown,
        cues=tuple(
            settled(
                Cue(
                    id=cue.id,
                    plan=cue.plan,
                    edition=cue.edition,
                    acknowledged=cue.acknowledged,
                ),
                rundown.sites,
            )
            for cue in rundown.cues
        ),
    )


def seated(rundown: Rundown, sites: Sequence[RoomId]) -> Rundown:
    """The rundown of a session whose sites are these now: who has left need not be ready."""
    rundown = replace(rundown, sites=tuple(sites))
    return replace(rundown, cues=tuple(settled(cue, rundown.sites) for cue in rundown.cues))

"""Cues that are fired at one instant: what each holds, who keeps it, how far ahead it is fired.

A cue is loaded (every endpoint fetches its contents and says by which hashes it keeps them), then
fired at an instant of the service's clock, moved or recalled. Whoever is ready needs no line then.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from rooms.errors import Invalid
from rooms.ids import ParticipantId, RoomId
from signalling.messages_cues import CUE_NAME, CueFired, CueKind, CueReady, CueRefused, HeardOfCue

LEAST_AHEAD, MOST_AHEAD = timedelta(seconds=1.5), timedelta(seconds=5)
LONGEST_AHEAD = timedelta(hours=24)
TRIPS = 2.0
"""A cue is fired so many of the worst round trips ahead: if the line loses the message once, it is
said again in time."""
TYPES = {
    CueKind.PICTURE: ("image/png", "image/jpeg", "image/webp"),
    CueKind.CLIP: ("video/mp4", "video/webm", "audio/mpeg", "audio/ogg"),
}


class Standing(StrEnum):
    """How one endpoint stands to one cue."""

    WAITED = "waited"
    READY = "ready"
    REFUSED = "refused"
    FIRED = "fired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What is shown; `contents` are hashes. `execute_at` once it is fired. Where `rooms` are named,
    their screens show it and no others."""

    id: str
    kind: CueKind
    title: str
    text: str = ""
    seconds: float | None = None
    lead: float = 0.0
    contents: tuple[str, ...] = ()
    version: int = 1
    execute_at: datetime | None = None
    rooms: tuple[RoomId, ...] = ()

    def is_for(self, room: RoomId | None) -> bool:
        """Whether an endpoint shows it: every one, or those of its rooms alone."""
        return not self.rooms or room in self.rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What one endpoint last said of a cue."""

    standing: Standing
    rtt: timedelta = timedelta()
    error: timedelta = timedelta()
    why: str | None = None
    fired_at: datetime | None = None


@dataclass(slots=True)
class Reports:
    """What the endpoints of a session said, by cue and by participant."""

    of: dict[str, dict[ParticipantId, tuple[int, Kept]]] = field(default_factory=dict)

    def hear(self, cue: Cue, who: ParticipantId, message: HeardOfCue) -> bool:
        """Note it; False when it is of another version than the one that is loaded."""
        if message.version != cue.version:
            return False
        before = self.kept(cue, who)
        self.of.setdefault(cue.id, {})[who] = (cue.version, _kept(cue, before, message))
        return True

    def kept(self, cue: Cue, who: ParticipantId) -> Kept:
        """How he stands to the cue as it is loaded now."""
        version, kept = self.of.get(cue.id, {}).get(who, (0, NOTHING))
        return kept if version == cue.version else NOTHING

    def again(self, cue: Cue) -> None:
        """It is fired: who has shown it before has not shown it yet."""
        for who in self.of.get(cue.id, {}):
            kept = self.kept(cue, who)
            if kept.standing is Standing.FIRED:
                shown = replace(kept, standing=Standing.READY, fired_at=None)
                self.of[cue.id][who] = (cue.version, shown)

    def forget(self, cue: str) -> None:
        """It is recalled."""
        self.of.pop(cue, None)

    def gone(self, who: ParticipantId) -> None:
        """He has left: nobody waits for him."""
        for kept in self.of.values():
            kept.pop(who, None)

    def ready(self, cue: Cue, present: Iterable[ParticipantId]) -> bool:
        """Whether everybody who is there keeps all of it."""
        held = (Standing.READY, Standing.FIRED)
        return all(self.kept(cue, who).standing in held for who in present)

    def earliest(self, cue: Cue, now: datetime) -> datetime:
        """From when on it reaches everybody before its time."""
        said = (kept for version, kept in self.of.get(cue.id, {}).values())
        worst = max((kept.rtt * TRIPS + kept.error for kept in said), default=timedelta())
        return now + min(max(worst, LEAST_AHEAD), MOST_AHEAD)


NOTHING = Kept(standing=Standing.WAITED)


def check(cue: Cue, types: Mapping[str, str]) -> Cue:
    """The cue, if an endpoint can show it; `types` are those of the contents the session has."""
    if re.fullmatch(CUE_NAME, cue.id) is None:
        raise Invalid("bad-cue-name", cue=cue.id)
    unknown = [one for one in cue.contents if one not in types]
    if unknown:
        raise Invalid("no-content", content=unknown[0])
    wanted = TYPES.get(cue.kind, ())
    if len(cue.contents) != bool(wanted):
        raise Invalid("cue-contents", kind=cue.kind.value, wanted=int(bool(wanted)))
    if any(types[one] not in wanted for one in cue.contents):
        raise Invalid("cue-content-type", kind=cue.kind.value, accepted=list(wanted))
    if cue.kind is CueKind.MESSAGE and not cue.text.strip():
        raise Invalid("cue-text", kind=cue.kind.value)
    if cue.kind is CueKind.COUNTDOWN and cue.seconds is None:
        raise Invalid("cue-seconds", kind=cue.kind.value)
    return cue


def loaded(cue: Cue, before: Cue | None) -> Cue:
    """The next version; the same one when nothing is different. What was fired is fired no more."""
    if before is None:
        return cue
    if replace(cue, version=before.version, execute_at=before.execute_at) == before:
        return before
    return replace(cue, version=before.version + 1, execute_at=None)


def fired(cue: Cue, at: datetime | None, now: datetime, reports: Reports) -> Cue:
    """The cue with its instant: the one wanted, if it can reach everybody, or the first that can.

    An instant that is nearer than that is put off to it, rather than seen here and not there.
    """
    earliest = reports.earliest(cue, now)
    if at is not None and at > now + LONGEST_AHEAD:
        raise Invalid("cue-too-far", hours=int(LONGEST_AHEAD.total_seconds() // 3600))
    return replace(cue, execute_at=earliest if at is None else max(at, earliest))


def unused(cue: Cue, others: Collection[Cue]) -> tuple[str, ...]:
    """Its contents that no other cue has."""
    used = {one for other in others if other.id != cue.id for one in other.contents}
    return tuple(one for one in cue.contents if one not in used)


def _kept(cue: Cue, before: Kept, message: HeardOfCue) -> Kept:
    if isinstance(message, CueRefused):
        return Kept(standing=Standing.REFUSED, why=message.why.value)
    if isinstance(message, CueFired):
        moment = datetime.fromisoformat(message.at)
        return replace(before, standing=Standing.FIRED, why=None, fired_at=moment)
    return _ready(cue, before, message)


def _ready(cue: Cue, before: Kept, message: CueReady) -> Kept:
    if set(message.sha256) != set(cue.contents):  # it keeps something else
        return Kept(standing=Standing.REFUSED, why="hash")
    rtt, error = (timedelta(milliseconds=one) for one in (message.rtt_ms, message.error_ms))
    if before.standing is Standing.FIRED:  # he knows the clock better by now
        return replace(before, rtt=rtt, error=error)
    return Kept(standing=Standing.READY, rtt=rtt, error=error)

"""The plan of the day on the mini-PC, and which scene is due: the service need not be there.

`Plan.due` is asked again and again; it answers with what was not done yet. The agent keeps what it
has done beside the plan, so that a reboot in the middle of a booking wakes the room again and one
after its end does not.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rooms.errors import Invalid
from rooms.fields import Fields
from rooms.scenes import DEFAULT_SCENES, SESSION_KINDS, Scenes, parse_scenes

MOST_ENTRIES = 64
LATE = timedelta(minutes=30)
"""An end that was missed for longer is nobody's business any more."""


def iso(at: datetime) -> str:
    """As instants are written on the wire."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """An instant of the wire; Invalid("bad-instant")."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("bad-instant") from None
    if at.tzinfo is None:
        raise Invalid("bad-instant")
    return at.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The room is held by a session of this kind."""

    id: str
    start: datetime
    end: datetime
    kind: str

    def to_json(self) -> dict[str, Any]:
        """As it goes on the wire."""
        return {"id": self.id, "from": iso(self.start), "to": iso(self.end), "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Done:
    """A scene that was carried out: for which entry, at its `start` or `end`, and as it was then:
    an entry that is moved is due again."""

    entry: str
    when: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A scene to carry out now, and what to remember once it is."""

    scene: str
    done: Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Until tomorrow night."""

    version: int = 0
    entries: tuple[Entry, ...] = ()
    scenes: Scenes = DEFAULT_SCENES

    def to_json(self) -> dict[str, Any]:
        """As it goes on the wire and on the disk."""
        entries = [one.to_json() for one in self.entries]
        return {"version": self.version, "entries": entries, "scenes": self.scenes.to_json()}

    def due(self, done: frozenset[Done], now: datetime) -> Due | None:
        """The scene that is due now, at most one: a room that is taken comes before one that ends.

        Raises nothing: a scene that an entry names and the document does not have is not due.
        """
        before = timedelta(minutes=self.scenes.before_minutes)
        for one in self.entries:
            scene = self.scenes.start.get(one.kind)
            mark = Done(one.id, "start", one.start)
            if scene and one.start - before <= now < one.end and mark not in done:
                return Due(scene, mark)
        if any(one.start - before <= now < one.end for one in self.entries):
            return None
        for one in self.entries:
            mark = Done(one.id, "end", one.end)
            if self.scenes.end and one.end <= now < one.end + LATE and mark not in done:
                return Due(self.scenes.end, mark)
        return None

    def remembered(self, done: frozenset[Done]) -> frozenset[Done]:
        """What of the things done still matters for this plan."""
        known = {one.id for one in self.entries}
        return frozenset(one for one in done if one.entry in known)


def parse_plan(fields: Fields) -> Plan:
    """The members of a `plan` message, or Invalid naming the one that is wrong."""
    entries = [_entry(one) for one in fields.items("entries", MOST_ENTRIES)]
    plan = Plan(
        version=fields.whole("version", 0, 2**53),
        entries=tuple(sorted(entries, key=lambda one: (one.start, one.id))),
        scenes=parse_scenes(fields.raw("scenes")),
    )
    fields.end()
    return plan


def _entry(fields: Fields) -> Entry:
    entry = Entry(
        id=fields.slug("id"),
        start=parse_instant(fields.text("from", 40)),
        end=parse_instant(fields.text("to", 40)),
        kind=fields.choice("kind", SESSION_KINDS),
    )
    fields.end()
    return entry

"""What must be so before a ceremony begins: each condition is a file, looked at from its minute on.

A condition looks at one fact, of each site whose role it is for or of the session. A fact that is
None does not apply (a room without an agent, a run of show that records nothing) and fails nobody.
Its sentence is `condition-<key>`, what to do `condition-<key>-remedy`. Pure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rooms.errors import Invalid
from rooms.ids import RoomId

Fact = bool | int | None
Facts = Mapping[str, Fact]
SITE_FACTS = ("agent", "screen", "camera", "microphone", "line", "clock", "contents")
SESSION_FACTS = ("deputies", "purpose", "public_page")
ROLES = ("host", "remote", "viewer")
EARLIEST, MOST = 24 * 60, 1000
MEMBERS = frozenset({"key", "of", "roles", "fact", "is", "at_least", "needed", "from"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One file. `at_least` None: the fact must be so. `needed`: whoever is on duty is told."""

    key: str
    of: Literal["site", "session"]
    fact: str
    roles: tuple[str, ...] = ROLES
    at_least: int | None = None
    needed: bool = True
    minutes: int = 60

    def holds(self, fact: Fact) -> bool:
        """Whether it is so; what does not apply is no failure."""
        if fact is None:
            return True
        return bool(fact) if self.at_least is None else int(fact) >= self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site as conditions see it."""

    room: RoomId
    role: str
    facts: Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A condition that was looked at; `room` None: it is of the whole session."""

    condition: Condition
    room: RoomId | None
    passed: bool


def condition_of(document: object) -> Condition:
    """The condition of a file; Invalid("bad-condition") names the member that is wrong."""
    if not isinstance(document, dict) or not set(document) <= MEMBERS:
        raise Invalid("bad-condition", member="")
    of = _one_of(document, "of", ("site", "session"))
    fact = _one_of(document, "fact", SITE_FACTS if of == "site" else SESSION_FACTS)
    roles = document.get("roles", list(ROLES))
    if not isinstance(roles, list) or not set(roles) <= set(ROLES):
        raise Invalid("bad-condition", member="roles")
    if document.get("is", True) is not True:
        raise Invalid("bad-condition", member="is")
    return Condition(
        key=_text(document, "key"),
        of="site" if of == "site" else "session",
        fact=fact,
        roles=tuple(roles),
        at_least=_whole(document, "at_least", MOST, None),
        needed=document.get("needed", True) is True,
        minutes=_whole(document, "from", EARLIEST, 60) or 0,
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 40:
        raise Invalid("bad-condition", member=name)
    return value


def _one_of(document: Mapping[str, object], name: str, accepted: Collection[str]) -> str:
    value = _text(document, name)
    if value not in accepted:
        raise Invalid("bad-condition", member=name, accepted=sorted(accepted))
    return value


def _whole(document: Mapping[str, object], name: str, most: int, default: int | None) -> int | None:
    value = document.get(name, default)
    if value is not None and (not isinstance(value, int) or not 0 <= value <= most):
        raise Invalid("bad-condition", member=name)
    return value


def found(
    conditions: Sequence[Condition],
    sites: Sequence[Site],
    session: Facts,
    minutes_left: float | None = None,
) -> tuple[Finding, ...]:
    """Everything that is looked at so many minutes before; at any hour without."""
    due = [one for one in conditions if minutes_left is None or minutes_left <= one.minutes]
    return tuple(
        Finding(condition=one, room=room, passed=one.holds(facts.get(one.fact)))
        for one in due
        for room, facts in _seen(one, sites, session)
    )


def _seen(
    one: Condition, sites: Sequence[Site], session: Facts
) -> Sequence[tuple[RoomId | None, Facts]]:
    if one.of == "session":
        return [(None, session)]
    return [(site.room, site.facts) for site in sites if site.role in one.roles]

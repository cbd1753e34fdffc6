"""A room as conditions see it, and what they find. Pure: `now` is a member."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from orchestrator.session import SiteState, State
from rooms.agent.report import Report
from rooms.centre import Line
from rooms.ids import RoomId, SessionId
from rooms.line import LineTest

SILENT_FOR = timedelta(seconds=60)
"""What is back sooner was a service that restarted or a box that did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The session for which a room is needed now, soon, or was needed until just now."""

    session: SessionId
    title: str
    starts_at: datetime
    ends_at: datetime
    state: State
    site: SiteState


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A room. `…_gone` is since when a paired device is not on the line; None: it is, or there is
    none. `line` and `tests` are those of its centre, told of one room of the centre only;
    `strained`: its packets have fared badly for minutes; `service`: the version of the service;
    `unreached`: the ids of who does not take the alerts that are posted to him; `lacks`: the words
    of what its screen says that it lacks, and since when it has said so; `unready`: the conditions
    of the ceremony that comes within the hour that do not hold."""

    room: RoomId
    now: datetime
    report: Report | None = None
    agent_gone: datetime | None = None
    screen_gone: datetime | None = None
    need: Need | None = None
    line: Line | None = None
    tests: tuple[LineTest, ...] = ()
    strained: bool = False
    service: str = ""
    unreached: tuple[str, ...] = ()
    help: Literal["asked", "answered"] | None = None
    lacks: Mapping[str, datetime] = field(default_factory=dict)
    unready: tuple[str, ...] = ()

    def silent(self, gone: datetime | None) -> bool:
        """Whether it has been away for longer than a restart takes."""
        return gone is not None and self.now - gone >= SILENT_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to see to. `text` is the key of the sentence that says what is wrong, the one of
    what to do is `alert-KEY-suggestion`; `faults` are words with a sentence of their own. One that
    is not `pressing` can wait: a session that needs the room does not suffer from it."""

    key: str
    room: RoomId
    text: str
    device: str | None = None
    faults: tuple[str, ...] = ()
    pressing: bool = True

    def said(self, words: "Say", locale: str) -> tuple[str, str]:
        """What is wrong, and what to do."""
        faults = [words(f"fault-{one}", locale, {}) for one in self.faults]
        facts = {"faults": faults, "device": self.device}
        return words(self.text, locale, facts), words(self.suggestion, locale, facts)

    @property
    def suggestion(self) -> str:
        """The key of what to do."""
        return f"alert-{self.key}-suggestion"


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert, and since when the service has seen it. `duty`: the logins of those of its centre
    who are on duty now; nobody is: it is everybody's."""

    alert: Alert
    since: datetime
    need: Need | None = field(default=None)
    duty: frozenset[str] = frozenset()


Say = Callable[[str, str, Mapping[str, Any]], str]
Condition = Callable[[Seen], Iterable[Alert]]

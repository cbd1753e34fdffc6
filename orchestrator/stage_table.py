"""The stage of a ceremony as it is kept, and the tables by which it moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.stage_signal import Signal
from rooms.errors import Conflict, NotFound


class SourceState(StrEnum):
    """Where a source stands."""

    ABSENT = "absent"
    CONNECTED = "connected"
    READY = "ready"
    ON_AIR = "on_air"
    HELD = "held"


class Move(StrEnum):
    """What moves a source: what is learnt of it, the director's acts, and an armed rule."""

    CAME = "came"
    PASSED = "passed"
    FAULTY = "faulty"
    LOST = "lost"
    TAKE = "take"
    RULE = "rule"
    HOLD = "hold"
    RELEASE = "release"


SOURCE: Mapping[SourceState, Mapping[Move, SourceState]] = {
    SourceState.ABSENT: {Move.CAME: SourceState.CONNECTED},
    SourceState.CONNECTED: {Move.PASSED: SourceState.READY, Move.LOST: SourceState.ABSENT},
    SourceState.READY: {
        Move.TAKE: SourceState.ON_AIR,
        Move.RULE: SourceState.ON_AIR,
        Move.FAULTY: SourceState.CONNECTED,
        Move.LOST: SourceState.ABSENT,
    },
    SourceState.ON_AIR: {
        Move.HOLD: SourceState.HELD,
        Move.RELEASE: SourceState.READY,
        Move.LOST: SourceState.ABSENT,
    },
    SourceState.HELD: {
        Move.TAKE: SourceState.ON_AIR,
        Move.RELEASE: SourceState.READY,
        Move.LOST: SourceState.ABSENT,
    },
}


class Rung(StrEnum):
    """What a spot of the program shows."""

    LIVE = "live"
    DOUBTFUL = "doubtful"
    SLATE = "slate"
    PROPOSED = "proposed"


class Mishap(StrEnum):
    """What moves a spot on the ladder."""

    SILENT = "silent"
    HEARD = "heard"
    GONE = "gone"
    AFTER_2_S = "after_2_s"
    AFTER_8_S = "after_8_s"
    AFTER_20_S_ARMED = "after_20_s_armed"
    SUBSTITUTE = "substitute"
    RESTORE = "restore"


LADDER: Mapping[Rung, Mapping[Mishap, Rung]] = {
    Rung.LIVE: {
        Mishap.SILENT: Rung.DOUBTFUL,
        Mishap.GONE: Rung.SLATE,
        Mishap.SUBSTITUTE: Rung.LIVE,
        Mishap.RESTORE: Rung.LIVE,
    },
    Rung.DOUBTFUL: {
        Mishap.HEARD: Rung.LIVE,
        Mishap.GONE: Rung.SLATE,
        Mishap.AFTER_2_S: Rung.SLATE,
        Mishap.SUBSTITUTE: Rung.LIVE,
        Mishap.RESTORE: Rung.LIVE,
    },
    Rung.SLATE: {
        Mishap.AFTER_8_S: Rung.PROPOSED,
        Mishap.SUBSTITUTE: Rung.LIVE,
        Mishap.RESTORE: Rung.LIVE,
    },
    Rung.PROPOSED: {
        Mishap.AFTER_20_S_ARMED: Rung.LIVE,
        Mishap.SUBSTITUTE: Rung.LIVE,
        Mishap.RESTORE: Rung.LIVE,
    },
}
SLATE_AFTER = timedelta(seconds=2)
PROPOSE_AFTER = timedelta(seconds=8)
ALONE_AFTER = timedelta(seconds=20)


class Layout(StrEnum):
    """How the sources of the program stand beside each other; the first is the one that speaks."""

    SLATE = "slate"
    ONE = "one"
    TWO = "two"
    FOUR = "four"
    SPEAKER_AND_SITES = "speaker_and_sites"
    SLIDES_AND_SPEAKER = "slides_and_speaker"


PLACES: Mapping[Layout, int] = {
    Layout.SLATE: 0,
    Layout.ONE: 1,
    Layout.TWO: 2,
    Layout.FOUR: 4,
    Layout.SPEAKER_AND_SITES: 9,
    Layout.SLIDES_AND_SPEAKER: 2,
}
"""How many sources a layout holds at most; all but the slate hold one at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A site or a person. `by` is who brought it on air last, `signal` what comes of it."""

    id: str
    state: SourceState = SourceState.ABSENT
    substitute: str | None = None
    armed: bool = False
    by: str = ""
    signal: Signal = Signal.NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the program: whose it is, who is there now, and since when he is not heard.
    `slate` are the words its cue has for when nobody is left there."""

    owner: str
    source: str
    rung: Rung = Rung.LIVE
    silent_since: datetime | None = None
    slate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is prepared in the preview."""

    layout: Layout = Layout.SLATE
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that is kept of it. `slate` are the words of a program that is the slate."""

    sources: tuple[Source, ...] = ()
    layout: Layout = Layout.SLATE
    spots: tuple[Spot, ...] = ()
    preview: Scene = Scene()
    slate: str = ""

    def source(self, source: str) -> Source:
        """One of them; NotFound("no-source")."""
        for one in self.sources:
            if one.id == source:
                return one
        raise NotFound("no-source", source=source)

    def spot(self, source: str) -> Spot:
        """Where it is in the program; Conflict("not-in-program")."""
        for spot in self.spots:
            if spot.source == source:
                return spot
        raise Conflict("not-in-program", source=source)

    def place(self, owner: str) -> Spot:
        """The spot that was its own before a substitute came; Conflict("not-in-program")."""
        for spot in self.spots:
            if spot.owner == owner:
                return spot
        raise Conflict("not-in-program", source=owner)

    @property
    def in_program(self) -> frozenset[str]:
        """Who is in a spot, on air or not."""
        return frozenset(spot.source for spot in self.spots)

    @property
    def on_air(self) -> frozenset[str]:
        """Who may be heard and seen by everybody."""
        return frozenset(one.id for one in self.sources if one.state is SourceState.ON_AIR)

    @property
    def proposals(self) -> Mapping[str, str | None]:
        """Whose place waits for a decision, and the substitute, if one was named."""
        waiting = [spot.source for spot in self.spots if spot.rung is Rung.PROPOSED]
        return {source: self.source(source).substitute for source in waiting}

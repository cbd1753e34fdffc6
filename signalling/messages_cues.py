"""The messages about one instant: the clock, and cues that are kept until it comes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from signalling.codec import Limit
from signalling.message_types import Count, Rate

CUE_NAME = r"cu-[0-9a-z-]{1,40}"
CueName = Annotated[str, Limit(pattern=CUE_NAME)]
Digest = Annotated[str, Limit(pattern=r"[0-9a-f]{64}")]
Instant = Annotated[str, Limit(pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")]
Elapsed = Annotated[float, Limit(low=0, high=1e12)]


class CueKind(StrEnum):
    """What an endpoint shows when a cue is fired."""

    PICTURE = "picture"
    MESSAGE = "message"
    CLIP = "clip"
    COUNTDOWN = "countdown"


class WhyNot(StrEnum):
    """Why an endpoint has not got ready."""

    FETCH = "fetch"
    HASH = "hash"
    KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Bytes that an endpoint keeps, known by their hash."""

    sha256: str
    type: str
    size: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskClock:
    """What is your clock? `sent` is mine."""

    type: ClassVar[str] = "clock"
    sent: Elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTold:
    """Mine was `at` when I read your question. Has no `seq`: a late one is worth nothing."""

    type: ClassVar[str] = "clock.told"
    sent: float
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CueReady:
    """I keep all of it, by these hashes of mine, and know your clock so well."""

    type: ClassVar[str] = "cue.ready"
    cue: CueName
    version: Count
    sha256: Annotated[tuple[Digest, ...], Limit(most=4)]
    rtt_ms: Rate
    error_ms: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class CueRefused:
    """I cannot."""

    type: ClassVar[str] = "cue.refused"
    cue: CueName
    version: Count
    why: WhyNot


@dataclass(frozen=True, slots=True, kw_only=True)
class CueFired:
    """I have shown it, at this instant of your clock."""

    type: ClassVar[str] = "cue.fired"
    cue: CueName
    version: Count
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class CueLoad:
    """Fetch this, keep it, and show nothing yet."""

    type: ClassVar[str] = "cue.load"
    cue: str
    version: int
    kind: CueKind
    title: str
    text: str | None = None
    seconds: float | None = None
    lead: float = 0
    contents: tuple[Content, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CueFire:
    """Show it at that instant of my clock, whatever becomes of the line."""

    type: ClassVar[str] = "cue.fire"
    cue: str
    version: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CueRecall:
    """Do not fire it; take it off the screen; forget it, and whatever is older."""

    type: ClassVar[str] = "cue.recall"
    cue: str
    version: int


Cued = CueLoad | CueFire | CueRecall
HeardOfCue = CueReady | CueRefused | CueFired

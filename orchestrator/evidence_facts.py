"""What the evidence of a ceremony is built from, as it was kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rooms.ids import RoomId


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line on record. `by` says what who did it was: `director` `deputy` `desk` `site` `clock`
    or `house`; never who."""

    at: datetime
    by: str
    action: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How media flowed to and from one endpoint at one instant; `room` None: no room's screen."""

    at: datetime
    participant: str
    room: RoomId | None
    legs: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An endpoint says at which instant it showed a cue, on the service's clock."""

    cue: str
    participant: str
    at: datetime
    error_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The service itself was away; `until` is when it was there again."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a site's line carries; `measured` False: as the network's description says."""

    technology: str
    down_kbps: int
    up_kbps: int
    rtt_ms: int
    measured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """How many people the booking said would come; 0: it did not say."""

    seats: int = 0

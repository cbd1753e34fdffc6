"""The messages about one instant for everybody: what the service's clock says."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from signalling.codec import Limit

Elapsed = Annotated[float, Limit(low=0, high=1e12)]


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

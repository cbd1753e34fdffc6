"""Who conducts: the means, and the control of the rooms."""

from dataclasses import dataclass

from orchestrator.means import Means
from orchestrator.room_control import RoomControl

CLOCK = "clock"
"""Who acts when nobody does: the hour."""


@dataclass(frozen=True, slots=True)
class Conductor:
    """First argument of every use case."""

    means: Means
    control: RoomControl

"""What a cue brings about outside of the stage: recording, and the public page.

A GO keeps the wish in its own transaction (`orchestrator.cases.outward`); what carries it out hears
of it at the instant the GO takes effect, at least once: after a kill the same wish may come twice.
In a rehearsal nothing is wished.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from orchestrator.cue import Kind
from rooms.ids import SessionId


class Effect(StrEnum):
    """A wish, as the outbox names it."""

    RECORDING_START = "recording.start"
    RECORDING_STOP = "recording.stop"
    BROADCAST_START = "broadcast.start"
    BROADCAST_STOP = "broadcast.stop"


OF_CUES: Mapping[Kind, Effect] = {
    Kind.RECORD_ON: Effect.RECORDING_START,
    Kind.RECORD_OFF: Effect.RECORDING_STOP,
    Kind.BROADCAST_ON: Effect.BROADCAST_START,
    Kind.BROADCAST_OFF: Effect.BROADCAST_STOP,
}


class Recordings(Protocol):
    """Keeps what is heard and seen of a session. Done again, neither call changes anything."""

    async def start(self, session: SessionId, by: str) -> None:
        """Record from now on; `by` is who said GO. A MargerideError is noted, and not tried again;
        any other failure is tried again after some seconds."""

    async def stop(self, session: SessionId, by: str) -> None:
        """Record no more. Errors as above."""


class Broadcasts(Protocol):
    """Shows the air of a session to everybody. Done again, neither call changes anything."""

    async def start(self, session: SessionId, by: str) -> None:
        """On the public page from now on. Errors as with `Recordings`."""

    async def stop(self, session: SessionId, by: str) -> None:
        """No more. Errors as with `Recordings`."""


class Unwired:
    """What stands there until something does it: the wish is on record, and no more happens."""

    async def start(self, session: SessionId, by: str) -> None:
        """Nobody does it."""

    async def stop(self, session: SessionId, by: str) -> None:
        """Nobody does it."""

"""What the wire asks of the house: who a token is, what may be joined, whom to tell.

The service implements `House`; the WebSocket shell and the switchboard use it. Every call may raise
a `MargerideError`, whose key becomes the `code` of an `error` message.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from rooms.ids import CommandId, ParticipantId, RoomId, SessionId
from signalling.engine import Air, Budget
from signalling.messages import IceServer
from signalling.messages_cues import Cued, HeardOfCue

Json = dict[str, Any]

# The kind of who is no guest: a part of the house (it records, it composes) that only listens.
SERVICE = "service"
# The desk of who directs a ceremony: it sees what nobody else sees, and speaks to whom he chooses.
DESK = "desk"
# Neither is told of, shown or counted among those who are in a session.
UNSEEN = frozenset({SERVICE, DESK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a token stands for: a room's screen (`room`) or a participant of one session."""

    room: RoomId | None = None
    participant: ParticipantId | None = None
    session: SessionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A participant's place in a session. `kind` is room, person, guest, `SERVICE` or `DESK`."""

    session: SessionId
    participant: ParticipantId
    name: str
    kind: str
    room: RoomId | None = None


class House(Protocol):
    """Implemented by the orchestrator."""

    async def identify(self, token: str) -> Identity:
        """Unauthenticated("bad-token") when it is unknown, expired or revoked."""

    async def wait(self, identity: Identity) -> Place:
        """The place a person may make his legs for, under the conditions of `enter`; nobody hears
        of it, and it has no name. Forbidden("forbidden") for a room's screen."""

    async def enter(
        self,
        identity: Identity,
        session: SessionId | None,
        token: str | None,
        name: str | None = None,
    ) -> Place:
        """The place this identity may take now: a participant's own, or the one whose participant
        token a device was given. `name` is for who was given his token without one.
        NotFound("no-session"), Conflict("session-over"), Forbidden("not-open-yet"),
        Invalid("bad-name"), TooMany("session-full")."""

    async def budget(self, place: Place) -> Budget | None:
        """The line he is behind, where it is known: that of his room's centre."""

    async def air(self, session: SessionId) -> Air | None:
        """What of a session is forwarded; None where that is everybody's. Asked whenever the
        session has changed, and of a worker that has come back."""

    async def joined(self, place: Place) -> None:
        """He is in (first time or again)."""

    async def lost(self, place: Place) -> None:
        """Nothing heard for a while; his place is kept."""

    async def left(self, place: Place, reason: str) -> None:
        """Gone for good: `left`, `gone` (grace over) or `removed`."""

    async def session(self, session: SessionId) -> Json:
        """The `session` object of docs/protocol.md."""

    async def places(self, session: SessionId) -> tuple[Place, ...]:
        """Everybody on record as in the session, or lost and expected back."""

    async def cues(self, place: Place) -> tuple[Cued, ...]:
        """What he who joins now is told of cues: those loaded for him, and fired if they are."""

    async def heard_of_cue(self, place: Place, message: HeardOfCue) -> None:
        """He is ready for a cue, cannot be, or has shown it."""

    async def hand(self, place: Place, up: bool) -> None:
        """His hand is up, or down again."""

    async def screen_on(self, room: RoomId) -> None:
        """A room's screen said hello."""

    async def screen_off(self, room: RoomId) -> None:
        """Its connection ended or fell silent."""

    async def room_state(self, room: RoomId, version: int, document: Json) -> None:
        """The room reported its state document."""

    async def command_accepted(self, room: RoomId, command: CommandId) -> None:
        """The screen has taken the command."""

    async def command_done(self, room: RoomId, command: CommandId, result: Json) -> None:
        """And carried it out."""

    async def command_failed(
        self, room: RoomId, command: CommandId, error: str, detail: str
    ) -> None:
        """Or could not, with the reason."""

    def words(self, key: str, locale: str, facts: Json) -> str:
        """The sentence for people behind an error key."""


class Relays(Protocol):
    """The TURN servers, for those who reach the worker no other way."""

    @property
    def renew_after(self) -> timedelta:
        """How long what was told may be used for a new connection, with a good margin."""

    def servers(self, name: str, now: datetime) -> tuple[IceServer, ...]:
        """What the participant or the room of this name is told now."""


class Wire(Protocol):
    """What the orchestrator may ask of the switchboard."""

    def screen_connected(self, room: RoomId) -> bool:
        """Whether a room's screen is on the wire now."""

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: Json, deadline: str
    ) -> bool:
        """Send a command to a room's screen; False when it is not connected."""

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        """Ask the screen to give a command up."""

    def now(self) -> datetime:
        """What the clock says that endpoints are told: it never jumps."""

    async def cue(self, session: SessionId, message: Cued, rooms: Collection[RoomId] = ()) -> None:
        """Tell every participant of a cue; where rooms are named, their screens alone."""

    async def session_changed(self, session: SessionId) -> None:
        """Tell every participant the session's present state."""

    async def end(self, session: SessionId) -> None:
        """Say `left: ended` to everybody and close the media."""

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Put a participant out."""

    async def disconnect_screen(self, room: RoomId) -> None:
        """Close the socket of a room's screen (its device was revoked)."""

    async def code_burnt(self, room: RoomId) -> None:
        """Tell a room's screen to show another code for phones."""

    async def figures(self, session: SessionId) -> Json:
        """Participants with their legs' figures: `{participants: [{id, name, kind, room, state,
        tracks, publish: {...}|null, subscribe: {...}|null, reported: {...}|null}]}`."""

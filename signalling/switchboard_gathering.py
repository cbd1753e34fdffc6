"""Those who are in one session now: their seats, what they send, and how the others hear of it."""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from rooms.ids import LegId, ParticipantId, RoomId, SessionId
from signalling.engine import Budget, Leg, Member, Placed, Role
from signalling.messages import (
    ParticipantChanged,
    ParticipantJoined,
    ParticipantView,
    ServerMessage,
    body,
)
from signalling.messages_media import PlacedView, TrackView
from signalling.messages_talk import ChatLine
from signalling.ports import SERVICE, UNSEEN, Json, Place
from signalling.presence import Presence, Standing
from signalling.switchboard_peer import Clock, Peer
from signalling.tracks import Board, Subscription

Seated: TypeAlias = Peer["Seat"]
CHAT_KEPT = 200


@dataclass(eq=False)
class Seat:
    """A participant in a session: who sits there, and his two legs.

    A seat without a `peer` is kept for somebody who may come back. One whose place has no name was
    found at the worker after a restart, and the house has nobody of that id on record.
    """

    place: Place
    gathering: "Gathering"
    peer: Seated | None = None
    publish_leg: LegId | None = None
    subscription: Subscription | None = None
    reported: list[Json] | None = None
    budget: Budget | None = None
    doubtful: set[LegId] = field(default_factory=set)  # nobody knows what the worker did of them
    hand: bool = False
    encrypted: bool = False
    until: datetime | None = None  # of who waits in the lobby

    @property
    def waits(self) -> bool:
        """Whether he is in the lobby, in a gathering of his own."""
        return self.until is not None

    @property
    def id(self) -> ParticipantId:
        """The participant's."""
        return self.place.participant

    @property
    def named(self) -> bool:
        """Whether he has said who he is."""
        return bool(self.place.name)

    @property
    def shown(self) -> bool:
        """Whether the others are told of him."""
        return self.named and self.place.kind not in UNSEEN

    @property
    def serves(self) -> bool:
        """Whether he is a part of the house, which listens and says nothing."""
        return self.place.kind == SERVICE

    @property
    def key(self) -> tuple[SessionId, ParticipantId]:
        """What presence knows him by."""
        return self.place.session, self.place.participant

    def leg(self, role: Role) -> LegId | None:
        """His leg of that role."""
        if role is Role.PUBLISH:
            return self.publish_leg
        return self.subscription.leg if self.subscription else None

    def say(self, message: ServerMessage) -> None:
        """Tell him, if anybody may be listening."""
        if self.peer is not None:
            self.peer.say(message)


@dataclass(eq=False)
class Gathering:
    """A session with people in it."""

    id: SessionId
    presence: Presence[tuple[SessionId, ParticipantId]]
    seats: dict[ParticipantId, Seat] = field(default_factory=dict)
    board: Board = field(default_factory=Board)
    chat: deque[ChatLine] = field(default_factory=deque)
    chat_size: int = 0
    said: int = 0

    def view(self, seat: Seat) -> ParticipantView:
        """A participant as others see him."""
        lost = self.presence.standing(seat.key) is not Standing.HERE
        return ParticipantView(
            id=seat.id,
            name=seat.place.name,
            kind=seat.place.kind,
            room=seat.place.room,
            state="lost" if lost else "joined",
            hand=seat.hand,
            encrypted=seat.encrypted,
            tracks=tuple(
                TrackView(id=track.id, kind=track.kind, source=track.source, muted=track.muted)
                for track in self.board.of(seat.id)
            ),
        )

    def views(self) -> tuple[ParticipantView, ...]:
        """Everybody who has said who he is, parts of the house left out."""
        return tuple(self.view(seat) for seat in self.seats.values() if seat.shown)

    def others(self, seat: Seat) -> list[Seat]:
        """Everybody else."""
        return [other for other in self.seats.values() if other is not seat]

    def tell(
        self,
        message: ServerMessage,
        but: Seat | None = None,
        rooms: Collection[RoomId] = (),
    ) -> None:
        """Tell everybody (but one), or the screens of these rooms; the message is written once."""
        text = body(message)
        for seat in self.seats.values():
            if seat is not but and seat.peer is not None and _is_for(seat, rooms):
                seat.peer.say_body(text)

    def changed(self, seat: Seat) -> None:
        """Tell the others how he is now."""
        if seat.shown:
            self.tell(ParticipantChanged(participant=self.view(seat)), but=seat)

    def arrived(self, seat: Seat) -> None:
        """Tell the others that he came."""
        if seat.shown:
            self.tell(ParticipantJoined(participant=self.view(seat)), but=seat)

    def placed(self, offered: Iterable[Placed]) -> tuple[PlacedView, ...]:
        """What an offer carries, told with whose it is."""
        found = ((placed.mid, self.board.find(placed.track)) for placed in offered)
        return tuple(
            PlacedView(
                mid=mid,
                track=track.id,
                participant=track.participant,
                kind=track.kind,
                source=track.source,
            )
            for mid, track in found
            if track is not None
        )

    def restore(self, member: Member, place: Place | None, now: datetime) -> Seat:
        """Keep a seat for somebody whom the worker still carries; `place` is who he was."""
        if place is None:
            place = Place(session=self.id, participant=member.participant, name="", kind="")
        seat = self.seats[member.participant] = Seat(place, self)
        self.presence.lost(seat.key, now)
        self.board.restore(seat.id, member.tracks)
        for leg in member.legs:
            _take_leg(seat, leg)
        return seat


class Hall:
    """Every gathering, and who has a place in one.

    Who waits in the lobby sits alone in a gathering of his own: whatever is told there, and
    whatever is sent on his legs, is told to nobody and comes from nobody.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.presence: Presence[tuple[SessionId, ParticipantId]] = Presence()
        self.gatherings: dict[SessionId, Gathering] = {}
        self.lobby: dict[tuple[SessionId, ParticipantId], Seat] = {}

    def gathering(self, session: SessionId) -> Gathering:
        """That of a session; made when it is the first time."""
        if session not in self.gatherings:
            self.gatherings[session] = Gathering(session, self.presence)
        return self.gatherings[session]

    def seat(self, session: SessionId, participant: ParticipantId) -> Seat | None:
        """A participant's seat; the one in the lobby if he has no other."""
        gathering = self.gatherings.get(session)
        seat = gathering.seats.get(participant) if gathering else None
        return seat or self.lobby.get((session, participant))

    def everybody(self) -> list[Seat]:
        """Every seat, in sessions and in the lobby."""
        seated = (seat for one in self.gatherings.values() for seat in one.seats.values())
        return [*seated, *self.lobby.values()]

    @property
    def sessions(self) -> set[SessionId]:
        """Those with somebody in them, or waiting for them."""
        return {seat.place.session for seat in self.everybody()}

    def wait(self, place: Place, until: datetime) -> Seat:
        """A seat in the lobby."""
        alone = Gathering(place.session, self.presence)
        seat = alone.seats[place.participant] = Seat(place, alone, until=until)
        self.lobby[seat.key] = seat
        return seat

    def waiting(self, session: SessionId) -> list[Seat]:
        """Who waits for a session."""
        return [seat for seat in self.lobby.values() if seat.place.session == session]

    def holds(self, seat: Seat) -> bool:
        """Whether the seat is still his."""
        return self.seat(*seat.key) is seat

    def clear(self, seat: Seat) -> None:
        """Take a seat away, and the gathering with the last one."""
        if self.lobby.get(seat.key) is seat:
            del self.lobby[seat.key]
            return
        self.presence.left(seat.key)
        seat.gathering.seats.pop(seat.id, None)
        if not seat.gathering.seats:
            self.gatherings.pop(seat.place.session, None)


def alive(leg: Leg) -> bool:
    """Whether a leg may still carry something."""
    return leg.state in ("new", "connected")


def _take_leg(seat: Seat, leg: Leg) -> None:
    if not alive(leg) or seat.leg(leg.role) is not None:
        return  # the first of a role is the present one; a former may still be closing
    if leg.role is Role.PUBLISH:
        seat.publish_leg = leg.id
    else:
        asked = [placed.track for placed in leg.tracks]
        seat.subscription = Subscription(leg.id, leg.serial, asked)


def _is_for(seat: Seat, rooms: Collection[RoomId]) -> bool:
    return not rooms or seat.place.room in rooms

"""A media engine without media: it remembers what was asked and says what it is told to say.

For tests of whoever uses the port, and for a service started where no worker can run.
Offers are not read: an SDP that begins with `sendrecv ` lists its kinds (`sendrecv audio video`),
any other text publishes one microphone and one camera; an empty one is refused as `bad-sdp`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from rooms.errors import Invalid, NotFound, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId, new_id
from signalling.engine import (
    Air,
    Budget,
    EngineEvent,
    EngineState,
    Kind,
    Leg,
    LegChanged,
    LegState,
    Member,
    Mode,
    Placed,
    PublishAnswer,
    Role,
    SubscribeOffer,
    Track,
    Wish,
)

SOURCES = {Kind.AUDIO: "microphone", Kind.VIDEO: "camera"}


@dataclass
class _Seat:
    tracks: dict[TrackId, Track] = field(default_factory=dict)
    legs: dict[Role, Leg] = field(default_factory=dict)
    places: list[TrackId | None] = field(default_factory=list)
    offer: SubscribeOffer | None = None


class SilentEngine:
    """The MediaEngine port in memory. `calls` holds (name, arguments) in order.

    `absent = True` makes every call fail with `no-media-worker`; `emit` and `connect` make events.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[object, ...]]] = []
        self.absent = False
        self._sessions: dict[SessionId, dict[ParticipantId, _Seat]] = {}
        self._events: asyncio.Queue[EngineEvent] = asyncio.Queue()

    def called(self, name: str) -> list[tuple[object, ...]]:
        """The arguments of every call of that name."""
        return [arguments for called, arguments in self.calls if called == name]

    def emit(self, event: EngineEvent) -> None:
        """Say this to the consumer of `events`."""
        self._events.put_nowait(event)

    def connect(self, session: SessionId, participant: ParticipantId, role: Role) -> None:
        """Pretend that the leg of this role is connected, and say so."""
        self._leg_becomes(session, participant, role, LegState.CONNECTED)

    def fail(self, session: SessionId, participant: ParticipantId, role: Role) -> None:
        """Pretend that the leg of this role failed, and say so."""
        self._leg_becomes(session, participant, role, LegState.FAILED)

    def forget(self) -> None:
        """Lose everything, as a worker does that was killed."""
        self._sessions.clear()

    async def open(self, session: SessionId) -> None:
        """Make the session known."""
        self._called("open", session)
        self._sessions.setdefault(session, {})

    async def close(self, session: SessionId) -> None:
        """Forget the session."""
        self._called("close", session)
        self._sessions.pop(session, None)

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """Answer with a text, and a track for each kind of the offer."""
        self._called("publish", session, participant, leg, offer)
        if not offer:
            raise Invalid("bad-sdp")
        seat = self._seat(session, participant)
        seat.tracks = _tracks_of(offer, participant, tuple(seat.tracks.values()))
        seat.legs[Role.PUBLISH] = Leg(id=leg, role=Role.PUBLISH, state=LegState.NEW)
        return PublishAnswer(sdp=f"answer to {leg}", tracks=tuple(seat.tracks.values()))

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """Offer the tracks that exist; mids are reused by kind-blind position."""
        self._called("subscribe", session, participant, leg, tuple(tracks))
        seat = self._seat(session, participant)
        present = self._known(session)
        wanted = [track for track in tracks if track in present]
        before = seat.legs.get(Role.SUBSCRIBE)
        if before is None or before.id != leg:
            before, seat.places, seat.offer = None, [], None
        _place(seat.places, wanted)
        placed = tuple(Placed(mid=str(n), track=t) for n, t in enumerate(seat.places) if t)
        if before is not None and before.tracks == placed:
            return None
        serial = before.serial + 1 if before else 1
        state = before.state if before else LegState.NEW
        seat.legs[Role.SUBSCRIBE] = Leg(
            id=leg, role=Role.SUBSCRIBE, state=state, serial=serial, tracks=placed
        )
        seat.offer = SubscribeOffer(leg=leg, serial=serial, sdp=f"offer {serial}", tracks=placed)
        return seat.offer

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """Take the answer to the open offer."""
        self._called("answer", session, participant, leg, serial, sdp)
        held = self._seat(session, participant).legs.get(Role.SUBSCRIBE)
        if held is None or held.id != leg or held.serial != serial:
            raise NotFound("no-leg")
        if not sdp:
            raise Invalid("bad-sdp")

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """Mark the tracks of this kind."""
        self._called("mute", session, participant, kind, muted)
        seat = self._seat(session, participant)
        for track in list(seat.tracks.values()):
            if track.kind == kind:
                seat.tracks[track.id] = replace(track, muted=muted)

    async def air(self, session: SessionId, air: Air | None) -> None:
        """Remember what was asked."""
        self._called("air", session, air)

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """Remember what was asked."""
        self._called("view", session, participant, tuple(wishes), mode)

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """Remember what was asked."""
        self._called("line", session, participant, budget)

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """Answer with a text, and these tracks in order."""
        self._called("receive", session, participant, leg, offer, tuple(tracks))
        if not offer:
            raise Invalid("bad-sdp")
        seat, present = self._seat(session, participant), self._known(session)
        wanted = [track for track in tracks if track in present]
        placed = tuple(Placed(mid=str(n), track=track) for n, track in enumerate(wanted))
        seat.legs[Role.SUBSCRIBE] = Leg(
            id=leg, role=Role.SUBSCRIBE, state=LegState.NEW, serial=1, tracks=placed
        )
        return SubscribeOffer(leg=leg, serial=1, sdp=f"answer to {leg}", tracks=placed)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Forget the participant."""
        self._called("remove", session, participant)
        self._sessions.get(session, {}).pop(participant, None)

    async def state(self) -> EngineState:
        """What is pretended to be there."""
        self._called("state")
        return EngineState(
            sessions={
                session: tuple(
                    Member(
                        participant=participant,
                        tracks=tuple(seat.tracks.values()),
                        legs=tuple(seat.legs.values()),
                    )
                    for participant, seat in seats.items()
                )
                for session, seats in self._sessions.items()
            }
        )

    async def events(self) -> AsyncIterator[EngineEvent]:
        """What `emit` was given."""
        while True:
            yield await self._events.get()

    def _called(self, name: str, *arguments: object) -> None:
        self.calls.append((name, arguments))
        if self.absent:
            raise Unavailable("no-media-worker")

    def _seat(self, session: SessionId, participant: ParticipantId) -> _Seat:
        if session not in self._sessions:
            raise NotFound("no-session")
        return self._sessions[session].setdefault(participant, _Seat())

    def _known(self, session: SessionId) -> set[TrackId]:
        return {track for seat in self._sessions[session].values() for track in seat.tracks}

    def _leg_becomes(
        self, session: SessionId, participant: ParticipantId, role: Role, state: LegState
    ) -> None:
        seat = self._seat(session, participant)
        leg = seat.legs[role] = replace(seat.legs[role], state=state)
        self.emit(
            LegChanged(session=session, participant=participant, leg=leg.id, role=role, state=state)
        )


def _place(places: list[TrackId | None], wanted: list[TrackId]) -> None:
    for number, track in enumerate(places):
        if track not in wanted:
            places[number] = None
    for track in wanted:
        if track in places:
            continue
        if None in places:
            places[places.index(None)] = track
        else:
            places.append(track)


def _tracks_of(
    offer: str, participant: ParticipantId, before: tuple[Track, ...]
) -> dict[TrackId, Track]:
    kinds = [Kind.AUDIO, Kind.VIDEO]
    if offer.startswith("sendrecv "):
        kinds = [Kind(word) for word in offer.split()[1:]]
    kept = {track.kind: track for track in before}
    tracks = [
        kept.get(kind)
        or Track(id=TrackId(new_id("tr")), participant=participant, kind=kind, source=SOURCES[kind])
        for kind in kinds
    ]
    return {track.id: track for track in tracks}

"""The `python` engine: the MediaEngine port over one UDP port, without transcoding."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from rooms.errors import Invalid, NotFound
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
    PublishAnswer,
    SubscribeOffer,
    Track,
    TrackStarted,
    Wish,
)
from signalling.engines.events import Events
from signalling.engines.python_control import Control
from signalling.engines.python_legs import BaseLeg, Owner
from signalling.engines.python_port import MediaPort
from signalling.engines.python_publisher import PublisherLeg
from signalling.engines.python_receiver import ReceiverLeg
from signalling.engines.python_seats import Seat, Session
from signalling.engines.python_subscriber import SubscriberLeg
from signalling.transport.dtls import Certificate
from signalling.transport.sdp import Description, bad, parse_sdp
from signalling.transport.sdp_answer import Agreed, Ours, Published, publish_answer

SOURCES = {Kind.AUDIO: ("microphone", "screen"), Kind.VIDEO: ("camera", "screen")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a publisher is told: the rate he may reach and, to Chromium, the one to start with;
    and how many tracks of each kind he may send: microphone and camera, and those of a screen.

    A subscriber is sent so many `pictures` at most. In a session with more microphones than
    `sounds_all_up_to`, only the `sounds_loudest` are forwarded."""

    remb_bps: int = 1_500_000
    start_kbps: int = 600
    tracks: int = 2
    pictures: int = 12
    sounds_all_up_to: int = 12
    sounds_loudest: int = 6


class PythonEngine:
    """Everything here runs on one event loop; packets never wait for a call."""

    def __init__(
        self,
        host: str = "0.0.0.0",
        port: int = 0,
        announce: Sequence[str] = (),
        limits: Limits | None = None,
        relays: Sequence[str] = (),
    ) -> None:
        self._limits = limits or Limits()
        self._certificate = Certificate()
        self._port = MediaPort(host, port, relays)
        self._candidates = self._port.candidates(announce)
        self._sessions: dict[SessionId, Session] = {}
        self._events: Events[EngineEvent] = Events()
        self._loop = asyncio.get_running_loop()
        self._number = random.getrandbits(40)
        self._control = Control(self._sessions, self._events.say, pictures=self._limits.pictures)

    @property
    def port(self) -> int:
        """The port in use."""
        return self._port.port

    @property
    def tcp(self) -> bool:
        """Whether it is had over TCP too."""
        return self._port.tcp

    def stop(self) -> None:
        """Close every leg and free the port."""
        self._control.stop()
        for session in list(self._sessions):
            self._close(session)
        self._port.close()

    # -- the port

    async def open(self, session: SessionId) -> None:
        """Make the session known."""
        if session not in self._sessions:
            self._sessions[session] = Session(
                all_up_to=self._limits.sounds_all_up_to, loudest=self._limits.sounds_loudest
            )

    async def close(self, session: SessionId) -> None:
        """Close every leg of the session and forget it."""
        self._close(session)

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """Answer a publisher's offer."""
        description = parse_sdp(offer)
        seat = self._seat(session, participant)
        held = seat.publish
        if held is None or held.owner.leg != leg or not held.alive:
            publisher = self._new_publisher(
                Owner(session=session, participant=participant, leg=leg)
            )
        else:
            publisher = held
        agreed = self._agree(publisher, description)
        if publisher is not held:
            self._replace(seat, held)
            seat.publish = publisher
        self._port.add(publisher)
        tracks = self._tracks(seat, participant, agreed.published)
        publisher.agree(agreed, {mid: track.id for mid, track in tracks.items()}, self._loop.time())
        seat.tracks = {track.id: track for track in tracks.values()}
        self._rewire(session)
        return PublishAnswer(sdp=agreed.sdp, tracks=tuple(tracks.values()))

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """Want exactly these tracks on this leg; those that do not exist are passed over."""
        seat = self._seat(session, participant)
        subscriber = seat.subscribe
        if subscriber is None or subscriber.owner.leg != leg or not subscriber.alive:
            owner = Owner(session=session, participant=participant, leg=leg)
            self._replace(seat, subscriber)
            subscriber = seat.subscribe = SubscriberLeg(
                owner, self._certificate, self._port.send, self._changed, self._loop.time()
            )
            self._port.add(subscriber)
        known = self._sessions[session].known()
        wanted = [known[track] for track in tracks if track in known]
        if not subscriber.want(wanted) and not subscriber.stand_by():
            return None
        self._rewire(session)
        return subscriber.offer(self._ours(subscriber))

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """Take a subscriber's answer."""
        subscriber = self._seat(session, participant).subscribe
        if subscriber is None or subscriber.owner.leg != leg or not subscriber.alive:
            raise NotFound("no-leg", leg=leg)
        subscriber.answered(serial, sdp, self._loop.time())
        self._rewire(session)

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """Stop (or resume) forwarding what he publishes of this kind."""
        seat = self._seat(session, participant)
        if muted:
            seat.muted.add(kind)
        else:
            seat.muted.discard(kind)
        for track in list(seat.tracks.values()):
            seat.tracks[track.id] = replace(track, muted=track.kind in seat.muted)
        self._rewire(session)

    async def air(self, session: SessionId, air: Air | None) -> None:
        """Forward only this."""
        held = self._sessions.get(session)
        if held is None:
            raise NotFound("no-session", session=session)
        held.air = air
        self._rewire(session)

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """What his page shows."""
        seat = self._seat(session, participant)
        seat.wishes, seat.mode = {wish.track: wish for wish in wishes}, mode
        self._control.touch()

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """The line he is behind."""
        seat = self._seat(session, participant)
        seat.budget = budget
        watcher = self._control.watcher(seat.subscribe) if seat.subscribe is not None else None
        if watcher is not None and budget is not None and budget.down_kbps is not None:
            watcher.estimate.known(budget.down_kbps)
        self._control.touch()

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """Answer a receiver that offers himself."""
        description, now = parse_sdp(offer), self._loop.time()
        seat, known = self._seat(session, participant), self._sessions[session].known()
        owner = Owner(session=session, participant=participant, leg=leg)
        receiver = ReceiverLeg(owner, self._certificate, self._port.send, self._changed, now)
        wanted = [known[track] for track in tracks if track in known]
        made = receiver.accept(description, wanted, self._ours(receiver), now)
        self._replace(seat, seat.subscribe)
        seat.subscribe = receiver
        self._port.add(receiver)
        self._rewire(session)
        return made

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Close his legs; his tracks leave every subscription."""
        held = self._sessions.get(session)
        seat = held.seats.pop(participant, None) if held is not None else None
        if seat is not None:
            for leg in seat.legs:
                self._drop(leg)
            self._rewire(session)

    async def state(self) -> EngineState:
        """What is there now, with figures."""
        return EngineState(
            sessions={
                session: tuple(self._member(name, seat) for name, seat in held.seats.items())
                for session, held in self._sessions.items()
            }
        )

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Every event from now on."""
        while True:
            yield await self._events.get()

    # -- inside

    def _seat(self, session: SessionId, participant: ParticipantId) -> Seat:
        held = self._sessions.get(session)
        if held is None:
            raise NotFound("no-session", session=session)
        return held.seats.setdefault(participant, Seat())

    def _member(self, participant: ParticipantId, seat: Seat) -> Member:
        legs = (leg for leg in (seat.publish, seat.subscribe) if leg is not None and leg.alive)
        return Member(
            participant=participant,
            tracks=tuple(seat.tracks.values()),
            legs=tuple(self._figures(leg, seat) for leg in legs),
        )

    def _figures(self, leg: BaseLeg, seat: Seat) -> Leg:
        if isinstance(leg, PublisherLeg):
            heard = leg.last_packet
            quiet = None if heard is None else round(1000 * (self._loop.time() - heard), 1)
            arrivals = self._control.arrivals(leg, seat)
            return replace(leg.figures(), arrivals=arrivals, quiet_ms=quiet)
        watcher = self._control.watcher(leg) if isinstance(leg, SubscriberLeg) else None
        if watcher is None:
            return leg.figures()
        available = round(watcher.estimate.kbps, 1)
        return replace(leg.figures(), available_kbps=available, choices=watcher.choices)

    def _ours(self, leg: BaseLeg) -> Ours:
        return Ours(
            credentials=leg.credentials,
            fingerprint=self._certificate.fingerprint,
            candidates=self._candidates,
        )

    def _new_publisher(self, owner: Owner) -> PublisherLeg:
        return PublisherLeg(
            owner,
            self._certificate,
            self._port.send,
            self._changed,
            self._loop.time(),
            started=self._started,
            urgent=self._port.urgent,
            remb_bps=self._limits.remb_bps,
        )

    def _agree(self, leg: PublisherLeg, offer: Description) -> Agreed:
        usable = next((media for media in offer.media if media.usable), None)
        if usable is None:
            raise bad("nothing to receive")
        # Each is offered to everybody else of the session: it is they who would pay for more.
        sent = Counter(media.kind for media in offer.media if media.sending)
        if any(times > self._limits.tracks for times in sent.values()):
            raise Invalid("too-many-tracks", most=self._limits.tracks)
        if leg.restarts(usable.ufrag):
            leg.renew()
        agreed = publish_answer(
            offer, self._ours(leg), self._number, leg.offers + 1, self._limits.start_kbps
        )
        leg.offers += 1
        return agreed

    def _tracks(
        self, seat: Seat, participant: ParticipantId, published: Sequence[Published]
    ) -> dict[str, Track]:
        """Tracks by mid. A source that is published again, by whatever leg, keeps its id."""
        before = {(track.kind, track.source): track for track in seat.tracks.values()}
        tracks = {}
        for one in published:
            kind = Kind(one.kind)
            names = SOURCES[kind]
            name = names[one.order] if one.order < len(names) else f"{one.kind}-{one.order}"
            tracks[one.mid] = before.get((kind, name)) or Track(
                id=TrackId(new_id("tr")),
                participant=participant,
                kind=kind,
                source=name,
                muted=kind in seat.muted,
            )
        return tracks

    def _rewire(self, session: SessionId) -> None:
        self._sessions[session].rewire()
        self._control.touch()

    def _replace(self, seat: Seat, leg: BaseLeg | None) -> None:
        """One that carries goes on until its successor does, others end: one is kept at most."""
        if leg is None or not leg.alive:
            return
        if leg.state is LegState.CONNECTED:
            seat.former.append(leg)
        else:
            self._drop(leg)

    def _changed(self, leg: BaseLeg) -> None:
        owner = leg.owner
        held = self._sessions.get(owner.session)
        seat = held.seats.get(owner.participant) if held is not None else None
        if seat is None:
            return
        current = leg not in seat.former
        if leg.state is LegState.CONNECTED and current:
            for former in [one for one in seat.former if one.role is leg.role]:
                seat.former.remove(former)
                self._drop(former)
        elif not leg.alive:
            self._drop(leg)
            if not current:
                seat.former.remove(leg)
        self._rewire(owner.session)
        if current:
            self._events.say(
                LegChanged(
                    session=owner.session,
                    participant=owner.participant,
                    leg=owner.leg,
                    role=leg.role,
                    state=leg.state,
                )
            )

    def _started(self, leg: PublisherLeg, track: TrackId) -> None:
        owner = leg.owner
        self._events.say(
            TrackStarted(session=owner.session, participant=owner.participant, track=track)
        )

    def _drop(self, leg: BaseLeg) -> None:
        self._port.forget(leg)
        leg.close()

    def _close(self, session: SessionId) -> None:
        held = self._sessions.pop(session, None)
        if held is None:
            return
        for seat in held.seats.values():
            for leg in seat.legs:
                self._drop(leg)
        held.close()

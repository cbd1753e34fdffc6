"""The switchboard's side of the engine: legs, subscriptions, and what the worker says happened.

Wanted against actual: whenever a track comes or goes each seat's wish is compared with what its
leg was last asked to carry, and the difference becomes the next offer.
"""

import asyncio
import logging
from collections.abc import Awaitable

from rooms.errors import Forbidden, MargerideError, NotFound, Unavailable
from rooms.ids import LegId, SessionId, TrackId
from signalling.engine import (
    Air,
    Budget,
    EngineBack,
    EngineEvent,
    EngineState,
    Kind,
    LayersWanted,
    LegChanged,
    LegChose,
    LegState,
    MediaEngine,
    Member,
    Role,
    Spoke,
    SubscribeOffer,
    Wish,
)
from signalling.messages_media import (
    ChosenTrack,
    LegLost,
    PublishAnswered,
    PublishLayers,
    PublishOffer,
    Speakers,
    SubscribeAnswer,
    SubscribeOffered,
    TrackSet,
    View,
    ViewChosen,
)
from signalling.peer import Event
from signalling.ports import House, Place
from signalling.switchboard_gathering import Gathering, Hall, Seat, alive
from signalling.tracks import Subscription, with_sources

log = logging.getLogger(__name__)

ATTACH_WITHIN = 3.0
OVER = ("ended", "cancelled")


class Media:
    """Everything that is asked of the engine, and everything it says."""

    def __init__(self, engine: MediaEngine, house: House, hall: Hall) -> None:
        self._engine = engine
        self._house = house
        self._hall = hall
        self._attached = asyncio.Event()
        self._airs: dict[SessionId, Air] = {}
        self._pumps: set[asyncio.Task[None]] = set()

    async def follow(self) -> None:
        """Take the worker as it is, then hear what happens to it; never returns."""
        events = self._engine.events()
        await self._trying(self.reconcile())
        async for event in events:
            await self._trying(self._heard(event))

    async def stop(self) -> None:
        """Leave the worker alone: it outlives us."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def attached(self) -> None:
        """Wait a little until it is known what the worker carries."""
        try:
            await asyncio.wait_for(self._attached.wait(), ATTACH_WITHIN)
        except TimeoutError:
            log.warning("no media worker has answered yet")

    async def open(self, session: SessionId) -> None:
        """Make a session known, if there is a worker, and what of it is on air."""
        await self._trying(self._engine.open(session))
        await self.air(session)

    async def air(self, session: SessionId) -> None:
        """Let through what the house says, and nothing else."""
        wanted = await self._house.air(session)
        if wanted != self._airs.get(session):
            await self._trying(self._put_on_air(session, wanted))

    async def _put_on_air(self, session: SessionId, air: Air | None) -> None:
        await self._engine.air(session, air)
        if air is None:
            self._airs.pop(session, None)
        else:
            self._airs[session] = air

    async def close(self, session: SessionId) -> None:
        """Close a session's media."""
        self._airs.pop(session, None)
        await self._trying(self._engine.close(session))

    async def line(self, place: Place, budget: Budget | None) -> None:
        """Tell the worker which line somebody is behind, if that is known."""
        if budget is not None:
            await self._trying(self._engine.line(place.session, place.participant, budget))

    async def state(self) -> EngineState:
        """What the worker carries; nothing while there is none."""
        try:
            return await self._engine.state()
        except Unavailable:
            return EngineState()

    async def publish(self, seat: Seat, offer: PublishOffer) -> None:
        """Answer what a participant sends, and offer it to the others."""
        former, seat.publish_leg = seat.publish_leg, offer.leg
        _moves(seat, Event.OPENED)
        try:
            answer = await self._engine.publish(seat.place.session, seat.id, offer.leg, offer.sdp)
        except MargerideError as refusal:
            if isinstance(refusal, Unavailable):
                seat.doubtful.add(offer.leg)
            else:
                seat.publish_leg = former
            self._settle(seat)
            raise
        if not self._hall.holds(seat):
            await self._trying(self._engine.remove(seat.place.session, seat.id))
            return
        if seat.waits and answer.tracks:  # nothing of who is in the lobby may be at the worker
            await self.withdraw(seat)
            raise Forbidden("forbidden")
        board = seat.gathering.board
        board.publish(seat.id, with_sources(answer.tracks, offer.sdp, offer.sources))
        seat.say(PublishAnswered(leg=offer.leg, sdp=answer.sdp))
        self._settle(seat)
        for kind in board.muted(seat.id):
            await self._trying(self._engine.mute(seat.place.session, seat.id, kind, True))
        seat.gathering.changed(seat)
        self.refresh(seat.gathering, but=seat)

    async def subscribe(self, seat: Seat, leg: LegId) -> None:
        """Begin a subscriber leg; raises when there is no worker."""
        seat.subscription = Subscription(leg, early=seat.waits)
        await self._pump(seat)

    async def receive(
        self, seat: Seat, leg: LegId, offer: str, tracks: tuple[TrackId, ...]
    ) -> SubscribeOffer:
        """Answer a receiver that offers himself; the engine never offers on such a leg."""
        place = seat.place
        made = await self._engine.receive(place.session, seat.id, leg, offer, tracks)
        seat.subscription = Subscription(leg, made.serial, tracks)
        _moves(seat, Event.SETTLED)
        return made

    async def answer(self, seat: Seat, answer: SubscribeAnswer) -> None:
        """A subscriber has taken an offer; the next may follow."""
        subscription = seat.subscription
        if subscription is None or subscription.leg != answer.leg:
            raise NotFound("no-leg")
        if subscription.waiting and answer.serial != subscription.serial:
            return
        place, again = seat.place, not subscription.waiting
        try:
            await self._engine.answer(place.session, seat.id, answer.leg, answer.serial, answer.sdp)
        except MargerideError as refusal:
            if not again:
                self._doubts(seat, subscription, refusal)
                raise
        subscription.answers(answer.serial)
        self._settle(seat)
        await self._trying(self._pump(seat))

    async def mute(self, seat: Seat, wish: TrackSet) -> None:
        """A participant has muted himself; said twice, it is news to nobody."""
        if seat.gathering.board.mute(seat.id, wish.kind, wish.muted):
            seat.gathering.changed(seat)
        await self._engine_mute(seat, wish.kind, wish.muted)

    async def view(self, seat: Seat, view: View) -> None:
        """What his page shows decides what he is sent."""
        wishes = [
            Wish(track=shown.track, height=shown.height, stage=shown.stage) for shown in view.tracks
        ]
        await self._engine.view(seat.place.session, seat.id, wishes, view.mode)

    def leg_failed(self, seat: Seat, leg: LegId) -> None:
        """His side gave a leg up; nothing more is offered on it."""
        if seat.leg(Role.SUBSCRIBE) == leg:
            seat.subscription = None

    async def withdraw(self, seat: Seat) -> None:
        """Somebody has left: close his legs, take his tracks from the others."""
        seat.subscription, seat.publish_leg = None, None
        if seat.gathering.board.forget(seat.id):
            self.refresh(seat.gathering, but=seat)
        await self._trying(self._engine.remove(seat.place.session, seat.id))

    def refresh(self, gathering: Gathering, but: Seat | None = None) -> None:
        """Offer everybody what has changed; nobody waits for anybody."""
        for seat in gathering.seats.values():
            if seat is not but and seat.subscription is not None and seat.peer is not None:
                self.refresh_seat(seat)

    def refresh_seat(self, seat: Seat) -> None:
        """Offer one participant what has changed."""
        pump = asyncio.create_task(self._trying(self._pump(seat)), name=f"offers to {seat.id}")
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    async def reconcile(self) -> None:
        """Compare what is wanted with what the worker carries, and repair the difference."""
        state = await self._engine.state()
        self._airs.clear()
        for session, members in state.sessions.items():
            await self._restore(session, members)
        carried = {
            (session, member.participant): {leg.id for leg in member.legs if alive(leg)}
            for session, members in state.sessions.items()
            for member in members
        }
        for session in {seat.place.session for seat in self._hall.everybody()}:
            await self._engine.open(session)
            await self._put_on_air(session, await self._house.air(session))
        for seat in self._hall.everybody():
            self._repair(seat, carried.get(seat.key, set()))
            await self.line(seat.place, seat.budget)
        self._attached.set()

    async def _restore(self, session: SessionId, members: tuple[Member, ...]) -> None:
        gathering = self._hall.gatherings.get(session)
        if gathering is None and await self._is_over(session):
            await self._engine.close(session)
            return
        known = {place.participant: place for place in await self._house.places(session)}
        for member in members:
            if self._hall.seat(session, member.participant) is None:
                place = known.get(member.participant)
                self._hall.gathering(session).restore(member, place, self._hall.clock())

    async def _is_over(self, session: SessionId) -> bool:
        try:
            return (await self._house.session(session)).get("state") in OVER
        except NotFound:
            return True

    def _repair(self, seat: Seat, carried: set[LegId]) -> None:
        carried, seat.doubtful = carried - seat.doubtful, set()
        for role in Role:
            leg = seat.leg(role)
            if leg is not None and leg not in carried:
                self._lost(seat, role, leg)

    def _doubts(self, seat: Seat, subscription: Subscription, refusal: MargerideError) -> None:
        """Something failed on this leg, and nobody would ever say it again: it is made anew, as
        soon as there is a worker."""
        if isinstance(refusal, Unavailable):
            seat.doubtful.add(subscription.leg)
        elif seat.subscription is subscription:
            self._lost(seat, Role.SUBSCRIBE, subscription.leg)

    def _lost(self, seat: Seat, role: Role, leg: LegId) -> None:
        if role is Role.SUBSCRIBE:
            seat.subscription = None
        else:
            seat.publish_leg = None
            if seat.gathering.board.withdraw(seat.id):
                seat.gathering.changed(seat)
                self.refresh(seat.gathering, but=seat)
        seat.say(LegLost(leg=leg, role=role))

    async def _heard(self, event: EngineEvent) -> None:
        match event:
            case EngineBack():
                await self.reconcile()
            case LegChanged(state=LegState.FAILED | LegState.CLOSED):
                seat = self._hall.seat(event.session, event.participant)
                if seat is not None and seat.leg(event.role) == event.leg:
                    self._lost(seat, event.role, event.leg)
            case LegChose(session=session, participant=participant, leg=leg):
                seat = self._hall.seat(session, participant)
                if seat is not None and seat.leg(Role.SUBSCRIBE) == leg:
                    seat.say(_chosen(event))
            case LayersWanted(session=session, participant=participant, leg=leg):
                seat = self._hall.seat(session, participant)
                if seat is not None and seat.leg(Role.PUBLISH) == leg:
                    seat.say(
                        PublishLayers(leg=leg, track=event.track, rids=event.rids, kbps=event.kbps)
                    )
            case Spoke(session=session, participants=participants):
                gathering = self._hall.gatherings.get(session)
                if gathering is not None:
                    gathering.tell(Speakers(participants=participants))
            case _:
                log.debug("%s", event)

    async def _pump(self, seat: Seat) -> None:
        """Ask for what is wanted and not yet asked, until an offer is open or all is said."""
        board, subscription = seat.gathering.board, seat.subscription
        while subscription is not None and subscription.ask(wanted := board.wanted(seat.id)):
            try:
                offer = await self._engine.subscribe(
                    seat.place.session, seat.id, subscription.leg, wanted
                )
            except MargerideError as refusal:
                self._doubts(seat, subscription, refusal)
                raise
            subscription.offered(offer.serial if offer else None)
            if seat.subscription is not subscription or offer is None:
                subscription = seat.subscription
                continue
            _moves(seat, Event.OPENED)
            seat.say(
                SubscribeOffered(
                    leg=offer.leg,
                    serial=offer.serial,
                    sdp=offer.sdp,
                    tracks=seat.gathering.placed(offer.tracks),
                )
            )

    async def _engine_mute(self, seat: Seat, kind: Kind, muted: bool) -> None:
        if seat.publish_leg is not None:
            await self._engine.mute(seat.place.session, seat.id, kind, muted)

    def _settle(self, seat: Seat) -> None:
        if seat.subscription is None or not seat.subscription.waiting:
            _moves(seat, Event.SETTLED)

    async def _trying(self, call: Awaitable[None]) -> None:
        """A worker that is away is not news here: it says itself when it is back."""
        try:
            await call
        except Unavailable:
            log.debug("no media worker now")
        except MargerideError as refusal:
            log.warning("the media worker refuses: %s", refusal)
        except Exception:
            log.exception("a media call failed")


def _chosen(event: LegChose) -> ViewChosen:
    return ViewChosen(
        leg=event.leg,
        available_kbps=event.available_kbps,
        tracks=tuple(
            ChosenTrack(track=one.track, layer=one.layer, kbps=one.kbps, why=one.why)
            for one in event.choices
        ),
    )


def _moves(seat: Seat, event: Event) -> None:
    if seat.peer is not None:
        seat.peer.session.happen(event)

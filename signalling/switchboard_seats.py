"""Taking a seat in a session, losing the line, coming back, and giving the seat up.

In the lobby one waits for a seat, with legs that carry nothing; `join` takes them along.
"""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from rooms.errors import Conflict, Forbidden, MargerideError, TooMany
from rooms.ids import LegId, ParticipantId, SessionId
from signalling.messages import Join, Joined, Left, ParticipantLeft, SessionChanged, Waiting
from signalling.peer import LOBBY_FOR, Closing, Event, State
from signalling.ports import House, Place
from signalling.presence import Standing
from signalling.switchboard_gathering import Hall, Seat, Seated
from signalling.switchboard_media import Media
from signalling.switchboard_talk import Talk

log = logging.getLogger(__name__)

MOST_WAITING = 100  # for one session: more than come in at once, and no load for a worker


@dataclass(frozen=True, slots=True)
class _Kept:
    """The legs that a client and the worker both still hold."""

    publish: LegId | None
    subscribe: LegId | None


class News(Enum):
    """What a `join` is to the others: he came, he is back (perhaps elsewhere), or nothing."""

    CAME = auto()
    BACK = auto()
    NONE = auto()


class Seats:
    """Who sits where."""

    def __init__(self, house: House, hall: Hall, media: Media, talk: Talk) -> None:
        self._house = house
        self._hall = hall
        self._media = media
        self._talk = talk

    async def wait(self, peer: Seated) -> None:
        """Let a person make his legs before he comes in; said again, they are made anew."""
        place = await self._house.wait(peer.identity)
        if peer.seat is not None and not peer.seat.waits:
            raise Forbidden("forbidden")
        peer.seat = None
        peer.session.happen(Event.LEFT)
        await self._outside(place)
        if len(self._hall.waiting(place.session)) >= MOST_WAITING:
            raise TooMany("lobby-full")
        await self._media.open(place.session)
        if not peer.session.on_line:
            return  # what waits is forgotten with the line
        until = self._hall.clock() + LOBBY_FOR
        seat = self._hall.wait(place, until)
        seat.peer, peer.seat = peer, seat
        peer.session.happen(Event.WAITS)
        peer.say(Waiting(until=until.strftime("%Y-%m-%dT%H:%M:%S.%fZ")))

    async def _outside(self, place: Place) -> None:
        """He is in no session, and nothing of him is left at the worker."""
        former = self._hall.seat(place.session, place.participant)
        if former is not None and former.waits:
            self._hall.clear(former)
            await self._media.withdraw(former)
        elif former is not None:
            await self.leave(former, "left")

    async def join(self, peer: Seated, wish: Join) -> None:
        """Seat a client, or seat him again with what he still holds."""
        place = await self._house.enter(peer.identity, wish.session, wish.token, wish.name)
        if peer.seat is not None and peer.seat.key != (place.session, place.participant):
            await self.leave(peer.seat, "left")
        if wish.publish_leg or wish.subscribe_leg:
            await self._media.attached()
        await self._media.open(place.session)
        session = await self._house.session(place.session)
        budget = await self._house.budget(place)
        await self._media.line(place, budget)
        if peer.session.state is State.GONE:
            raise Conflict("not-joined")  # somebody with his token came meanwhile: it is his seat
        seat, news = self._sit(peer, place)
        seat.encrypted = wish.encrypted
        seat.budget = budget
        kept = _kept(seat, wish)
        peer.say(self._joined(seat, kept, session))
        peer.session.happen(Event.JOINED)
        if kept.publish or kept.subscribe:
            peer.session.happen(Event.SETTLED)
        if news is News.CAME:
            seat.gathering.arrived(seat)
        elif news is News.BACK:
            seat.gathering.changed(seat)
        if seat.subscription is not None:
            self._media.refresh_seat(seat)
        if news is not News.NONE:
            self._talk.recall(seat)
            await self._telling(self._house.joined(seat.place))
        for cued in await self._house.cues(seat.place):
            peer.say(cued)

    async def leave(self, seat: Seat, reason: str) -> None:
        """He gives his seat up, or it is taken from him."""
        if not self._hall.holds(seat):
            return
        self._hall.clear(seat)
        self.unseat(seat, reason)
        if seat.shown:
            seat.gathering.tell(ParticipantLeft(participant=seat.id, reason=reason))
        await self._media.withdraw(seat)
        if not seat.waits:
            await self._telling(self._house.left(seat.place, reason))

    def unseat(self, seat: Seat, reason: str) -> None:
        """Tell him that he is out; a person's line ends with it, a screen stays."""
        peer, seat.peer = seat.peer, None
        if peer is None:
            return
        peer.seat = None
        peer.say(Left(reason=reason))
        peer.session.happen(Event.LEFT)
        if peer.identity.room is None:
            peer.hang_up(Closing.DONE)

    def lost(self, seat: Seat, now: datetime) -> bool:
        """His line broke; the others see it at once, his seat is kept. True when more is to do.

        Who was in the lobby is in it no more.
        """
        if seat.waits:
            self._hall.clear(seat)
            peer, seat.peer = seat.peer, None
            if peer is not None:
                peer.session.happen(Event.LEFT)
                peer.seat = None
            return True
        if not self._hall.holds(seat) or not self._hall.presence.lost(seat.key, now):
            return False
        seat.gathering.changed(seat)
        return True

    async def tell_lost(self, seat: Seat) -> None:
        """Tell the house, unless he is back or gone meanwhile; clear up behind who only waited."""
        if seat.waits:
            if self._hall.seat(*seat.key) is None:
                await self._media.withdraw(seat)
            return
        if self._hall.presence.standing(seat.key) is Standing.LOST:
            await self._telling(self._house.lost(seat.place))

    async def back(self, seat: Seat) -> None:
        """He took his line up again."""
        if self._hall.holds(seat) and self._hall.presence.here(seat.key):
            seat.gathering.changed(seat)
            await self._telling(self._house.joined(seat.place))

    async def sweep(self, now: datetime) -> None:
        """Give up the seats of those who never came back, and of those who waited too long."""
        for seat in [each for each in self._hall.lobby.values() if each.until and each.until < now]:
            self._send_home(seat, now)
        for session, participant in self._hall.presence.gone(now):
            absent = self._hall.seat(session, participant)
            if absent is not None:
                await self.leave(absent, "gone")

    async def end(self, session: SessionId) -> None:
        """Everybody out, of the lobby too."""
        for seat in [each for each in self._hall.everybody() if each.place.session == session]:
            self._hall.clear(seat)
            self.unseat(seat, "ended")
        await self._media.close(session)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """Put somebody out."""
        seat = self._hall.seat(session, participant)
        if seat is not None:
            await self.leave(seat, "removed")

    async def session_changed(self, session: SessionId) -> None:
        """Let through what is on air now, then tell everybody in it how the session is."""
        if session in self._hall.sessions:
            await self._media.air(session)
        gathering = self._hall.gatherings.get(session)
        if gathering is not None:
            gathering.tell(SessionChanged(session=await self._house.session(session)))

    def _send_home(self, seat: Seat, now: datetime) -> None:
        """In his turn: what he has said before, a `join` perhaps, is done first."""

        async def out() -> None:
            if self._hall.holds(seat):
                await self.leave(seat, "waited")

        if seat.peer is not None and seat.peer.later(out):
            seat.until = now + LOBBY_FOR

    def _sit(self, peer: Seated, place: Place) -> tuple[Seat, News]:
        """The seat, and whether that is news to the others."""
        waited = peer.seat if peer.seat is not None and peer.seat.waits else None
        if waited is not None:
            self._hall.clear(waited)
        gathering = self._hall.gathering(place.session)
        seat = gathering.seats.get(place.participant)
        came = seat is None or not seat.named
        if seat is None:
            seat = gathering.seats[place.participant] = Seat(place, gathering)
        if waited is not None:
            seat.publish_leg, seat.subscription = waited.publish_leg, waited.subscription
        if seat.peer is not peer:
            self.unseat(seat, "removed")
        back = seat.peer is not peer or seat.place != place
        seat.place, seat.peer, peer.seat = place, peer, seat
        back = self._hall.presence.here(seat.key) or back
        return seat, News.CAME if came else News.BACK if back else News.NONE

    def _joined(self, seat: Seat, kept: _Kept, session: dict[str, object]) -> Joined:
        return Joined(
            session=session,
            you=seat.id,
            participants=seat.gathering.views(),
            publish_leg=kept.publish,
            subscribe_leg=kept.subscribe,
        )

    async def _telling(self, call: Awaitable[None]) -> None:
        """What the house makes of news is its own affair."""
        try:
            await call
        except MargerideError as refusal:
            log.warning("the house does not take the news: %s", refusal)


def _kept(seat: Seat, wish: Join) -> _Kept:
    subscription = seat.subscription
    if subscription is not None and (
        subscription.leg != wish.subscribe_leg
        or wish.subscribe_serial not in (None, subscription.serial)
    ):
        subscription = seat.subscription = None
    publish = seat.publish_leg if seat.publish_leg == wish.publish_leg else None
    return _Kept(publish, subscription.leg if subscription else None)

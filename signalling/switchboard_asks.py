"""What each message of a client asks for: one line each."""

import logging

from rooms.errors import Conflict, Forbidden, Invalid, MargerideError, NotFound, TooMany
from rooms.ids import LegId, RoomId, TrackId
from signalling.codec import write
from signalling.engine import SubscribeOffer
from signalling.messages import (
    ClientMessage,
    CommandAccepted,
    CommandDone,
    CommandFailed,
    Join,
    Leave,
    Lobby,
    RoomState,
)
from signalling.messages_cues import CueFired, CueReady, CueRefused
from signalling.messages_media import (
    LegFailed,
    PublishOffer,
    Stats,
    SubscribeAnswer,
    SubscribeStart,
    TrackSet,
    View,
)
from signalling.messages_talk import Chat, Cursor, Hand, Whisper
from signalling.ports import House
from signalling.switchboard_gathering import Seat, Seated
from signalling.switchboard_media import Media
from signalling.switchboard_seats import Seats
from signalling.switchboard_talk import Talk

log = logging.getLogger(__name__)

LISTENS = (Leave, SubscribeStart, SubscribeAnswer, LegFailed, View, Stats)


class Asks:
    """Carries out what clients ask, and answers refusals."""

    def __init__(self, house: House, seats: Seats, media: Media, talk: Talk) -> None:
        self._house = house
        self._seats = seats
        self._media = media
        self._talk = talk

    async def carry_out(self, peer: Seated, message: ClientMessage) -> None:
        """Do it, or say why not."""
        try:
            if not peer.session.may_say(message):
                raise Conflict("not-joined")
            await self.do(peer, message)
        except MargerideError as refusal:
            peer.refuse(refusal, message.type)
        except Exception:
            log.exception("%s of %s failed", message.type, peer.key)
            peer.refuse(MargerideError("internal"), message.type)

    async def do(self, peer: Seated, message: ClientMessage) -> None:
        """Do it; refusals are raised."""
        if isinstance(message, Join | Lobby | TrackSet | Chat | Hand):
            _pace(peer, message)
        if isinstance(message, Join):
            await self._seats.join(peer, message)
        elif isinstance(message, Lobby):
            await self._seats.wait(peer)
        elif isinstance(message, RoomState | CommandAccepted | CommandDone | CommandFailed):
            await self._of_a_screen(_room_of(peer), message)
        else:
            await self._of_a_seat(_seat_of(peer), message)

    async def receive(
        self, peer: Seated, leg: LegId, offer: str, tracks: tuple[TrackId, ...]
    ) -> SubscribeOffer:
        """Send these tracks to a seat whose client offers himself."""
        return await self._media.receive(_seat_of(peer), leg, offer, tracks)

    async def _of_a_screen(
        self, room: RoomId, message: RoomState | CommandAccepted | CommandDone | CommandFailed
    ) -> None:
        match message:
            case RoomState(version=version, document=document):
                await self._house.room_state(room, version, document)
            case CommandAccepted(id=command):
                await self._house.command_accepted(room, command)
            case CommandDone(id=command, result=result):
                await self._house.command_done(room, command, result or {})
            case CommandFailed(id=command, error=error, detail=detail):
                await self._house.command_failed(room, command, error, detail or "")

    async def _of_a_seat(self, seat: Seat, message: ClientMessage) -> None:
        if seat.serves and not isinstance(message, LISTENS):
            raise Forbidden("forbidden")
        match message:
            case Leave():
                await self._seats.leave(seat, "left")
            case PublishOffer():
                await self._media.publish(seat, message)
            case SubscribeStart(leg=leg):
                await self._media.subscribe(seat, leg)
            case SubscribeAnswer():
                await self._media.answer(seat, message)
            case TrackSet():
                await self._media.mute(seat, message)
            case LegFailed(leg=leg):
                self._media.leg_failed(seat, leg)
            case View():
                await self._media.view(seat, message)
            case Stats(legs=legs):
                seat.reported = [write(leg) for leg in legs]
            case CueReady() | CueRefused() | CueFired():
                await self._house.heard_of_cue(seat.place, message)
            case Chat():
                self._talk.chat(seat, message)
            case Hand():
                self._talk.hand(seat, message)
                await self._house.hand(seat.place, message.up)
            case Cursor():
                self._talk.cursor(seat, message)
            case Whisper():
                self._talk.whisper(seat, message)
            case _:
                raise Invalid("bad-message")


def _pace(peer: Seated, message: Join | Lobby | TrackSet | Chat | Hand) -> None:
    # Whoever mutes himself is muted, however fast: to be heard again is what has to wait.
    mutes = isinstance(message, TrackSet) and message.muted
    if not peer.may_change() and not mutes:
        raise TooMany("too-fast")


def _room_of(peer: Seated) -> RoomId:
    if peer.identity.room is None:
        raise Forbidden("forbidden")
    return peer.identity.room


def _seat_of(peer: Seated) -> Seat:
    if peer.seat is None:
        raise NotFound("not-joined")
    return peer.seat

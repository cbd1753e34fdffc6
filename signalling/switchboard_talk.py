"""What is said beside sound and picture, over the same WebSocket (docs/decisions/0005)."""

from rooms.errors import Invalid, NotFound
from signalling.codec import dump
from signalling.messages import body
from signalling.messages_talk import (
    Chat,
    ChatLine,
    ChatSaid,
    Cursor,
    CursorMoved,
    Hand,
    Whisper,
    Whispered,
)
from signalling.switchboard_gathering import CHAT_KEPT, Gathering, Hall, Seat

# Signs on the wire of all that is recalled: far less than what may wait for a client (`QUEUE`).
CHAT_SIZE = 65_536


class Talk:
    """Chat, hands, cursors and whispers of every gathering."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def chat(self, seat: Seat, message: Chat) -> None:
        """Everybody hears it, himself too: it is said once it comes back."""
        text = message.text.strip()
        if not text:
            raise Invalid("empty-chat")
        gathering = seat.gathering
        gathering.said += 1
        line = ChatLine(
            number=gathering.said,
            participant=seat.id,
            name=seat.place.name,
            text=text,
            at=self._hall.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        )
        _keep(gathering, line)
        gathering.tell(ChatSaid(lines=(line,)))

    def recall(self, seat: Seat) -> None:
        """What was said before he came."""
        if seat.gathering.chat:
            seat.say(ChatSaid(lines=tuple(seat.gathering.chat)))

    def hand(self, seat: Seat, message: Hand) -> None:
        """The others see it; he has seen it himself."""
        if seat.hand is not message.up:
            seat.hand = message.up
            seat.gathering.changed(seat)

    def cursor(self, seat: Seat, message: Cursor) -> None:
        """The others see it now or never."""
        text = body(CursorMoved(participant=seat.id, track=message.track, x=message.x, y=message.y))
        for other in seat.gathering.others(seat):
            if other.peer is not None:
                other.peer.hint(text)

    def whisper(self, seat: Seat, message: Whisper) -> None:
        """One other gets it."""
        other = seat.gathering.seats.get(message.to)
        if other is None or other is seat:
            raise NotFound("no-participant", participant=message.to)
        other.say(Whispered(participant=seat.id, data=message.data))


def _keep(gathering: Gathering, line: ChatLine) -> None:
    """For who comes later; the oldest go when there is too much for him to take at once."""
    gathering.chat.append(line)
    gathering.chat_size += _size(line)
    while len(gathering.chat) > CHAT_KEPT or gathering.chat_size > CHAT_SIZE:
        gathering.chat_size -= _size(gathering.chat.popleft())


def _size(line: ChatLine) -> int:
    return len(dump({"text": line.text, "name": line.name}))

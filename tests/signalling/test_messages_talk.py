"""What docs/protocol.md says of chat, hands, cursors and whispers."""

import json

import pytest

from rooms.errors import Invalid
from rooms.ids import ParticipantId, TrackId
from signalling.messages import body, hear, understand
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

ANNE = ParticipantId("pa-1")


@pytest.mark.parametrize(
    "message",
    [
        Chat(text="Bonjour"),
        Hand(up=True),
        Cursor(track=TrackId("tr-1"), x=0.5, y=1.0),
        Whisper(to=ANNE, data="x" * 4096),
    ],
)
def test_a_client_is_heard_as_it_spoke(message: Chat | Hand | Cursor | Whisper) -> None:
    assert hear(body(message)) == message


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "chat", "text": "x" * 2001},
        {"type": "hand", "up": 1},
        {"type": "cursor", "track": "tr-1", "x": 1.01, "y": 0},
        {"type": "whisper", "to": "pa-1", "data": "x" * 4097},
    ],
)
def test_words_beyond_their_limits_are_refused(wrong: object) -> None:
    with pytest.raises(Invalid, match="bad-message"):
        hear(json.dumps(wrong))


@pytest.mark.parametrize(
    "message",
    [
        ChatSaid(lines=(ChatLine(number=1, participant=ANNE, name="Anne", text="a", at="…Z"),)),
        CursorMoved(participant=ANNE, track=TrackId("tr-1"), x=0, y=1),
        Whispered(participant=ANNE, data="clé"),
    ],
)
def test_what_is_passed_on_is_understood(message: ChatSaid | CursorMoved | Whispered) -> None:
    assert understand(body(message)) == (None, message)

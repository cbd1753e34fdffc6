"""A question for the service's clock is answered by the peer itself, with the time it was read."""

import json
from datetime import UTC, datetime, timedelta

from signalling.peer import Closing, PeerSession, Refuse, Send

NOON = datetime(2013, 6, 14, 12, 0, tzinfo=UTC)
HELLO = '{"type": "hello", "versions": [1], "token": "t", "client": "c"}'
ASKED = '{"type": "clock", "sent": 12.5}'


def test_the_clock_is_told_at_once_without_a_number() -> None:
    peer = PeerSession("secret", NOON)
    peer.receive(HELLO, NOON)
    peer.welcome("participant", None, NOON)
    (told,) = peer.receive(ASKED, NOON + timedelta(microseconds=1_500))
    assert isinstance(told, Send)
    assert json.loads(told.text) == {
        "type": "clock.told",
        "sent": 12.5,
        "at": "2013-06-14T12:00:00.001500Z",
    }
    assert peer.seq == 0


def test_who_has_not_said_hello_is_told_nothing() -> None:
    assert PeerSession("secret", NOON).receive(ASKED, NOON) == [
        Refuse(key="hello-first", about="clock", closing=Closing.REFUSED)
    ]

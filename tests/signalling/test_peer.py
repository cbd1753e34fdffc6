import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signalling.messages import Heartbeat, Hello, Join, Leave, Left, Lobby, RoomState
from signalling.messages_talk import Chat
from signalling.peer import (
    KEPT_OUTSIDE,
    KEPT_SIZE,
    TABLE,
    Ask,
    Close,
    Closing,
    Effect,
    Event,
    PeerSession,
    Refuse,
    Send,
    State,
)
from signalling.websocket import QUEUE

NOON = datetime(2013, 6, 14, 12, 0, tzinfo=UTC)
HELLO = '{"type": "hello", "versions": [1], "token": "t", "client": "c"}'


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def sent(effects: list[Effect]) -> list[dict[str, Any]]:
    return [json.loads(effect.text) for effect in effects if isinstance(effect, Send)]


def state_of(peer: PeerSession) -> State:
    """Asked anew: a type checker believes what was asserted a line ago."""
    return peer.state


def known() -> PeerSession:
    peer = PeerSession("secret", NOON)
    peer.receive(HELLO, NOON)
    peer.welcome("room", "villefort-visio", NOON)
    return peer


def test_the_first_word_is_hello() -> None:
    peer = PeerSession("secret", NOON)
    assert peer.receive(HELLO, NOON) == [
        Ask(Hello(versions=(1,), token="t", client="c")),
    ]
    assert peer.receive('{"type": "heartbeat"}', NOON) == [
        Refuse(key="hello-first", about="heartbeat", closing=Closing.REFUSED)
    ]


def test_hello_is_said_once() -> None:
    assert known().receive(HELLO, NOON) == [
        Refuse(key="bad-message", about="hello", closing=Closing.REFUSED)
    ]


def test_a_version_we_do_not_speak_is_refused() -> None:
    peer = PeerSession("secret", NOON)
    effects = peer.receive(HELLO.replace("[1]", "[2, 3]"), NOON)
    assert effects == [Refuse(key="unsupported-version", about="hello", closing=Closing.REFUSED)]


def test_who_says_nothing_for_five_seconds_is_not_waited_for() -> None:
    peer = PeerSession("secret", NOON)
    assert peer.due == after(5)
    assert peer.tick(after(4.9)) == []
    assert peer.tick(after(5)) == [Refuse(key="hello-first", closing=Closing.REFUSED)]


def test_welcome_says_where_the_count_begins() -> None:
    peer = PeerSession("secret", NOON)
    peer.say(Left(reason="left"))
    (welcome,) = sent(peer.welcome("room", "villefort-visio", NOON))
    assert welcome["seq"] == 0
    assert welcome["resumed"] is False
    assert welcome["room"] == "villefort-visio"
    assert welcome["resume"] == "secret"
    assert welcome["now"].endswith("Z")
    assert sent(peer.say(Left(reason="left")))[0]["seq"] == 1


def test_heartbeats_come_each_five_seconds_and_have_no_number() -> None:
    peer = known()
    assert peer.due == after(5)
    assert peer.tick(after(4)) == []
    assert sent(peer.tick(after(5))) == [{"type": "heartbeat"}]
    assert peer.tick(after(5.1)) == []


def test_a_heartbeat_keeps_the_line_and_asks_for_nothing() -> None:
    peer = known()
    assert peer.receive('{"type": "heartbeat"}', after(14)) == []
    peer.tick(after(15))
    assert peer.tick(after(28.9)) != [Close(Closing.SILENT)]
    assert peer.tick(after(29)) == [Close(Closing.SILENT)]


def test_nonsense_ends_the_line_and_names_what_it_was_about() -> None:
    peer = known()
    (refusal,) = peer.receive('{"type": "track.set", "kind": "audio"}', NOON)
    assert isinstance(refusal, Refuse)
    assert (refusal.key, refusal.about, refusal.closing) == (
        "bad-message",
        "track.set",
        Closing.REFUSED,
    )
    (unreadable,) = peer.receive("{", NOON)
    assert isinstance(unreadable, Refuse)
    assert unreadable.about is None


def test_a_fatal_refusal_is_told_before_the_line_ends() -> None:
    peer = known()
    told = peer.refused(Refuse(key="too-fast", closing=Closing.REFUSED), "Moins vite.")
    assert sent(told)[0] == {
        "seq": 1,
        "type": "error",
        "code": "too-fast",
        "text": "Moins vite.",
        "fatal": True,
    }
    assert told[-1] == Close(Closing.REFUSED)
    mild = peer.refused(Refuse(key="no-leg", about="subscribe.answer"), "Plus là.")
    assert [type(effect) for effect in mild] == [Send]
    assert sent(mild)[0]["about"] == "subscribe.answer"


def test_sixty_at_once_are_taken_and_then_thirty_a_second() -> None:
    peer = known()
    beat = '{"type": "heartbeat"}'
    taken = [peer.receive(beat, NOON) for _ in range(59)]
    assert not any(taken)
    assert peer.receive(beat, NOON) == [Refuse(key="too-fast", closing=Closing.REFUSED)]
    peer = known()
    assert not any(peer.receive(beat, after(n / 30)) for n in range(300))


def test_five_changes_are_taken_in_a_second_and_no_more_whatever_the_line() -> None:
    peer = known()
    assert [peer.may_change(NOON) for _ in range(6)] == [True] * 5 + [False]
    peer.take_up("room", None, 0, NOON)
    assert not peer.may_change(NOON)
    assert peer.may_change(after(1))


def test_what_is_missed_is_said_again_in_order() -> None:
    peer = known()
    for reason in "abc":
        peer.say(Left(reason=reason))
    peer.happen(Event.BROKEN)
    assert peer.state is State.RESUMING
    assert not peer.on_line
    assert peer.say(Left(reason="d")) == []
    assert peer.tick(after(100)) == []
    assert peer.can_resume(1)
    welcome, *missed = sent(peer.take_up("room", None, 1, after(20)))
    assert (welcome["resumed"], welcome["seq"]) == (True, 1)
    assert [(m["seq"], m["reason"]) for m in missed] == [(2, "b"), (3, "c"), (4, "d")]
    assert str(peer.state) == "known"
    assert peer.due == after(25)


def test_nothing_missed_is_nothing_said_again() -> None:
    peer = known()
    peer.say(Left(reason="a"))
    assert [m["type"] for m in sent(peer.take_up("room", None, 1, NOON))] == ["welcome"]


@pytest.mark.parametrize(
    ("last_seq", "possible"), [(None, False), (44, True), (43, False), (301, False), (300, True)]
)
def test_only_the_last_256_are_kept(last_seq: int | None, possible: bool) -> None:
    peer = known()
    for _ in range(300):
        peer.say(Heartbeat())
    assert peer.can_resume(last_seq) is possible


def test_no_more_is_kept_than_may_wait_on_a_line() -> None:
    peer = known()
    for _ in range(20):
        peer.say(Left(reason="r" * 20_000))
    assert [n for n in range(21) if peer.can_resume(n)] == list(range(14, 21))
    _, *missed = sent(peer.take_up("room", None, 14, NOON))
    assert [m["seq"] for m in missed] == list(range(15, 21))
    assert sum(len(m["reason"]) for m in missed) < QUEUE
    peer.say(Left(reason="r" * (KEPT_SIZE + 1)))
    assert [n for n in range(22) if peer.can_resume(n)] == [21]


def test_of_a_session_he_is_out_of_only_the_end_is_kept() -> None:
    peer = known()
    peer.happen(Event.JOINED)
    for _ in range(100):
        peer.say(Left(reason="r" * 1000))
    peer.happen(Event.BROKEN)
    peer.say(Left(reason="gone"))
    peer.happen(Event.LEFT)
    assert [n for n in range(102) if peer.can_resume(n)] == list(range(101 - KEPT_OUTSIDE, 102))
    _, *missed = sent(peer.take_up("room", None, 100, NOON))
    assert [m["reason"] for m in missed] == ["gone"]
    assert peer.state is State.KNOWN


def test_what_happens_while_the_line_is_broken_is_found_on_return() -> None:
    peer = known()
    peer.happen(Event.JOINED)
    peer.happen(Event.OPENED)
    peer.happen(Event.BROKEN)
    peer.happen(Event.SETTLED)
    assert peer.may_say(Leave())
    peer.happen(Event.LEFT)
    assert not peer.may_say(Leave())
    peer.take_up("room", None, 0, NOON)
    assert peer.state is State.KNOWN


def test_a_session_is_joined_negotiated_and_lived() -> None:
    peer = known()
    assert not peer.may_say(Leave())
    assert peer.may_say(Join())
    for event, state in [
        (Event.OPENED, State.KNOWN),
        (Event.JOINED, State.JOINED),
        (Event.OPENED, State.NEGOTIATING),
        (Event.SETTLED, State.LIVE),
        (Event.OPENED, State.NEGOTIATING),
        (Event.LEFT, State.KNOWN),
        (Event.OVER, State.GONE),
        (Event.WELCOMED, State.GONE),
    ]:
        peer.happen(event)
        assert peer.state is state
    assert not peer.may_say(Join())


def test_who_goes_before_he_is_known_is_gone() -> None:
    peer = PeerSession("secret", NOON)
    peer.happen(Event.BROKEN)
    assert peer.state is State.GONE


def test_a_place_that_is_given_up_cannot_be_taken_again() -> None:
    peer = known()
    peer.happen(Event.BROKEN)
    peer.happen(Event.OVER)
    assert peer.state is State.GONE


def test_every_state_can_end() -> None:
    assert all(Event.OVER in TABLE[state] for state in State if state is not State.GONE)


def test_who_waits_in_the_lobby_may_make_legs_and_nothing_else() -> None:
    peer = known()
    assert peer.may_say(Lobby())
    peer.happen(Event.WAITS)
    assert state_of(peer) is State.LOBBY
    assert all(peer.may_say(said) for said in (Lobby(), Join(), Leave()))
    assert not peer.may_say(Chat(text="x"))
    assert not peer.may_say(RoomState(version=1, document={}))
    peer.happen(Event.BROKEN)
    peer.happen(Event.LEFT)
    peer.take_up("participant", None, 0, NOON)
    assert state_of(peer) is State.KNOWN
    assert not peer.may_say(Leave())
    peer.happen(Event.WAITS)
    peer.happen(Event.JOINED)
    assert state_of(peer) is State.JOINED

import json
from typing import Any

import pytest

from rooms.errors import Invalid
from rooms.ids import CommandId, LegId, ParticipantId, TrackId
from signalling.engine import Kind, Role
from signalling.messages import (
    CLIENT,
    SERVER,
    Command,
    CommandDone,
    Error,
    Heartbeat,
    Hello,
    Join,
    Joined,
    Lobby,
    ParticipantView,
    RoomState,
    Waiting,
    Welcome,
    body,
    hear,
    numbered,
    understand,
)
from signalling.messages_media import LegReport, PublishOffer, Source, Stats, TrackView

LEG = "lg-" + "0" * 20


def refusal(members: dict[str, Any] | str) -> dict[str, Any]:
    text = members if isinstance(members, str) else json.dumps(members)
    with pytest.raises(Invalid) as caught:
        hear(text)
    return {"key": caught.value.key, **caught.value.fields}


def test_hello_is_read_with_and_without_what_is_optional() -> None:
    said = {"type": "hello", "versions": [1], "token": "t", "client": "page 0.1"}
    assert hear(json.dumps(said)) == Hello(versions=(1,), token="t", client="page 0.1")
    again = hear(json.dumps({**said, "last_seq": 41, "resume": "r"}))
    assert again == Hello(versions=(1,), token="t", client="page 0.1", last_seq=41, resume="r")
    assert hear(json.dumps({**said, "last_seq": None})) == hear(json.dumps(said))


def test_an_offer_names_the_source_of_each_line() -> None:
    said = {"type": "publish.offer", "leg": LEG, "sdp": "v=0", "sources": {"0": "microphone"}}
    assert hear(json.dumps(said)) == PublishOffer(
        leg=LegId(LEG), sdp="v=0", sources={"0": Source.MICROPHONE}
    )


def test_figures_may_be_whole_numbers() -> None:
    said = {"type": "stats", "legs": [{"role": "publish", "kbps": 400, "loss": 0}]}
    assert hear(json.dumps(said)) == Stats(legs=(LegReport(role=Role.PUBLISH, kbps=400, loss=0),))


def test_a_free_member_is_kept_as_it_is() -> None:
    said = {"type": "command.done", "id": "cm-1", "result": {"a": [1, {"b": None}]}}
    assert hear(json.dumps(said)) == CommandDone(
        id=CommandId("cm-1"), result={"a": [1, {"b": None}]}
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "not-json"),
        ("nonsense", "not-json"),
        ("[" * 60_000, "not-json"),
        ('{"type": "stats", "legs": NaN}', "not-json"),
        ('{"a": ' + "9" * 5000 + "}", "not-json"),
        ("[]", "not-an-object"),
        ('{"a": 1e999}', "not-finite"),
        ('{"a": "\\ud800"}', "not-unicode"),
        ('{"\\ud800": 1}', "not-unicode"),
        ('{"a":' * 9 + "1" + "}" * 9, "too-deep"),
        ('{"a":' * 8 + '"\\ud800"' + "}" * 8, "not-unicode"),
        ({}, "missing-member"),
        ({"type": 3}, "missing-member"),
        ({"type": "dance"}, "unknown-type"),
        ({"type": "welcome"}, "unknown-type"),
        ({"type": "heartbeat", "x": 1}, "unknown-member"),
        ({"type": "track.set", "kind": "audio"}, "missing-member"),
        ({"type": "track.set", "kind": "audio", "muted": 1}, "wrong-type"),
        ({"type": "track.set", "kind": "smell", "muted": True}, "not-a-choice"),
        ({"type": "track.set", "kind": ["audio"], "muted": True}, "not-a-choice"),
        ({"type": "subscribe.start", "leg": "lg-1"}, "wrong-form"),
        ({"type": "subscribe.answer", "leg": LEG, "serial": True, "sdp": ""}, "wrong-type"),
        ({"type": "subscribe.answer", "leg": LEG, "serial": -1, "sdp": ""}, "too-small"),
        ({"type": "subscribe.answer", "leg": LEG, "serial": 10**30, "sdp": ""}, "too-large"),
        ({"type": "publish.offer", "leg": LEG, "sdp": "x" * 60_001}, "too-long"),
        ({"type": "publish.offer", "leg": LEG, "sdp": "", "sources": []}, "not-an-object"),
        ({"type": "stats", "legs": {}}, "not-a-list"),
        ({"type": "stats", "legs": [3]}, "not-an-object"),
        ({"type": "stats", "legs": [{"role": "publish", "kbps": True, "loss": 0}]}, "wrong-type"),
        ({"type": "room.state", "version": 1, "document": []}, "not-an-object"),
    ],
)
def test_nonsense_is_refused_with_its_reason(said: dict[str, Any] | str, why: str) -> None:
    assert refusal(said)["key"] == "bad-message"
    assert refusal(said)["why"] == why


def test_a_refusal_names_the_message_and_the_member() -> None:
    refused = refusal({"type": "stats", "legs": [{"role": "publish", "kbps": "fast", "loss": 0}]})
    assert refused["about"] == "stats"
    assert refused["member"] == "kbps"


@pytest.mark.parametrize("text", ["x" * 65_537, "é" * 40_000])
def test_a_frame_that_is_too_big_is_not_even_read(text: str) -> None:
    assert refusal(text)["key"] == "too-big"


def test_eight_levels_are_deep_enough() -> None:
    deep = '{"type": "room.state", "version": 1, "document": {"a":' + '{"a":' * 6 + "1" + "}" * 8
    assert isinstance(hear(deep), RoomState)


def test_what_is_optional_and_absent_is_not_written() -> None:
    error = Error(code="no-leg", text="é", fatal=False)
    assert body(error) == '{"type":"error","code":"no-leg","text":"é","fatal":false}'


def test_what_must_be_there_is_written_even_when_it_is_null() -> None:
    track = TrackView(id=TrackId("tr-1"), kind=Kind.AUDIO, source="microphone")
    view = ParticipantView(
        id=ParticipantId("pa-1"), name="V", kind="room", room=None, state="joined", tracks=(track,)
    )
    joined = Joined(
        session={}, you=view.id, participants=(view,), publish_leg=None, subscribe_leg=None
    )
    written = json.loads(body(joined))
    assert written["publish_leg"] is None
    assert written["participants"][0]["room"] is None
    assert written["participants"][0]["tracks"] == [
        {"id": "tr-1", "kind": "audio", "source": "microphone", "muted": False}
    ]
    assert understand(numbered(7, body(joined))) == (7, joined)


def test_a_client_leaves_aside_what_it_does_not_know() -> None:
    assert understand('{"type": "heartbeat", "mood": "good"}') == (None, Heartbeat())
    assert understand('{"type": "from.the.future", "seq": 4}') == (4, None)


def test_the_service_may_say_more_in_a_frame_than_a_client() -> None:
    command = Command(
        id=CommandId("cm-1"), command="x", arguments={"text": "y" * 100_000}, deadline=""
    )
    assert understand(numbered(1, body(command))) == (1, command)


@pytest.mark.parametrize("seq", ['"1"', "true", "1.5"])
def test_a_number_that_is_none_is_refused(seq: str) -> None:
    with pytest.raises(Invalid):
        understand(f'{{"type": "heartbeat", "seq": {seq}}}')


def test_a_list_of_nothing_is_written_and_read() -> None:
    welcome = Welcome(
        version=1, peer="room", resume="r", resumed=False, heartbeat=5, dead_after=15, now="now"
    )
    assert understand(body(welcome)) == (None, welcome)


def test_every_message_has_its_paragraph_in_the_document(protocol: str) -> None:
    for name in {*CLIENT, *SERVER}:
        assert f"`{name}`" in protocol or f'"type": "{name}"' in protocol, name


def test_the_lobby_is_asked_for_and_left_under_a_name() -> None:
    assert hear('{"type": "lobby"}') == Lobby()
    assert hear('{"type": "join", "name": "Ève"}') == Join(name="Ève")
    assert refusal({"type": "join", "name": "x" * 241})["key"] == "bad-message"
    waiting = Waiting(until="2013-06-14T12:10:00Z")
    assert understand(numbered(3, body(waiting))) == (3, waiting)

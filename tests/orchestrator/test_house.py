"""What the wire asks of the house, and what it makes of what the wire reports."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator import conduct
from orchestrator.cases import guests
from orchestrator.session import Act
from orchestrator.store import devices, line_tests, participants, rooms
from orchestrator.store.line_tests import Kept
from rooms.control import DEFAULT_STATE
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from rooms.ids import ParticipantId, RoomId, SessionId, new_secret
from rooms.line import LineTest
from signalling.engine import Budget
from signalling.ports import House as HousePort
from signalling.ports import Identity, Json, Place
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def guest(scene: Scene, code: str = "a-link") -> tuple[Place, str]:
    participant, token, _ = await conduct.enter_by_link(scene.house.conductor, code, "Paul")
    who = await scene.house.identify(token)
    place = await scene.house.enter(who, None, None)
    assert place.participant == participant
    return place, token


async def in_session(scene: Scene) -> tuple[SessionId, Place]:
    session = await scene.session(code="a-link")
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    return session, await scene.answers_call(VILLEFORT)


def test_the_house_is_what_the_wire_asks_for(scene: Scene) -> None:
    port: HousePort = scene.house
    assert port.words("session-over", "en", {}) == "The session is over."


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 5000, "é" * 30])
async def test_an_unknown_token_is_nobody(scene: Scene, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await scene.house.identify(token)


async def test_a_paired_screen_is_its_room_until_it_is_revoked(scene: Scene) -> None:
    device, token = await scene.database.write(lambda conn: devices.add(conn, VILLEFORT, NINE))
    assert await scene.house.identify(token) == Identity(room=VILLEFORT)
    await scene.database.write(lambda conn: devices.revoke(conn, device.id, NINE))
    with pytest.raises(Unauthenticated):
        await scene.house.identify(token)


async def test_a_screen_enters_by_the_token_it_was_given_and_by_no_other(scene: Scene) -> None:
    session, place = await in_session(scene)
    token = scene.wire.to(VILLEFORT, "call.join")[0].arguments["token"]
    assert await scene.house.enter(Identity(room=VILLEFORT), session, token) == place
    for wrong in (new_secret(), "", None):
        with pytest.raises(Forbidden):
            await scene.house.enter(Identity(room=VILLEFORT), session, wrong)
    with pytest.raises(Forbidden):  # the token of Villefort on the screen of Meyrueis
        await scene.house.enter(Identity(room=MEYRUEIS), session, token)
    with pytest.raises(NotFound):
        await scene.house.enter(Identity(room=VILLEFORT), SessionId("se-other"), token)


async def test_a_guest_has_his_own_place_and_no_other(scene: Scene) -> None:
    session = await scene.session(code="a-link")
    place, _ = await guest(scene)
    assert (place.session, place.kind, place.name) == (session, "guest", "Paul")
    own = Identity(participant=place.participant, session=session)
    with pytest.raises(NotFound):
        await scene.house.enter(own, SessionId("se-other"), None)
    nobody = Identity(participant=ParticipantId("pa-x"), session=session)
    with pytest.raises(NotFound):
        await scene.house.enter(nobody, None, None)


async def test_nobody_enters_what_is_over(scene: Scene) -> None:
    session, _ = await in_session(scene)
    place, _ = await guest(scene)
    await conduct.act(scene.house.conductor, session, Act.END, "pe-1")
    with pytest.raises(Conflict) as refused:
        await scene.house.enter(
            Identity(participant=place.participant, session=session), None, None
        )
    assert refused.value.key == "session-over"


async def test_nobody_enters_what_was_put_back_to_waiting(scene: Scene) -> None:
    session = await scene.session(code="a-link")
    place, _ = await guest(scene)
    scene.now = NINE - timedelta(hours=1)
    await conduct.act(scene.house.conductor, session, Act.BOOK, "pe-1")
    with pytest.raises(Forbidden) as refused:
        await scene.house.enter(
            Identity(participant=place.participant, session=session), None, None
        )
    assert refused.value.fields == {"open_from": "2026-11-26T08:45:00Z"}


async def test_a_lost_room_is_dropped_and_recovers(scene: Scene) -> None:
    session, place = await in_session(scene)
    await scene.house.room_state(VILLEFORT, 2, in_call(session))
    await scene.house.settled()
    assert await scene.site(session, VILLEFORT) == "live"
    await scene.house.lost(place)
    assert await scene.site(session, VILLEFORT) == "dropped"
    await scene.house.joined(place)
    assert await scene.site(session, VILLEFORT) == "recovering"
    await scene.house.room_state(VILLEFORT, 3, in_call(session))
    assert await scene.site(session, VILLEFORT) == "live"
    await scene.house.settled()
    assert scene.wire.changed.count(session) >= 4
    assert [one["participant"] for one in scene.told("participant.lost")] == [place.participant]
    assert [a for a in await scene.audited() if a.startswith("site.")] == [
        "site.checked_in", "site.live", "site.dropped", "site.recovering", "site.live",
    ]  # fmt: skip


def in_call(session: str) -> Json:
    document = DEFAULT_STATE.to_json()
    document["call"] = {"state": "in_call", "session": session}
    return document


async def test_a_room_state_is_kept_and_told_once(scene: Scene) -> None:
    await scene.house.room_state(VILLEFORT, 7, DEFAULT_STATE.to_json())
    await scene.house.room_state(VILLEFORT, 7, DEFAULT_STATE.to_json())
    kept = await scene.database.read(lambda conn: rooms.state_of(conn, VILLEFORT))
    assert kept is not None
    assert (kept.version, kept.document) == (7, DEFAULT_STATE.to_json())
    assert len(scene.told("room.state.changed")) == 1


async def test_a_document_that_is_not_ours_is_refused_and_not_kept(scene: Scene) -> None:
    with pytest.raises(Invalid):
        await scene.house.room_state(VILLEFORT, 1, {"call": "yes"})
    assert await scene.database.read(lambda conn: rooms.state_of(conn, VILLEFORT)) is None


async def test_a_room_that_says_it_is_in_a_foreign_session_changes_nothing(scene: Scene) -> None:
    session = await scene.session([MEYRUEIS])
    await scene.strike(NINE)
    await scene.house.room_state(VILLEFORT, 1, in_call(session))
    await scene.house.room_state(VILLEFORT, 2, in_call("se-unknown"))
    assert await scene.site(session, MEYRUEIS) == "expected"


async def test_a_screen_is_online_then_stale_then_offline(scene: Scene) -> None:
    await scene.screen_on(VILLEFORT)
    await scene.screen_off(VILLEFORT)
    await scene.screen_off(VILLEFORT)
    await scene.after(seconds=61)
    states = [one["presence"] for one in scene.told("room.presence.changed")]
    assert states == ["online", "stale", "offline"]
    assert scene.house.screens.of(MEYRUEIS) == "offline"


async def test_after_a_restart_everybody_is_lost_until_heard_again(scene: Scene) -> None:
    session, room = await in_session(scene)
    person, _ = await guest(scene)
    await scene.house.joined(person)
    scene.start_again()
    await scene.house.restore()
    assert await scene.site(session, VILLEFORT) == "dropped"
    await scene.house.joined(room)
    assert await scene.site(session, VILLEFORT) == "recovering"
    await scene.after(seconds=61)
    known = await scene.database.read(lambda conn: participants.of_session(conn, session))
    assert {one.id: one.state for one in known} == {
        room.participant: "joined",
        person.participant: "left",
    }
    assert (session,) in scene.engine.called("open")


async def test_who_leaves_a_forgotten_session_does_no_harm(scene: Scene) -> None:
    session, room = await in_session(scene)
    await scene.house.joined(room)
    heard = len(scene.bus.since(0)[0])
    forgotten = Place(session=SessionId("se-gone"), participant=room.participant,
                      name="Villefort", kind="room", room=VILLEFORT)  # fmt: skip
    await scene.house.left(forgotten, "left")
    await scene.house.left(replace(forgotten, participant=ParticipantId("pa-1")), "gone")
    assert len(scene.bus.since(0)[0]) == heard
    assert await scene.site(session, VILLEFORT) == "checked_in"
    known = await scene.database.read(lambda conn: participants.of_session(conn, session))
    assert [one.state for one in known] == ["joined"]
    await scene.house.left(room, "left")  # the one that is not forgotten is heard
    assert await scene.site(session, VILLEFORT) == "left"


async def test_a_room_is_behind_the_line_of_its_centre(scene: Scene) -> None:
    _, place = await in_session(scene)
    centre = scene.house.means.network.centre_of(VILLEFORT)
    configured = Budget(
        line=centre.id,
        up_kbps=centre.line.up_kbps,
        down_kbps=centre.line.down_kbps,
        rtt_ms=centre.line.rtt_ms,
    )
    assert await scene.house.budget(place) == configured
    test = LineTest(
        path="udp", down_kbps=900, up_kbps=200, rtt_ms=70, jitter_ms=9, loss=0.0, taken_at=NINE
    )
    kept = Kept(id="lt-1", centre=centre.id, by="anne", test=test)
    await scene.database.write(lambda conn: line_tests.add(conn, kept))
    measured = replace(configured, up_kbps=200, down_kbps=900, rtt_ms=70)
    assert await scene.house.budget(place) == measured


async def test_nothing_is_known_of_the_line_of_others(scene: Scene) -> None:
    await scene.session(code="a-link")
    place, _ = await guest(scene)
    assert await scene.house.budget(place) is None
    assert await scene.house.budget(replace(place, room=RoomId("torn-down"))) is None


async def waiting(scene: Scene) -> Identity:
    _, token, _ = await conduct.wait_by_link(scene.house.conductor, "a-link")
    return await scene.house.identify(token)


async def test_who_waits_takes_no_place_until_he_says_his_name(scene: Scene) -> None:
    session = await scene.session(code="a-link")
    await scene.strike(NINE)
    who = await waiting(scene)
    assert (await scene.house.wait(who)).name == ""
    assert await count(scene, session) == 0
    for nobody in (None, " ", "\u200b"):
        with pytest.raises(Invalid, match="bad-name"):
            await scene.house.enter(who, None, None, nobody)
    place = await scene.house.enter(who, None, None, "  Ève  ")
    assert (place.name, place.kind, place.participant) == ("Ève", "guest", who.participant)
    assert await count(scene, session) == 1
    # The name holds once: who comes back is who he was.
    assert (await scene.house.enter(who, None, None, "Adam")).name == "Ève"


async def test_who_only_waited_has_never_left(scene: Scene) -> None:
    session = await scene.session(code="a-link")
    await scene.strike(NINE)
    who = await waiting(scene)
    place = await scene.house.wait(who)
    await scene.house.left(place, "gone")
    with pytest.raises(Invalid, match="bad-name"):
        await scene.house.enter(who, None, None)
    scene.now = NINE + timedelta(minutes=61)
    await waiting(scene)  # who comes makes what is an hour old forgotten
    with pytest.raises(NotFound):
        await scene.house.enter(who, session, None, "Ève")


async def test_a_full_session_lets_nobody_in_from_the_lobby(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.session(code="a-link")
    await scene.strike(NINE)
    who = await waiting(scene)
    monkeypatch.setattr(guests, "MOST_PARTICIPANTS", 1)
    await guest(scene)
    with pytest.raises(TooMany, match="session-full"):
        await scene.house.enter(who, None, None, "Ève")


async def test_nobody_waits_for_what_is_over_or_not_open_and_no_screen_ever(scene: Scene) -> None:
    session, _ = await in_session(scene)
    who = await waiting(scene)
    with pytest.raises(Forbidden, match="forbidden"):
        await scene.house.wait(Identity(room=VILLEFORT))
    await conduct.act(scene.house.conductor, session, Act.END, "pe-1")
    with pytest.raises(Conflict, match="session-over"):
        await scene.house.wait(who)
    with pytest.raises(conduct.Gone):
        await waiting(scene)


async def count(scene: Scene, session: SessionId) -> int:
    return await scene.database.read(lambda conn: participants.count(conn, NINE, session))

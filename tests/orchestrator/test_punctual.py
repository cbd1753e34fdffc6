"""The hour of a booking: doors, calls, the air, the end, and all of it again after a kill."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator import conduct
from orchestrator.punctual import Punctual
from signalling.ports import Identity
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def test_a_session_opens_its_doors_calls_its_rooms_and_goes_on_air(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(MEYRUEIS)
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE - timedelta(minutes=16))
    assert await scene.state(session) == "booked"
    await scene.strike(NINE - timedelta(minutes=15))
    assert await scene.state(session) == "doors"
    assert scene.wire.sent == []
    await scene.strike(NINE - timedelta(seconds=60))
    assert [(one.room, one.name) for one in scene.wire.sent] == [
        (MEYRUEIS, "call.join"),
        (VILLEFORT, "call.join"),
    ]
    for room in (MEYRUEIS, VILLEFORT):
        await scene.answers_call(room)
        assert await scene.site(session, room) == "checked_in"
    await scene.strike(NINE)
    assert await scene.state(session) == "on_air"
    assert await scene.site(session, VILLEFORT) == "live"
    assert scene.engine.called("open") != []
    assert len(scene.wire.sent) == 2


async def test_a_booking_that_begins_now_calls_its_rooms_now(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE + timedelta(seconds=3))
    call = scene.wire.to(VILLEFORT, "call.join")[0]
    assert call.arguments["session"] == session
    assert call.arguments["title"] == "Inauguration"
    assert len(call.arguments["token"]) >= 22  # 128 bits in base 64
    place = await scene.answers_call(VILLEFORT)
    assert (place.name, place.kind) == ("Villefort", "room")
    assert await scene.site(session, VILLEFORT) == "checked_in"
    scene.wire.flowing.add(VILLEFORT)
    await scene.after(seconds=1)
    assert await scene.site(session, VILLEFORT) == "live"


async def test_a_screen_that_comes_late_is_called_then_and_once(scene: Scene) -> None:
    await scene.session()
    await scene.strike(NINE + timedelta(minutes=10))
    assert scene.wire.sent == []
    await scene.screen_on(VILLEFORT)
    await scene.strike()
    await scene.after(seconds=1)
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 1


async def test_a_room_that_a_person_and_the_clock_call_at_once_is_called_once(
    scene: Scene,
) -> None:
    session = await scene.session(state="doors", start=NINE)
    await scene.screen_on(MEYRUEIS)
    await scene.screen_on(VILLEFORT)
    scene.now, conductor = NINE, scene.house.conductor
    stored = await scene.stored(session)
    await asyncio.gather(
        conduct.call_missing(conductor, stored, "pe-tom"),
        scene.punctual.look(),
        *(
            conduct.call_if_missing(conductor, session, room, conduct.CLOCK)
            for room in (MEYRUEIS, VILLEFORT)
        ),
    )
    await scene.answers_call(MEYRUEIS)
    await conduct.call_missing(conductor, stored, "pe-tom")  # as it was before they answered
    assert [len(scene.wire.to(room, "call.join")) for room in (MEYRUEIS, VILLEFORT)] == [1, 1]
    assert conductor.dialling == set()


async def test_a_call_nobody_took_is_made_again(scene: Scene) -> None:
    await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    await scene.after(seconds=6)  # not acknowledged: failed
    await scene.after(seconds=10)
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 2


async def test_a_room_that_hung_up_is_not_called_again(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    place = await scene.answers_call(VILLEFORT)
    await scene.house.left(place, "left")
    await scene.after(minutes=1)
    assert await scene.site(session, VILLEFORT) == "left"
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 1


async def test_a_room_that_lost_its_power_is_called_when_its_screen_is_back(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    place = await scene.answers_call(VILLEFORT)
    await scene.screen_off(VILLEFORT)
    await scene.house.lost(place)
    await scene.house.left(place, "gone")
    await scene.after(minutes=5)
    assert await scene.site(session, VILLEFORT) == "dropped"
    await scene.screen_on(VILLEFORT)
    await scene.after(seconds=3)
    again = await scene.answers_call(VILLEFORT)
    assert again.participant == place.participant
    assert await scene.site(session, VILLEFORT) == "recovering"
    scene.wire.flowing.add(VILLEFORT)
    await scene.after(seconds=1)
    assert await scene.site(session, VILLEFORT) == "live"


async def test_at_the_end_the_rooms_leave_and_the_session_ends(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    place = await scene.answers_call(VILLEFORT)
    await scene.house.left(place, "gone")  # nobody is there at the end
    await scene.strike(NINE + timedelta(minutes=60))
    assert await scene.state(session) == "ended"
    assert scene.wire.ended == [session]


async def test_who_is_still_there_is_told_and_left_a_quarter_of_an_hour(scene: Scene) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    await scene.answers_call(VILLEFORT)
    await scene.strike(NINE + timedelta(minutes=60))
    await scene.after(seconds=1)
    assert await scene.state(session) == "on_air"
    told = scene.wire.to(VILLEFORT, "room.message.show")
    assert len(told) == 1
    assert "11:15" in told[0].arguments["text"]  # 10:15 UTC, as Villefort's clock has it
    await scene.strike(NINE + timedelta(minutes=75))
    assert await scene.state(session) == "ended"
    assert len(scene.wire.to(VILLEFORT, "call.leave")) == 1


async def test_sessions_missed_while_the_service_was_down_are_caught_up(scene: Scene) -> None:
    missed = await scene.session(start=NINE - timedelta(hours=3))
    running = await scene.session(start=NINE - timedelta(minutes=20))
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    assert await scene.state(missed) == "ended"
    assert await scene.state(running) == "on_air"
    assert [one.arguments["session"] for one in scene.wire.sent] == [running]


async def test_a_kill_between_the_call_and_its_answer_calls_again_after_the_restart(
    scene: Scene,
) -> None:
    session = await scene.session()
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    scene.start_again()
    await scene.house.restore()
    await scene.screen_on(VILLEFORT)
    await scene.after(seconds=1)
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 1  # the screen may still be about it
    await scene.after(seconds=16)
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 2
    await scene.answers_call(VILLEFORT)
    assert await scene.site(session, VILLEFORT) == "checked_in"


async def test_a_look_at_one_session_that_fails_does_not_stop_the_others(scene: Scene) -> None:
    await scene.session([MEYRUEIS, VILLEFORT])
    other = await scene.session([MEYRUEIS], start=NINE + timedelta(minutes=1))
    scene.engine.absent = True  # no worker: sessions open without one
    await scene.strike(NINE + timedelta(minutes=1))
    assert await scene.state(other) == "on_air"


async def test_the_next_session_of_a_room_takes_it_over_at_its_hour(scene: Scene) -> None:
    first = await scene.session([VILLEFORT])
    second = await scene.session([VILLEFORT], start=NINE + timedelta(minutes=60))
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    await scene.answers_call(VILLEFORT)
    await scene.strike(NINE + timedelta(minutes=59, seconds=30))
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 1
    await scene.strike(NINE + timedelta(minutes=60))
    assert scene.wire.to(VILLEFORT, "call.join")[-1].arguments["session"] == second
    assert await scene.state(first) == "on_air"  # somebody is in it: its quarter of an hour runs


async def test_a_guest_who_comes_between_two_looks_opens_the_doors_himself(scene: Scene) -> None:
    session = await scene.session(code="a-link")
    scene.now = NINE - timedelta(minutes=14)
    participant, token, stored = await conduct.enter_by_link(
        scene.house.conductor, "a-link", "Paul"
    )
    assert stored.session.state == "doors"
    who = await scene.house.identify(token)
    assert who == Identity(participant=participant, session=session)


async def test_a_ceremony_waits_for_whoever_leads_it_where_the_network_says_so(
    scene: Scene,
) -> None:
    means = scene.house.means
    service = replace(means.settings.service, ceremony_starts="by_hand")
    means.settings = replace(means.settings, service=service)
    scene.punctual = Punctual(scene.house)
    ceremony = await scene.session([MEYRUEIS], kind="ceremony")
    meeting = await scene.session([VILLEFORT])
    await scene.strike(NINE)
    assert (await scene.state(ceremony), await scene.state(meeting)) == ("doors", "on_air")


async def test_a_ceremony_starts_at_its_hour_otherwise(scene: Scene) -> None:
    ceremony = await scene.session([MEYRUEIS], kind="ceremony")
    await scene.strike(NINE)
    assert await scene.state(ceremony) == "on_air"

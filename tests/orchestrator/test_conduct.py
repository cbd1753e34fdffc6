"""The use cases: running sessions, joining by link, commanding rooms, following bookings."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, update

from orchestrator import conduct
from orchestrator.cases.fan_out import Asked
from orchestrator.cases.guests import MOST_PARTICIPANTS, clean_name
from orchestrator.store import participants
from orchestrator.store.instants import seconds
from orchestrator.store.tables import bookings, calendars, items, occurrences, people
from rooms.control import CallJoin, CallLeave, MicSet
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from rooms.ids import RoomId, SessionId
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

MARVEJOLS = RoomId("marvejols-visio")


def joining(session: SessionId) -> Asked:
    return Asked(command=CallJoin(session=session))


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def test_whoever_runs_it_opens_starts_pauses_and_ends_a_session(scene: Scene) -> None:
    anne = await scene.person("anne", "animateur", "villefort")
    session = await scene.session()
    scene.now = NINE - timedelta(hours=2)
    await scene.screen_on(VILLEFORT)
    conductor = scene.house.conductor
    opened = await conduct.open_session(conductor, session, anne)
    assert opened.session.state == "doors"
    assert len(scene.wire.to(VILLEFORT, "call.join")) == 1
    await scene.answers_call(VILLEFORT)
    started = await conduct.start_session(conductor, session, anne)
    assert started.session.site(VILLEFORT).state == "live"
    assert (await conduct.pause_session(conductor, session, anne)).session.state == "paused"
    assert (await conduct.start_session(conductor, session, anne)).session.state == "on_air"
    ended = await conduct.end_session(conductor, session, anne)
    assert ended.session.state == "ended"
    assert len(scene.wire.to(VILLEFORT, "call.leave")) == 1
    assert scene.wire.ended == [session]
    assert [a for a in await scene.audited() if a.startswith("session.")] == [
        "session.open", "session.start", "session.pause", "session.start", "session.end",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await conduct.end_session(conductor, session, anne)


async def test_a_session_does_not_exist_for_who_has_no_part_in_it(scene: Scene) -> None:
    session = await scene.session()
    for stranger in (await scene.person("tom", "trainer"),
                     await scene.person("carl", "animateur", "langogne")):  # fmt: skip
        with pytest.raises(NotFound):
            await conduct.open_session(scene.house.conductor, session, stranger)
    assert await scene.state(session) == "booked"


async def test_a_person_put_out_meanwhile_has_no_rights_left(scene: Scene) -> None:
    anne = await scene.person("anne", "animateur", "villefort")
    session = await scene.session()
    await scene.database.write(
        lambda conn: conn.execute(update(people).where(people.c.id == anne.id).values(active=False))
    )
    with pytest.raises(NotFound):
        await conduct.open_session(scene.house.conductor, session, anne)


# --- joining by link -------------------------------------------------------------


async def test_a_link_lets_people_in_from_the_doors_to_the_end(scene: Scene) -> None:
    await scene.session(code="a-link")
    conductor = scene.house.conductor
    scene.now = NINE - timedelta(minutes=16)
    with pytest.raises(Forbidden) as early:
        await conduct.enter_by_link(conductor, "a-link", "Paul")
    assert early.value.fields["open_from"] == "2026-11-26T08:45:00Z"
    scene.now = NINE - timedelta(minutes=15)
    _, token, _ = await conduct.enter_by_link(conductor, "a-link", "Paul")
    assert len(token) >= 22
    scene.now = NINE + timedelta(hours=2)
    await scene.strike()
    with pytest.raises(conduct.Gone) as late:
        await conduct.enter_by_link(conductor, "a-link", "Paul")
    assert (late.value.key, late.value.status) == ("session-over", 410)


async def test_a_link_that_leads_nowhere_is_one_answer_whatever_its_shape(scene: Scene) -> None:
    for code in ("wrong", "", "x" * 9999, "é/../"):
        with pytest.raises(NotFound) as refused:
            await conduct.look(scene.house.conductor, code)
        assert (refused.value.key, refused.value.fields) == ("no-link", {})


async def test_the_link_of_a_series_leads_to_the_date_of_today(scene: Scene) -> None:
    dates = [NINE + timedelta(days=day) for day in (0, 7, 14)]
    first, second, third = [await scene.session(code="serie", start=at) for at in dates]
    conductor = scene.house.conductor

    async def leads_to(at: datetime) -> SessionId:
        await scene.strike(at)
        return (await conduct.look(conductor, "serie")).id

    assert await leads_to(NINE - timedelta(days=1)) == first
    assert await leads_to(NINE + timedelta(minutes=5)) == first
    assert await leads_to(NINE + timedelta(hours=3)) == second
    assert await leads_to(dates[2] + timedelta(minutes=1)) == third
    assert await leads_to(dates[2] + timedelta(days=1)) == third


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("  Paul   Vidal ", "Paul Vidal"),
        ("Zoé\n\tB.", "Zoé B."),
        ("P\u202eaul\x00\u200b", "Paul"),
        ("N" * 60, "N" * 60),
    ],
)
def test_a_name_is_shown_clean(given: str, shown: str) -> None:
    assert clean_name(given) == shown


@pytest.mark.parametrize("given", ["", "   ", "\x00\x07", "\u200b", "N" * 61, "N" * 10_000])
def test_a_name_that_shows_nothing_or_too_much_is_refused(given: str) -> None:
    with pytest.raises(Invalid):
        clean_name(given)


async def test_a_session_takes_no_more_people_than_it_can(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_PARTICIPANTS == 500
    monkeypatch.setattr("orchestrator.cases.guests.MOST_PARTICIPANTS", 1)
    await scene.session(code="a-link")
    await conduct.enter_by_link(scene.house.conductor, "a-link", "Paul")
    with pytest.raises(TooMany):
        await conduct.enter_by_link(scene.house.conductor, "a-link", "Zoé")


async def test_places_that_nobody_came_for_are_free_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.cases.guests.MOST_PARTICIPANTS", 2)
    session, house, began = await scene.session(code="a-link"), scene.house, scene.now

    async def come_in(name: str) -> str:
        return (await conduct.enter_by_link(house.conductor, "a-link", name))[1]

    absent, here = await come_in("Absent"), await come_in("Paul")
    await house.joined(await house.enter(await house.identify(here), session, None))
    with pytest.raises(TooMany):
        await come_in("Zoé")
    scene.now = began + participants.HELD
    zoe = await come_in("Zoé")
    assert (await house.identify(absent)).session == session  # he may still turn up
    await house.joined(await house.enter(await house.identify(zoe), session, None))
    with pytest.raises(TooMany):
        await come_in("Ana")
    scene.now = began + participants.GOOD
    await house.left(await house.enter(await house.identify(zoe), session, None), "left")
    await come_in("Ana")
    with pytest.raises(Unauthenticated):
        await house.identify(absent)
    for token in (here, zoe):
        assert (await house.identify(token)).session == session


# --- commanding rooms ------------------------------------------------------------


async def test_a_trainer_commands_the_rooms_of_his_session_around_its_time(scene: Scene) -> None:
    tom = await scene.person("tom", "trainer")
    await scene.session([VILLEFORT], organiser=tom.id)
    await scene.screen_on(VILLEFORT)
    await scene.screen_on(MEYRUEIS)
    conductor, mute = scene.house.conductor, MicSet(on=False)
    scene.now = NINE - timedelta(minutes=16)
    with pytest.raises(Forbidden):
        await conduct.command_room(conductor, tom, VILLEFORT, Asked(command=mute))
    scene.now = NINE - timedelta(minutes=15)
    order, _ = await conduct.command_room(conductor, tom, VILLEFORT, Asked(command=mute))
    assert order.by == tom.id
    with pytest.raises(Forbidden):
        await conduct.command_room(conductor, tom, MEYRUEIS, Asked(command=mute))
    await scene.strike(NINE + timedelta(hours=1, minutes=1))
    with pytest.raises(Forbidden):
        await conduct.command_room(conductor, tom, VILLEFORT, Asked(command=mute))


async def test_calling_a_room_needs_the_room_and_the_session(scene: Scene) -> None:
    anne = await scene.person("anne", "animateur", "villefort")
    hers, foreign = await scene.session(), await scene.session([MEYRUEIS, MARVEJOLS])
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    conductor = scene.house.conductor
    order, _ = await conduct.command_room(conductor, anne, VILLEFORT, joining(hers))
    assert order.session == hers
    with pytest.raises(Forbidden):
        await conduct.command_room(conductor, anne, MEYRUEIS, joining(hers))
    with pytest.raises(NotFound):
        await conduct.command_room(conductor, anne, VILLEFORT, joining(foreign))


async def test_a_room_is_called_into_a_session_that_runs_and_is_its_own(scene: Scene) -> None:
    admin = await scene.person("admin", "admin")
    session = await scene.session()
    await scene.screen_on(MARVEJOLS)
    conductor, join = scene.house.conductor, CallJoin(session=session)
    with pytest.raises(Conflict) as early:
        await conduct.command_room(conductor, admin, VILLEFORT, Asked(command=join))
    assert early.value.key == "session-not-open"
    await scene.strike(NINE)
    with pytest.raises(NotFound):
        await conduct.command_room(conductor, admin, MARVEJOLS, Asked(command=join))
    order, _ = await conduct.command_room(conductor, admin, VILLEFORT, Asked(command=join))
    assert order.error == "agent_unreachable"
    await conduct.end_session(conductor, session, admin)
    with pytest.raises(Conflict) as late:
        await conduct.command_room(conductor, admin, VILLEFORT, Asked(command=join))
    assert late.value.key == "session-over"


async def test_a_command_is_given_up_by_who_may_command_the_room(scene: Scene) -> None:
    anne = await scene.person("anne", "animateur", "villefort")
    marc = await scene.person("marc", "animateur", "meyrueis")
    await scene.screen_on(VILLEFORT)
    conductor = scene.house.conductor
    order, _ = await conduct.command_room(conductor, anne, VILLEFORT, Asked(command=CallLeave()))
    with pytest.raises(Forbidden):
        await conduct.cancel_command(conductor, marc, VILLEFORT, order.id)
    assert (await conduct.cancel_command(conductor, anne, VILLEFORT, order.id)).state == "cancelled"


# --- following bookings ----------------------------------------------------------


async def booked(scene: Scene, *rooms: RoomId, start: datetime = NINE) -> None:
    """The booking bk-1 as the ledger keeps it."""

    def make(conn: Connection) -> None:
        conn.execute(delete(occurrences))
        conn.execute(delete(items))
        conn.execute(delete(calendars))
        conn.execute(insert(calendars).values(id=1, owner_kind="person", owner_id="x", name="c"))
        conn.execute(insert(items).values(
            calendar_id=1, name="a.ics", uid="u", etag="e", body=b"", rev=1))  # fmt: skip
        row: dict[str, Any] = {
            "uid": "u", "organiser_id": "pe-1", "door": "rest", "calendar_id": 1,
            "item_name": "a.ics", "kind": "meeting", "title": "Inauguration", "state": "confirmed",
            "starts_at": seconds(start), "ends_at": seconds(start) + 3600,
            "created_at": 0, "updated_at": 0,
        }  # fmt: skip
        changed = conn.execute(update(bookings).where(bookings.c.id == "bk-1").values(**row))
        if changed.rowcount == 0:
            conn.execute(insert(bookings).values(id="bk-1", **row))
        for room in rooms:
            conn.execute(insert(occurrences).values(
                calendar_id=1, name="a.ics", booking_id="bk-1", room_id=room,
                starts_at=seconds(start), ends_at=seconds(start) + 3600))  # fmt: skip

    await scene.database.write(make)


async def on_air(scene: Scene) -> SessionId:
    await booked(scene, MEYRUEIS, VILLEFORT)
    session = await scene.session(booking="bk-1")
    await scene.screen_on(VILLEFORT)
    await scene.strike(NINE)
    await scene.answers_call(VILLEFORT)
    return session


async def follow(scene: Scene) -> bool:
    return await conduct.follow_booking(scene.house.conductor, "bk-1")


async def test_only_a_booking_that_is_near_has_the_clock_look_at_once(scene: Scene) -> None:
    await booked(scene, VILLEFORT)
    await scene.session(booking="bk-1")
    await scene.strike(NINE - timedelta(hours=1))
    assert not await follow(scene)
    await scene.strike(NINE - timedelta(minutes=15))
    assert await follow(scene)


async def test_a_booking_that_did_not_change_leaves_its_session_alone(scene: Scene) -> None:
    session = await on_air(scene)
    before = await scene.stored(session)
    await follow(scene)
    assert await scene.stored(session) == before


async def test_a_session_on_air_whose_booking_moves_away_goes_back_to_waiting(scene: Scene) -> None:
    session = await on_air(scene)
    later = NINE + timedelta(days=1)
    await booked(scene, MEYRUEIS, VILLEFORT, start=later)
    await follow(scene)
    stored = await scene.stored(session)
    assert (stored.session.state, stored.session.starts_at) == ("booked", later)
    assert len(scene.wire.to(VILLEFORT, "call.leave")) == 1
    assert scene.wire.ended == [session]


async def test_a_session_whose_booking_is_prolonged_goes_on(scene: Scene) -> None:
    session = await on_air(scene)
    await booked(scene, MEYRUEIS, VILLEFORT, start=NINE + timedelta(minutes=10))
    await follow(scene)
    stored = await scene.stored(session)
    assert stored.session.state == "on_air"
    assert stored.session.ends_at == NINE + timedelta(minutes=70)
    assert session in scene.wire.changed


async def test_a_room_added_is_called_and_a_room_removed_leaves(scene: Scene) -> None:
    session = await on_air(scene)
    await scene.screen_on(MARVEJOLS)
    await booked(scene, MEYRUEIS, MARVEJOLS)
    await follow(scene)
    assert len(scene.wire.to(VILLEFORT, "call.leave")) == 1
    await scene.after(seconds=1)
    assert scene.wire.to(MARVEJOLS, "call.join")[0].arguments["session"] == session


async def test_a_cancelled_booking_ends_its_session_whatever_it_was_doing(scene: Scene) -> None:
    session = await on_air(scene)
    await scene.database.write(
        lambda conn: conn.execute(update(bookings).values(state="cancelled"))
    )
    await follow(scene)
    await follow(scene)
    assert await scene.state(session) == "ended"
    assert "session.cancel" in await scene.audited()


async def test_a_date_taken_out_of_its_series_ends(scene: Scene) -> None:
    session = await on_air(scene)
    await scene.database.write(lambda conn: conn.execute(delete(occurrences)))
    await follow(scene)
    assert await scene.state(session) == "ended"


async def test_a_refused_change_leaves_the_session_that_runs(scene: Scene) -> None:
    session = await on_air(scene)
    await scene.database.write(lambda conn: conn.execute(update(bookings).values(state="declined")))
    await follow(scene)
    assert await scene.state(session) == "on_air"


async def test_an_ended_session_moved_to_a_later_hour_is_booked_again(scene: Scene) -> None:
    session = await on_air(scene)
    await scene.strike(NINE + timedelta(hours=2))
    assert await scene.state(session) == "ended"
    await booked(scene, MEYRUEIS, VILLEFORT, start=NINE + timedelta(hours=5))
    await follow(scene)
    assert await scene.state(session) == "booked"
    assert await scene.site(session, VILLEFORT) == "expected"

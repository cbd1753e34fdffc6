"""What each door answers: invitation, a room's own calendar, REST; and what is then held."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.settings import DEFAULT
from orchestrator.settings.model import Network
from rooms.errors import Conflict, Forbidden, Invalid, NotFound
from tests.fakes.dav import FOUR, Client, OpenHouse, event, open_house, soon, stamp

ROOM = "villefort-visio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def read(client: Client, path: str) -> str:
    return (await client.get(path)).unfolded


async def the_booking(house: OpenHouse) -> dict[str, Any]:
    (found,) = await house.rows("bookings")
    return found


async def topics(house: OpenHouse) -> list[str]:
    return [row["topic"] for row in await house.rows("outbox")]


# --- invitation ---------------------------------------------------------------------------


async def test_an_invitation_holds_the_room_and_makes_its_session(house: OpenHouse) -> None:
    tom = house.client("tom")
    more = ["CATEGORIES:Cérémonie"]
    await tom.put("calendar/a.ics", event(rooms=FOUR, title="Inauguration", more=more))
    booking = await the_booking(house)
    assert (booking["state"], booking["kind"], booking["door"]) == (
        "confirmed", "ceremony", "invitation",
    )  # fmt: skip
    (session,) = await house.rows("sessions")
    assert (session["state"], session["title"]) == ("booked", "Inauguration")
    sites = await house.rows("sites")
    assert sorted(site["role"] for site in sites) == ["host", "remote", "remote", "remote"]
    stored = await read(tom, "calendar/a.ics")
    link = f"https://visio.test/join/{session['join_code']}"
    for name in ("CONFERENCE", "URL", "LOCATION", "DESCRIPTION"):
        line = next(line for line in stored.split("\n") if line.startswith(name))
        assert link in line
    copy = await read(tom, f"{ROOM}/{booking['id']}.ics")
    assert "UID:e1" in copy
    assert link not in copy  # everybody reads a room's calendar, not everybody is invited
    assert house.told == ["booking.made"]


async def test_putting_the_answered_event_back_changes_nothing(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=FOUR))
    before = await tom.get("calendar/a.ics")
    again = await tom.put("calendar/a.ics", before.body, If_Match=before.headers["ETag"])
    after = await tom.get("calendar/a.ics")
    assert (again.status, after.body) == (204, before.body)
    assert again.headers["ETag"] == before.headers["ETag"]
    assert len(await house.rows("sessions")) == 1
    assert await topics(house) == ["booking.made", "booking.changed"]


async def test_a_moved_event_moves_what_it_holds(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=FOUR))
    (before,) = await house.rows("sessions")
    later = soon(days=2)
    await tom.put("calendar/a.ics", event(start=later, rooms=FOUR[:2]))
    (after,) = await house.rows("sessions")
    assert (after["id"], after["join_code"]) == (before["id"], before["join_code"])
    assert after["starts_at"] == int(later.timestamp())
    assert len(await house.rows("sites")) == 2
    assert [await house.held(room) for room in FOUR] == [1, 1, 0, 0]
    assert await topics(house) == ["booking.made", "booking.moved"]


async def test_a_refused_move_holds_nothing_and_says_so(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event("a", rooms=FOUR))
    await bea.put("calendar/b.ics", event("b", start=soon(2), rooms=[ROOM]))
    code = (await house.rows("sessions"))[0]["join_code"]
    await tom.put("calendar/a.ics", event("a", start=soon(2), rooms=FOUR))
    stored = await read(tom, "calendar/a.ics")
    assert stored.count("PARTSTAT=DECLINED") == 4
    assert "/join/" not in stored
    assert [await house.held(room) for room in FOUR] == [0, 0, 1, 0]
    assert (await topics(house))[-2:] == ["booking.cancelled", "booking.refused"]
    await tom.put("calendar/a.ics", event("a", start=soon(3), rooms=FOUR))
    assert code in await read(tom, "calendar/a.ics")  # the link people were sent is still good
    assert "COMMENT" not in await read(tom, "calendar/a.ics")


@pytest.mark.parametrize("how", ["delete", "cancel", "uninvite"])
async def test_rooms_are_freed(house: OpenHouse, how: str) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event("a", rooms=FOUR))
    if how == "delete":
        assert (await tom.delete("calendar/a.ics")).status == 204
    elif how == "cancel":
        await tom.put("calendar/a.ics", event("a", rooms=FOUR, more=["STATUS:CANCELLED"]))
    else:
        await tom.put("calendar/a.ics", event("a"))
        assert "/join/" not in await read(tom, "calendar/a.ics")
    assert [await house.held(room) for room in FOUR] == [0, 0, 0, 0]
    assert await house.rows("sessions") == []
    assert (await the_booking(house))["state"] == "cancelled"
    await bea.put("calendar/b.ics", event("b", rooms=[ROOM]))
    assert "PARTSTAT=ACCEPTED" in await read(bea, "calendar/b.ics")


async def test_a_running_session_is_left_to_its_conductor(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=[ROOM]))
    await house.database.write(
        lambda conn: conn.exec_driver_sql("UPDATE sessions SET state='on_air'")
    )
    await tom.delete("calendar/a.ics")
    assert [row["state"] for row in await house.rows("sessions")] == ["on_air"]
    assert (await topics(house))[-1] == "booking.cancelled"


async def test_a_clash_on_one_date_of_a_series_declines_the_series(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put("calendar/b.ics", event("b", start=soon(8), rooms=[ROOM]))
    weekly = event("w", rooms=[ROOM], more=["RRULE:FREQ=WEEKLY;COUNT=4"])
    await tom.put("calendar/w.ics", weekly)
    assert "PARTSTAT=DECLINED" in await read(tom, "calendar/w.ics")
    assert await house.held(ROOM) == 1
    freed = event("w", start=soon(2), rooms=[ROOM], more=["RRULE:FREQ=WEEKLY;COUNT=4"])
    await tom.put("calendar/w.ics", freed)
    sessions = await house.rows("sessions", title="Réunion")
    assert len({row["join_code"] for row in sessions}) == 2
    assert (len(sessions), await house.held(ROOM)) == (5, 5)
    assert len({row["recurrence_id"] for row in sessions}) == 5  # four dates, and the single one


async def test_an_attendees_copy_shows_what_the_organiser_holds(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    owned = event("a", rooms=FOUR, more=["ORGANIZER:mailto:tom@visio.lozere.example"])
    await tom.put("calendar/a.ics", owned)
    await bea.put("calendar/a.ics", owned)
    assert (await read(bea, "calendar/a.ics")).count("PARTSTAT=ACCEPTED") == 4
    false = event(
        "f", start=soon(3), rooms=FOUR, more=["ORGANIZER:mailto:tom@visio.lozere.example"]
    )
    await bea.put("calendar/f.ics", false)
    stored = await read(bea, "calendar/f.ics")
    assert stored.count("PARTSTAT=DECLINED") == 4
    assert "Seul l'organisateur" in stored
    assert await house.held(ROOM) == 1


async def test_the_same_uid_of_two_people_are_two_bookings(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event("same", rooms=[ROOM]))
    await bea.put("calendar/a.ics", event("same", rooms=[ROOM]))
    assert "PARTSTAT=DECLINED" in await read(bea, "calendar/a.ics")
    await bea.delete("calendar/a.ics")
    assert await house.held(ROOM) == 1


async def test_an_event_copied_between_calendars_books_twice_if_it_moves(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put(f"{ROOM}/x.ics", event("same"))
    for _ in range(2):
        await tom.put("calendar/x.ics", event("same", start=soon(2), rooms=FOUR))
        assert (await read(tom, "calendar/x.ics")).count("PARTSTAT=ACCEPTED") == 4
    assert await house.held(ROOM) == 2
    await tom.delete("calendar/x.ics")
    assert await house.held(ROOM) == 1


async def test_a_booker_books_at_home_only(house: OpenHouse) -> None:
    bea = house.client("bea")
    await bea.put("calendar/a.ics", event(rooms=["meyrueis-visio"]))
    stored = await read(bea, "calendar/a.ics")
    assert "PARTSTAT=DECLINED" in stored
    assert "votre rôle" in stored


async def test_an_unknown_room_is_declined_by_name(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=["florac-visio", ROOM]))
    stored = await read(tom, "calendar/a.ics")
    assert stored.count("PARTSTAT=DECLINED") == 2
    assert "florac-visio" in stored
    assert await house.held(ROOM) == 0


async def test_a_closed_centre_is_a_reason(tmp_path: Path) -> None:
    async with open_house(tmp_path, DEFAULT) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event(start=soon(hour=2), rooms=[ROOM]))
        assert "centre fermé" in await read(tom, "calendar/a.ics")


async def test_an_event_without_dates_to_hold_is_told_so(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=["TRANSP:TRANSPARENT"]))
    assert "aucune date" in await read(tom, "calendar/a.ics")
    await tom.put("calendar/b.ics", event("b", minutes=60 * 24 * 40, rooms=[ROOM]))
    assert "31 jours" in await read(tom, "calendar/b.ics")


# --- a room's own calendar ------------------------------------------------------------------


async def test_a_direct_write_that_loses_is_kept_and_marked_until_it_moves(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    won = await tom.put(f"{ROOM}/t.ics", event("t", title="Formation"))
    assert (won.status, won.headers.get("ETag")) == (201, None)
    assert "/join/" in await read(tom, f"{ROOM}/t.ics")
    lost = await bea.put(f"{ROOM}/b.ics", event("b", title="Atelier"))
    assert lost.status == 201
    marked = await read(bea, f"{ROOM}/b.ics")
    assert "SUMMARY:REFUSÉ (salle occupée) : Atelier" in marked
    assert "STATUS:CANCELLED" in marked
    assert "TRANSP:TRANSPARENT" in marked
    assert "COMMENT" in marked
    assert await house.held(ROOM) == 1
    whole = marked.replace("\n", "\r\n").encode()
    moved = whole
    for before, after in ((9, 15), (10, 16)):
        moved = moved.replace(stamp(soon(hour=before)).encode(), stamp(soon(hour=after)).encode())
    assert (await bea.put(f"{ROOM}/b.ics", moved)).status == 204
    free = await read(bea, f"{ROOM}/b.ics")
    assert "SUMMARY:Atelier" in free
    assert "CANCELLED" not in free
    assert await house.held(ROOM) == 2


def strict(network: Network) -> Network:
    """The same, whose rooms refuse."""
    return replace(
        network,
        centres=tuple(
            replace(
                centre, rooms=tuple(replace(room, direct_put="refuse") for room in centre.rooms)
            )
            for centre in network.centres
        ),
    )


async def test_a_room_may_refuse_instead_of_marking(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=strict) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await tom.put(f"{ROOM}/t.ics", event("t"))
        refused = await bea.put(f"{ROOM}/b.ics", event("b"))
        assert refused.status == 403
        assert "room-busy" in refused.text
        assert "urn:x-margeride" in refused.text
        assert "salle occupée" in refused.text
        assert (await bea.get(f"{ROOM}/b.ics")).status == 404


async def test_only_its_organiser_or_the_centre_changes_a_booking(house: OpenHouse) -> None:
    tom, bea, anne = (house.client(name) for name in ("tom", "bea", "anne"))
    await tom.put(f"{ROOM}/t.ics", event("t"))
    await tom.put("calendar/i.ics", event("i", start=soon(2), rooms=[ROOM]))
    (copy,) = await house.rows("bookings", uid="i")
    for path in (f"{ROOM}/t.ics", f"{ROOM}/{copy['id']}.ics"):
        assert (await bea.delete(path)).status == 403
        assert (await bea.put(path, event("t" if path.endswith("t.ics") else "i"))).status == 403
    assert (await tom.put(f"{ROOM}/{copy['id']}.ics", event("i"))).status == 403
    assert await house.held(ROOM) == 2
    assert (await anne.delete(f"{ROOM}/t.ics")).status == 204
    assert (await anne.delete(f"{ROOM}/{copy['id']}.ics")).status == 204
    assert await house.held(ROOM) == 0
    told = await read(tom, "calendar/i.ics")
    assert "PARTSTAT=DECLINED" in told
    assert "Salles libérées par Anne" in told


async def test_a_private_title_is_for_its_organiser(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    private = ["CLASS:PRIVATE", "DESCRIPTION:entretien"]
    await tom.put(f"{ROOM}/t.ics", event("t", title="Licenciement", more=private))
    await tom.put("calendar/i.ics", event("i", start=soon(2), title="Licenciement", rooms=[ROOM],
                                          more=private))  # fmt: skip
    assert "Licenciement" in await read(tom, f"{ROOM}/t.ics")
    copies = [row["name"] for row in await house.rows("items")]
    for name in copies:
        text = (await bea.get(f"{ROOM}/{name}")).text
        assert "Licenciement" not in text
        assert "entretien" not in text
    clash = await bea.put(f"{ROOM}/b.ics", event("b", title="Atelier"))
    assert clash.status == 201
    assert "Licenciement" not in await read(bea, f"{ROOM}/b.ics")
    assert {row["title"] for row in await house.rows("sessions")} == {"Réservé"}


# --- REST -----------------------------------------------------------------------------------


async def test_rest_books_in_the_organisers_own_calendar(house: OpenHouse) -> None:
    tom, now = await house.person("tom"), datetime.now(UTC)
    start = soon()
    made = await house.bookings.create(
        tom, "Conseil", "training", FOUR, start, start + timedelta(hours=2), now
    )
    assert (made.state, made.kind, set(made.rooms)) == ("confirmed", "training", set(FOUR))
    assert made.join_url is not None
    assert made.join_url.startswith("https://visio.test/join/")
    (booking,) = await house.rows("bookings")
    assert booking["door"] == "rest"
    stored = await read(house.client("tom"), f"calendar/{booking['item_name']}")
    assert stored.count("PARTSTAT=ACCEPTED") == 4
    assert made.join_url in stored
    with pytest.raises(Conflict) as refused:
        await house.bookings.create(
            tom, "Autre", "meeting", [ROOM], start, start + timedelta(hours=1), now
        )
    assert refused.value.key == "rooms-refused"
    assert "salle occupée" in str(refused.value.fields["reasons"])
    assert refused.value.fields["alternative"]
    assert len(await house.rows("bookings")) == 1
    listed = await house.bookings.list(tom, start, start + timedelta(hours=1))
    assert [one.id for one in listed] == [made.id]


async def test_rest_cancels_for_the_organiser_and_for_the_centre(house: OpenHouse) -> None:
    tom, bea, anne = [await house.person(name) for name in ("tom", "bea", "anne")]
    now, start = datetime.now(UTC), soon()
    one, two = [
        await house.bookings.create(
            tom, "Conseil", "meeting", [ROOM], start + timedelta(days=day),
            start + timedelta(days=day, hours=1), now,
        )
        for day in (0, 1)
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        await house.bookings.cancel(bea, one.id, now)
    await house.bookings.cancel(tom, one.id, now)
    await house.bookings.cancel(anne, two.id, now)
    assert await house.held(ROOM) == 0
    assert (await house.bookings.get(tom, two.id)).state == "cancelled"
    left = [row["body"] for row in await house.rows("items")]
    assert len(left) == 1
    assert b"DECLINED" in left[0]
    with pytest.raises(NotFound):
        await house.bookings.cancel(tom, "bk-none", now)


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"title": ""}, "bad-title"),
        ({"title": "a\nb"}, "bad-title"),
        ({"kind": "party"}, "bad-kind"),
        ({"rooms": []}, "bad-rooms"),
        ({"rooms": [ROOM, ROOM]}, "bad-rooms"),
        ({"rooms": ["nowhere"]}, "no-room"),
        ({"end": soon() - timedelta(hours=1)}, "bad-interval"),
    ],
)
async def test_rest_refuses_what_is_not_a_booking(
    house: OpenHouse, changed: dict[str, Any], key: str
) -> None:
    tom = await house.person("tom")
    asked: dict[str, Any] = {
        "title": "A", "kind": "meeting", "rooms": [ROOM], "start": soon(),
        "end": soon() + timedelta(hours=1), "now": datetime.now(UTC),
    }  # fmt: skip
    with pytest.raises((Invalid, NotFound)) as refused:
        await house.bookings.create(tom, **asked | changed)
    assert refused.value.key == key

"""Each rule of a room, seen from the doors: what is held, what each calendar then says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendars.policy import Policy
from orchestrator.booking.decide import decide
from orchestrator.booking.ledger import Entry
from orchestrator.settings.model import Network
from orchestrator.store import own_calendars
from rooms.errors import Conflict, Forbidden, NotFound
from rooms.ids import RoomId
from tests.fakes.dav import DOMAIN, Client, OpenHouse, event, open_house, soon, stamp

ROOM, OTHER = "villefort-visio", "meyrueis-visio"
WEEKLY = ["RRULE:FREQ=WEEKLY;COUNT=4"]
CEREMONY = ["CATEGORIES:Cérémonie"]


def policy(**changed: Any) -> Callable[[Network], Network]:
    """The same network, two rooms of which follow this policy."""
    rules = {RoomId(room): Policy(**changed) for room in (ROOM, OTHER)}
    return lambda network: replace(network, policies=rules)


def asking(network: Network) -> Network:
    """Trainers and bookers ask for Villefort, nobody asks for Meyrueis."""
    return replace(network, policies={RoomId(ROOM): Policy(asked_of=("trainer", "booker"))})


async def read(client: Client, path: str) -> str:
    return (await client.get(path)).unfolded


async def the_booking(house: OpenHouse, uid: str) -> dict[str, Any]:
    (found,) = await house.rows("bookings", uid=uid)
    return found


async def topics(house: OpenHouse) -> list[str]:
    return [row["topic"] for row in await house.rows("outbox")]


async def answered(house: OpenHouse, login: str, uid: str, approve: bool, note: str = "") -> None:
    booking, person = await the_booking(house, uid), await house.person(login)

    def work(entry: Entry) -> None:
        decide(entry, booking["id"], approve=approve, note=note)

    await house.bookings.write(person, datetime.now(UTC), work)


# --- dates left out --------------------------------------------------------------------------


async def test_a_series_is_booked_without_the_date_it_cannot_have(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(series="skip_conflicts")) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await bea.put("calendar/b.ics", event("b", start=soon(8), rooms=[ROOM]))
        await tom.put("calendar/w.ics", event("w", rooms=[ROOM, OTHER], more=WEEKLY))
        stored = await read(tom, "calendar/w.ics")
        assert stored.count("PARTSTAT=ACCEPTED") == 2
        assert f"EXDATE:{stamp(soon(8))}" in stored
        assert "Série réservée sans ces dates" in stored
        assert [await house.held(room) for room in (ROOM, OTHER)] == [4, 3]
        assert len(await house.rows("sessions", title="Réunion")) == 4
        booking = await the_booking(house, "w")
        assert "EXDATE" in await read(tom, f"{ROOM}/{booking['id']}.ics")
        again = await tom.put("calendar/w.ics", stored.replace("\n", "\r\n").encode())
        assert again.status == 204
        assert [await house.held(room) for room in (ROOM, OTHER)] == [4, 3]


# --- asking ----------------------------------------------------------------------------------


async def test_a_room_that_is_asked_for_is_kept_until_the_animateur_answers(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, change=asking) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        stored = await read(tom, "calendar/a.ics")
        assert "PARTSTAT=TENTATIVE" in stored
        assert "PARTSTAT=ACCEPTED" in stored
        assert "Demande transmise" in stored
        assert "/join/" not in stored
        booking = await the_booking(house, "a")
        assert booking["state"] == "requested"
        copy = await read(tom, f"{ROOM}/{booking['id']}.ics")
        assert "STATUS:TENTATIVE" in copy
        assert await house.rows("sessions") == []
        await bea.put("calendar/b.ics", event("b", rooms=[ROOM]))
        assert "PARTSTAT=DECLINED" in await read(bea, "calendar/b.ics")
        await answered(house, "anne", "a", True)
        stored = await read(tom, "calendar/a.ics")
        assert stored.count("PARTSTAT=ACCEPTED") == 2
        assert "COMMENT" not in stored
        assert "/join/" in stored
        assert "TENTATIVE" not in await read(tom, f"{ROOM}/{booking['id']}.ics")
        booking = await the_booking(house, "a")
        assert (booking["state"], booking["decided_by"]) == ("confirmed", "anne")
        assert len(await house.rows("sessions")) == 1
        own = await house.rows("outbox")
        told = [row["topic"] for row in own if row["payload"]["booking"] == booking["id"]]
        assert told == ["booking.requested", "booking.approved"]
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER], title="Autre"))
        assert (await the_booking(house, "a"))["state"] == "confirmed"
        await tom.put("calendar/a.ics", event("a", start=soon(2), rooms=[ROOM, OTHER]))
        assert (await the_booking(house, "a"))["state"] == "requested"


async def test_a_refused_request_frees_the_rooms_and_says_who_and_why(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=asking) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        await answered(house, "anne", "a", False, "Travaux ce jour-là")
        stored = await read(tom, "calendar/a.ics")
        assert stored.count("PARTSTAT=DECLINED") == 2
        assert "Demande refusée par Anne : Travaux" in stored
        assert (await the_booking(house, "a"))["state"] == "declined"
        assert [await house.held(room) for room in (ROOM, OTHER)] == [0, 0]
        assert await topics(house) == ["booking.requested", "booking.refused"]
        with pytest.raises(Conflict):
            await answered(house, "anne", "a", True)


async def test_only_the_animateur_of_the_room_answers(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(asked_of=("trainer",))) as house:
        tom, anne = house.client("tom"), await house.person("anne")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        with pytest.raises(Forbidden):
            await answered(house, "tom", "a", True)
        with pytest.raises(Forbidden):
            await answered(house, "bea", "a", True)
        await answered(house, "anne", "a", True)  # for Villefort; Meyrueis has not answered
        stored = await read(tom, "calendar/a.ics")
        assert (stored.count("=ACCEPTED"), stored.count("=TENTATIVE")) == (1, 1)
        assert "Meyrueis" in stored
        assert (await the_booking(house, "a"))["state"] == "requested"
        with pytest.raises(Forbidden):
            await answered(house, "anne", "a", True)
        await answered(house, "admin", "a", True)
        assert (await the_booking(house, "a"))["state"] == "confirmed"
        with pytest.raises(NotFound):
            await house.bookings.write(
                anne, datetime.now(UTC), lambda entry: decide(entry, "bk_none", approve=True)
            )


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        ("STATUS:TENTATIVE", "STATUS:CONFIRMED", "confirmed"),
        ("STATUS:TENTATIVE", "STATUS:CANCELLED", "declined"),
        ("PARTSTAT=TENTATIVE", "PARTSTAT=ACCEPTED", "confirmed"),
        ("PARTSTAT=TENTATIVE", "PARTSTAT=DECLINED", "declined"),
    ],
)
async def test_the_animateur_answers_in_his_calendar_client(
    tmp_path: Path, before: str, after: str, state: str
) -> None:
    async with open_house(tmp_path, change=asking) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
        path = f"{ROOM}/{(await the_booking(house, 'a'))['id']}.ics"
        copy = (await anne.get(path)).text
        assert (await tom.put(path, copy.replace(before, after).encode())).status == 403
        assert (await anne.put(path, copy.encode())).status == 403  # nothing was answered
        edited = await anne.put(path, copy.replace(before, after).encode())
        assert (edited.status, edited.headers.get("ETag")) == (204, None)
        assert (await the_booking(house, "a"))["state"] == state
        assert await house.held(ROOM) == (1 if state == "confirmed" else 0)
        said = "ACCEPTED" if state == "confirmed" else "DECLINED"
        assert f"PARTSTAT={said}" in await read(tom, "calendar/a.ics")


@pytest.mark.parametrize(("word", "state"), [("CONFIRMED", "confirmed"), ("CANCELLED", "declined")])
async def test_a_direct_write_that_must_ask_is_answered_in_place(
    tmp_path: Path, word: str, state: str
) -> None:
    async with open_house(tmp_path, change=asking) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put(f"{ROOM}/t.ics", event("t"))
        asked = (await anne.get(f"{ROOM}/t.ics")).text
        assert "STATUS:TENTATIVE" in asked
        later = asked.replace("Réunion", "Atelier")
        assert (await anne.put(f"{ROOM}/t.ics", later.encode())).status == 204
        assert (await the_booking(house, "t"))["state"] == "requested"  # that was no answer
        said = later.replace("STATUS:TENTATIVE", f"STATUS:{word}")
        await anne.put(f"{ROOM}/t.ics", said.encode())
        assert (await the_booking(house, "t"))["state"] == state
        stored = await read(tom, f"{ROOM}/t.ics")
        assert f"STATUS:{word}" in stored
        assert ("/join/" in stored) is (state == "confirmed")
        assert await house.held(ROOM) == (1 if state == "confirmed" else 0)


async def test_a_request_can_be_withdrawn(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=asking) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
        await tom.delete("calendar/a.ics")
        assert await house.held(ROOM) == 0
        assert (await topics(house))[-1] == "booking.cancelled"


# --- giving way ------------------------------------------------------------------------------


async def test_a_ceremony_takes_the_room_and_who_had_it_is_offered_another_hour(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, change=policy(priority=("ceremony",))) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        await tom.put("calendar/c.ics", event("c", rooms=[ROOM], more=CEREMONY))
        assert "PARTSTAT=DECLINED" in await read(tom, "calendar/c.ics")  # a trainer may not
        await anne.put("calendar/i.ics", event("i", title="Inauguration", rooms=[ROOM],
                                               more=CEREMONY))  # fmt: skip
        assert "PARTSTAT=ACCEPTED" in await read(anne, "calendar/i.ics")
        lost = await read(tom, "calendar/a.ics")
        assert lost.count("PARTSTAT=DECLINED") == 2
        assert "« Inauguration »\\, qui a priorité" in lost
        assert "Créneau libre le plus proche" in lost
        assert "/join/" not in lost
        assert [await house.held(room) for room in (ROOM, OTHER)] == [1, 0]
        booking = await the_booking(house, "a")
        assert booking["state"] == "declined"
        assert booking["reason"][0]["key"] == "displaced"
        (told,) = await house.rows("outbox", topic="booking.displaced")
        assert told["payload"]["alternative"]
        assert len(await house.rows("audit", action="booking.displaced")) == 1


@pytest.mark.parametrize("path", ["calendar/w.ics", f"{ROOM}/w.ics"])
async def test_a_series_gives_way_on_one_date_only(tmp_path: Path, path: str) -> None:
    async with open_house(tmp_path, change=policy(priority=("ceremony",))) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put(path, event("w", rooms=[ROOM, OTHER], more=WEEKLY))
        await anne.put("calendar/i.ics", event("i", start=soon(8), rooms=[ROOM], more=CEREMONY))
        stored = await read(tom, path)
        assert f"EXDATE:{stamp(soon(8))}" in stored
        assert "qui a priorité" in stored
        assert [await house.held(room) for room in (ROOM, OTHER)] == [4, 3]
        assert (await the_booking(house, "w"))["state"] == "confirmed"
        assert len(await house.rows("sessions", title="Réunion")) == 4


async def test_a_direct_write_that_gives_way_is_marked(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(priority=("ceremony",))) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put(f"{ROOM}/t.ics", event("t"))
        await anne.put("calendar/i.ics", event("i", rooms=[ROOM], more=CEREMONY))
        assert "SUMMARY:REFUSÉ (salle reprise) : Réunion" in await read(tom, f"{ROOM}/t.ics")
        assert await house.held(ROOM) == 1


# --- the rest --------------------------------------------------------------------------------


async def test_a_refusal_names_the_rooms_free_at_that_hour(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
        await tom.put("calendar/b.ics", event("b", rooms=[ROOM]))
        stored = await read(tom, "calendar/b.ics")
        assert "Créneau libre le plus proche" in stored
        assert "Libre à la même heure : " in stored
        start, now, person = soon(), datetime.now(UTC), await house.person("tom")
        with pytest.raises(Conflict) as refused:
            await house.bookings.create(
                person, "C", "meeting", [ROOM], start, start + timedelta(hours=1), now
            )
        assert refused.value.fields["elsewhere"]


async def test_more_people_than_seats_are_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(enforce_capacity=True)) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=["X-MARGERIDE-SEATS:900"]))
        assert "900 personnes annoncées" in await read(tom, "calendar/a.ics")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=["X-MARGERIDE-SEATS:2"]))
        assert (await the_booking(house, "a"))["seats"] == 2
        await tom.put("calendar/b.ics", event("b", start=soon(2), rooms=[ROOM],
                                              more=["X-MARGERIDE-SEATS:many"]))  # fmt: skip
        assert "PARTSTAT=ACCEPTED" in await read(tom, "calendar/b.ics")


# --- whose event it is -----------------------------------------------------------------------


def led_by(login: str) -> list[str]:
    return [f"ORGANIZER:mailto:{login}@{DOMAIN}"]


async def test_an_event_handed_to_another_organiser_frees_its_rooms_and_says_why(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("tom")))
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("bea")))
        stored = await read(tom, "calendar/a.ics")
        assert "PARTSTAT=DECLINED" in stored
        assert "Seul l'organisateur" in stored
        assert await house.held(ROOM) == 0
        await bea.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("bea")))
        assert "PARTSTAT=ACCEPTED" in await read(bea, "calendar/a.ics")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("bea")))
        assert "PARTSTAT=ACCEPTED" in await read(tom, "calendar/a.ics")
        assert await house.held(ROOM) == 1


async def test_a_delegate_goes_on_holding_what_he_hands_to_the_person_he_writes_for(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom, bea = await house.person("tom"), await house.person("bea")
        now = datetime.now(UTC)
        await house.database.write(
            lambda conn: own_calendars.delegate(conn, now, bea.id, tom.id, "write")
        )
        client = house.client("tom")
        await client.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("tom")))
        await client.put("calendar/a.ics", event("a", rooms=[ROOM], more=led_by("bea")))
        assert "PARTSTAT=ACCEPTED" in await read(client, "calendar/a.ics")
        assert await house.held(ROOM) == 1


async def test_a_room_taken_off_and_invited_again_is_judged_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        await tom.put("calendar/a.ics", event("a", rooms=[OTHER]))
        assert [await house.held(room) for room in (ROOM, OTHER)] == [0, 1]
        await bea.put("calendar/b.ics", event("b", rooms=[ROOM]))
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        assert (await read(tom, "calendar/a.ics")).count("PARTSTAT=DECLINED") == 2
        assert [await house.held(room) for room in (ROOM, OTHER)] == [1, 0]


async def test_one_date_that_moves_onto_another_booking_declines_the_series(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await bea.put("calendar/b.ics", event("b", start=soon(9), rooms=[ROOM]))
        whole = event("w", rooms=[ROOM], more=WEEKLY).decode()
        await tom.put("calendar/w.ics", whole.encode())
        assert await house.held(ROOM) == 5
        moved = event("w", start=soon(9), rooms=[ROOM],
                      more=[f"RECURRENCE-ID:{stamp(soon(8))}"]).decode()  # fmt: skip
        part = moved[moved.index("BEGIN:VEVENT") : moved.index("END:VCALENDAR")]
        body = whole.replace("END:VCALENDAR", part + "END:VCALENDAR")
        await tom.put("calendar/w.ics", body.encode())
        assert "PARTSTAT=DECLINED" in await read(tom, "calendar/w.ics")
        assert await house.held(ROOM) == 1
        free = body.replace(stamp(soon(9)), stamp(soon(10)))
        await tom.put(
            "calendar/w.ics", free.replace(stamp(soon(9, 10)), stamp(soon(10, 10))).encode()
        )
        assert await house.held(ROOM) == 5

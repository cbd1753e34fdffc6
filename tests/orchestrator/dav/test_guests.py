"""What the ledger does to an event is in the calendars of its guests at once, and once."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from calendars.policy import Policy
from orchestrator.booking.decide import decide
from orchestrator.booking.ledger import Entry
from orchestrator.cases import attendance, changes
from orchestrator.cases.changes import Change
from orchestrator.horizon import Horizon
from orchestrator.noshow import NoShow
from orchestrator.settings.model import Network
from rooms.ids import RoomId
from tests.fakes.dav import DOMAIN, Client, OpenHouse, event, open_house, soon, stamp

ROOM = "villefort-visio"
GUEST = [
    f"ORGANIZER:mailto:tom@{DOMAIN}",
    f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bea@{DOMAIN}",
]
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
LINK = "/join/"


def policy(**changed: Any) -> Callable[[Network], Network]:
    return lambda network: replace(network, policies={RoomId(ROOM): Policy(**changed)})


async def names_in(client: Client, path: str) -> list[str]:
    answer = await client.propfind(path, "D:getetag", depth="1")
    assert answer.status == 207, answer.text
    return [one for one in re.findall(r"href>([^<]*)</", answer.text) if one.endswith(".ics")]


async def the_copy(house: OpenHouse, login: str = "bea") -> str:
    """The one event of a guest's calendar."""
    client = house.client(login)
    (path,) = await names_in(client, "calendar/")
    return (await client.get(path)).unfolded


async def inbox(house: OpenHouse, login: str = "bea") -> list[str]:
    """The methods of his messages, in order."""
    client = house.client(login)
    paths = await names_in(client, f"/dav/principals/{login}/inbox/")
    found = [re.search(r"METHOD:(\w+)", (await client.get(path)).text) for path in paths]
    return [method[1] for method in found if method]


async def booked(house: OpenHouse, *more: str, days: int = 1) -> str:
    """Tom's event with Béa and the room; the booking."""
    body = event("a", start=soon(days), rooms=[ROOM], more=[*GUEST, *more])
    assert (await house.client("tom").put("calendar/a.ics", body)).status == 201
    (row,) = await house.rows("bookings", uid="a")
    return str(row["id"])


async def busy(house: OpenHouse) -> list[int]:
    """When Béa is taken."""
    bea = await house.person("bea")
    (home,) = await house.rows("calendars", owner_kind="person", owner_id=bea.id)
    rows = await house.rows("occurrences", calendar_id=home["id"])
    return sorted(row["starts_at"] for row in rows)


def sequence(text: str) -> int:
    found = re.search(r"SEQUENCE:(\d+)", text)
    return int(found[1]) if found else 0


async def test_a_room_taken_back_by_the_animateur_is_seen_by_the_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        booking = await booked(house)
        assert LINK in await the_copy(house)
        tag = (await house.client("tom").get("calendar/a.ics")).headers["Schedule-Tag"]
        await house.bookings.cancel(await house.person("anne"), booking, datetime.now(UTC))
        copy = await the_copy(house)
        assert LINK not in copy
        assert "PARTSTAT=DECLINED" in copy
        assert "Anne" in copy
        assert await inbox(house) == ["REQUEST", "REQUEST"]
        assert (await house.client("tom").get("calendar/a.ics")).headers["Schedule-Tag"] != tag


async def test_an_event_its_organiser_cancels_by_rest_is_called_off(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        booking = await booked(house)
        before = sequence(await the_copy(house))
        await house.bookings.cancel(await house.person("tom"), booking, datetime.now(UTC))
        copy = await the_copy(house)
        assert "STATUS:CANCELLED" in copy
        assert sequence(copy) == before + 1
        assert await inbox(house) == ["REQUEST", "CANCEL"]
        assert await busy(house) == []


async def test_a_booking_moved_by_rest_is_moved_for_the_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        booking, tom, now = await booked(house), await house.person("tom"), datetime.now(UTC)
        await changes.change(house.bookings, tom, booking, Change(start=soon(2)), now)
        copy = await the_copy(house)
        assert f"DTSTART:{stamp(soon(2))}" in copy
        assert sequence(copy) == 1
        assert await busy(house) == [int(soon(2).timestamp())]
        assert await inbox(house) == ["REQUEST", "REQUEST"]
        await attendance.extend(house.bookings, tom, booking, timedelta(minutes=30), soon(2))
        assert f"DTEND:{stamp(soon(2) + timedelta(minutes=90))}" in await the_copy(house)
        assert sequence(await the_copy(house)) == 2


@pytest.mark.parametrize("approve", [True, False])
async def test_what_the_animateur_answers_is_seen_by_the_guests(
    tmp_path: Path, approve: bool
) -> None:
    async with open_house(tmp_path, change=policy(asked_of=("trainer",))) as house:
        booking, anne = await booked(house), await house.person("anne")
        assert "PARTSTAT=TENTATIVE" in await the_copy(house)

        def work(entry: Entry) -> None:
            decide(entry, booking, approve=approve, note="Travaux")

        await house.bookings.write(anne, datetime.now(UTC), work)
        copy = await the_copy(house)
        assert (LINK in copy, "Travaux" in copy) == (approve, not approve)
        assert f"PARTSTAT={'ACCEPTED' if approve else 'DECLINED'}" in copy


async def test_a_ceremony_that_takes_the_room_is_seen_by_the_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(priority=("ceremony",))) as house:
        await booked(house)
        ceremony = event("c", rooms=[ROOM], more=["CATEGORIES:Cérémonie"])
        await house.client("anne").put("calendar/c.ics", ceremony)
        copy = await the_copy(house)
        assert LINK not in copy
        assert "PARTSTAT=DECLINED" in copy
        assert await inbox(house) == ["REQUEST", "REQUEST"]


async def test_a_date_taken_out_of_a_series_is_free_for_the_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(priority=("ceremony",))) as house:
        await booked(house, WEEKLY)
        tag = (await house.client("tom").get("calendar/a.ics")).headers["Schedule-Tag"]
        ceremony = event("c", start=soon(8), rooms=[ROOM], more=["CATEGORIES:Cérémonie"])
        await house.client("anne").put("calendar/c.ics", ceremony)
        copy, mine = await the_copy(house), await house.client("tom").get("calendar/a.ics")
        for text in (copy, mine.unfolded):
            assert f"EXDATE:{stamp(soon(8))}" in text
            assert sequence(text) == 1
        assert mine.headers["Schedule-Tag"] != tag
        assert await busy(house) == [int(soon(days).timestamp()) for days in (1, 15, 22)]


async def test_dates_skipped_at_the_save_are_skipped_for_the_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(series="skip_conflicts")) as house:
        await house.client("anne").put("calendar/b.ics", event("b", start=soon(8), rooms=[ROOM]))
        await booked(house, WEEKLY)
        assert f"EXDATE:{stamp(soon(8))}" in await the_copy(house)
        assert await inbox(house) == ["REQUEST"]
        assert len(await busy(house)) == 3


async def test_a_date_the_series_cannot_get_later_is_taken_from_the_guests_too(
    tmp_path: Path,
) -> None:
    nine = soon(days=(1 - datetime.now(UTC).weekday()) % 7 + 7)
    lost, now = nine + timedelta(weeks=60), datetime.now(UTC)
    async with open_house(tmp_path, change=policy(horizon_days=400)) as house:
        body = event("a", start=nine, rooms=[ROOM], more=[*GUEST, "RRULE:FREQ=WEEKLY"])
        await house.client("tom").put("calendar/a.ics", body)
        anne, ahead = await house.person("anne"), now + timedelta(days=50)
        end = lost + timedelta(hours=1)
        await house.bookings.create(anne, "Avant", "meeting", [ROOM], lost, end, ahead)
        await Horizon(house.bookings, lambda: now + timedelta(days=60)).extend()
        copy, taken = await the_copy(house), await busy(house)
        assert f"EXDATE:{stamp(lost)}" in copy
        assert int(lost.timestamp()) not in taken
        assert max(taken) > lost.timestamp()
        assert len(set(taken)) == len(taken)


async def test_a_room_nobody_came_to_is_given_back_before_the_guests_eyes(tmp_path: Path) -> None:
    async with open_house(tmp_path, change=policy(no_show_minutes=15)) as house:
        await booked(house)
        late = soon(1) + timedelta(minutes=20)
        assert await NoShow(house.bookings, lambda: late).look() == 1
        assert LINK not in await the_copy(house)


async def test_a_guest_who_threw_it_away_is_left_in_peace_until_it_moves(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        booking = await booked(house)
        bea = house.client("bea")
        (path,) = await names_in(bea, "calendar/")
        await bea.delete(path)
        await house.bookings.cancel(await house.person("anne"), booking, datetime.now(UTC))
        assert await names_in(bea, "calendar/") == []
        body = event("a", start=soon(3), rooms=[ROOM], more=GUEST)
        await house.client("tom").put("calendar/a.ics", body)
        assert "PARTSTAT=NEEDS-ACTION" in await the_copy(house)


async def test_who_else_comes_is_no_news_for_an_inbox(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await booked(house, f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:anne@{DOMAIN}")
        anne, bea = house.client("anne"), house.client("bea")
        (path,) = await names_in(bea, "calendar/")
        tag = (await bea.get(path)).headers["Schedule-Tag"]
        (hers,) = await names_in(anne, "calendar/")
        copy = (await anne.get(hers)).unfolded.replace(
            f"PARTSTAT=NEEDS-ACTION:mailto:anne@{DOMAIN}",
            f"PARTSTAT=ACCEPTED:mailto:anne@{DOMAIN}",
        )
        await anne.put(hers, copy.replace("\n", "\r\n").encode())
        mine = await house.client("tom").get("calendar/a.ics")
        assert re.search(r"PARTSTAT=ACCEPTED[^:\n]*:mailto:anne@", mine.unfolded)
        await house.client("tom").put("calendar/a.ics", mine.body)
        now = await bea.get(path)
        assert re.search(r"PARTSTAT=ACCEPTED[^:\n]*:mailto:anne@", now.unfolded)
        assert now.headers["Schedule-Tag"] == tag
        assert await inbox(house) == ["REQUEST"]


async def test_an_animateur_s_change_of_a_direct_write_reaches_its_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        body = event("d", more=GUEST)
        assert (await house.client("tom").put(f"{ROOM}/d.ics", body)).status == 201
        anne = house.client("anne")
        text = (await anne.get(f"{ROOM}/d.ics")).unfolded
        moved = text.replace(stamp(soon()), stamp(soon() - timedelta(minutes=30)), 2)
        assert moved != text
        assert (await anne.put(f"{ROOM}/d.ics", moved.replace("\n", "\r\n").encode())).status == 204
        assert f"DTSTART:{stamp(soon() - timedelta(minutes=30))}" in await the_copy(house)
        assert (await anne.delete(f"{ROOM}/d.ics")).status == 204
        assert "STATUS:CANCELLED" in await the_copy(house)


async def test_an_event_that_names_no_organiser_gets_one_to_answer_to(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom, bea = house.client("tom"), house.client("bea")
        await tom.put("calendar/a.ics", event("a", more=GUEST[1:]))
        assert f"ORGANIZER;CN=Tom:mailto:tom@{DOMAIN}" in await the_copy(house)
        (path,) = await names_in(bea, "calendar/")
        copy = (await bea.get(path)).unfolded.replace("NEEDS-ACTION;RSVP=TRUE", "ACCEPTED")
        await bea.put(path, copy.replace("\n", "\r\n").encode())
        mine = (await tom.get("calendar/a.ics")).unfolded
        assert re.search(r"PARTSTAT=ACCEPTED[^:\n]*:mailto:bea@", mine)
        await tom.put("calendar/r.ics", event("r", start=soon(2), rooms=[ROOM]))
        assert "ORGANIZER" not in (await tom.get("calendar/r.ics")).text


async def test_an_event_handed_over_is_its_new_organiser_s_for_the_guests_too(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tom, anne = house.client("tom"), house.client("anne")
        await tom.put("calendar/a.ics", event("a", more=GUEST))
        hers = [GUEST[0].replace("tom@", "anne@"), GUEST[1]]
        await tom.put("calendar/a.ics", event("a", more=hers))
        assert "STATUS:CANCELLED" in await the_copy(house)
        await anne.put("calendar/a.ics", event("a", title="À moi", more=hers))
        copy = await the_copy(house)
        assert "SUMMARY:À moi" in copy
        assert "STATUS:CANCELLED" not in copy
        mine = (await anne.get("calendar/a.ics")).unfolded
        assert re.search(r"SCHEDULE-STATUS=1\.2[^:\n]*:mailto:bea@", mine)


async def test_an_event_kept_for_oneself_is_over_for_its_guests(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", more=GUEST))
        await tom.put("calendar/a.ics", event("a"))
        assert "STATUS:CANCELLED" in await the_copy(house)
        assert await inbox(house) == ["REQUEST", "CANCEL"]

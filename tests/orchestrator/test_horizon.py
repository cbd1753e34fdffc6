"""Series are stored far enough ahead for ever, and what they get later is judged like the rest."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from calendars.policy import Policy
from orchestrator.booking.event import AHEAD
from orchestrator.horizon import Horizon
from orchestrator.settings.model import Network
from orchestrator.store import people
from orchestrator.store.tables import metadata
from rooms.ids import RoomId
from tests.fakes.dav import OpenHouse, event, open_house, soon

ROOM = "villefort-visio"
WEEKLY = ["RRULE:FREQ=WEEKLY"]
NINE = soon(days=(1 - datetime.now(UTC).weekday()) % 7 + 7)  # a Tuesday: the centre is open


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path, change=far) as opened:
        yield opened


def far(network: Network) -> Network:
    """The same, whose room is booked as far ahead as dates are stored."""
    return replace(network, policies={RoomId(ROOM): Policy(horizon_days=400)})


def horizon(house: OpenHouse, days: int) -> Horizon:
    """The job as it runs some days from now."""
    return Horizon(house.bookings, lambda: datetime.now(UTC) + timedelta(days=days))


async def book(house: OpenHouse, login: str = "tom", path: str = "calendar/a.ics") -> None:
    own = path.startswith("calendar/")
    body = event(start=NINE, rooms=[ROOM] if own else [], more=WEEKLY, uid=f"{login}-series")
    assert (await house.client(login).put(path, body)).status in (201, 204)


async def last_date(house: OpenHouse, **where: object) -> float:
    found = await house.rows("occurrences", **where)
    last: int = max(row["starts_at"] for row in found)
    return (last - datetime.now(UTC).timestamp()) / 86400


@pytest.mark.parametrize("path", ["calendar/a.ics", f"{ROOM}/a.ics"])
async def test_an_endless_series_goes_on_holding_its_room(house: OpenHouse, path: str) -> None:
    await book(house, path=path)
    before = await house.held(ROOM)
    assert await horizon(house, 60).extend() == 1
    after = await house.held(ROOM)
    assert after - before in (8, 9)
    copies = 2 if path.startswith("calendar/") else 1
    assert 450 < await last_date(house, room_id=ROOM) <= AHEAD.days + 60
    sessions = await house.rows("sessions")
    assert len(sessions) == after
    assert len({row["join_code"] for row in sessions}) == 1
    assert len(await house.rows("sites")) == after
    assert len(await house.rows("occurrences")) == after * copies
    assert "booking.clash" not in [row["topic"] for row in await house.rows("outbox")]


async def test_a_second_run_adds_nothing(house: OpenHouse) -> None:
    await book(house)
    assert await horizon(house, 0).extend() == 0
    await horizon(house, 60).extend()
    held = await house.held(ROOM)
    assert await horizon(house, 60).extend() == 0
    assert await house.held(ROOM) == held


async def test_a_series_without_rooms_is_stored_ahead_too(house: OpenHouse) -> None:
    await house.client("tom").put("calendar/b.ics", event(start=NINE, more=WEEKLY))
    await horizon(house, 60).extend()
    assert await last_date(house) > 450
    assert await house.rows("bookings") == []


async def test_a_date_taken_meanwhile_is_left_out_and_told(house: OpenHouse) -> None:
    await book(house)
    first = NINE + timedelta(weeks=60)
    later = horizon(house, 60)
    bea = await house.person("bea")
    await house.bookings.create(
        bea, "Avant", "meeting", [ROOM], first, first + timedelta(hours=1),
        datetime.now(UTC) + timedelta(days=50),
    )  # fmt: skip
    await later.extend()
    rows = await house.rows("occurrences", room_id=ROOM, starts_at=int(first.timestamp()))
    assert len({row["booking_id"] for row in rows}) == 1
    (series,) = await house.rows("bookings", recurring=True)
    assert rows[0]["booking_id"] != series["id"]
    assert series["state"] == "confirmed"
    stored = (await house.client("tom").get("calendar/a.ics")).unfolded
    copy = (await house.client("tom").get(f"{ROOM}/{series['id']}.ics")).unfolded
    excluded = f"EXDATE:{first:%Y%m%dT%H%M%SZ}"
    assert excluded in stored
    assert excluded in copy
    assert "retirées" in stored
    assert "booking.clash" in [row["topic"] for row in await house.rows("outbox")]
    assert "booking.clash" in house.told
    (told,) = await house.rows("audit", action="booking.clash")
    assert told["detail"]["dates"] == [f"{first:%Y%m%dT%H%M%SZ}"]
    again = await house.client("tom").put("calendar/a.ics", stored.replace("\n", "\r\n").encode())
    assert again.status == 204
    (series,) = await house.rows("bookings", recurring=True)
    assert series["state"] == "confirmed"


async def test_an_override_that_clashes_is_cancelled(house: OpenHouse) -> None:
    first = NINE + timedelta(weeks=60)
    moved = first + timedelta(hours=2)
    body = event(start=NINE, rooms=[ROOM], more=WEEKLY, uid="s").decode()
    one = event(start=moved, uid="s", more=[f"RECURRENCE-ID:{first:%Y%m%dT%H%M%SZ}"]).decode()
    part = one[one.index("BEGIN:VEVENT") : one.index("END:VCALENDAR")]
    tom = house.client("tom")
    await tom.put("calendar/a.ics", body.replace("END:VCALENDAR", part + "END:VCALENDAR").encode())
    bea = await house.person("bea")
    await house.bookings.create(
        bea, "Avant", "meeting", [ROOM], moved, moved + timedelta(hours=1),
        datetime.now(UTC) + timedelta(days=50),
    )  # fmt: skip
    await horizon(house, 60).extend()
    stored = (await tom.get("calendar/a.ics")).unfolded
    assert f"EXDATE:{first:%Y%m%dT%H%M%SZ}" in stored
    assert "STATUS:CANCELLED" in stored
    (held,) = {
        row["booking_id"]
        for row in await house.rows("occurrences", room_id=ROOM, starts_at=int(moved.timestamp()))
    }
    (series,) = await house.rows("bookings", recurring=True)
    assert held != series["id"]


async def test_a_series_of_somebody_who_was_put_out_is_not_extended(house: OpenHouse) -> None:
    await book(house)
    held, tom = await house.held(ROOM), await house.person("tom")
    await house.database.write(lambda conn: people.set_active(conn, tom.id, False))
    await horizon(house, 60).extend()
    assert await house.held(ROOM) == held


async def test_one_unreadable_series_does_not_stop_the_others(
    house: OpenHouse, caplog: pytest.LogCaptureFixture
) -> None:
    await book(house, login="tom")
    await house.client("bea").put("calendar/b.ics", event(start=NINE, more=WEEKLY))
    items = metadata.tables["items"]

    def spoil(conn: Connection) -> None:
        conn.execute(items.update().where(items.c.name == "a.ics").values(body=b"nothing"))

    await house.database.write(spoil)
    assert await horizon(house, 60).extend() == 2
    assert "is not extended" in caplog.text
    assert await last_date(house, name="b.ics") > 450

"""A centre that closes over bookings tells their people, and keeps the bookings."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from calendars.policy import Policy
from orchestrator.booking import closing
from orchestrator.booking.ledger import Entry
from orchestrator.mail.notices import Notices
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.model import Network
from orchestrator.store.closures import ClosureRow
from orchestrator.words import words
from rooms.centre import OpeningHours
from rooms.ids import CentreId, RoomId
from tests.fakes.dav import DOMAIN, OpenHouse, event, open_house, soon
from tests.fakes.mail import mail_of, text_in
from tests.orchestrator.dav.test_guests import GUEST, ROOM, the_copy
from tests.orchestrator.mail.test_notices import kinds, letters

WEEKDAYS = OpeningHours(days=(0, 1, 2, 3, 4, 5, 6), opens=time(6), closes=time(20))


def by_day(network: Network) -> Network:
    """Villefort is open by day, every day, holidays apart."""
    centres = tuple(
        replace(one, opening_hours=(WEEKDAYS,), closures=()) if one.id == "villefort" else one
        for one in network.centres
    )
    return replace(
        network, centres=centres, policies={RoomId(ROOM): Policy(closed_on_holidays=True)}
    )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path, change=by_day) as opened:
        yield opened


@pytest.fixture
def outbox(house: OpenHouse) -> Outbox:
    outbox = Outbox(house.database)
    office = Office(
        network=house.network, mail=mail_of(25), public_url="https://visio.test", words=words
    )
    outbox.write_with("notices", Notices(office).write)
    return outbox


def row(day: date, **changed: Any) -> ClosureRow:
    facts = {"kind": "closed", "reason": "Neige", **changed}
    return ClosureRow(id="cl-1", centre=CentreId("villefort"), first=day, last=day, **facts)


async def closed(house: OpenHouse, what: ClosureRow, use: Any = closing.close) -> list[str]:
    """What Anne's closing (or its end) touches."""
    anne, centre = await house.person("anne"), house.network.centre("villefort")

    def work(entry: Entry) -> list[str]:
        return list(use(entry, centre, what))

    return await house.bookings.write(anne, datetime.now(UTC), work)


async def mine(house: OpenHouse) -> str:
    return (await house.client("tom").get("calendar/a.ics")).unfolded


async def test_the_organiser_reads_of_it_in_his_event_and_by_mail_and_keeps_his_room(
    house: OpenHouse, outbox: Outbox
) -> None:
    body = event("a", rooms=[ROOM], more=GUEST)
    await house.client("tom").put("calendar/a.ics", body)
    await house.client("tom").put("calendar/n.ics", event("n", start=soon(2), rooms=[ROOM]))
    await outbox.deliver()
    (booking,) = await house.rows("bookings", uid="a")
    assert await closed(house, row(soon().date())) == [booking["id"]]
    assert await house.held(ROOM) == 2
    for text in (await mine(house), await the_copy(house)):
        assert "sera fermé le" in text
        assert "(Neige)" in text
        assert "PARTSTAT=ACCEPTED" in text
    before = len(await kinds(house))
    await outbox.deliver()
    assert (await kinds(house))[before:] == [("closed", "tom@ailleurs.example")]
    (letter,) = await letters(house, "closed")
    assert "(Neige)" in text_in(letter)
    assert "n'est pas annulée" in text_in(letter)


async def test_what_is_open_again_after_all_is_told_too(house: OpenHouse, outbox: Outbox) -> None:
    await house.client("tom").put("calendar/a.ics", event("a", rooms=[ROOM]))
    (booking,) = await house.rows("bookings")
    what = row(soon().date())
    await closed(house, what)
    await outbox.deliver()
    assert await closed(house, what, closing.reopen) == [booking["id"]]
    assert "fermé" not in await mine(house)
    await outbox.deliver()
    await closed(house, what)  # and at once:
    await closed(house, what, closing.reopen)
    await outbox.deliver()
    assert [kind for kind, _ in await kinds(house)] == ["accepted", "closed", "reopened"]


async def test_an_exceptional_opening_that_is_taken_back_is_told_to_those_it_let_in(
    house: OpenHouse,
) -> None:
    day, late = soon().date(), soon(hour=20)
    what = row(day, kind="open", opens=time(19), closes=time(23), reason="")
    assert await closed(house, what) == []
    await house.client("tom").put("calendar/a.ics", event("a", start=late, rooms=[ROOM]))
    await house.client("tom").put("calendar/b.ics", event("b", rooms=[ROOM]))
    assert await house.held(ROOM) == 2
    (booking,) = await house.rows("bookings", uid="a")
    assert await closed(house, what, closing.reopen) == [booking["id"]]
    assert "n'ouvrira pas exceptionnellement le" in await mine(house)
    assert "COMMENT" not in (await house.client("tom").get("calendar/b.ics")).text


async def test_one_date_of_a_series_and_a_direct_write_are_told(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=["RRULE:FREQ=DAILY;COUNT=5"]))
    await tom.put(f"{ROOM}/d.ics", event("d", start=soon(3, 12)))
    found = await closed(house, row(soon(3).date()))
    assert sorted(found) == sorted(one["id"] for one in await house.rows("bookings"))
    assert "sera fermé" in await mine(house)
    assert "sera fermé" in (await tom.get(f"{ROOM}/d.ics")).unfolded
    told = await house.rows("outbox", topic="booking.closed")
    assert [one["payload"]["dates"] for one in told][0] == [soon(3).isoformat()]
    assert f"mailto:salle.{ROOM}@{DOMAIN}" in await mine(house)


async def test_a_closing_of_days_gone_by_or_free_touches_nobody(house: OpenHouse) -> None:
    await house.client("tom").put("calendar/a.ics", event("a", rooms=[ROOM]))
    assert await closed(house, row(soon(-3).date())) == []
    assert await closed(house, replace(row(soon(4).date()), id="cl-2")) == []
    assert "COMMENT" not in await mine(house)

"""Who is told what of a booking, once, in his language."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email import policy as policies
from email.message import EmailMessage
from pathlib import Path

import pytest

from orchestrator.mail.notices import Notices
from orchestrator.mail.reminders import Reminders
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.mail import Guests
from orchestrator.store import tables
from orchestrator.words import words
from tests.fakes.dav import Client, OpenHouse, event, open_house, soon
from tests.fakes.mail import calendar_in, mail_of, text_in

ROOM = "villefort-visio"
TOM = "tom@ailleurs.example"
PIA = "pia@ecole.example"
INVITED = [f"ATTENDEE;CN=Pia;PARTSTAT=NEEDS-ACTION:mailto:{PIA}"]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path, guests=Guests()) as opened:
        yield opened


@pytest.fixture
def notices(house: OpenHouse) -> Notices:
    mail = mail_of(25)
    return Notices(
        Office(network=house.network, mail=mail, public_url="https://visio.test", words=words)
    )


@pytest.fixture
def outbox(house: OpenHouse, notices: Notices) -> Outbox:
    outbox = Outbox(house.database)
    outbox.write_with("notices", notices.write)
    return outbox


def letter_of(row: dict[str, object]) -> EmailMessage:
    assert isinstance(row["message"], bytes)
    letter = message_from_bytes(row["message"], policy=policies.default)
    assert isinstance(letter, EmailMessage)
    return letter


async def letters(house: OpenHouse, kind: str) -> list[EmailMessage]:
    return [letter_of(row) for row in await house.rows("mails", kind=kind)]


async def kinds(house: OpenHouse) -> list[tuple[str, str]]:
    return [(row["kind"], row["recipient"]) for row in await house.rows("mails")]


async def book(house: OpenHouse, outbox: Outbox, **changed: object) -> Client:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], **changed))  # type: ignore[arg-type]
    await outbox.deliver()
    return tom


async def test_an_accepted_booking_is_told_to_its_organiser_and_those_invited(
    house: OpenHouse, outbox: Outbox
) -> None:
    await book(house, outbox, more=INVITED, title="Réunion d'hiver")
    assert await kinds(house) == [("accepted", TOM), ("invited", PIA)]
    (mine,) = await letters(house, "accepted")
    assert mine["Subject"].startswith("Réservé : Réunion d'hiver, le ")
    assert mine["Auto-Submitted"] == "auto-generated"
    assert "METHOD:PUBLISH" in calendar_in(mine)
    assert "/join/" in text_in(mine)
    (theirs,) = await letters(house, "invited")
    assert theirs["Reply-To"] == TOM
    told = calendar_in(theirs)
    assert "METHOD:REQUEST" in told
    assert f"ORGANIZER;CN=Tom:mailto:{TOM}" in told
    assert "SCHEDULE-STATUS" not in told
    assert "Tom vous invite" in text_in(theirs)


async def test_a_refused_booking_says_why_to_its_organiser_alone(
    house: OpenHouse, outbox: Outbox
) -> None:
    await house.client("bea").put("calendar/b.ics", event("b", rooms=[ROOM]))
    await outbox.deliver()
    await book(house, outbox, more=INVITED)
    (refused,) = await letters(house, "refused")
    assert refused["To"] == TOM
    assert "occupée" in text_in(refused)
    assert PIA not in [recipient for _, recipient in await kinds(house)]


async def test_a_move_is_told_with_a_later_sequence(house: OpenHouse, outbox: Outbox) -> None:
    tom = await book(house, outbox, more=INVITED)
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], start=soon(3), more=INVITED))
    await outbox.deliver()
    assert (await kinds(house))[2:] == [("moved", TOM), ("moved", PIA)]
    for letter in await letters(house, "moved"):
        assert "SEQUENCE:1" in calendar_in(letter)


async def test_an_edit_that_says_nothing_new_is_told_to_nobody(
    house: OpenHouse, outbox: Outbox
) -> None:
    tom = await book(house, outbox, more=INVITED)
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=[*INVITED, "PRIORITY:3"]))
    await outbox.deliver()
    assert len(await kinds(house)) == 2
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=INVITED, title="Autre titre"))
    await outbox.deliver()
    assert (await kinds(house))[2:] == [("changed", PIA)]


async def test_whoever_is_invited_no_more_is_told_so(house: OpenHouse, outbox: Outbox) -> None:
    tom = await book(house, outbox, more=INVITED)
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM]))
    await outbox.deliver()
    (row,) = await house.rows("mails", kind="cancelled")
    assert row["recipient"] == PIA
    assert "METHOD:CANCEL" in calendar_in(letter_of(row))


@pytest.mark.parametrize("how", ["delete", "cancel"])
async def test_a_cancelled_event_is_told_to_all(house: OpenHouse, outbox: Outbox, how: str) -> None:
    tom = await book(house, outbox, more=INVITED)
    if how == "delete":
        await tom.delete("calendar/a.ics")
    else:
        more = [*INVITED, "STATUS:CANCELLED"]
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM], more=more))
    await outbox.deliver()
    assert (await kinds(house))[2:] == [("cancelled", TOM), ("cancelled", PIA)]
    theirs = (await letters(house, "cancelled"))[1]
    told = calendar_in(theirs)
    assert "METHOD:CANCEL" in told
    assert "STATUS:CANCELLED" in told
    assert "SEQUENCE:1" in told
    assert "UID:a\n" in told


async def test_a_room_taken_back_by_the_animateur_is_told_with_who_did_it(
    house: OpenHouse, outbox: Outbox
) -> None:
    await book(house, outbox)
    (booking,) = await house.rows("bookings")
    anne = await house.person("anne")
    await house.bookings.cancel(anne, booking["id"], datetime.now(UTC))
    await outbox.deliver()
    (letter,) = await letters(house, "cancelled")
    assert letter["To"] == TOM
    assert "Anne" in text_in(letter)


async def test_a_row_heard_twice_is_told_once(house: OpenHouse, outbox: Outbox) -> None:
    await book(house, outbox, more=INVITED)
    await house.database.write(
        lambda conn: conn.execute(tables.outbox.update().values(done_at=None))
    )
    await outbox.deliver()
    assert len(await kinds(house)) == 2


async def test_a_row_that_could_not_be_marked_done_is_told_once_all_the_same(
    house: OpenHouse, notices: Notices, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = Outbox(house.database)
    outbox.write_with("notices", notices.write)

    def dies(*_: object) -> None:
        raise RuntimeError("killed")

    outbox.write_with("last", dies)
    await book(house, outbox)
    (row,) = await house.rows("outbox")
    assert row["done_at"] is None
    assert "could not write" in caplog.text
    after = Outbox(house.database)  # the service that comes next
    after.write_with("notices", notices.write)
    assert await after.deliver() == 1
    assert await kinds(house) == [("accepted", TOM)]


async def test_texts_of_strangers_cannot_add_headers(house: OpenHouse, outbox: Outbox) -> None:
    title = "Réunion\\nBcc: victim@example.com\\r\\nX-Evil: 1"
    more = [
        'ATTENDEE;CN="x^nBcc: a@b.example":mailto:pia@ecole.example%0aBcc:z@z.example',
        *INVITED,
    ]
    await book(house, outbox, title=title, more=more)
    for row in await house.rows("mails"):
        letter = letter_of(row)
        assert letter["Bcc"] is None
        assert letter["X-Evil"] is None
        assert letter["To"] in (TOM, PIA)


async def test_each_reads_his_own_language(house: OpenHouse, outbox: Outbox) -> None:
    await house.database.write(
        lambda conn: conn.execute(tables.people.update().values(locale="en"))
    )
    await book(house, outbox, more=INVITED)
    (mine,), (theirs,) = await letters(house, "accepted"), await letters(house, "invited")
    assert mine["Subject"].startswith("Booked: ")
    assert theirs["Subject"].startswith("Invitation : ")


async def test_those_whom_the_client_writes_to_itself_hear_nothing_of_us(
    house: OpenHouse, outbox: Outbox
) -> None:
    await book(house, outbox, more=[f"ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:{PIA}"])
    assert await kinds(house) == [("accepted", TOM)]


async def test_reminders_go_once_at_each_time_and_never_for_what_was_just_booked(
    house: OpenHouse, outbox: Outbox, notices: Notices
) -> None:
    start = soon(4)
    await book(house, outbox, start=start, more=INVITED)
    now = start - timedelta(days=2)
    reminders = Reminders(database=house.database, notices=notices, clock=lambda: now)
    assert await reminders.look() == 0
    now = start - timedelta(hours=20)
    assert await reminders.look() == 1
    assert await reminders.look() == 0
    now = start - timedelta(minutes=50)
    assert await reminders.look() == 1
    now = start + timedelta(minutes=1)
    assert await reminders.look() == 0
    assert [row["recipient"] for row in await house.rows("mails", kind="reminder")] == [
        TOM, PIA, TOM, PIA,
    ]  # fmt: skip
    late = datetime.now(UTC) + timedelta(minutes=30)
    await house.client("bea").put(
        "calendar/b.ics", event("b", start=late, rooms=["murat-formation"])
    )
    now = datetime.now(UTC)
    assert await reminders.look() == 0

"""Guests elsewhere are written to, however few rooms there are, and never more than is decent."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.mail import returned
from orchestrator.mail.notices import Notices
from orchestrator.mail.send import Sender
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.mail import Guests
from orchestrator.store import tables
from orchestrator.words import words
from tests.fakes.dav import DOMAIN, Client, OpenHouse, event, open_house, soon, stamp
from tests.fakes.mail import FussyServer, PostOffice, calendar_in, listening, mail_of, text_in
from tests.orchestrator.mail.test_notices import kinds, letters

ROOM = "villefort-visio"
PIA, LEO = "pia@ecole.example", "leo@mairie.example"
GUESTS = Guests(per_event=3, per_day=5)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path, guests=GUESTS) as opened:
        yield opened


def office_of(house: OpenHouse, port: int = 25) -> Office:
    return Office(
        network=house.network, mail=mail_of(port), public_url="https://visio.test", words=words
    )


@pytest.fixture
def outbox(house: OpenHouse) -> Outbox:
    outbox = Outbox(house.database)
    outbox.write_with("notices", Notices(office_of(house)).write)
    return outbox


def invited(*addresses: str) -> list[str]:
    lines = [f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{one}" for one in addresses]
    return [f"ORGANIZER:mailto:tom@{DOMAIN}", *lines]


async def save(house: OpenHouse, outbox: Outbox, body: bytes, name: str = "a") -> Client:
    tom = house.client("tom")
    assert (await tom.put(f"calendar/{name}.ics", body)).status in (201, 204)
    await outbox.deliver()
    return tom


async def status(house: OpenHouse, address: str, name: str = "a") -> str:
    text = (await house.client("tom").get(f"calendar/{name}.ics")).unfolded
    found = re.search(rf"SCHEDULE-STATUS=([\d.]+)[^:\n]*:mailto:{re.escape(address)}", text)
    return found[1] if found else ""


async def test_a_guest_elsewhere_gets_an_invitation_without_any_room(
    house: OpenHouse, outbox: Outbox
) -> None:
    await save(house, outbox, event("a", title="Café", more=invited(PIA)))
    assert await kinds(house) == [("invited", PIA)]
    (letter,) = await letters(house, "invited")
    told = calendar_in(letter)
    assert "METHOD:REQUEST" in told
    assert f"DTSTART:{stamp(soon())}" in told
    assert "Tom vous invite" in text_in(letter)
    assert "Salle" not in text_in(letter)
    assert letter["Reply-To"] == "tom@ailleurs.example"
    assert await status(house, PIA) == "1.1"


async def test_a_move_a_guest_less_and_the_end_are_told_once_each(
    house: OpenHouse, outbox: Outbox
) -> None:
    await save(house, outbox, event("a", more=invited(PIA, LEO)))
    await save(house, outbox, event("a", more=[*invited(PIA, LEO), "PRIORITY:4"]))
    assert len(await kinds(house)) == 2
    await save(house, outbox, event("a", start=soon(2), more=invited(PIA)))
    assert (await kinds(house))[2:] == [("changed", PIA), ("cancelled", LEO)]
    tom = house.client("tom")
    await tom.delete("calendar/a.ics")
    await outbox.deliver()
    assert (await kinds(house))[4:] == [("cancelled", PIA)]
    (_, last) = await letters(house, "cancelled")
    told = calendar_in(last)
    assert "METHOD:CANCEL" in told
    assert "STATUS:CANCELLED" in told
    assert "SEQUENCE:2" in told


async def test_a_row_heard_twice_is_written_once(house: OpenHouse, outbox: Outbox) -> None:
    await save(house, outbox, event("a", more=invited(PIA)))
    await house.database.write(
        lambda conn: conn.execute(tables.outbox.update().values(done_at=None))
    )
    await outbox.deliver()
    assert await kinds(house) == [("invited", PIA)]


async def test_a_room_that_comes_and_goes_invites_nobody_twice(
    house: OpenHouse, outbox: Outbox
) -> None:
    await save(house, outbox, event("a", more=invited(PIA)))
    await save(house, outbox, event("a", rooms=[ROOM], more=invited(PIA)))
    theirs = [kind for kind, who in await kinds(house) if who == PIA]
    assert theirs == ["invited", "changed"]
    await save(house, outbox, event("a", more=invited(PIA)))
    theirs = [kind for kind, who in await kinds(house) if who == PIA]
    assert theirs == ["invited", "changed", "changed"]
    for number, letter in enumerate(await letters(house, "changed"), 1):
        assert f"SEQUENCE:{number}" in calendar_in(letter)


async def test_a_guest_of_a_refused_event_hears_of_its_move_but_nobody_new_is_invited(
    house: OpenHouse, outbox: Outbox
) -> None:
    await house.client("bea").put("calendar/b.ics", event("b", start=soon(2), rooms=[ROOM]))
    await save(house, outbox, event("a", rooms=[ROOM], more=invited(PIA)))
    await save(house, outbox, event("a", start=soon(2), rooms=[ROOM], more=invited(PIA, LEO)))
    theirs = [pair for pair in await kinds(house) if pair[1] in (PIA, LEO)]
    assert theirs == [("invited", PIA), ("changed", PIA)]
    assert (await status(house, PIA), await status(house, LEO)) == ("1.1", "5.1")
    await save(house, outbox, event("a", start=soon(3), rooms=[ROOM], more=invited(PIA, LEO)))
    theirs = [pair for pair in await kinds(house) if pair[1] in (PIA, LEO)]
    assert theirs[2:] == [("changed", PIA), ("invited", LEO)]


async def test_whoever_declined_is_left_in_peace(house: OpenHouse, outbox: Outbox) -> None:
    await save(house, outbox, event("a", more=invited(PIA)))
    declined = [one.replace("NEEDS-ACTION;RSVP=TRUE", "DECLINED") for one in invited(PIA)]
    await save(house, outbox, event("a", title="Autre", more=declined))
    assert await kinds(house) == [("invited", PIA)]


async def test_too_many_guests_of_one_event_get_nothing_and_the_event_says_so(
    house: OpenHouse, outbox: Outbox
) -> None:
    many = [f"p{number}@ecole.example" for number in range(4)]
    tom = await save(house, outbox, event("a", more=invited(*many)))
    assert await kinds(house) == []
    assert await status(house, many[0]) == "5.3"
    text = (await tom.get("calendar/a.ics")).unfolded
    assert "invite 4 personnes hors du réseau" in text
    fewer = [line for line in text.split("\n") if "p3@" not in line]
    await save(house, outbox, "\r\n".join(fewer).encode())
    assert len(await kinds(house)) == 3
    assert "COMMENT" not in (await tom.get("calendar/a.ics")).text


async def test_nobody_has_more_than_his_share_of_letters_a_day(
    house: OpenHouse, outbox: Outbox
) -> None:
    tom = house.client("tom")
    for number in range(3):
        body = event(f"e{number}", more=invited(*_pair(number)))
        await save(house, outbox, body, f"e{number}")
    assert len(await kinds(house)) == 4
    assert await status(house, "p20@ecole.example", "e2") == "5.3"
    assert "plus de 5 personnes" in (await tom.get("calendar/e2.ics")).unfolded
    # A change that cannot be told does not call anybody off.
    await save(house, outbox, event("e0", title="Autre", more=invited("p00@ecole.example")), "e0")
    await save(house, outbox, event("e1", start=soon(5), more=invited(*_pair(1))), "e1")
    told = await kinds(house)
    assert ("cancelled", "p01@ecole.example") in told
    assert not [who for kind, who in told if kind == "cancelled" and who in _pair(1)]
    anne = house.client("anne")
    hers = [f"ORGANIZER:mailto:anne@{DOMAIN}", *invited("q@ecole.example")[1:]]
    await anne.put("calendar/q.ics", event("q", more=hers))
    await outbox.deliver()
    assert ("invited", "q@ecole.example") in await kinds(house)


def _pair(number: int) -> list[str]:
    return [f"p{number}{one}@ecole.example" for one in range(2)]


async def test_an_address_that_is_none_and_a_login_nobody_has_are_unknown(
    house: OpenHouse, outbox: Outbox
) -> None:
    more = [*invited(f"nobody@{DOMAIN}"), "ATTENDEE:mailto:no address", "ATTENDEE:tel:+331"]
    await save(house, outbox, event("a", more=more))
    assert await kinds(house) == []
    text = (await house.client("tom").get("calendar/a.ics")).unfolded
    assert text.count("SCHEDULE-STATUS=3.7") == 3


async def test_a_guest_whose_server_refuses_him_is_marked_until_the_next_save(
    house: OpenHouse, outbox: Outbox
) -> None:
    async with listening(FussyServer(unwanted=PIA)) as server:
        office = office_of(house, server.port)
        sender = Sender(
            database=house.database, mail=office.mail, hostname="visio.test",
            returned=lambda conn, now, row: returned.note(conn, now, office, row),
        )  # fmt: skip
        tom = await save(house, outbox, event("a", more=invited(PIA, LEO)))
        await save(house, outbox, event("r", start=soon(2), rooms=[ROOM], more=invited(PIA)), "r")
        tag = (await tom.get("calendar/a.ics")).headers["Schedule-Tag"]
        await sender.send()
        assert [letter["To"] for letter in server.letters] == [LEO, "tom@ailleurs.example"]
        assert await status(house, PIA) == await status(house, PIA, "r") == "5.1"
        assert await status(house, LEO) == "1.1"
        assert (await tom.get("calendar/a.ics")).headers["Schedule-Tag"] == tag


async def test_letters_leave_by_real_smtp_once(house: OpenHouse, outbox: Outbox) -> None:
    async with listening(PostOffice()) as server:
        office = office_of(house, server.port)
        await save(house, outbox, event("a", more=invited(PIA)))
        for _ in range(2):
            sender = Sender(database=house.database, mail=office.mail, hostname="visio.test")
            await sender.recover()
            await sender.send()
        (letter,) = server.to(PIA)
        assert "METHOD:REQUEST" in calendar_in(letter)


def asked(given: str = "NEEDS-ACTION", *, agent: str = "") -> bytes:
    """The mayor's invitation, as Tom's client keeps it."""
    more = [
        f"ORGANIZER{agent}:mailto:{LEO}",
        f"ATTENDEE;PARTSTAT={given}:mailto:tom@ailleurs.example",
        f"ATTENDEE:mailto:{PIA}",
    ]
    return event("m", title="Conseil", more=more)


async def test_an_organiser_elsewhere_is_told_what_our_people_answer(
    house: OpenHouse, outbox: Outbox
) -> None:
    tom = await save(house, outbox, asked())
    assert await kinds(house) == []
    await save(house, outbox, asked("ACCEPTED"))
    mine = (await tom.get("calendar/a.ics")).unfolded
    assert f"ORGANIZER;SCHEDULE-STATUS=1.1:mailto:{LEO}" in mine
    await save(house, outbox, asked("ACCEPTED"))
    assert await kinds(house) == [("answer-ACCEPTED", LEO)]
    (letter,) = await letters(house, "answer-ACCEPTED")
    told = calendar_in(letter)
    assert "METHOD:REPLY" in told
    assert "ATTENDEE;PARTSTAT=ACCEPTED:mailto:tom@ailleurs.example" in told
    assert PIA not in told
    assert "Tom accepte votre invitation" in text_in(letter)
    assert letter["Reply-To"] == "tom@ailleurs.example"
    await tom.delete("calendar/a.ics")
    await outbox.deliver()
    assert await kinds(house) == [("answer-ACCEPTED", LEO), ("answer-DECLINED", LEO)]


async def test_a_client_that_answers_itself_or_too_often_is_not_answered_for(
    house: OpenHouse, outbox: Outbox
) -> None:
    await save(house, outbox, asked("ACCEPTED", agent=";SCHEDULE-AGENT=CLIENT"))
    assert await kinds(house) == []
    for number in range(6):
        await save(house, outbox, asked(("TENTATIVE", "ACCEPTED")[number % 2]))
    assert len(await kinds(house)) == GUESTS.per_day
    text = (await house.client("tom").get("calendar/a.ics")).unfolded
    assert "SCHEDULE-STATUS=5.3" in text

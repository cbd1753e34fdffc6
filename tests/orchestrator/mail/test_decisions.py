"""What animateurs and ceremonies decide is told by mail, here and elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes
from email import policy as policies
from email.message import EmailMessage
from pathlib import Path

import pytest

from calendars.policy import Policy
from orchestrator.booking.decide import decide
from orchestrator.mail.message import read_received
from orchestrator.mail.notices import Notices
from orchestrator.mail.receive import Reception
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.mail import Guests
from orchestrator.settings.model import Network
from orchestrator.words import words
from rooms.ids import RoomId
from tests.fakes.dav import OpenHouse, event, open_house, soon
from tests.fakes.mail import calendar_in, invitation, mail_of, text_in

ROOM = RoomId("villefort-visio")
PIA = "pia@ecole.example"
INVITED = [f"ATTENDEE:mailto:{PIA}"]


def asking(network: Network) -> Network:
    policy = Policy(asked_of=("trainer", "booker"), priority=("ceremony",))
    return replace(network, policies={ROOM: policy})


@dataclass
class Desk:
    house: OpenHouse
    office: Office
    outbox: Outbox

    async def letters(self) -> list[tuple[str, str, EmailMessage]]:
        await self.outbox.deliver()
        found = []
        for row in await self.house.rows("mails"):
            letter = message_from_bytes(row["message"], policy=policies.default)
            assert isinstance(letter, EmailMessage)
            found.append((row["kind"], row["recipient"], letter))
        return found

    async def decide(self, *, approve: bool) -> None:
        (booking,) = await self.house.rows("bookings")
        anne = await self.house.person("anne")
        await self.house.bookings.write(
            anne,
            datetime.now(UTC),
            lambda entry: decide(entry, booking["id"], approve=approve, note="Travaux"),
        )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_house(tmp_path, change=asking, guests=Guests()) as house:
        office = Office(
            network=house.network, mail=mail_of(25), public_url="https://visio.test", words=words
        )
        outbox = Outbox(house.database)
        outbox.write_with("notices", Notices(office).write)
        yield Desk(house, office, outbox)


@pytest.mark.parametrize("approve", [True, False])
async def test_a_request_is_told_then_its_answer(desk: Desk, approve: bool) -> None:
    await desk.house.client("tom").put("calendar/a.ics", event("a", rooms=[ROOM], more=INVITED))
    assert [kind for kind, *_ in await desk.letters()] == ["requested"]
    await desk.decide(approve=approve)
    later = (await desk.letters())[1:]
    if approve:
        assert [kind for kind, *_ in later] == ["accepted", "invited"]
        assert "/join/" in text_in(later[0][2])
    else:
        assert [kind for kind, *_ in later] == ["refused"]
        assert "Travaux" in text_in(later[0][2])


@pytest.mark.parametrize(("approve", "answer"), [(True, "ACCEPTED"), (False, "DECLINED")])
async def test_who_asked_by_mail_hears_tentative_then_the_answer(
    desk: Desk, approve: bool, answer: str
) -> None:
    reception = Reception(bookings=desk.house.bookings, office=desk.office)
    received = read_received(invitation(start=soon(3)))
    await reception.take(received, (ROOM,), datetime.now(UTC))
    await desk.decide(approve=approve)
    first, last = [letter for *_, letter in await desk.letters()]
    assert "PARTSTAT=TENTATIVE" in calendar_in(first)
    assert "animateur" in text_in(first)
    assert f"PARTSTAT={answer}" in calendar_in(last)
    assert last["Message-ID"] != first["Message-ID"]


async def test_a_displaced_organiser_hears_why_and_when_else(desk: Desk) -> None:
    await desk.house.client("tom").put("calendar/a.ics", event("a", rooms=[ROOM], more=INVITED))
    await desk.decide(approve=True)
    await desk.letters()
    ceremony = event("c", rooms=[ROOM], title="Inauguration", more=["CATEGORIES:Cérémonie"])
    await desk.house.client("admin").put("calendar/c.ics", ceremony)
    told = {(kind, to): letter for kind, to, letter in await desk.letters()}
    displaced = told["displaced", "tom@ailleurs.example"]
    assert displaced["Subject"].startswith("Déplacé par une cérémonie : ")
    assert "libre" in text_in(displaced).lower()
    assert ("changed", PIA) in told  # the meeting is still on, its room is not
    assert ("cancelled", "tom@ailleurs.example") not in told

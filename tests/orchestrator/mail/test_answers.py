"""What guests answer by mail stands in the organiser's event; what others say does not."""

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy as policies
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestrator.mail.door import Mailbox, open_door
from orchestrator.mail.notices import Notices
from orchestrator.mail.receive import Reception
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.mail import Guests, MailDoor
from orchestrator.words import words
from tests.fakes.dav import DOMAIN, OpenHouse, event, open_house, soon, stamp
from tests.fakes.mail import calendar_in, mail_of
from tests.orchestrator.mail.test_notices import letters
from tests.orchestrator.mail.test_outsiders import PIA, invited, save, status

TOM = f"tom@{DOMAIN}"
SENT = soon(0)


@dataclass
class School:
    """The mail server of the guests, in front of our door."""

    house: OpenHouse
    outbox: Outbox
    port: int

    async def answer(self, text: str, sender: str = PIA, to: str = TOM, **more: str) -> str:
        """Bring a letter with this calendar; what was said of it."""
        letter = EmailMessage(policy=policies.SMTP)
        letter["From"] = sender
        letter["To"] = to
        letter["Subject"] = "Accepté"
        letter["Message-ID"] = more.get("message_id", f"<{abs(hash(text))}@ecole.example>")
        letter.set_content("Oui.\n")
        if text:
            letter.add_alternative(
                text.encode(), maintype="text", subtype="calendar",
                params={"method": more.get("method", "REPLY"), "charset": "utf-8"}, cte="base64",
            )  # fmt: skip

        def bring() -> str:
            with smtplib.LMTP("127.0.0.1", self.port) as relay:
                relay.ehlo_or_helo_if_needed()
                relay.mail(sender)
                code, said = relay.rcpt(to)
                if code == 250:
                    code, said = relay.data(letter.as_bytes())
                return f"{code} {said.decode()}"

        return await asyncio.to_thread(bring)

    async def mine(self) -> str:
        return (await self.house.client("tom").get("calendar/a.ics")).unfolded


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with open_house(tmp_path, guests=Guests()) as house:
        mail = mail_of(25, door=MailDoor(port=0))
        office = Office(
            network=house.network, mail=mail, public_url="https://visio.test", words=words
        )
        outbox = Outbox(house.database)
        outbox.write_with("notices", Notices(office).write)
        mailbox = Mailbox(reception=Reception(bookings=house.bookings, office=office), lmtp=True)
        async with open_door(MailDoor(port=0), mailbox, "visio.test") as port:
            yield School(house, outbox, port)


def reply(
    given: str = "ACCEPTED",
    *,
    start: datetime | None = None,
    sequence: int = 0,
    who: str = PIA,
    stamped: datetime = SENT,
    organiser: str = TOM,
    uid: str = "a",
) -> str:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//School//EN", "METHOD:REPLY", "BEGIN:VEVENT",
        f"UID:{uid}", f"DTSTAMP:{stamp(stamped)}", f"DTSTART:{stamp(start or soon())}",
        f"SEQUENCE:{sequence}", f"ORGANIZER:mailto:{organiser}",
        f"ATTENDEE;PARTSTAT={given}:mailto:{who}", "SUMMARY:Accepted: evil", "END:VEVENT",
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


async def partstat(school: School, who: str = PIA) -> str:
    found = re.search(rf"PARTSTAT=([A-Z-]+)[^:\n]*:mailto:{who}", await school.mine())
    return found[1] if found else ""


async def test_an_answer_by_mail_stands_in_the_event_and_survives_the_next_save(
    school: School,
) -> None:
    house = school.house
    tom = await save(house, school.outbox, event("a", more=invited(PIA)))
    (letter,) = await letters(house, "invited")
    assert f"ORGANIZER;CN=Tom:mailto:{TOM}" in calendar_in(letter)
    tag = (await tom.get("calendar/a.ics")).headers["Schedule-Tag"]
    assert (await school.answer(reply())).startswith("250")
    assert (await partstat(school), await status(house, PIA)) == ("ACCEPTED", "2.0")
    assert (await tom.get("calendar/a.ics")).headers["Schedule-Tag"] == tag
    assert "evil" not in await school.mine()
    inbox = await tom.propfind("/dav/principals/tom/inbox/", "D:getetag", depth="1")
    (path,) = [one for one in re.findall(r"href>([^<]*)</", inbox.text) if one.endswith(".ics")]
    assert "METHOD:REPLY" in (await tom.get(path)).text
    await save(house, school.outbox, event("a", title="Autre", more=invited(PIA)))
    assert await partstat(school) == "ACCEPTED"
    await save(house, school.outbox, event("a", start=soon(2), more=invited(PIA)))
    assert await partstat(school) == "NEEDS-ACTION"


async def test_an_answer_to_what_is_past_changes_nothing(school: School) -> None:
    await save(school.house, school.outbox, event("a", more=invited(PIA)))
    await save(school.house, school.outbox, event("a", start=soon(2), more=invited(PIA)))
    assert (await school.answer(reply(sequence=0, start=soon(2)))).startswith("250")
    assert (await school.answer(reply(sequence=1))).startswith("250")
    assert await partstat(school) == "NEEDS-ACTION"
    assert (await school.answer(reply(sequence=1, start=soon(2)))).startswith("250")
    assert await partstat(school) == "ACCEPTED"


async def test_the_last_answer_counts_in_whatever_order_they_come(school: School) -> None:
    await save(school.house, school.outbox, event("a", more=invited(PIA)))
    later = SENT + timedelta(minutes=5)
    assert (await school.answer(reply("DECLINED", stamped=later))).startswith("250")
    assert (await school.answer(reply("ACCEPTED"))).startswith("250")
    assert await partstat(school) == "DECLINED"
    again = reply("TENTATIVE", stamped=later)
    assert (await school.answer(again, message_id="<x@y.example>")).startswith("250")
    once_more = reply("ACCEPTED", stamped=later + timedelta(minutes=1))
    assert (await school.answer(once_more, message_id="<x@y.example>")).startswith("250")
    assert await partstat(school) == "TENTATIVE"


@pytest.mark.parametrize(
    ("text", "sender", "why"),
    [
        (reply(), "eve@evil.example", "aucune invitation"),
        (reply(who="eve@evil.example"), "eve@evil.example", "aucune invitation"),
        (reply(uid="other"), PIA, "aucune invitation"),
        (reply(organiser=PIA), PIA, "aucune invitation"),
        (reply(organiser=f"bea@{DOMAIN}"), PIA, "aucune invitation"),
        (reply("DELEGATED"), PIA, "aucune invitation"),
        (reply(who=f"bea@{DOMAIN}"), PIA, "aucune invitation"),
        (reply().replace("REPLY", "COUNTER"), PIA, ""),
        ("", PIA, "n'est pas connue"),
        ("", "anne@ailleurs.example", "reponses aux invitations"),
    ],
)
async def test_who_is_not_a_guest_answers_for_nobody(
    school: School, text: str, sender: str, why: str
) -> None:
    await save(school.house, school.outbox, event("a", more=invited(PIA, f"bea@{DOMAIN}")))
    before = await school.mine()
    method = "COUNTER" if "COUNTER" in text else "REPLY"
    said = await school.answer(text, sender, method=method)
    assert said.startswith("550")
    assert why in said
    assert await school.mine() == before


async def test_an_address_of_nobody_is_refused_at_once(school: School) -> None:
    for to in (f"nobody@{DOMAIN}", "tom@elsewhere.example"):
        assert (await school.answer(reply(), to=to)).startswith("550 5.1.1")


async def test_a_colleague_who_answers_by_mail_has_answered_in_his_calendar(
    school: School,
) -> None:
    await save(school.house, school.outbox, event("a", more=invited(f"bea@{DOMAIN}")))
    own = reply("DECLINED", who=f"bea@{DOMAIN}")
    assert (await school.answer(own, "bea@ailleurs.example")).startswith("250")
    assert await partstat(school, f"bea@{DOMAIN}") == "DECLINED"
    bea = await school.house.person("bea")
    (home,) = await school.house.rows("calendars", owner_kind="person", owner_id=bea.id)
    (copy,) = await school.house.rows("items", calendar_id=home["id"])
    assert b"PARTSTAT=DECLINED" in copy["body"].replace(b"\r\n ", b"")
    assert await school.house.rows("occurrences", calendar_id=home["id"]) == []


async def test_an_answer_to_one_date_counts_where_that_date_stands_alone(school: School) -> None:
    series = event("a", more=[*invited(PIA), "RRULE:FREQ=DAILY;COUNT=3"])
    await save(school.house, school.outbox, series)
    one = reply("DECLINED").replace("DTSTART", f"RECURRENCE-ID:{stamp(soon(2))}\r\nDTSTART")
    assert (await school.answer(one)).startswith("250")
    assert await partstat(school) == "NEEDS-ACTION"


async def test_an_answer_in_the_zones_of_another_vendor_is_understood(school: School) -> None:
    await save(school.house, school.outbox, event("a", more=invited(PIA)))
    local = soon().astimezone(ZoneInfo("Europe/Paris"))
    zoned = f"DTSTART;TZID=Romance Standard Time:{local:%Y%m%dT%H%M%S}"
    windows = reply().replace(f"DTSTART:{stamp(soon())}", zoned)
    assert (await school.answer(windows)).startswith("250")
    assert await partstat(school) == "ACCEPTED"

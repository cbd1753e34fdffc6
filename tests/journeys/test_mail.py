"""A town hall whose calendar is elsewhere books a room by mail; people of ours read of theirs.

Everything is real but the distance: the service, its LMTP door, and the mail servers on loopback.
"""

import asyncio
import re
import smtplib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from aiohttp import ClientSession, encode_basic_auth

from orchestrator import keys
from orchestrator.mail import send
from orchestrator.settings import Settings
from orchestrator.settings.mail import MailDoor
from tests.fakes.dav import DOMAIN, Client, event, rows_of, soon, stamp
from tests.fakes.mail import (
    ForgetfulServer,
    GreylistingServer,
    PostOffice,
    calendar_in,
    invitation,
    listening,
    mail_of,
    text_in,
)
from tests.fakes.service import Browser, RunningService, demo_settings, running_service

pytestmark = pytest.mark.journey
ROOM = "villefort-visio"
MAYOR = "maire@mairie.example"
TOM = "tom@ailleurs.example"
LINK = re.compile(r"http://127\.0\.0\.1:\d+/join/[\w-]+")


@dataclass
class Town:
    """A service with mail, and the mail server around it."""

    service: RunningService
    office: PostOffice
    port: int

    async def invite(self, message: bytes, to: str = f"salle.{ROOM}@{DOMAIN}") -> int:
        """The town hall's server brings an invitation; the code it is answered with."""

        def bring() -> int:
            with smtplib.LMTP("127.0.0.1", self.port) as relay:
                relay.ehlo_or_helo_if_needed()
                relay.mail(MAYOR)
                relay.rcpt(to)
                return relay.data(message)[0]

        return await asyncio.to_thread(bring)

    async def letter(self, number: int) -> EmailMessage:
        """The letter of that number to leave."""
        await self.office.until(number, seconds=20)
        return self.office.letters[number - 1]

    async def held(self) -> list[int]:
        """When the room is held."""
        rows = await self.service.app[keys.DATABASE].read(
            lambda conn: rows_of(conn, "occurrences", room_id=ROOM)
        )
        return [row["starts_at"] for row in rows]


@asynccontextmanager
async def town(data: Path, office: PostOffice) -> AsyncIterator[Town]:
    read = await asyncio.to_thread(demo_settings)
    async with listening(office):
        with_mail = mail_of(office.port, door=MailDoor(port=free_port()))

        def settings() -> Settings:
            return replace(read, mail=with_mail)

        async with running_service(data, settings=settings) as service:
            await service.app[keys.DATABASE].write(
                lambda conn: conn.exec_driver_sql(
                    "UPDATE people SET email = login || '@ailleurs.example'"
                )
            )
            assert with_mail.door is not None
            await until_open(with_mail.door.port)
            yield Town(service, office, with_mail.door.port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def book(browser: Browser, start: datetime, title: str = "Atelier") -> str:
    sent = {
        "title": title,
        "kind": "meeting",
        "rooms": [ROOM],
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
    }
    async with browser.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["booking"]["id"])


@pytest.mark.timeout(60)
async def test_an_invitation_from_outside_is_answered_moved_and_cancelled(tmp_path: Path) -> None:
    start, later = soon(3), soon(4)
    async with town(tmp_path, PostOffice()) as here:
        assert await here.invite(invitation(start=start)) == 250
        answer = await here.letter(1)
        assert answer["To"] == MAYOR
        assert "METHOD:REPLY" in calendar_in(answer)
        assert "PARTSTAT=ACCEPTED" in calendar_in(answer)
        assert await here.held() == [int(start.timestamp())]
        link = LINK.search(text_in(answer))
        assert link is not None
        async with here.service.browser() as guest, guest.http.get(link[0]) as page:
            assert page.status == 200

        assert await here.invite(invitation(start=later, sequence=1)) == 250
        moved = await here.letter(2)
        assert "PARTSTAT=ACCEPTED" in calendar_in(moved)
        assert "SEQUENCE:1" in calendar_in(moved)
        assert f"DTSTART:{stamp(later)}" in calendar_in(moved)
        assert link[0] in text_in(moved)
        assert await here.held() == [int(later.timestamp())]

        ended = invitation(start=later, sequence=2, method="CANCEL")
        assert await here.invite(ended) == 250
        assert await here.held() == []
        tom = await here.service.log_in("tom")
        await book(tom, later)  # the room is free again, and that is the next letter
        assert (await here.letter(3))["To"] == TOM


@pytest.mark.timeout(60)
async def test_whoever_books_here_reads_of_it_and_of_its_end(tmp_path: Path) -> None:
    start = soon(3)
    async with town(tmp_path, PostOffice()) as here:
        tom, anne = await here.service.log_in("tom"), await here.service.log_in("anne")
        booking = await book(tom, start, "Atelier d'écriture")
        made = await here.letter(1)
        assert made["Subject"].startswith("Réservé : Atelier d'écriture")
        assert "METHOD:PUBLISH" in calendar_in(made)
        assert LINK.search(text_in(made)) is not None
        assert await here.invite(invitation(start=start)) == 250
        refused = await here.letter(2)
        assert "PARTSTAT=DECLINED" in calendar_in(refused)
        assert "occupée" in text_in(refused)
        async with anne.delete(f"/api/v1/bookings/{booking}") as answer:
            assert answer.status == 204
        ended = await here.letter(3)
        assert ended["To"] == TOM
        assert ended["Subject"].startswith("Annulé : Atelier d'écriture")
        assert "Anne" in text_in(ended)


@pytest.mark.timeout(60)
async def test_a_greylisting_server_gets_the_answer_at_the_second_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "PAUSES", (timedelta(0),))
    async with town(tmp_path, GreylistingServer()) as here:
        await here.invite(invitation(start=soon(3)))
        assert "PARTSTAT=ACCEPTED" in calendar_in(await here.letter(1))


@pytest.mark.timeout(60)
async def test_a_restarted_service_sends_again_nothing_that_may_have_left(tmp_path: Path) -> None:
    """The server dies after the data; then the service stops; the next one goes on with others."""
    office = ForgetfulServer()
    async with town(tmp_path, office) as here:
        await here.invite(invitation(start=soon(3)))
        await here.letter(1)
    async with town(tmp_path, office) as here:
        tom = await here.service.log_in("tom")
        await book(tom, soon(5))
        assert (await here.letter(2))["To"] == TOM
        rows = await here.service.app[keys.DATABASE].read(lambda conn: rows_of(conn, "mails"))
    assert {row["recipient"]: row["state"] for row in rows}[MAYOR] == "unsure"
    assert [letter["To"] for letter in office.letters] == [MAYOR, TOM]


@pytest.mark.timeout(60)
async def test_a_guest_elsewhere_is_invited_without_a_room_answers_and_is_called_off(
    tmp_path: Path,
) -> None:
    guest = [f"ORGANIZER:mailto:tom@{DOMAIN}", f"ATTENDEE;RSVP=TRUE:mailto:{MAYOR}"]
    async with town(tmp_path, PostOffice()) as here, ClientSession() as http:
        password = await here.service.app_password("tom")
        auth = encode_basic_auth("tom", password, encoding="utf-8")
        tom = Client(http, here.service.url.rstrip("/"), "tom", auth)
        made = await tom.put("calendar/a.ics", event("a", title="Marché", more=guest))
        assert made.status == 201
        asked = await here.letter(1)
        assert asked["To"] == MAYOR
        told = calendar_in(asked)
        assert "METHOD:REQUEST" in told
        assert f"ORGANIZER;CN=Tom:mailto:tom@{DOMAIN}" in told
        answer = told.replace("METHOD:REQUEST", "METHOD:REPLY")
        answer = re.sub("ATTENDEE[^:\n]*:", "ATTENDEE;PARTSTAT=ACCEPTED:", answer)
        reply = EmailMessage(policy=SMTP)
        reply["From"], reply["To"] = MAYOR, f"tom@{DOMAIN}"
        reply["Message-ID"] = "<reply@mairie.example>"
        reply.set_content("Oui\n")
        reply.add_alternative(
            answer.replace("\n", "\r\n").encode(), maintype="text", subtype="calendar",
            params={"method": "REPLY", "charset": "utf-8"}, cte="base64",
        )  # fmt: skip
        assert await here.invite(reply.as_bytes(), f"tom@{DOMAIN}") == 250
        mine = (await tom.get("calendar/a.ics")).unfolded
        assert re.search(rf"PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2\.0[^:\n]*:mailto:{MAYOR}", mine)
        assert (await tom.delete("calendar/a.ics")).status == 204
        ended = await here.letter(2)
        assert (ended["To"], "METHOD:CANCEL" in calendar_in(ended)) == (MAYOR, True)

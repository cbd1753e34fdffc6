"""The rooms' mailbox, by real LMTP and SMTP: answered in words, or refused in words."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email import policy as policies
from email.message import EmailMessage
from pathlib import Path

import pytest

from orchestrator.mail import door
from orchestrator.mail.door import Mailbox, ascii_line, open_door
from orchestrator.mail.notices import Notices
from orchestrator.mail.receive import Reception
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.settings.mail import Guests, MailDoor
from orchestrator.words import words
from tests.fakes.dav import DOMAIN, OpenHouse, event, open_house, soon
from tests.fakes.mail import calendar_in, invitation, mail_of, text_in

ROOM = "villefort-visio"
MAYOR = "maire@mairie.example"


@dataclass
class Relay:
    """The mail server in front of the door."""

    house: OpenHouse
    port: int
    office: Office
    kind: type[smtplib.SMTP] = smtplib.LMTP

    async def bring(
        self, message: bytes, rooms: tuple[str, ...] = (ROOM,), sender: str = MAYOR
    ) -> str:
        """Give a message; what was said of it."""
        return await asyncio.to_thread(self._bring, message, rooms, sender)

    def _bring(self, message: bytes, rooms: tuple[str, ...], sender: str) -> str:
        with self.kind("127.0.0.1", self.port) as server:
            server.ehlo_or_helo_if_needed()
            server.mail(sender)
            for room in rooms:
                code, said = server.rcpt(f"salle.{room}@{DOMAIN}")
                if code != 250:
                    return f"{code} {said.decode()}"
            code, said = server.data(message)
            for _ in rooms[1:] if self.kind is smtplib.LMTP else ():
                code, said = server.getreply()  # one for each room
            return f"{code} {said.decode()}"

    async def answers(self) -> list[EmailMessage]:
        found = []
        for row in await self.house.rows("mails"):
            letter = message_from_bytes(row["message"], policy=policies.default)
            assert isinstance(letter, EmailMessage)
            found.append(letter)
        return found


@pytest.fixture(params=["lmtp", "smtp"])
async def relay(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Relay]:
    async with open_house(tmp_path, guests=Guests()) as house:
        office = Office(
            network=house.network, mail=mail_of(25), public_url="https://visio.test", words=words
        )
        reception = Reception(bookings=house.bookings, office=office)
        lmtp = request.param == "lmtp"
        mailbox = Mailbox(reception=reception, lmtp=lmtp)
        where = MailDoor(protocol=request.param, port=0)
        async with open_door(where, mailbox, "visio.test") as port:
            yield Relay(house, port, office, smtplib.LMTP if lmtp else smtplib.SMTP)


async def test_an_invitation_from_outside_is_booked_and_answered(relay: Relay) -> None:
    start = soon(3)
    assert (await relay.bring(invitation(start=start))).startswith("250")
    (booking,) = await relay.house.rows("bookings")
    assert (booking["state"], booking["door"]) == ("confirmed", "mail")
    (answer,) = await relay.answers()
    assert answer["To"] == MAYOR
    assert answer["From"].addresses[0].addr_spec == f"salle.{ROOM}@{DOMAIN}"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["In-Reply-To"] == "<outside-1-REQUEST-0@mairie.example>"
    told = calendar_in(answer)
    assert "METHOD:REPLY" in told
    assert "PARTSTAT=ACCEPTED" in told
    assert told.count("ATTENDEE") == 1
    assert "https://visio.test/join/" in told
    assert "https://visio.test/join/" in text_in(answer)
    assert f"ORGANIZER;CN=Monsieur le maire:mailto:{MAYOR}" in told


async def test_a_busy_room_declines_and_says_why(relay: Relay) -> None:
    start = soon(3)
    await relay.house.client("bea").put("calendar/b.ics", event("b", start=start, rooms=[ROOM]))
    await relay.bring(invitation(start=start))
    (answer,) = await relay.answers()
    assert answer["Subject"].startswith("Refusé : ")
    told = calendar_in(answer)
    assert "PARTSTAT=DECLINED" in told
    assert "COMMENT:" in told
    assert "occupée" in text_in(answer)
    assert "/join/" not in told


async def test_each_room_of_one_invitation_answers_for_itself(relay: Relay) -> None:
    rooms = (ROOM, "meyrueis-visio")
    assert (await relay.bring(invitation(start=soon(3), rooms=rooms), rooms)).startswith("250")
    assert len(await relay.house.rows("bookings")) == 1
    senders = {answer["From"].addresses[0].addr_spec for answer in await relay.answers()}
    assert senders == {f"salle.{room}@{DOMAIN}" for room in rooms}


async def test_a_relay_that_brings_it_once_for_each_room_gets_the_same_answers(
    relay: Relay,
) -> None:
    rooms = (ROOM, "meyrueis-visio")
    message = invitation(start=soon(3), rooms=rooms)
    for room in (*rooms, *rooms):
        assert (await relay.bring(message, (room,))).startswith("250")
    assert len(await relay.answers()) == 2
    assert len(await relay.house.rows("outbox")) == 1


async def test_moved_then_cancelled(relay: Relay) -> None:
    start = soon(3)
    await relay.bring(invitation(start=start))
    later = start + timedelta(days=1)
    await relay.bring(invitation(start=later, sequence=1))
    (booking,) = await relay.house.rows("bookings")
    assert booking["starts_at"] == int(later.timestamp())
    assert len(await relay.answers()) == 2
    await relay.bring(invitation(start=later, sequence=2, method="CANCEL"))
    assert await relay.house.held(ROOM) == 0
    assert len(await relay.answers()) == 2  # a cancellation has no answer
    await relay.bring(invitation(start=later, sequence=1, message_id="<late@mairie.example>"))
    assert await relay.house.held(ROOM) == 0  # the move that came after the end is no news
    topics = [row["topic"] for row in await relay.house.rows("outbox")]
    assert topics == ["booking.made", "booking.moved", "booking.cancelled"]


async def test_one_date_of_a_series_is_cancelled_and_another_moved(relay: Relay) -> None:
    start = soon(3)
    weekly = ["RRULE:FREQ=DAILY;COUNT=4"]
    await relay.bring(invitation(start=start, more=weekly))
    assert await relay.house.held(ROOM) == 4
    second, third = start + timedelta(days=1), start + timedelta(days=2)
    named = [f"RECURRENCE-ID:{second:%Y%m%dT%H%M%SZ}"]
    await relay.bring(invitation(start=second, more=named, sequence=1, method="CANCEL"))
    assert await relay.house.held(ROOM) == 3
    named = [f"RECURRENCE-ID:{third:%Y%m%dT%H%M%SZ}"]
    moved = third + timedelta(hours=3)
    await relay.bring(invitation(start=moved, more=named, sequence=1))
    rows = await relay.house.rows("occurrences", room_id=ROOM)
    assert int(moved.timestamp()) in [row["starts_at"] for row in rows]
    assert len(rows) == 3


async def test_a_person_of_ours_writes_from_his_own_address(relay: Relay) -> None:
    sender = "bea@ailleurs.example"
    await relay.bring(invitation(sender, start=soon(3)), sender=sender)
    (booking,) = await relay.house.rows("bookings")
    assert booking["organiser_id"] == (await relay.house.person("bea")).id


@pytest.mark.parametrize(
    ("said", "sender", "more"),
    [
        ("n'est pas connue", "spam@evil.example", {}),
        ("l'adresse de la personne", MAYOR, {"organiser": "autre@mairie.example"}),
        ("Seules les invitations", MAYOR, {"method": "PUBLISH"}),
        ("repetition", MAYOR, {"more": ["RRULE:FREQ=SECONDLY"]}),
        ("ne nomme pas cette salle", MAYOR, {"rooms": ["murat-formation"]}),
    ],
)  # fmt: skip
async def test_what_is_refused_is_refused_in_words(
    relay: Relay, said: str, sender: str, more: dict[str, object]
) -> None:
    message = invitation(sender, start=soon(3), **more)  # type: ignore[arg-type]
    answer = await relay.bring(message, sender=sender)
    assert answer.startswith("550 5.7.1")
    assert said.lower() in answer.lower()
    assert await relay.house.rows("bookings") == []
    assert await relay.house.rows("mails") == []


async def test_a_room_nobody_knows_is_refused_before_the_message(relay: Relay) -> None:
    answer = await relay.bring(invitation(start=soon(3)), ("nulle-part",))
    assert answer.startswith("550")
    assert "pas de salle" in answer


async def test_bounces_and_automatic_answers_are_swallowed(relay: Relay) -> None:
    message = invitation(start=soon(3))
    assert (await relay.bring(message, sender="")).startswith("250")
    answered = invitation(start=soon(3), headers=[("Auto-Submitted", "auto-replied (vacation)")])
    assert (await relay.bring(answered)).startswith("250")
    assert await relay.house.rows("bookings") == []
    generated = invitation(start=soon(3), headers=[("Auto-Submitted", "auto-generated")])
    await relay.bring(generated)  # what Nextcloud says of its invitations
    assert len(await relay.house.rows("bookings")) == 1


async def test_a_room_does_not_answer_a_room(relay: Relay) -> None:
    sender = f"salle.{ROOM}@{DOMAIN}"
    assert (await relay.bring(invitation(sender, start=soon(3)), sender=sender)).startswith("550")


def deep(levels: int) -> bytes:
    head = b"From: maire@mairie.example\r\nMessage-ID: <deep@x.example>\r\n"
    parts = [
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (level, level)
        for level in range(levels)
    ]
    return head + b"".join(parts) + b"Content-Type: text/calendar\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    "message",
    [
        deep(5000),
        b"From: maire@mairie.example\r\n\r\nno id\r\n",
        b"From: a@mairie.example, b@mairie.example\r\nMessage-ID: <x@y.z>\r\n\r\n",
        b"From: maire@mairie.example\r\nMessage-ID: <x@y.z>\r\nX: "
        + b"y " * 400
        + b"\r\n\r\nnothing\r\n",
        b"\xff\xfe\x00\r\n\r\n",
        b"",
        invitation(start=datetime(2030, 1, 1, tzinfo=UTC)).replace(b"base64", b"quoted-printable"),
    ],
    ids=["deep", "no id", "two senders", "no calendar", "no text", "empty", "garbled"],
)
async def test_what_cannot_be_read_is_refused_without_a_traceback(
    relay: Relay, message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await relay.bring(message)).startswith("550 5.7.1")
    assert "Traceback" not in caplog.text


async def test_a_message_too_large_is_refused_and_the_talk_goes_on(relay: Relay) -> None:
    message = invitation(start=soon(3)) + (b"y" * 70 + b"\r\n") * 20000
    assert (await relay.bring(message)).startswith("552")
    assert (await relay.bring(invitation(start=soon(3)))).startswith("250")


async def test_a_stand_in_put_out_or_let_in_no_more_is_a_stranger(relay: Relay) -> None:
    await relay.bring(invitation(start=soon(3)))
    (person,) = [row for row in await relay.house.rows("people") if row["email"] == MAYOR]
    assert (person["role"], person["password_hash"]) == ("booker", None)
    await relay.house.database.write(
        lambda conn: conn.exec_driver_sql("UPDATE people SET active=0 WHERE email=?", (MAYOR,))
    )
    answer = await relay.bring(invitation(start=soon(4), uid="again"))
    assert answer.startswith("550")


async def test_a_room_taken_back_declines_by_mail(relay: Relay) -> None:
    await relay.bring(invitation(start=soon(3)))
    (booking,) = await relay.house.rows("bookings")
    outbox = Outbox(relay.house.database)
    outbox.write_with("notices", Notices(relay.office).write)
    await outbox.deliver()
    assert len(await relay.answers()) == 1  # its own answer says it all
    anne = await relay.house.person("anne")
    await relay.house.bookings.cancel(anne, booking["id"], datetime.now(UTC))
    await outbox.deliver()
    last = (await relay.answers())[-1]
    assert "PARTSTAT=DECLINED" in calendar_in(last)
    assert "Anne" in text_in(last)


async def test_one_conversation_too_many_is_told_to_come_back(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 1)
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    assert (await reader.readline()).startswith(b"220")
    other, refused = await asyncio.open_connection("127.0.0.1", relay.port)
    assert (await other.readline()).startswith(b"421")
    for stream in (writer, refused):
        stream.close()
        await stream.wait_closed()


def test_smtp_says_it_in_ascii() -> None:
    assert ascii_line("« Été »\r\nà l’œuvre – fin") == '" Ete " a l\'oeuvre - fin'

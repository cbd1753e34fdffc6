"""Mail servers for tests, real SMTP on loopback, each named by how it fails.

async with listening(PostOffice()) as office:
    smtp = Smtp(host="127.0.0.1", port=office.port, tls="none")
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email import policy as policies
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from orchestrator.settings.mail import Mail, Smtp
from tests.fakes.dav import DOMAIN, stamp

SENDER = "visio@lozere.example"


@dataclass
class PostOffice:
    """Takes everything; `letters` are those it said 250 to."""

    letters: list[EmailMessage] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.keep(envelope)
        return "250 2.0.0 taken"

    def keep(self, envelope: Envelope) -> None:
        assert envelope.original_content is not None
        letter = message_from_bytes(envelope.original_content, policy=policies.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.arrived.set()

    async def until(self, number: int, seconds: float = 10) -> None:
        """Wait for that many letters."""
        async with asyncio.timeout(seconds):
            while len(self.letters) < number:
                self.arrived.clear()
                await self.arrived.wait()

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]


@dataclass
class GreylistingServer(PostOffice):
    """Does not know anybody at first: 451 once for each recipient."""

    seen: set[str] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


@dataclass
class ForgetfulServer(PostOffice):
    """Takes the letter and dies before it says so."""

    deaths: int = 1

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.keep(envelope)
        if self.deaths:
            self.deaths -= 1
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 2.0.0 taken"


@dataclass
class FussyServer(PostOffice):
    """Wants to hear nothing of one recipient, for good."""

    unwanted: str = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.unwanted:
            return "550 5.1.1 no such person"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"


@asynccontextmanager
async def listening(office: PostOffice) -> AsyncIterator[PostOffice]:
    """The server on a port of its own until the end of the block."""
    loop = asyncio.get_running_loop()

    def talk() -> SMTP:
        return SMTP(office, hostname="mx.test", loop=loop)

    listener = await loop.create_server(talk, "127.0.0.1", office.port)
    office.port = listener.sockets[0].getsockname()[1]
    try:
        yield office
    finally:
        listener.close()
        await listener.wait_closed()


@asynccontextmanager
async def deaf_server() -> AsyncIterator[int]:
    """Takes calls and never says a word; its port."""
    gone = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        gone.set()
        server.close()
        await server.wait_closed()


def mail_of(port: int, **changed: object) -> Mail:
    """The settings of a network whose mail goes to this port."""
    facts: dict[str, object] = {
        "smtp": Smtp(host="127.0.0.1", port=port, tls="none"),
        "sender": SENDER,
        "reminders": (timedelta(hours=1), timedelta(days=1)),
        "accept_from": ("mairie.example", "maire@ailleurs.test"),
    }
    return Mail(**facts | changed)  # type: ignore[arg-type]


def invitation(
    sender: str = "maire@mairie.example",
    *,
    start: datetime,
    uid: str = "outside-1",
    minutes: int = 60,
    rooms: Iterable[str] = ("villefort-visio",),
    method: str = "REQUEST",
    sequence: int = 0,
    message_id: str = "",
    organiser: str = "",
    more: Iterable[str] = (),
    headers: Iterable[tuple[str, str]] = (),
    stamped: datetime | None = None,
) -> bytes:
    """What the calendar of a town hall sends to our rooms."""
    rooms = tuple(rooms)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//EN", f"METHOD:{method}",
        "BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{stamp(stamped or start - timedelta(days=1))}",
        f"SEQUENCE:{sequence}", f"DTSTART:{stamp(start)}",
        f"DTEND:{stamp(start + timedelta(minutes=minutes))}", "SUMMARY:Conseil municipal",
        f"ORGANIZER;CN=Monsieur le maire:mailto:{organiser or sender}",
        *(f"ATTENDEE;CUTYPE=ROOM;RSVP=TRUE:mailto:salle.{room}@{DOMAIN}" for room in rooms),
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{organiser or sender}",
        *more, "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    letter = EmailMessage(policy=policies.SMTP)
    letter["From"] = f"Le maire <{sender}>"
    letter["To"] = ", ".join(f"salle.{room}@{DOMAIN}" for room in rooms)
    letter["Subject"] = "Invitation : conseil municipal"
    letter["Message-ID"] = message_id or f"<{uid}-{method}-{sequence}@mairie.example>"
    for name, value in headers:
        letter[name] = value
    letter.set_content("Vous êtes invités.\n")
    letter.add_alternative(
        "\r\n".join(lines).encode(), maintype="text", subtype="calendar",
        params={"method": method, "charset": "utf-8"}, cte="base64",
    )  # fmt: skip
    return letter.as_bytes()


def calendar_in(letter: EmailMessage) -> str:
    """The calendar message of a letter, unfolded."""
    for part in letter.walk():
        if part.get_content_type() == "text/calendar":
            body = part.get_payload(decode=True)
            assert isinstance(body, bytes)
            return body.decode().replace("\r\n ", "").replace("\r\n", "\n")
    raise AssertionError("no calendar in it")


def text_in(letter: EmailMessage) -> str:
    """What a person reads."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")

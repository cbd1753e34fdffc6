"""The mailbox of rooms, and of answers: LMTP or SMTP, for the mail server in front of it.

Whether a sender is who he says (SPF, DKIM, DMARC) is that server's business; here he must be
known, the room must be invited, and every refusal is one sentence in ASCII.
"""

import asyncio
import logging
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from calendars.addresses import mail_address
from orchestrator.mail import senders
from orchestrator.mail.answers import Answers
from orchestrator.mail.message import LARGEST, Received, read_received
from orchestrator.mail.receive import Reception
from orchestrator.means import utc_now
from orchestrator.settings.mail import MailDoor
from orchestrator.store import people
from rooms.errors import MargerideError, NotFound
from rooms.ids import RoomId

log = logging.getLogger(__name__)
MOST_ROOMS = 20
MOST_CONNECTIONS = 20
PATIENCE = 60.0
COMMANDS = 100


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """What aiosmtpd asks at each step of a conversation."""

    reception: Reception
    lmtp: bool
    clock: Callable[[], datetime] = utc_now
    kick: Callable[[], None] = lambda: None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A room of ours, and not too many at once."""
        if len(envelope.rcpt_tos) >= MOST_ROOMS:
            return self._no("452 4.5.3", "mail-refuse-too-many")
        if self._room(address) is None and not await self._is_person(address):
            return self._no("550 5.1.1", "mail-refuse-room")
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        """Take the message, or say in words why not; LMTP wants one line for each room."""
        try:
            status = await self._taken(envelope)
        except MargerideError as error:
            code = "451 4.3.0" if error.key == "mail-refuse-later" else "550 5.7.1"
            status = self._no(code, error.key, **error.fields)
            log.info("a message from %r was refused: %s", envelope.mail_from, error.key)
        except Exception:
            log.exception("a message from %r could not be taken", envelope.mail_from)
            status = self._no("451 4.3.0", "mail-refuse-later")
        return "\r\n".join([status] * len(envelope.rcpt_tos)) if self.lmtp else status

    async def _taken(self, envelope: Envelope) -> str:
        if envelope.mail_from in (None, "", "<>"):
            return "250 2.0.0 OK"  # what bounces is of no use here, and is never answered
        content = envelope.original_content or b""
        rooms = dict.fromkeys(filter(None, (self._room(to) for to in envelope.rcpt_tos)))
        received = await asyncio.to_thread(read_received, content)
        message = received.calendar
        answers = message is not None and message.method == "REPLY"
        if not answers:
            await self._check_sender(received)
        if received.automatic:
            return "250 2.0.0 OK"
        async with self.busy:  # one message at a time: their order is kept, the loop stays free
            if answers and message is not None:
                outcome = await self.answers.take(received, message, self.clock())
            elif rooms:
                outcome = await self.reception.take(received, tuple(rooms), self.clock())
            else:
                raise NotFound("mail-refuse-person")
        self.kick()
        log.info("message %s: %s", received.message_id, outcome)
        return "250 2.0.0 OK"

    async def _check_sender(self, received: Received) -> None:
        office = self.reception.office
        known = await self.reception.bookings.database.read(
            lambda conn: senders.may_write(conn, office, received.sender)
        )
        if not known or self._room(received.sender) or received.sender == office.mail.sender:
            raise NotFound("mail-refuse-sender")

    @property
    def answers(self) -> Answers:
        """Where what guests answer goes."""
        return Answers(bookings=self.reception.bookings, office=self.reception.office)

    async def _is_person(self, address: str) -> bool:
        """Whether it is the address that a person of ours has here: where guests answer to."""
        domain = self.reception.office.network.mail_domain.lower()
        if not address.strip().lower().endswith(f"@{domain}"):
            return False
        found = await self.reception.bookings.database.read(
            lambda conn: people.by_address(conn, domain, f"mailto:{address}")
        )
        return found is not None

    def _room(self, address: str) -> RoomId | None:
        try:
            found = self.reception.office.network.room_at(f"mailto:{mail_address(address)}")
        except (ValueError, NotFound):
            return None
        return found.id if found else None

    def _no(self, code: str, key: str, **facts: object) -> str:
        office = self.reception.office
        return f"{code} {ascii_line(office.words(key, office.locale, facts))}"


class RoomLMTP(LMTP):
    """LMTP answers once for each room also where aiosmtpd itself refuses the data."""

    async def push(self, status: Any) -> None:
        """Say a line, or as many as there are rooms."""
        envelope = self.envelope
        if isinstance(status, str) and status.startswith(("552 ", "500 Line")) and envelope:
            status = "\r\n".join([status] * max(1, len(envelope.rcpt_tos)))
        await super().push(status)


class Busy(asyncio.Protocol):
    """One conversation too many: come back later."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so and hang up."""
        spoken = cast(asyncio.Transport, transport)
        spoken.write(b"421 4.3.2 too many connections\r\n")
        spoken.close()


def ascii_line(text: str) -> str:
    """A sentence as SMTP can say it: without accents, on one line."""
    for fancy, plain in (("’", "'"), ("«", '"'), ("»", '"'), ("–", "-"), ("—", "-"), ("œ", "oe")):
        text = text.replace(fancy, plain)
    plain_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in plain_text).split())[:400]


@asynccontextmanager
async def open_door(door: MailDoor, mailbox: Mailbox, hostname: str) -> AsyncIterator[int]:
    """Listen until the end of the block; the port."""
    loop = asyncio.get_running_loop()
    kind = RoomLMTP if door.protocol == "lmtp" else SMTP
    talks: WeakSet[SMTP] = WeakSet()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it tells of every line said

    def talk() -> asyncio.Protocol:
        if sum(server.transport is not None for server in talks) >= MOST_CONNECTIONS:
            return Busy()
        server = kind(
            mailbox,
            data_size_limit=LARGEST,
            hostname=hostname,
            ident="Margeride",
            timeout=PATIENCE,
            command_call_limit={"*": COMMANDS},
            loop=loop,
        )
        talks.add(server)
        return server

    listener = await loop.create_server(talk, door.host, door.port, backlog=MOST_CONNECTIONS)
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        for server in talks:
            if server.transport is not None:
                server.transport.close()
        await listener.wait_closed()

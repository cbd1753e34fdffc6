"""Letters leave by SMTP: each is tried until the server has an opinion, and sent at most once.

Everything up to RCPT may be done again at will. Before DATA the letter is marked `sending`, in a
transaction of its own; once marked, its last dot may leave at any moment, so that after a kill,
or a connection that dies between the dot and the answer, nobody can say whether the server took
it. Such a letter becomes `unsure` and is never sent again by itself: a notice doubled makes
people doubt the rooms, one lost is still in their calendar. `margeride doctor` counts them.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPResponseException
from sqlalchemy import Connection

from orchestrator.means import utc_now
from orchestrator.settings.mail import Mail
from orchestrator.store import mails
from orchestrator.store.database import Database
from orchestrator.store.mails import MailRow

log = logging.getLogger(__name__)
AT_ONCE = 20
LOOK = 2.0
SPEAK = 30.0  # seconds for one answer of the server
DATA = 120.0  # and for its opinion of a letter
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120))
PATIENCE = timedelta(days=2)
Returned = Callable[[Connection, datetime, MailRow], None]
Gone = (SMTPException, OSError, TimeoutError, asyncio.IncompleteReadError)


@dataclass(slots=True, kw_only=True)
class Sender:
    """The task that empties the table of letters."""

    database: Database
    mail: Mail
    hostname: str
    clock: Callable[[], datetime] = utc_now
    tls_context: ssl.SSLContext | None = None
    returned: Returned | None = None  # told of what is given up, in the transaction that does
    _away: bool = False
    _kicked: asyncio.Event = field(default_factory=asyncio.Event)

    def kick(self) -> None:
        """Something may wait: look now."""
        self._kicked.set()

    async def run(self) -> None:
        """Send until cancelled."""
        await self.recover()
        while True:
            self._kicked.clear()
            while await self.send() == AT_ONCE:
                pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), LOOK)

    async def recover(self) -> list[str]:
        """At start: what a kill left between the dot and its answer. The ids."""
        unsure = await self.database.write(mails.left_sending)
        for mail in unsure:
            log.warning("letter %s may or may not have left before the last stop", mail)
        return unsure

    async def send(self) -> int:
        """Try what is due, over one connection; how many were tried."""
        now = self.clock()
        due = await self.database.read(lambda conn: mails.due(conn, now, AT_ONCE))
        if not due:
            return 0
        try:
            client = await self._connected()
        except Gone as error:
            await self._put_off(due, error)
            return len(due)
        try:
            for row in due:
                if not client.is_connected:
                    break  # the rest is still waiting: next time, over a new connection
                await self._send_one(client, row)
        finally:
            with contextlib.suppress(*Gone):
                if client.is_connected:
                    await client.quit(timeout=5)
            client.close()
        return len(due)

    async def _connected(self) -> SMTP:
        smtp = self.mail.smtp
        client = SMTP(
            hostname=smtp.host,
            port=smtp.port,
            use_tls=smtp.tls == "tls",
            start_tls=smtp.tls == "starttls",
            local_hostname=self.hostname,
            timeout=SPEAK,
            tls_context=await self._context() if smtp.tls != "none" else None,
        )
        try:
            await client.connect()
            if smtp.login:
                await client.login(smtp.login, await asyncio.to_thread(self._password))
        except BaseException:
            client.close()
            raise
        if self._away:
            log.info("the mail server %s is back", smtp.host)
        self._away = False
        return client

    async def _context(self) -> ssl.SSLContext:
        if self.tls_context is None:
            self.tls_context = await asyncio.to_thread(ssl.create_default_context)
        return self.tls_context

    def _password(self) -> str:
        path = self.mail.smtp.password_file
        return path.read_text(encoding="utf-8").rstrip("\r\n") if path else ""

    async def _send_one(self, client: SMTP, row: MailRow) -> None:
        try:
            await client.mail(self.mail.sender)
        except SMTPResponseException as error:  # our fault, not the reader's: to be mended
            await self._put_off([row], error)
            await self._clear(client)
            return
        except Gone as error:
            client.close()
            await self._put_off([row], error)
            return
        try:
            await client.rcpt(row.recipient)
        except SMTPResponseException as error:
            await self._refused(row, error)
            await self._clear(client)
            return
        except Gone as error:
            client.close()
            await self._put_off([row], error)
            return
        if await self.database.write(lambda conn: mails.begin(conn, row.id)):
            await self._give(client, row)

    async def _give(self, client: SMTP, row: MailRow) -> None:
        try:
            await client.data(row.message, timeout=DATA)
        except SMTPDataError as error:  # the server has an opinion
            if error.code < 300:
                await self._settle(row, mails.SENT)
                return
            await self._refused(row, error)
            await self._clear(client)
        except Gone as error:
            client.close()
            log.warning("letter %s may or may not have left: %s", row.id, _said(error))
            await self._settle(row, mails.UNSURE, error=_said(error))
        else:
            await self._settle(row, mails.SENT)

    async def _clear(self, client: SMTP) -> None:
        """Leave a transaction that was refused; a server that hangs up will be called again."""
        try:
            if client.is_connected:
                await client.rset()
        except Gone:
            client.close()

    async def _refused(self, row: MailRow, error: SMTPResponseException) -> None:
        if error.code >= 500:
            log.warning("letter %s is refused for good: %s", row.id, _said(error))
            await self._settle(row, mails.FAILED, error=_said(error))
        else:
            await self._later(row, error)

    async def _put_off(self, rows: list[MailRow], error: BaseException) -> None:
        if not self._away:
            log.warning("the mail server %s is away: %s", self.mail.smtp.host, _said(error))
        self._away = True
        for row in rows:
            await self._later(row, error)

    async def _later(self, row: MailRow, error: BaseException) -> None:
        now = self.clock()
        if row.created_at + PATIENCE.total_seconds() < now.timestamp():
            log.warning("letter %s is given up: %s", row.id, _said(error))
            await self._settle(row, mails.FAILED, error=_said(error))
            return
        again = now + PAUSES[min(row.tries, len(PAUSES) - 1)]
        await self._settle(row, mails.WAITING, error=_said(error), again=again)

    async def _settle(
        self, row: MailRow, state: str, *, error: str | None = None, again: datetime | None = None
    ) -> None:
        now = self.clock()

        def settle(conn: Connection) -> None:
            mails.settle(conn, now, row.id, state, error=error, again=again)
            if state == mails.FAILED and self.returned is not None:
                self.returned(conn, now, row)

        await self.database.write(settle)


def _said(error: BaseException) -> str:
    """What went wrong, on one line."""
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}"
    else:
        text = str(error) or type(error).__name__
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]

"""Mail: notices of what happens to bookings, guests elsewhere, and the rooms' own mailbox.

`join(app, outbox)` before the outbox runs, then `open_mail(app)` around everything else. Without
`mail:` in the configuration neither does anything.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from orchestrator import keys
from orchestrator.alerts.watch import Write
from orchestrator.mail import returned
from orchestrator.mail.alerts import AlertLetters
from orchestrator.mail.door import Mailbox, open_door
from orchestrator.mail.notices import Notices
from orchestrator.mail.receive import Reception
from orchestrator.mail.reminders import Reminders
from orchestrator.mail.send import Sender
from orchestrator.mail.story import Office
from orchestrator.outbox import Outbox
from orchestrator.tasks import kept_running

__all__ = ["alert_letters", "join", "open_mail"]
DOOR_AGAIN = 10.0


def office_of(app: web.Application) -> Office | None:
    """What letters are written with; None where there is no mail."""
    settings = app[keys.SETTINGS]
    if settings.mail is None:
        return None
    return Office(
        network=settings.network,
        mail=settings.mail,
        public_url=app[keys.PUBLIC_URL],
        words=app[keys.WORDS],
    )


def join(app: web.Application, outbox: Outbox) -> None:
    """Let the outbox write notices."""
    office = office_of(app)
    if office is not None:
        outbox.write_with("notices by mail", Notices(office).write)


def alert_letters(app: web.Application) -> Write | None:
    """Writes the letters of alerts; None where there is no mail."""
    office = office_of(app)
    return None if office is None else AlertLetters(office).write


@asynccontextmanager
async def open_mail(app: web.Application) -> AsyncIterator[None]:
    """Send, remind, and listen, until the service ends."""
    office = office_of(app)
    if office is None:
        yield
        return
    database, name = app[keys.DATABASE], office.network.mail_domain
    sender = Sender(
        database=database,
        mail=office.mail,
        hostname=name,
        returned=lambda conn, now, row: returned.note(conn, now, office, row),
    )
    reminders = Reminders(database=database, notices=Notices(office))
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(kept_running("letters", sender.run))
        await stack.enter_async_context(kept_running("reminders", reminders.run))
        if office.mail.door is not None:
            reception = Reception(bookings=app[keys.BOOKINGS], office=office)
            lmtp = office.mail.door.protocol == "lmtp"
            mailbox = Mailbox(reception=reception, lmtp=lmtp, kick=sender.kick)
            door = office.mail.door

            async def listen() -> None:
                async with open_door(door, mailbox, name):
                    await asyncio.get_running_loop().create_future()

            await stack.enter_async_context(kept_running("mailbox", listen, DOOR_AGAIN))
        yield

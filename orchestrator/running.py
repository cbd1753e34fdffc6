"""The house in motion: made at start, restored from the store, its clock and its outbox running.

After this context is open: `app[HOUSE]`, `app[BOOKINGS]`. The switchboard is made over the house and
hung on it (`app[HOUSE].means.wire = switchboard`) before `begin` starts the clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from orchestrator import conduct, keys
from orchestrator.bookings import Bookings
from orchestrator.house import House
from orchestrator.means import Means
from orchestrator.outbox import Outbox
from orchestrator.punctual import Punctual
from orchestrator.readiness import run as check_readiness

BOOKINGS = web.AppKey("bookings", Bookings)
OUTBOX = web.AppKey("outbox", Outbox)


@asynccontextmanager
async def house(app: web.Application) -> AsyncIterator[None]:
    """Make the house; after the store, the bus and the engine, before the switchboard."""
    means = Means(
        database=app[keys.DATABASE],
        settings=app[keys.SETTINGS],
        bus=app[keys.BUS],
        engine=app[keys.ENGINE],
        public_url=app[keys.PUBLIC_URL],
    )
    app[keys.HOUSE] = house = House(means)
    app[OUTBOX] = outbox = Outbox(means.database)
    outbox.listen("sessions follow their bookings", follower(house))

    def publish(kind: str, **facts: Any) -> None:
        means.bus.publish(kind, **facts)
        outbox.kick()

    app[BOOKINGS] = Bookings(means.database, means.network, means.public_url, publish)
    yield
    await house.settled()


@asynccontextmanager
async def begin(app: web.Application) -> AsyncIterator[None]:
    """Restore what a restart has interrupted, and start the clock; after the switchboard."""
    house = app[keys.HOUSE]
    await house.restore()
    tasks = [
        asyncio.create_task(Punctual(house).run(), name="the clock"),
        asyncio.create_task(app[OUTBOX].run(), name="the outbox"),
        asyncio.create_task(_readiness(house), name="readiness"),
    ]
    yield
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


def follower(house: House) -> Any:
    """The outbox listener that carries sessions along with their bookings."""

    async def follow(topic: str, payload: dict[str, Any]) -> None:
        if topic.startswith("booking.") and isinstance(payload.get("booking"), str):
            await conduct.follow_booking(house.conductor, payload["booking"])
        house.wakened.set()

    return follow


async def _readiness(house: House) -> None:
    """Check a session that opens, and say what was found."""
    with house.means.bus.listen("readiness") as listener:
        async for event in listener:
            if event.kind == "session.readiness.wanted":
                session = event.facts["session"]
                issues = await check_readiness(house.means, await house.stored(session))
                house.means.bus.publish(
                    "session.readiness", session=session, issues=[one.key for one in issues]
                )

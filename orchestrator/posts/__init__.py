"""Alerts posted elsewhere: signed webhooks, and ntfy for telephones (docs/alerts.md).

The watch only writes down what is to be posted, in the transaction that notes who was told; tasks
of their own post it, one for each target, so that one that is silent holds nobody up.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.alerts.seen import Alert, Standing
from orchestrator.outside.guard import Guard
from orchestrator.posts.news import Ledger
from orchestrator.posts.rows import known, note
from orchestrator.posts.send import Courier
from orchestrator.posts.shapes import secret_key
from orchestrator.posts.write import Writer
from orchestrator.settings.targets import Target
from orchestrator.store import posts
from orchestrator.store.database import Database
from orchestrator.tasks import kept_running
from rooms.errors import Unavailable
from rooms.ids import RoomId

__all__ = ["Posts", "open_posts", "read_secret"]
LARGEST_SECRET = 1000


@dataclass(slots=True)
class Posts:
    """What the watch has of it."""

    database: Database
    writer: Writer
    ledger: Ledger
    couriers: dict[str, Courier]

    async def tell(self, now: datetime, standing: list[Standing]) -> None:
        """Write down what is news to somebody, and who was told."""
        news = self.ledger.news(now, standing)
        if not news:
            return

        def write(conn: Connection) -> None:
            posts.drop(conn, now)
            for one in news:
                note(conn, one)
                posts.add(conn, now, one.name[0], self.writer.body(one, now))

        await self.database.write(write)
        self.ledger.noted(news)
        for target in {one.name[0] for one in news}:
            self.couriers[target].kick()

    def told_of(self, alert: Alert) -> tuple[Target, ...]:
        """Where this alert was posted."""
        return self.ledger.told_of(alert)

    def unreached(self, room: RoomId) -> tuple[str, ...]:
        """Who should take the alerts of this room and does not; said of one room of a centre."""
        centre = self.writer.network.centre_of(room)
        if centre.rooms[0].id != room:
            return ()
        return tuple(
            courier.target.id
            for courier in self.couriers.values()
            if courier.unreached and courier.target.hears_of(centre.id)
        )


@asynccontextmanager
async def open_posts(app: web.Application) -> AsyncIterator[Posts | None]:
    """Post until the block ends; None where there is nobody to post to."""
    settings, database = app[keys.SETTINGS], app[keys.DATABASE]
    targets, network = settings.targets, settings.network
    told = await database.write(lambda conn: known(conn, targets, network))
    if not targets:
        yield None
        return
    guard = Guard(settings.outside.allow)
    couriers = {
        target.id: Courier(
            database=database,
            target=target,
            secret=await asyncio.to_thread(read_secret, target),
            guard=guard,
        )
        for target in targets
    }
    writer = Writer(
        network=network, targets=targets, public_url=app[keys.PUBLIC_URL], words=app[keys.WORDS]
    )
    ledger = Ledger(targets, lambda room: network.centre_of(room).id, told)
    async with contextlib.AsyncExitStack() as stack:
        for name, courier in couriers.items():
            await stack.enter_async_context(kept_running(f"posts to {name}", courier.run))
        yield Posts(database, writer, ledger, couriers)


def read_secret(target: Target) -> str:
    """What its file says; Unavailable("no-post-secret") when that is no good. Blocking."""
    path: Path | None = target.secret
    if path is None:
        return ""
    try:
        secret = path.read_text(encoding="utf-8")[:LARGEST_SECRET].strip()
        if target.kind == "webhook":
            secret_key(secret)
        elif not secret.isascii() or not secret.isprintable() or not secret:
            raise ValueError("empty, or not a token")
    except (OSError, ValueError) as error:
        undecodable = isinstance(error, UnicodeDecodeError)
        reason = getattr(error, "strerror", None) or ("not text" if undecodable else str(error))
        raise Unavailable(
            "no-post-secret", target=target.id, file=str(path), reason=reason
        ) from None
    return secret

"""The jobs: each remote calendar and each feed is looked at, again and again, and never given up.

A booking that concerns a room kept elsewhere has its remote calendar looked at the moment it is
committed; the looks in between are for what people did there.
"""

import asyncio
import contextlib
import logging
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from prometheus_client import Gauge
from sqlalchemy import Connection

from calendars.quirks import SERVERS
from calendars.remote import RemoteCalendar
from orchestrator import keys, metrics
from orchestrator.booking import Bookings
from orchestrator.means import utc_now
from orchestrator.outside.feeds import FeedReader
from orchestrator.outside.guard import Guard
from orchestrator.outside.mirror import Mirror
from orchestrator.outside.pace import Pace
from orchestrator.settings.outside import FeedSettings, Outside, RemoteSettings
from orchestrator.store import feeds, remotes
from orchestrator.tasks import kept_running
from rooms.errors import MargerideError, Unavailable
from rooms.ids import RoomId

log = logging.getLogger(__name__)
LISTENER = "calendars kept elsewhere"
JOBS: "web.AppKey[Jobs]" = web.AppKey("outside_jobs")


@dataclass(slots=True)
class _Job:
    name: str
    work: Callable[[], Awaitable[None]]
    pace: Pace
    kicked: asyncio.Event = field(default_factory=asyncio.Event)
    error: str = ""

    async def run(self, failed: Callable[[MargerideError], Awaitable[str]]) -> None:
        """Until cancelled."""
        while True:
            self.kicked.clear()
            try:
                await self.work()
            except MargerideError as error:
                self.pace.went_wrong()
                told = await failed(error)
                if told != self.error:  # once, not at every look
                    log.warning("%s: %s", self.name, told)
                self.error = told
            except Exception:
                self.pace.went_wrong()
                log.exception("%s failed; it is tried again", self.name)
            else:
                if self.error:
                    log.warning("%s: it works again", self.name)
                self.pace.went_well()
                self.error = ""
            with contextlib.suppress(TimeoutError):
                wait = self.pace.wait(random.random()).total_seconds()  # noqa: S311
                await asyncio.wait_for(self.kicked.wait(), wait)


class Jobs:
    """All of them, for one service."""

    def __init__(
        self,
        bookings: Bookings,
        outside: Outside,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._bookings = bookings
        self._database = bookings.database
        self._outside = outside
        self._clock = clock
        self._guard = Guard(outside.allow)
        self._reader = FeedReader(self._database, self._guard, clock)
        self._mirrors = {one.room: Mirror(bookings, one.room) for one in outside.remotes}
        self._jobs: dict[str, _Job] = {}

    async def prepare(self) -> None:
        """Bring the tables in step with the configuration."""

        def work(conn: Connection) -> None:
            remotes.ensure(conn, [(one.room, one.url) for one in self._outside.remotes])
            feeds.ensure(conn, [(one.id, one.room) for one in self._outside.feeds])

        await self._database.write(work)

    async def run(self) -> None:
        """Look after everything until cancelled."""
        async with asyncio.TaskGroup() as group:
            for one in self._outside.remotes:
                group.create_task(self._keep_remote(one))
            for feed in self._outside.feeds:
                group.create_task(self._keep_feed(feed))
        await asyncio.get_running_loop().create_future()  # nothing is kept elsewhere: nothing to do

    def kick(self, rooms: list[str]) -> None:
        """Something happened to these rooms."""
        for room in rooms:
            if job := self._jobs.get(room):
                job.kicked.set()

    async def look(self, one: RemoteSettings) -> None:
        """Bring one room's two calendars together, once."""
        password = await asyncio.to_thread(_password, one)
        quirks = SERVERS[one.server]
        async with self._guard.visit(one.url, one.login, password) as http:
            there = RemoteCalendar(http, one.url, quirks)
            mirror = self._mirrors[one.room]
            await mirror.bring_together(there, quirks.list_every, self._clock())

    async def read(self, feed: FeedSettings) -> None:
        """Read one feed, once."""
        zone = self._bookings.rules.network.centre_of(feed.room).zone
        await self._reader.read(feed, zone)
        await self._database.write(lambda conn: feeds.note(conn, self._clock(), feed.id, None))

    async def _keep_remote(self, one: RemoteSettings) -> None:
        async def failed(error: MargerideError) -> str:
            told = self._sentence(error, one.room)
            await self._database.write(lambda conn: remotes.failed(conn, one.room, told))
            return told

        pace = Pace(timedelta(seconds=self._outside.every_seconds))
        job = _Job(f"remote calendar of {one.room}", lambda: self.look(one), pace)
        self._jobs[one.room] = job
        await job.run(failed)

    async def _keep_feed(self, feed: FeedSettings) -> None:
        async def failed(error: MargerideError) -> str:
            told = self._sentence(error, feed.room)
            await self._database.write(lambda conn: feeds.note(conn, self._clock(), feed.id, told))
            return told

        pace = Pace(timedelta(minutes=self._outside.feeds_every_minutes))
        job = _Job(f"feed {feed.id}", lambda: self.read(feed), pace)
        await job.run(failed)

    def _sentence(self, error: MargerideError, room: RoomId) -> str:
        locale = self._bookings.rules.network.centre_of(room).languages[0]
        return self._bookings.rules.words(error.key, locale, error.fields)


def _password(one: RemoteSettings) -> str:
    if one.password_env:
        return os.environ.get(one.password_env, "")
    try:
        return Path(one.password_file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable("remote-no-password", file=one.password_file) from error


class _Figures:
    def __init__(self, app: web.Application) -> None:
        registry = app[metrics.FIGURES].registry

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"margeride_{name}", text, labels, registry=registry)

        self._app = app
        self.remotes = gauge("remote_calendars", "Calendars on other servers by state", "state")
        self.feeds = gauge("feeds", "Read-only feeds by state", "state")
        self.behind = gauge("remote_behind_seconds", "How long the worst has been out of step")

    def take(self, conn: Connection, now: datetime) -> None:
        """Show what the store holds."""
        good, bad, oldest = remotes.agreement(conn)
        errors = [row.error is not None for row in feeds.every(conn)]
        self.remotes.labels("agrees").set(good)
        self.remotes.labels("fails").set(bad)
        self.feeds.labels("read").set(errors.count(False))
        self.feeds.labels("fails").set(errors.count(True))
        self.behind.set(now.timestamp() - oldest if oldest else 0)


def setup(app: web.Application) -> None:
    """Run the jobs beside the service."""
    figures = _Figures(app)

    @asynccontextmanager
    async def running(app: web.Application) -> AsyncIterator[None]:
        jobs = app[JOBS] = Jobs(app[keys.BOOKINGS], app[keys.SETTINGS].outside)
        await jobs.prepare()

        async def follow(topic: str, payload: dict[str, Any]) -> None:
            if topic.startswith("booking."):
                jobs.kick(payload.get("rooms", []))

        app[keys.OUTBOX].listen(LISTENER, follow)
        async with (
            kept_running(LISTENER, jobs.run),
            kept_running("figures of what is elsewhere", lambda: _count(app, figures)),
        ):
            yield

    app.cleanup_ctx.append(running)


async def _count(app: web.Application, figures: _Figures) -> None:
    while True:
        now = utc_now()
        await app[keys.DATABASE].read(lambda conn, now=now: figures.take(conn, now))  # type: ignore[misc]
        await asyncio.sleep(15)

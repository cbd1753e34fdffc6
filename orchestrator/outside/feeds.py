"""Feeds of shared premises: fetched, read, and kept as times when a room is busy."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout

from calendars import feed
from orchestrator.outside.guard import Guard
from orchestrator.settings.outside import FeedSettings
from orchestrator.store import feeds
from orchestrator.store.database import Database
from rooms.errors import Unavailable

PATIENCE = 10.0
REDIRECTS = 3
MOVED = (301, 302, 303, 307, 308)
BACK, AHEAD = timedelta(days=31), timedelta(days=400)
REREAD = timedelta(hours=24)
"""A feed that does not change is read again after so long: its series reach further by then."""


class FeedError(Unavailable):
    """It could not be had: `feed-away`, `feed-refused` (status), `feed-too-large`,
    `feed-elsewhere` (it leads to another host)."""


class FeedReader:
    """Reads one feed into the store."""

    def __init__(
        self, database: Database, guard: Guard, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._database = database
        self._guard = guard
        self._clock = clock or (lambda: datetime.now(UTC))

    async def read(self, wanted: FeedSettings, zone: ZoneInfo) -> None:
        """Fetch and keep it. What it said before holds until it is read again."""
        now = self._clock()
        row = await self._database.read(lambda conn: feeds.get(conn, wanted.id))
        if row is None:
            return
        fresh = row.fetched_at is not None and now.timestamp() - row.fetched_at < (
            REREAD.total_seconds()
        )
        etag = row.etag if fresh and row.error is None else None
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._fetch(wanted.url, etag)
        except TimeoutError as error:
            raise FeedError("feed-away", detail="time-out") from error
        if found is None:
            return
        tag, body = found
        label = wanted.label
        said = await asyncio.to_thread(feed.read, body, zone, now - BACK, now + AHEAD)
        busy = [feed.Busy(one.slot, label or one.title) for one in said.busy]
        await self._database.write(
            lambda conn: feeds.replace(conn, now, wanted.id, wanted.room, tag, busy)
        )

    async def _fetch(self, url: str, etag: str | None) -> tuple[str | None, bytes] | None:
        async with self._guard.visit(url) as http:
            for hop in range(REDIRECTS + 1):
                status, where, tag, body = await _get(http, url, etag)
                if status == 304 and etag:
                    return None
                if status == 200:
                    return tag, body
                if status not in MOVED or not where or hop == REDIRECTS:
                    raise FeedError("feed-refused", status=status)
                url = _next(url, where)
        return None


def _next(url: str, where: str) -> str:
    """The address a redirect leads to: on the same host, and not to plain HTTP."""
    target = urljoin(url, where)
    old, new = urlsplit(url), urlsplit(target)
    same = (old.hostname, old.port) == (new.hostname, new.port)
    if not same or old.scheme != new.scheme:
        raise FeedError("feed-elsewhere", host=new.hostname or "")
    return target


async def _get(
    http: ClientSession, url: str, etag: str | None
) -> tuple[int, str, str | None, bytes]:
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    if etag:
        headers["If-None-Match"] = etag
    try:
        async with http.get(
            url, headers=headers, allow_redirects=False, timeout=ClientTimeout(total=PATIENCE)
        ) as answer:
            body = await _limited(answer)
            found = answer.headers
            return answer.status, found.get("Location", ""), found.get("ETag"), body
    except (ClientError, OSError) as error:
        raise FeedError("feed-away", detail=type(error).__name__) from error


async def _limited(answer: ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.content.iter_chunked(65536):
        size += len(chunk)
        if size > feed.MAX_BYTES:
            raise FeedError("feed-too-large", limit=feed.MAX_BYTES)
        chunks.append(chunk)
    return b"".join(chunks)

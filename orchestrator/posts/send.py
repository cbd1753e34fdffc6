"""Posts what waits for one target, in order, until it is taken; each target has its own task.

Any answer but 2xx is a failure: tried again after ever longer pauses, for a day; what a target
refuses as it stands three times running is given up, so that the next ones get through. A target
that has taken nothing for five minutes is `unreached`, which is an alert to everybody else.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aiohttp import ClientError, ClientResponseError, ClientTimeout, InvalidURL

from orchestrator.means import utc_now
from orchestrator.outside.guard import Guard
from orchestrator.posts.shapes import Request, request
from orchestrator.settings.targets import Target
from orchestrator.store import posts
from orchestrator.store.database import Database
from orchestrator.store.posts import PostRow
from rooms.errors import MargerideError
from rooms.fields import clean_text

log = logging.getLogger(__name__)
WITHIN = 10.0
LONGEST_ANSWER = 300  # bytes of it that are read, for the log
LOOK = 5.0
PAUSES = tuple(timedelta(seconds=number) for number in (5, 15, 30, 60, 120, 300, 600, 900))
LONGEST_PAUSE = timedelta(hours=1)
PATIENCE = timedelta(days=1)
UNREACHED = timedelta(minutes=5)
FOR_GOOD = frozenset({400, 410, 413, 415, 422})
"""Answers to what was sent: the same thing again gets the same answer. Who may send, and where to,
is mended by people (401, 403, 404), the rest by time."""
REFUSALS = 3


class Untaken(Exception):
    """It was not taken. `after`: when it may be asked again; `status`: its answer, else 0."""

    def __init__(self, why: str, after: timedelta | None = None, status: int = 0) -> None:
        super().__init__(why)
        self.after = after
        self.status = status


@dataclass(slots=True, kw_only=True)
class Courier:
    """The task of one target. `secret` is what its file says."""

    database: Database
    target: Target
    secret: str
    guard: Guard
    clock: Callable[[], datetime] = utc_now
    failing_since: datetime | None = None
    _refused: tuple[int, int] = (0, 0)  # the post it refused last, and how many times running
    _kicked: asyncio.Event = field(default_factory=asyncio.Event)

    def kick(self) -> None:
        """Something waits: look now."""
        self._kicked.set()

    @property
    def unreached(self) -> bool:
        """Whether it has taken nothing for a while."""
        since = self.failing_since
        return since is not None and self.clock() - since >= UNREACHED

    async def run(self) -> None:
        """Post until cancelled."""
        while True:
            self._kicked.clear()
            while await self.post():
                pass
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kicked.wait(), LOOK)

    async def post(self) -> bool:
        """Try the oldest, if it is due; whether it has left or was given up."""
        post = await self.database.read(lambda conn: posts.first_waiting(conn, self.target.id))
        if post is None:
            if self._refused == (0, 0):
                self.failing_since = None  # what did not get through was given up
            return False
        if post.tries and self.failing_since is None:
            self.failing_since = post.created_at  # before the service started again
        if self.clock() - post.created_at >= PATIENCE:
            return await self._give_up(post, post.error or "a day old")
        if post.next_at > self.clock():
            return False
        try:
            await self._hand(request(self.target, self.secret, post.body, self.clock()))
        except Untaken as error:
            return await self._later(post, error)
        await self.database.write(lambda conn: posts.settle(conn, post, posts.SENT))
        if self.failing_since is not None:
            log.info("%s takes alerts again", self.target.id)
        self.failing_since, self._refused = None, (0, 0)
        return True

    async def _hand(self, what: Request) -> None:
        """One try; Untaken says why not."""
        try:
            async with asyncio.timeout(WITHIN), self.guard.visit(what.url) as session:
                sent = session.post(
                    what.url,
                    data=what.body,
                    headers={**what.headers, "Accept-Encoding": "identity"},
                    allow_redirects=False,
                    timeout=ClientTimeout(total=WITHIN),
                )
                async with sent as answer:
                    if 200 <= answer.status < 300:
                        return
                    said = await answer.content.read(LONGEST_ANSWER)
        except MargerideError as error:
            raise Untaken(error.key) from error
        except TimeoutError:
            raise Untaken(f"no answer in {WITHIN:.0f} s") from None
        except (ClientError, OSError, ValueError) as error:
            raise Untaken(_said(error)) from error
        why, after = clean_text(said.decode("utf-8", "replace")), answer.headers.get("Retry-After")
        raise Untaken(f"{answer.status} {why}".strip(), _pause(after), answer.status)

    async def _later(self, post: PostRow, error: Untaken) -> bool:
        now = self.clock()
        why = clean_text(str(error))[:LONGEST_ANSWER]
        if self.failing_since is None:
            self.failing_since = now
            log.warning("%s does not take alerts: %s", self.target.id, why)
        before = self._refused[1] if self._refused[0] == post.seq else 0
        self._refused = (post.seq, before + 1) if error.status in FOR_GOOD else (0, 0)
        if self._refused[1] >= REFUSALS:
            return await self._give_up(post, why)
        again = now + (error.after or PAUSES[min(post.tries, len(PAUSES) - 1)])
        await self.database.write(
            lambda conn: posts.settle(conn, post, posts.WAITING, error=why, again=again)
        )
        return False

    async def _give_up(self, post: PostRow, why: str) -> bool:
        log.warning("alert %s for %s is given up: %s", post.id, self.target.id, why)
        await self.database.write(lambda conn: posts.settle(conn, post, posts.FAILED, error=why))
        return True


def _said(error: Exception) -> str:
    """What went wrong, without the address: it may be the secret of the target."""
    name = type(error).__name__
    if isinstance(error, ClientResponseError):
        return f"{name}: {error.message}"
    return name if isinstance(error, InvalidURL) else f"{name}: {error}"


def _pause(retry_after: str | None) -> timedelta | None:
    """What an answer asks for, in seconds, within reason (RFC 9110, 10.2.3)."""
    text = (retry_after or "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return None
    return min(max(timedelta(seconds=int(text)), PAUSES[0]), LONGEST_PAUSE)

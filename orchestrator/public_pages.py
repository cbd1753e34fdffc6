"""The service's hold on its broadcasters: one process for each session on air, started again when
it dies, found again when the service starts, ended when the session is off air."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from orchestrator.broadcast import order as orders
from orchestrator.broadcast.order import Order, Ready
from orchestrator.cases import broadcasts as cases
from orchestrator.cases import public_views, services
from orchestrator.cases.broadcasts import Seen
from orchestrator.means import Means
from orchestrator.session import RUNNING, State
from orchestrator.store import broadcasts, sessions
from orchestrator.store.broadcasts import Broadcast
from rooms.errors import MargerideError
from rooms.ids import SessionId

log = logging.getLogger(__name__)
LOOK = 0.5
AGAIN_AFTER = 2.0  # seconds between two lives
MOST = 4
FRESH, MOST_KNOWN = timedelta(seconds=1), 100
LOCALE = "fr"
PLACE = "public-page"


class PublicPages:
    """Implements `Broadcasts` of `orchestrator.effects`; `await run()` for as long as it lasts.

    `url` is where this service is reached from this machine; `port` is the wished one of viewers.
    """

    def __init__(self, means: Means, data: Path, *, url: str, host: str, port: int) -> None:
        self._means, self._folder = means, data.absolute()
        self._url, self._host, self._port = url, host, port
        self._children: dict[SessionId, int] = {}
        self._begun: dict[SessionId, float] = {}
        self._wake = asyncio.Event()
        self._known_pages: dict[str, tuple[datetime, Seen, Ready | None]] = {}

    async def start(self, session: SessionId, by: str) -> None:
        """As the port says."""
        await cases.start_by(self._means, session)
        self._wake.set()

    async def stop(self, session: SessionId, by: str) -> None:
        """As the port says."""
        await cases.stop_by(self._means, session)
        self._wake.set()

    def wake(self) -> None:
        """Something changed: look now."""
        self._known_pages.clear()
        self._wake.set()

    async def served_at(self, session: SessionId) -> Ready | None:
        """The broadcaster of a session, while it lives."""
        return await asyncio.to_thread(self._alive, session)

    async def told(self, code: str, host: str) -> dict[str, Any]:
        """What everybody may know under this code; NotFound("no-public-page")."""
        seen, ready = await self._found(code)
        return public_views.told(self._means, seen, ready, host)

    async def port_of(self, code: str) -> int | None:
        """Where its stream is now; NotFound("no-public-page")."""
        seen, ready = await self._found(code)
        return ready.port if ready and seen.page.is_open(self._means.clock()) else None

    async def _found(self, code: str) -> tuple[Seen, Ready | None]:
        """Looked up once a second at most: a thousand ask."""
        now = self._means.clock()
        known = self._known_pages.get(code)
        if known is None or not now - known[0] < FRESH:
            seen = await cases.find(self._means, code)
            known = (now, seen, await self.served_at(seen.page.session))
            if len(self._known_pages) >= MOST_KNOWN:
                self._known_pages.clear()
            self._known_pages[code] = known
        return known[1], known[2]

    async def run(self) -> None:
        """Keep what is as it is wanted."""
        while True:
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK)
            self._wake.clear()

    async def look(self) -> None:
        """Once."""
        now = self._means.clock()
        wanted = await self._means.database.read(lambda conn: _wanted(conn, now))
        known = await asyncio.to_thread(self._known)
        for page in wanted[:MOST]:
            await self._keep(page)
            await asyncio.to_thread(self._caption, page)
        on_air = {page.session for page in wanted}
        for session in known - on_air:
            await asyncio.to_thread(self._end, session)
        await asyncio.to_thread(self._reap)

    # -- one of them

    async def _keep(self, page: Broadcast) -> None:
        session, now = page.session, asyncio.get_running_loop().time()
        ready = await self.served_at(session)
        if ready is not None or session in self._children:
            return
        if now - self._begun.get(session, -AGAIN_AFTER) < AGAIN_AFTER:
            return
        self._begun[session] = now
        try:
            order = await self._order(page)
        except MargerideError as refusal:
            log.warning("no broadcaster for %s: %s", session, refusal.key)
            return
        await asyncio.to_thread(self._spawn, order)
        if order.life > 1:
            log.warning("the broadcaster of %s is begun again, its life %d", session, order.life)

    async def _order(self, page: Broadcast) -> Order:
        means, session = self._means, page.session
        if page.participant is not None:
            await services.take_place(means, session, page.participant)
        participant, token = await services.give_place(means, session, PLACE)

        def reborn(conn: Connection) -> Broadcast:
            kept = broadcasts.get(conn, session)
            kept = replace(kept, life=kept.life + 1, participant=participant)
            broadcasts.keep(conn, kept)
            return kept

        page = await means.database.write(reborn)
        began = page.began_at or means.clock()
        return Order(
            session=session,
            url=f"{self._url.replace('http', 'ws', 1)}/ws/v1",
            token=token,
            code=page.code,
            began=began.timestamp(),
            life=page.life,
            host=self._host,
            port=self._port,
            soon=_words("public-soon"),
            lost=_words("public-lost"),
        )

    # -- what blocks

    def _caption(self, page: Broadcast) -> None:
        path = orders.path_of(self._folder, page.session)
        if path.exists():
            orders.write_caption(path, page.caption)

    def _alive(self, session: SessionId) -> Ready | None:
        path = orders.path_of(self._folder, session)
        ready = orders.read_ready(path)
        return ready if ready is not None and orders.is_alive(path, ready) else None

    def _known(self) -> set[SessionId]:
        """The sessions that have, or had, a broadcaster."""
        found = (self._folder / orders.FOLDER).glob("*.json")
        return {SessionId(path.stem) for path in found}

    def _spawn(self, order: Order) -> None:
        path = orders.path_of(self._folder, order.session)
        orders.ready_path(path).unlink(missing_ok=True)
        orders.write(path, order)
        out = os.open(path.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        words = [sys.executable, "-m", "orchestrator", "broadcaster", "--order", str(path)]
        try:
            # As the media worker: it lives on when the service does not.
            self._children[SessionId(order.session)] = os.posix_spawn(
                sys.executable,
                words,
                {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                file_actions=_files(out),
                setsid=True,
            )
        finally:
            os.close(out)

    def _end(self, session: SessionId) -> None:
        path = orders.path_of(self._folder, session)
        ready = self._alive(session)
        pid = ready.pid if ready else self._children.get(session)
        if pid is None:
            for each in (path, orders.ready_path(path)):
                each.unlink(missing_ok=True)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def _reap(self) -> None:
        for session, pid in list(self._children.items()):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            del self._children[session]


def _wanted(conn: Connection, now: datetime) -> list[Broadcast]:
    """Those on air whose hour has come and whose session runs, a rehearsal excepted."""
    pages = [page for page in broadcasts.wanted(conn) if page.is_open(now)]
    return [page for page in pages if _runs(sessions.get(conn, page.session).session.state)]


def _runs(state: State) -> bool:
    return state in RUNNING and state is not State.REHEARSAL


def _files(out: int) -> Sequence[tuple[int, ...] | tuple[int, int, str, int, int]]:
    return [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, out, 1),
        (os.POSIX_SPAWN_DUP2, out, 2),
    ]


def _words(key: str) -> str:
    from orchestrator.words import CATALOGUES

    return CATALOGUES[LOCALE][key]

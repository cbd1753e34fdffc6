"""`/ws/agent/v1`: the socket an agent dials. docs/agent.md is its page.

The token is proved before the WebSocket opens. Frames go through a bounded queue; an agent that
does not read is let go, one that is silent for 15 s too.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import WSMsgType, web
from sqlalchemy import Connection

from orchestrator.agents import Agents, Close, Connected
from orchestrator.api import problems
from orchestrator.api.callers import address_of
from orchestrator.api.frames import sent_at_once, text_frame
from orchestrator.auth import limits
from orchestrator.auth.tokens import LONGEST
from orchestrator.gate import known as known_to_gate
from orchestrator.keys import BUS, DATABASE
from orchestrator.store import agents as store
from orchestrator.store import audit
from orchestrator.store.agents import Agent, Stolen
from rooms.agent.messages import LARGEST_FRAME, Ping, Refused, read_agent, write
from rooms.errors import Forbidden, MargerideError, Unauthenticated

log = logging.getLogger(__name__)
PATH = "/ws/agent/v1"
BEAT, SILENT = 5.0, 15.0
HELLO_WITHIN = 5.0
QUEUE = 262_144
TOO_SLOW = 1013
CLOSE_WITHIN = 2.0
AGENTS: "web.AppKey[Agents]" = web.AppKey("agents")


async def door(request: web.Request) -> web.StreamResponse:
    """Prove the agent, then serve it until it goes."""
    try:
        agent = await _proved(request)
    except MargerideError as error:
        return problems.of_error(error, problems.locale_of(request))
    known_to_gate(request)
    return await _Socket(request.app[AGENTS], agent, request).run()


async def _proved(request: web.Request) -> Agent:
    """The agent whose token it is; Unauthenticated, Forbidden or TooMany."""
    if "Origin" in request.headers:
        raise Forbidden("foreign-origin")
    rules = limits.agent_limits(address_of(request))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()[: LONGEST + 1]
    now = datetime.now(UTC)

    def find(conn: Connection) -> Agent | Stolen | None:
        limits.check(conn, now, rules)
        found = None
        if scheme.lower() == "bearer" and 0 < len(token) <= LONGEST:
            found = store.by_token(conn, token)
        if not isinstance(found, Agent):
            limits.count(conn, now, rules)
        if isinstance(found, Stolen):
            detail = {"address": address_of(request), "device": found.id}
            audit.refused(conn, now, "nobody", "agent.token-stolen", found.room, detail)
        return found

    found = await request.app[DATABASE].write(find)
    if isinstance(found, Stolen):
        log.warning("a retired token of %s came from %s", found.room, address_of(request))
        request.app[BUS].publish("agent.token.stolen", room=found.room, device=found.id)
    if not isinstance(found, Agent):
        raise Unauthenticated("bad-token")
    asked = request.query.get("room", "")
    if asked != found.room:
        log.warning("the agent of %s asked for %.63r", found.room, asked)
        await request.app[DATABASE].write(
            lambda conn: audit.refused(
                conn, now, found.id, "agent.wrong-room", found.room, {"asked": asked[:63]}
            )
        )
        raise Forbidden("not-your-room", room=found.room)
    return found


class _Socket:
    """One connection as the hub's Line."""

    def __init__(self, agents: Agents, agent: Agent, request: web.Request) -> None:
        self._agents = agents
        self._agent = agent
        self._request = request
        self._waits = False
        """Whether whoever writes waits for something to write, and so nothing is on its way."""
        self._queue: deque[str] = deque()
        self._queued = 0
        self._awake = asyncio.Event()
        self._code: int | None = None
        self._beats = 0
        self._ws = web.WebSocketResponse(
            max_msg_size=LARGEST_FRAME, compress=False, timeout=CLOSE_WITHIN, autoping=True
        )

    def send(self, text: str) -> None:
        """Send a frame, or queue it; who reads too slowly is let go."""
        if self._code is not None:
            return
        idle = self._waits and not self._queue
        if idle and sent_at_once(self._ws, self._request, (text_frame(text),)):
            return
        self._queue.append(text)
        self._queued += len(text)
        if self._queued > QUEUE:
            self._queue.clear()
            self._code = TOO_SLOW
        self._awake.set()

    def close(self, code: int) -> None:
        """Close after what is queued."""
        if self._code is None:
            self._code = code
            self._awake.set()

    async def run(self) -> web.StreamResponse:
        """From the opening to the end."""
        await self._ws.prepare(self._request)
        connected = self._agents.connect(self._agent, self)
        async with self._writing():
            try:
                await self._read(connected)
            finally:
                self._agents.gone(connected)
        return self._ws

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(self._write(), name="agent: frames out"),
            asyncio.create_task(self._beat(), name="agent: heartbeat"),
        ]
        try:
            yield
        finally:
            self.close(Close.BAD_FRAME)
            self._awake.set()
            await asyncio.wait(tasks[:1], timeout=CLOSE_WITHIN)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._request.transport is not None and not self._ws.closed:
                self._request.transport.abort()

    async def _read(self, connected: Connected) -> None:
        within = HELLO_WITHIN
        while self._code is None:
            try:
                async with asyncio.timeout(within):
                    message = await self._ws.receive()
            except TimeoutError:
                return
            if message.type is not WSMsgType.TEXT:
                return
            within = SILENT
            try:
                await self._agents.heard(connected, read_agent(message.data))
            except MargerideError as refusal:
                log.warning("the agent of %s: %s", self._agent.room, refusal)
                self.send(write(Refused(refusal.key)))
                return

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            while self._queue or self._code is None:
                if not self._queue:
                    self._awake.clear()
                    self._waits = True
                    await self._awake.wait()
                    self._waits = False
                    continue
                text = self._queue.popleft()
                self._queued -= len(text)
                async with asyncio.timeout(SILENT):
                    await self._ws.send_str(text)
            await self._ws.close(code=self._code)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self._beats += 1
            self.send(write(Ping(self._beats)))


def setup(app: web.Application) -> None:
    """The one route of the agents."""
    app.router.add_get(PATH, door)

"""`/events`: what changes, as ids, for whoever is logged in; titles are read by REST."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import Field

from orchestrator.api.callers import check_origin
from orchestrator.api.endpoint import Call, Query, Route
from orchestrator.api.frames import SMALL, sent_at_once, text_frame
from orchestrator.auth import web_sessions
from orchestrator.events import Event
from orchestrator.keys import BUS, DATABASE

SOCKETS: "web.AppKey[set[web.WebSocketResponse]]" = web.AppKey("event_sockets")
KINDS = (
    *("room.", "session.", "booking.", "command.", "device.", "participant.", "site."),
    *("agent.", "desk."),
)
FACTS = frozenset(
    {
        "room",
        "rooms",
        "session",
        "booking",
        "command",
        "centre",
        "device",
        "participant",
        "state",
        "sites",
        "error",
        "presence",
        "version",
        "health",
        "alerts",
        "desk",
        "call",
        "cue",
    }
)
SLOWEST_WRITE = 10.0
FAREWELL = 5.0
STILL_LOGGED_IN = 60.0
MOST_MESSAGES = 100
REMEMBERED = 64  # the last events, as text


class Since(Query):
    """The last `seq` the client has seen; `room`: only what names this room."""

    since: Annotated[int, Field(ge=0, le=2**53)] | None = None
    room: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None = None


def shown(event: Event) -> dict[str, Any] | None:
    """An event as a person may see it: ids and states, never a title or a name."""
    if not event.kind.startswith(KINDS):
        return None
    facts = {name: value for name, value in event.facts.items() if name in FACTS}
    return {"seq": event.seq, "at": _instant(event.at), "kind": event.kind, **facts}


@lru_cache(maxsize=REMEMBERED)
def text_of(event: Event) -> str | None:
    """What goes on the wire, made once for everybody who hears of it."""
    document = shown(event)
    return None if document is None else json.dumps(document)


@lru_cache(maxsize=REMEMBERED)
def frame_of(event: Event) -> bytes:
    """The same as a frame; empty for what is not told."""
    text = text_of(event)
    return b"" if text is None else text_frame(text)


def _hello(seq: int, gap: bool) -> str:
    return json.dumps({"kind": "hello", "seq": seq, "gap": gap})


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def events(call: Call) -> web.WebSocketResponse:
    """Say `hello`, then every event, until the client leaves, reads too slowly or logs out."""
    check_origin(call.request)
    socket = web.WebSocketResponse(heartbeat=20, max_msg_size=4096, compress=False)
    await socket.prepare(call.request)
    async with _registered(call.app, socket):
        tasks = [
            asyncio.create_task(_tell(socket, call), name="events: tell"),
            asyncio.create_task(_until_logged_out(socket, call), name="events: still logged in"),
        ]
        try:
            await _until_closed(socket)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return socket


@asynccontextmanager
async def _registered(app: web.Application, socket: web.WebSocketResponse) -> AsyncIterator[None]:
    app[SOCKETS].add(socket)
    try:
        yield
    finally:
        app[SOCKETS].discard(socket)


async def _until_closed(socket: web.WebSocketResponse) -> None:
    for _ in range(MOST_MESSAGES):  # nothing is expected from a listener
        message = await socket.receive()
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
    await socket.close(code=WSCloseCode.POLICY_VIOLATION)


async def _tell(socket: web.WebSocketResponse, call: Call) -> None:
    bus, asked = call.app[BUS], call.query(Since)

    def at_once(events: Collection[Event]) -> bool:
        return not listener.gap and sent_at_once(socket, call.request, map(frame_of, events))

    with bus.listen(f"events of {call.person.id}", asked.room, at_once) as listener:
        missed, gap = ([], False) if asked.since is None else bus.since(asked.since)
        reached = bus.seq
        with contextlib.suppress(ConnectionError):
            await _send(socket, call, _hello(reached, gap))
            for event in missed:
                if asked.room is None or asked.room in event.rooms:
                    await _send(socket, call, text_of(event))
            async for event in listener:
                if listener.gap:
                    listener.gap = False
                    await _send(socket, call, _hello(event.seq, True))
                await _send(socket, call, text_of(event))


async def _send(socket: web.WebSocketResponse, call: Call, text: str | None) -> None:
    """Who does not read for so long is cut off: a farewell would only wait behind the rest."""
    line = call.request.transport
    if text is None or line is None:
        return
    if len(text) <= SMALL and not line.get_write_buffer_size():
        await socket.send_str(text)  # never waits: so little finds room in an empty buffer
        return
    try:
        async with asyncio.timeout(SLOWEST_WRITE):
            await socket.send_str(text)
    except TimeoutError:
        line.abort()
        raise ConnectionResetError from None


async def _until_logged_out(socket: web.WebSocketResponse, call: Call) -> None:
    cookie = call.caller.cookie
    while True:
        await asyncio.sleep(STILL_LOGGED_IN)
        now = datetime.now(UTC)
        session = await call.app[DATABASE].read(
            lambda conn, now=now: web_sessions.find(conn, cookie, now)  # type: ignore[misc]
        )
        if session is None:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)


async def _say_restart(app: web.Application) -> None:
    closing = [socket.close(code=WSCloseCode.SERVICE_RESTART) for socket in app[SOCKETS]]
    with contextlib.suppress(TimeoutError):  # who does not read hears no farewell either
        async with asyncio.timeout(FAREWELL):
            await asyncio.gather(*closing, return_exceptions=True)


def setup(app: web.Application) -> None:
    """Remember the sockets, so that a restart is told."""
    app[SOCKETS] = set()
    app.on_shutdown.append(_say_restart)


ROUTES = (
    Route(
        method="GET",
        path="/events",
        handler=events,
        summary="What changes (WebSocket)",
        person=True,
        query=Since,
        ok=101,
        errors=(403,),
    ),
)

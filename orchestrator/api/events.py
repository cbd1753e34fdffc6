"""`/events`: what changes, as ids, for whoever is logged in; titles are read by REST."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import Field

from orchestrator.api.callers import check_origin
from orchestrator.api.endpoint import Call, Query, Route
from orchestrator.auth import web_sessions
from orchestrator.events import Event, Wants
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
        "desk",
        "call",
    }
)
SLOWEST_WRITE = 10.0
STILL_LOGGED_IN = 60.0
MOST_MESSAGES = 100


class Since(Query):
    """The last `seq` the client has seen; `room`: only what names this room."""

    since: Annotated[int, Field(ge=0, le=2**53)] | None = None
    room: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] | None = None


def _wants(room: str | None) -> Wants | None:
    """What a client of one room is told: that of its room, whatever happens elsewhere."""
    if room is None:
        return None
    return lambda event: event.facts.get("room") == room or room in event.facts.get("rooms", ())


def shown(event: Event) -> dict[str, Any] | None:
    """An event as a person may see it: ids and states, never a title or a name."""
    if not event.kind.startswith(KINDS):
        return None
    facts = {name: value for name, value in event.facts.items() if name in FACTS}
    return {"seq": event.seq, "at": _instant(event.at), "kind": event.kind, **facts}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def events(call: Call) -> web.WebSocketResponse:
    """Say `hello`, then every event, until the client leaves, reads too slowly or logs out."""
    check_origin(call.request)
    socket = web.WebSocketResponse(heartbeat=20, max_msg_size=4096)
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
    bus, since = call.app[BUS], call.query(Since).since
    wants = _wants(call.query(Since).room)
    with bus.listen(f"events of {call.person.id}", wants) as listener:
        missed, gap = ([], False) if since is None else bus.since(since)
        reached = bus.seq
        with contextlib.suppress(ConnectionError):
            await _send(socket, {"kind": "hello", "seq": reached, "gap": gap})
            for event in missed:
                if wants is None or wants(event):
                    await _send(socket, shown(event))
            async for event in listener:
                if listener.gap:
                    listener.gap = False
                    await _send(socket, {"kind": "hello", "seq": event.seq, "gap": True})
                await _send(socket, shown(event))


async def _send(socket: web.WebSocketResponse, document: dict[str, Any] | None) -> None:
    if document is None:
        return
    try:
        async with asyncio.timeout(SLOWEST_WRITE):
            await socket.send_json(document)
    except TimeoutError:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
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

"""Is it alive, is it ready: for machines, outside `/api/v1`."""

import logging
from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.keys import DATABASE, ENGINE
from orchestrator.store import facts
from rooms.errors import MargerideError

log = logging.getLogger(__name__)


async def healthz(_: web.Request) -> web.Response:
    """The loop turns."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """The store takes a write and the media worker answers; 503 names what does not."""
    parts = {"store": await _store(request.app), "media": await _media(request.app)}
    status = 200 if all(parts.values()) else 503
    said = {name: "ok" if well else "unavailable" for name, well in parts.items()}
    return web.json_response({"ready": status == 200, **said}, status=status)


async def _store(app: web.Application) -> bool:
    def write(conn: Connection) -> None:
        facts.put(conn, "ready_at", str(int(datetime.now(UTC).timestamp())))

    try:
        await app[DATABASE].write(write)
    except Exception:  # whatever the reason, it is not ready, and the log says why
        log.exception("the store does not take a write")
        return False
    return True


async def _media(app: web.Application) -> bool:
    try:
        await app[ENGINE].state()
    except MargerideError:
        return False
    return True


def setup(app: web.Application) -> None:
    """Add both routes."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)

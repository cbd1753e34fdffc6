"""Is it alive, is it ready: for machines, outside `/api/v1`."""

import asyncio
import logging
from datetime import UTC, datetime

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.keys import DATABASE, ENGINE
from orchestrator.store import facts
from rooms.errors import MargerideError

log = logging.getLogger(__name__)

FRESH, NOT_YET = 0.5, 0.1


class Readiness:
    """What there is to be ready: looked at once for all who ask at a time, and for half a second
    (less while it is not, so that who waits for it goes on as soon as it is).

    A look is a write, and anybody may ask: a service that is ready writes twice a second at most.
    """

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._look: asyncio.Task[dict[str, bool]] | None = None
        self._until = 0.0

    async def parts(self) -> dict[str, bool]:
        """Whether each part does its work."""
        look = self._look
        if look is None or (look.done() and asyncio.get_running_loop().time() >= self._until):
            look = self._look = asyncio.create_task(self._looked(), name="readiness")
        return await asyncio.shield(look)  # one who no longer waits takes nothing from the others

    async def stop(self, _: web.Application) -> None:
        """Let the last look end."""
        if self._look is not None:
            await asyncio.wait([self._look])

    async def _looked(self) -> dict[str, bool]:
        parts = {"store": await _store(self._app), "media": await _media(self._app)}
        self._until = asyncio.get_running_loop().time() + (
            FRESH if all(parts.values()) else NOT_YET
        )
        return parts


READINESS = web.AppKey("readiness", Readiness)


async def healthz(_: web.Request) -> web.Response:
    """The loop turns."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """The store takes a write and the media worker answers; 503 names what does not."""
    parts = await request.app[READINESS].parts()
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
    readiness = app[READINESS] = Readiness(app)
    app.on_shutdown.append(readiness.stop)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)

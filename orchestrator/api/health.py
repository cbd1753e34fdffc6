"""Is it alive, is it ready, and its figures: for machines, outside `/api/v1`."""

import logging
from datetime import UTC, datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import Connection

from orchestrator.keys import BUS, DATABASE, ENGINE
from orchestrator.store import facts
from rooms.errors import MargerideError

log = logging.getLogger(__name__)
REGISTRY: web.AppKey[CollectorRegistry] = web.AppKey("metrics", CollectorRegistry)


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


async def metrics(request: web.Request) -> web.Response:
    """Figures for Prometheus; no names, no addresses."""
    registry = request.app[REGISTRY]
    return web.Response(
        body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    )


def setup(app: web.Application) -> None:
    """Add the three routes."""
    registry = app[REGISTRY] = CollectorRegistry()
    events = Gauge("margeride_events", "Events published since the start", registry=registry)
    events.set_function(lambda: app[BUS].seq)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)

"""The figures of the service for Prometheus: numbers by state, and never a name or an id.

Labels take their values from closed lists only, so that nobody can make the page grow.
"""

import asyncio
import platform
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from calendars.server.request import PREFIX as DAV
from orchestrator.keys import BUS, DATABASE, ENGINE, SETTINGS, SWITCHBOARD
from orchestrator.metrics_media import MediaFigures
from orchestrator.session import RUNNING, SiteState, State
from orchestrator.store.figures import Counts, counts
from orchestrator.tasks import kept_running
from rooms.control import CommandState
from rooms.errors import MargerideError
from signalling.engine import EngineState

DAV_METHODS = frozenset({"OPTIONS", "GET", "HEAD", "PUT", "DELETE", "PROPFIND", "PROPPATCH",
                         "REPORT"})  # fmt: skip
SAMPLE = 0.5
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Figures:
    """What is counted, in a registry of its own: two services in one process do not mix."""

    def __init__(self, version: str) -> None:
        self.registry = registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"margeride_{name}", text, labels, registry=registry)

        self.sessions = gauge("sessions", "Sessions by state", "state")
        self.sites = gauge("sites", "Sites of the sessions under way by state", "state")
        self.commands = gauge("commands", "Room commands by state", "state")
        self.screens = gauge("screens_connected", "Room screens on the wire")
        self.peers = gauge("websocket_peers", "Clients on the wire, screens included")
        self.outbox = gauge("outbox_waiting", "Outbox rows not taken by everybody yet")
        self.outbox_age = gauge("outbox_oldest_seconds", "How long the oldest of them has waited")
        self.worker = gauge("media_worker_attached", "1 when the media worker answers")
        self.events = gauge("events", "Number of the last event published")
        self.dav = Counter(
            "margeride_caldav_requests", "CalDAV requests", ("method", "status"),
            registry=registry,
        )  # fmt: skip
        self.lag = Histogram(
            "margeride_loop_lag_seconds", "How late the event loop runs what is due",
            registry=registry, buckets=LAGS,
        )  # fmt: skip
        self.media = MediaFigures(registry)
        build = Info("margeride_build", "What is running", registry=registry)
        build.info({"version": version, "python": platform.python_version()})

    def take(self, found: Counts) -> None:
        """Show what the store holds."""
        _show(self.sessions, State, found.sessions)
        _show(self.sites, SiteState, found.sites)
        _show(self.commands, CommandState, found.commands)
        self.outbox.set(found.outbox)
        self.outbox_age.set(found.outbox_age)

    async def follow_lag(self) -> None:
        """Sample how late the loop is until cancelled."""
        while True:
            due = perf_counter() + SAMPLE
            await asyncio.sleep(SAMPLE)
            self.lag.observe(max(0.0, perf_counter() - due))

    async def count_dav(self, request: web.Request, response: web.StreamResponse) -> None:
        """Count an answer of the CalDAV door."""
        if request.path == DAV or request.path.startswith(f"{DAV}/"):
            method = request.method if request.method in DAV_METHODS else "other"
            self.dav.labels(method, f"{response.status // 100}xx").inc()


FIGURES: web.AppKey[Figures] = web.AppKey("figures", Figures)


def _show(gauge: Gauge, states: type[StrEnum], found: Mapping[str, int]) -> None:
    for state in states:
        gauge.labels(state.value).set(found.get(state.value, 0))


async def metrics(request: web.Request) -> web.Response:
    """The page."""
    app, figures = request.app, request.app[FIGURES]
    now, under_way = datetime.now(UTC), frozenset(state.value for state in RUNNING)
    figures.take(await app[DATABASE].read(lambda conn: counts(conn, now, under_way)))
    wire, rooms = app[SWITCHBOARD], app[SETTINGS].network.rooms
    figures.screens.set(sum(wire.screen_connected(room.id) for room in rooms))
    figures.events.set(app[BUS].seq)
    state = await _state(app)
    figures.worker.set(state is not None)
    figures.media.show(state or EngineState())
    return web.Response(
        body=generate_latest(figures.registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    )


async def _state(app: web.Application) -> EngineState | None:
    try:
        return await app[ENGINE].state()
    except MargerideError:
        return None


@asynccontextmanager
async def _sampling(app: web.Application) -> AsyncIterator[None]:
    async with kept_running("loop lag", app[FIGURES].follow_lag):
        yield


def setup(app: web.Application, version: str) -> None:
    """Count from the start, and serve `/metrics`."""
    figures = app[FIGURES] = Figures(version)
    app.on_response_prepare.append(figures.count_dav)
    app.cleanup_ctx.append(_sampling)
    app.router.add_get("/metrics", metrics)

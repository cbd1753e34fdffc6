"""Where the parts are joined: typed keys, opened in order, closed in reverse, and nothing else."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aiohttp import web

from orchestrator import conduct, dav, keys, live_door, mail, memory, metrics, outside, posts, whip
from orchestrator.agents import Agents
from orchestrator.alerts.lines import Lines
from orchestrator.alerts.watch import ALERTS, Alerts
from orchestrator.api import (
    agent_socket,
    desks,
    endpoint,
    events,
    guard,
    health,
    line_tests,
    mixes,
    openapi,
    resources,
)
from orchestrator.auth.keyring import load_keyring
from orchestrator.booking import Bookings, ensure_rooms
from orchestrator.cases import ceremonies, checks, fan_out, outward
from orchestrator.cases.plans import plan_of
from orchestrator.events import Bus
from orchestrator.horizon import Horizon
from orchestrator.house import House
from orchestrator.means import Means
from orchestrator.media_workers import media_workers
from orchestrator.noshow import NoShow
from orchestrator.outbox import Outbox
from orchestrator.public_pages import PublicPages
from orchestrator.punctual import Punctual
from orchestrator.quality import QUALITY, Quality
from orchestrator.recording.keeper import Keeper
from orchestrator.settings import Settings
from orchestrator.settings.turn import Turn
from orchestrator.show_clock import ShowClock
from orchestrator.stage_news import tell_screens
from orchestrator.stage_watch import StageWatch
from orchestrator.store import facts, versions
from orchestrator.store.database import Database
from orchestrator.tasks import kept_running
from orchestrator.turn import Relays, read_secret
from orchestrator.web import pages
from orchestrator.witness import Witness
from orchestrator.words import words
from rooms.ids import new_secret
from signalling import websocket
from signalling.engine import MediaEngine
from signalling.switchboard import Switchboard

log = logging.getLogger(__name__)
STORE = "margeride.sqlite3"
CHECKPOINT = 5.0  # seconds between two
MakeEngine = Callable[[web.Application], AbstractAsyncContextManager[MediaEngine]]
MAKE_ENGINE: "web.AppKey[MakeEngine]" = web.AppKey("make_engine")
WIRE: "web.AppKey[Switchboard]" = web.AppKey("wire")
LIVE: "web.AppKey[Live]" = web.AppKey("live")
try:
    VERSION = version("margeride")
except PackageNotFoundError:  # a source tree that was never installed
    VERSION = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Where broadcasters reach the service from this machine, and where viewers reach them."""

    url: str
    host: str = "127.0.0.1"
    port: int = 0


def make_app(
    settings: Settings,
    data: Path,
    *,
    public_url: str,
    engine: MakeEngine,
    live: Live | None = None,
) -> web.Application:
    """The whole service on one data directory; `engine` opens the media engine and closes it."""
    app = web.Application()
    app[keys.SETTINGS] = settings
    app[keys.DATA] = data
    app[keys.PUBLIC_URL] = public_url.rstrip("/")
    app[keys.WORDS] = words
    app[MAKE_ENGINE] = engine
    app[LIVE] = live or Live(url=public_url)
    app.cleanup_ctx.extend(LIVES)
    _watch(app)
    _open_to_others(app)
    _open_sockets(app)
    _open_api(app)
    return app


def _watch(app: web.Application) -> None:
    """What sees every request, and what tells how the service is."""
    guard.setup(app)
    events.setup(app)
    health.setup(app)
    metrics.setup(app, VERSION)


def _open_to_others(app: web.Application) -> None:
    """The doors that are not REST: calendars, encoders, and the pages for people."""
    outside.setup(app)
    dav.setup(app)
    pages.setup(app)
    live_door.setup(app)
    whip.setup(app, lambda app: app[WIRE])


def _open_sockets(app: web.Application) -> None:
    """The sockets of browsers and of agents, told to go elsewhere before the service stops."""
    app.add_routes(websocket.routes(lambda request: request.app[WIRE], _origins))
    agent_socket.setup(app)
    app.on_shutdown.append(_drain_wire)


def _open_api(app: web.Application) -> None:
    """The REST API, and last its description of what was mounted."""
    line_tests.setup(app)
    desks.setup(app)
    endpoint.mount(app, *resources.TABLES)
    mixes.setup(app)
    openapi.setup(app, VERSION)


def _origins(request: web.Request) -> tuple[str, ...]:
    here = f"http://{request.host}", f"https://{request.host}"
    return (request.app[keys.PUBLIC_URL], *here)


def open_store(data: Path) -> Database:
    """The store of a data directory, its tables up to date. Blocking."""
    database = Database(data / STORE)
    try:
        database.write_now(versions.bring_up)
        database.write_now(lambda conn: facts.ensure(conn, "store_uuid", new_secret))
    except BaseException:
        database.close()
        raise
    return database


@asynccontextmanager
async def _store(app: web.Application) -> AsyncIterator[None]:
    app[keys.KEYRING] = await asyncio.to_thread(load_keyring, app[keys.DATA])
    app[keys.DATABASE] = database = await asyncio.to_thread(open_store, app[keys.DATA])

    async def tidy() -> None:
        while True:
            await asyncio.sleep(CHECKPOINT)
            await database.checkpoint()

    async with kept_running("checkpoint", tidy), kept_running("free memory", memory.give_back):
        yield
    await asyncio.to_thread(database.close)


@asynccontextmanager
async def _bus(app: web.Application) -> AsyncIterator[None]:
    app[keys.BUS] = bus = Bus()
    bus.seq = int(time.time() * 1000)  # a number of an earlier run is never mistaken for ours
    yield


@asynccontextmanager
async def _engine(app: web.Application) -> AsyncIterator[None]:
    async with app[MAKE_ENGINE](app) as engine:
        app[keys.ENGINE] = engine
        yield


@asynccontextmanager
async def _bookings(app: web.Application) -> AsyncIterator[None]:
    def publish(topic: str, **payload: Any) -> None:
        app[keys.BUS].publish(topic, **payload)
        app[keys.OUTBOX].kick()

    network, url = app[keys.SETTINGS].network, app[keys.PUBLIC_URL]
    await app[keys.DATABASE].write(lambda conn: ensure_rooms(conn, network))
    mailed = app[keys.SETTINGS].mail
    guests = mailed.guests if mailed else None
    app[keys.BOOKINGS] = Bookings(app[keys.DATABASE], network, url, publish, guests=guests)
    yield


@asynccontextmanager
async def _house(app: web.Application) -> AsyncIterator[None]:
    means = Means(
        database=app[keys.DATABASE],
        settings=app[keys.SETTINGS],
        bus=app[keys.BUS],
        engine=app[keys.ENGINE],
        public_url=app[keys.PUBLIC_URL],
    )
    app[keys.HOUSE] = house = House(means)
    yield
    await house.settled()


@asynccontextmanager
async def _wire(app: web.Application) -> AsyncIterator[None]:
    house = app[keys.HOUSE]
    app[keys.RELAYS] = relays = await _relays(app[keys.SETTINGS].turn)
    app[WIRE] = app[keys.SWITCHBOARD] = switchboard = Switchboard(
        house, app[keys.ENGINE], relays=relays
    )
    house.means.wire = switchboard
    app[metrics.FIGURES].peers.set_function(lambda: switchboard.connected)
    await switchboard.start()
    await house.restore()
    yield
    await switchboard.stop()


async def _relays(turn: Turn | None) -> Relays | None:
    if turn is None:
        return None
    return Relays(turn, await asyncio.to_thread(read_secret, turn.secret_file))


@asynccontextmanager
async def _public_pages(app: web.Application) -> AsyncIterator[None]:
    means, live = app[keys.HOUSE].means, app[LIVE]
    app[keys.PUBLIC_PAGES] = pages = PublicPages(
        means, app[keys.DATA], url=live.url, host=live.host, port=live.port
    )
    means.broadcasts = pages
    async with kept_running("public pages", pages.run):
        yield


@asynccontextmanager
async def _recordings(app: web.Application) -> AsyncIterator[None]:
    means = app[keys.HOUSE].means
    wire = app[LIVE].url.rstrip("/").replace("http", "ws", 1) + websocket.PATH
    means.recordings = app[keys.KEEPER] = keeper = Keeper(means, app[keys.DATA], wire)
    async with kept_running("recordings", keeper.run):
        yield


@asynccontextmanager
async def _agents(app: web.Application) -> AsyncIterator[None]:
    house = app[keys.HOUSE]
    means, conductor = house.means, house.conductor
    app[agent_socket.AGENTS] = hub = Agents(means, house.control, lambda room: plan_of(means, room))
    hub.scene_changed = lambda room, scene: fan_out.scene_begun(conductor, room, scene)
    await hub.start()
    means.agents = hub
    async with kept_running("agents", hub.run):
        yield


async def _drain_wire(app: web.Application) -> None:
    app[WIRE].drain()
    app[agent_socket.AGENTS].drain()


@asynccontextmanager
async def _outbox(app: web.Application) -> AsyncIterator[None]:
    app[keys.OUTBOX] = outbox = Outbox(app[keys.DATABASE])
    house = app[keys.HOUSE]

    async def follow(topic: str, payload: dict[str, Any]) -> None:
        booked = topic.startswith("booking.")
        if booked and await conduct.follow_booking(house.conductor, payload["booking"]):
            house.wakened.set()
        if booked:
            await ceremonies.follow(house.conductor, app[keys.BOOKINGS], payload["booking"])

    async def carry_out(topic: str, payload: dict[str, Any]) -> None:
        await outward.carry_out(house.means, topic, payload)

    outbox.listen("sessions follow bookings", follow)
    outbox.listen("recording and public page follow cues", carry_out)
    house.means.hurry = outbox.kick
    mail.join(app, outbox)
    async with kept_running("outbox", outbox.run), mail.open_mail(app):
        yield


@asynccontextmanager
async def _clock(app: web.Application) -> AsyncIterator[None]:
    house = app[keys.HOUSE]
    async with (
        kept_running("clock", Punctual(house).run),
        kept_running("stages", StageWatch(house.conductor).run),
        kept_running("screens", lambda: tell_screens(house.means)),
        kept_running("show", ShowClock(house.conductor).run),
        kept_running("evidence", Witness(house.means).run),
    ):
        yield


@asynccontextmanager
async def _horizon(app: web.Application) -> AsyncIterator[None]:
    async with kept_running("horizon", Horizon(app[keys.BOOKINGS]).run):
        yield


@asynccontextmanager
async def _no_show(app: web.Application) -> AsyncIterator[None]:
    async with kept_running("no-show", NoShow(app[keys.BOOKINGS]).run):
        yield


@asynccontextmanager
async def _quality(app: web.Application) -> AsyncIterator[None]:
    observe = app[metrics.FIGURES].media.sample
    timer = Quality(app[keys.DATABASE], app[keys.ENGINE], app[WIRE].reports, observe)
    app[QUALITY] = timer
    async with kept_running("quality", timer.run):
        yield


@asynccontextmanager
async def _alerts(app: web.Application) -> AsyncIterator[None]:
    means, letters = app[keys.HOUSE].means, mail.alert_letters(app)
    app[ALERTS] = watch = Alerts(
        means,
        app[agent_socket.AGENTS],
        write=letters,
        lines=Lines(app[QUALITY].last),
        coming=lambda conn, now: checks.coming(conn, means, now),
        unready=lambda one, now: checks.unready(means, one, now),
        version=VERSION,
    )
    async with posts.open_posts(app) as posted:
        if posted is not None:
            watch.tell, watch.unreached = posted.tell, posted.unreached
            watch.posted = posted.told_of
        async with kept_running("alerts", watch.run):
            yield


LIVES = (  # opened in this order, closed in reverse
    _store,
    _bus,
    _engine,
    _bookings,
    _house,
    _wire,
    _public_pages,
    _recordings,
    _agents,
    _outbox,
    _clock,
    _horizon,
    _no_show,
    _quality,
    _alerts,
)


def make_service(
    settings: Settings,
    data: Path,
    *,
    public_url: str,
    media_host: str,
    media_port: int,
    announce: Sequence[str] = (),
    workers: int = 1,
    live: Live | None = None,
) -> web.Application:
    """The service with its media workers as processes of their own."""

    def start(app: web.Application) -> AbstractAsyncContextManager[MediaEngine]:
        return media_workers(
            app[keys.DATA],
            workers=workers,
            media_host=media_host,
            media_port=media_port,
            announce=announce,
            relays=settings.turn.relays if settings.turn else (),
        )

    return make_app(settings, data, public_url=public_url, engine=start, live=live)

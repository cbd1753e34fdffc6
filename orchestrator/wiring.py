"""Where the parts are joined: typed keys, opened in order, closed in reverse, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from aiohttp import web

from orchestrator import keys
from orchestrator.api import (
    audit,
    centres,
    endpoint,
    events,
    guard,
    health,
    idempotency,
    openapi,
    pairings,
    people,
)
from orchestrator.auth.keyring import load_keyring
from orchestrator.events import Bus
from orchestrator.settings import Settings
from orchestrator.store import facts, versions
from orchestrator.store.database import Database
from orchestrator.web import pages
from orchestrator.words import words
from rooms.ids import new_secret
from signalling.engine import MediaEngine

STORE = "margeride.sqlite3"
try:
    VERSION = version("margeride")
except PackageNotFoundError:  # a source tree that was never installed
    VERSION = "0"
MakeEngine = Callable[[web.Application], AbstractAsyncContextManager[MediaEngine]]
MAKE_ENGINE: "web.AppKey[MakeEngine]" = web.AppKey("make_engine")


def make_app(
    settings: Settings, data: Path, *, public_url: str, engine: MakeEngine
) -> web.Application:
    """The whole service on one data directory; `engine` opens the media engine and closes it."""
    app = web.Application()
    app[keys.SETTINGS] = settings
    app[keys.DATA] = data
    app[keys.PUBLIC_URL] = public_url.rstrip("/")
    app[keys.WORDS] = words
    app[MAKE_ENGINE] = engine
    app.cleanup_ctx.extend((_store, _bus, _engine))
    guard.setup(app)
    idempotency.setup(app)
    events.setup(app)
    health.setup(app)
    pages.setup(app)
    endpoint.mount(
        app,
        people.ROUTES,
        centres.ROUTES,
        pairings.ROUTES,
        audit.ROUTES,
        events.ROUTES,
        openapi.ROUTES,
    )
    openapi.setup(app, VERSION)
    return app


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

"""Where the parts are joined: typed keys, opened in order, closed in reverse, and nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from orchestrator import keys
from orchestrator.auth.keyring import load_keyring
from orchestrator.events import Bus
from orchestrator.settings import Settings
from orchestrator.store.database import Database
from orchestrator.words import words

log = logging.getLogger(__name__)


def make_app(settings: Settings, data: Path, *, public_url: str) -> web.Application:
    """The whole service on one data directory."""
    app = web.Application()
    app[keys.SETTINGS] = settings
    app[keys.DATA] = data
    app[keys.PUBLIC_URL] = public_url
    app[keys.WORDS] = words
    app.cleanup_ctx.append(_store)
    return app


@asynccontextmanager
async def _store(app: web.Application) -> AsyncIterator[None]:
    data = app[keys.DATA]
    app[keys.KEYRING] = await asyncio.to_thread(load_keyring, data)
    app[keys.DATABASE] = database = Database(data / "margeride.sqlite3")
    app[keys.BUS] = Bus()
    yield
    await asyncio.to_thread(database.close)

"""`Idempotency-Key`: the same write sent twice is done once and answered twice.

The answer is kept for a day under the caller, the path and the key, with a hash of the parsed body.
What fails leaves nothing behind, so it may be tried again under the same key.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from aiohttp import web

from orchestrator.api.problems import BadRequest

KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
LOCKS: "web.AppKey[WeakValueDictionary[str, asyncio.Lock]]" = web.AppKey("idempotency_locks")


def key_of(request: web.Request) -> str | None:
    """The key a client sent, if it did."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and KEY.fullmatch(key) is None:
        raise BadRequest("bad-idempotency-key")
    return key


def scope_of(request: web.Request, principal: str) -> str:
    """Keys of different callers and of different resources never meet."""
    return f"{principal} {request.method} {request.path}"


def body_hash(document: str) -> str:
    """What two bodies that say the same have in common."""
    return hashlib.sha256(document.encode()).hexdigest()


@asynccontextmanager
async def alone(app: web.Application, scope: str, key: str) -> AsyncIterator[None]:
    """One request of a key at a time; the second one finds the answer of the first."""
    locks = app[LOCKS]
    lock = locks.setdefault(f"{scope} {key}", asyncio.Lock())
    async with lock:
        yield


def setup(app: web.Application) -> None:
    """Make room for the locks."""
    app[LOCKS] = WeakValueDictionary()

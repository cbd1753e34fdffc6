"""A connection that has ended is freed as it ends: the collector is off, nothing waits for it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.pytest_plugin import AiohttpClient
from aiohttp.test_utils import TestClient

from signalling.engines.silent import SilentEngine
from signalling.peer import PeerSession
from signalling.switchboard import Caller, Switchboard
from signalling.switchboard_peer import Peer
from signalling.websocket import Connection, routes
from tests.fakes import memory
from tests.fakes.wire import Clock, RecordingHouse, until

Client = TestClient[web.Request, web.Application]
OURS = (Caller, Connection, Peer, PeerSession, web.Request, web.WebSocketResponse)
Ending = Callable[[aiohttp.ClientWebSocketResponse, Switchboard], Awaitable[None]]


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    with memory.collector_off():
        yield


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def switchboard(clock: Clock) -> AsyncIterator[Switchboard]:
    made = Switchboard(RecordingHouse(), SilentEngine(), clock)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(switchboard: Switchboard, aiohttp_client: AiohttpClient) -> Client:
    app = web.Application()
    app.add_routes(routes(lambda _: switchboard, lambda _: ()))
    return await aiohttp_client(app)


def held() -> Counter[str]:
    """Ours that are in memory, reachable or not."""
    return memory.held(OURS)


async def goes(line: aiohttp.ClientWebSocketResponse, _: Switchboard) -> None:
    await line.close()


async def is_cut(line: aiohttp.ClientWebSocketResponse, _: Switchboard) -> None:
    connection = line._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.abort()
    await line.close()


async def is_let_go(line: aiohttp.ClientWebSocketResponse, switchboard: Switchboard) -> None:
    switchboard.drain()
    switchboard._draining = False
    async with asyncio.timeout(10):
        while not line.closed:
            await line.receive()


async def come(client: Client, switchboard: Switchboard, token: str, ending: Ending) -> None:
    line = await client.ws_connect("/ws/v1")
    if token:
        said = {"type": "hello", "versions": [1], "token": token, "client": "test"}
        await line.send_str(json.dumps(said))
        assert (await line.receive_json())["type"] == "welcome"
        await line.send_str(json.dumps({"type": "join"}))
        assert (await line.receive_json())["type"] == "joined"
    assert held()["Connection"] >= 1
    await ending(line, switchboard)


@pytest.mark.parametrize("ending", [goes, is_cut, is_let_go])
@pytest.mark.parametrize("token", ["pa:anne", ""])
async def test_a_connection_is_freed_however_it_ends(
    client: Client, switchboard: Switchboard, clock: Clock, ending: Ending, token: str
) -> None:
    before = held()
    for _ in range(3):
        await come(client, switchboard, token, ending)
    left = ("Connection", "Request", "WebSocketResponse", "Caller")
    await until(lambda: not any((held() - before)[one] for one in left), 10)
    # A place is kept for a while, and freed with it.
    clock.advance(100)
    await switchboard.sweep(clock())
    await until(lambda: not (held() - before), 10)
    assert switchboard.connected == 0

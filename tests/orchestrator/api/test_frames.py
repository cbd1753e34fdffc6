"""Frames made by hand are those a WebSocket client reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, web

from orchestrator.api.frames import SMALL, sent_at_once, text_frame

SIZES = (0, 125, 126, 65_535, 65_536)
Opened = tuple[web.WebSocketResponse, web.Request, ClientWebSocketResponse]


@asynccontextmanager
async def client() -> AsyncIterator[Opened]:
    """A socket, seen from both ends."""
    opened: asyncio.Future[tuple[web.WebSocketResponse, web.Request]]
    opened = asyncio.get_running_loop().create_future()

    async def door(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        opened.set_result((socket, request))
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/", door)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        async with ClientSession() as http, http.ws_connect(f"http://127.0.0.1:{port}/") as wire:
            yield (*await opened, wire)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("size", SIZES)
async def test_a_client_reads_what_was_framed(size: int) -> None:
    async with client() as (socket, request, wire):
        assert request.transport is not None
        request.transport.write(text_frame("é" * (size // 2) + "a" * (size % 2)))
        heard = await wire.receive_str()
        assert len(heard.encode()) == size
        await socket.send_str("after")
        assert await wire.receive_str() == "after"


async def test_several_leave_at_once_and_none_where_somebody_does_not_read() -> None:
    async with client() as (socket, request, wire):
        assert sent_at_once(socket, request, map(text_frame, ("one", "two")))
        assert [await wire.receive_str(), await wire.receive_str()] == ["one", "two"]
        assert not sent_at_once(socket, request, (text_frame("a" * SMALL),))
        assert request.transport is not None
        while not request.transport.get_write_buffer_size():
            request.transport.write(text_frame("a" * 65_535))
        assert not sent_at_once(socket, request, (text_frame("late"),))


async def test_nothing_leaves_on_a_line_that_was_closed() -> None:
    async with client() as (socket, request, wire):
        closing = asyncio.create_task(socket.close())
        await wire.receive()
        assert not sent_at_once(socket, request, (text_frame("late"),))
        await closing

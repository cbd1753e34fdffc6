"""A small real service: the wire's shell and the python engine on loopback, and its endpoints."""

import asyncio
from types import TracebackType
from typing import Self

from aiohttp import web

from signalling.engine import MediaEngine
from signalling.engines.python import PythonEngine
from signalling.peers.endpoint import Endpoint
from signalling.switchboard import Switchboard
from signalling.transport.seam import LOOPBACK, gather_on_loopback
from signalling.websocket import PATH, routes
from tests.fakes.wire import RecordingHouse

ROOMS = ("villefort-visio", "meyrueis-visio", "langogne-visio", "marvejols-visio")


class Stage:
    """`async with Stage() as stage`: one service; `restart()` kills it and leaves the media."""

    def __init__(self) -> None:
        self.house = RecordingHouse()
        self.engine: MediaEngine
        self.switchboard: Switchboard
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._running: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"ws://{LOOPBACK}:{self.port}{PATH}"

    async def __aenter__(self) -> Self:
        gather_on_loopback()
        self._python = PythonEngine(host=LOOPBACK, announce=[LOOPBACK])
        self.engine = self._python
        await self.serve()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.kill()
        self._python.stop()

    async def serve(self) -> None:
        self.switchboard = Switchboard(self.house, self.engine)
        await self.switchboard.start()
        app = web.Application()
        app.add_routes(routes(lambda _: self.switchboard, lambda _: ()))
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def kill(self) -> None:
        """Nobody is told anything: the sockets break."""
        if self._runner is not None:
            await self.switchboard.stop()
            await self._runner.cleanup()
            self._runner = None

    async def room(self, room: str) -> Endpoint:
        """A room's screen."""
        return self._endpoint(f"room:{room}", room)

    async def person(self, name: str) -> Endpoint:
        return self._endpoint(f"pa:{name}", name)

    def _endpoint(self, token: str, key: str) -> Endpoint:
        endpoint = Endpoint(self.url, token, name=key.title(), key=key)
        self._running.append(asyncio.create_task(endpoint.run(), name=key))
        return endpoint

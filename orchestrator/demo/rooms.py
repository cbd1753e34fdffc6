"""The four rooms as programs: endpoints that wait to be called, in this process."""

import asyncio
from types import TracebackType

from orchestrator.demo.stage import Stage
from orchestrator.demo.verdict import Site
from rooms.ids import RoomId
from signalling.peers.endpoint import Endpoint
from signalling.transport.seam import gather_on_loopback


class Rooms:
    """`async with Rooms(stage) as rooms:` the four are there, and leave at the end."""

    def __init__(self, stage: Stage) -> None:
        wire = f"{stage.service.url.replace('http', 'ws', 1)}/ws/v1"
        self.sites = {
            str(room.id): Site(room=str(room.id), name=stage.place(room)) for room in stage.rooms
        }
        self._endpoints = {
            room: Endpoint(wire, stage.cast.screens[RoomId(room)], name=site.name, key=room)
            for room, site in self.sites.items()
        }
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Rooms":
        gather_on_loopback()
        self._tasks = [
            asyncio.create_task(endpoint.run(), name=room)
            for room, endpoint in self._endpoints.items()
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connected(self) -> bool:
        """Every screen is on the wire."""
        return all(endpoint.line.connected for endpoint in self._endpoints.values())

    async def look(self) -> None:
        """Take every endpoint's figures into its site; raise what ended one for good."""
        for task in self._tasks:
            if task.done():
                task.result()
        for room, endpoint in self._endpoints.items():
            self.sites[room].report(await endpoint.figures())

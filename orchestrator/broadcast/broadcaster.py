"""The broadcaster: a process of its own that joins a session as a listener and shows its air.

    margeride broadcaster --order FILE

It steps aside for whoever needs the processor, outlives the service by a minute, and ends on
SIGTERM or when the session is over; then players are told the end for some seconds more.
"""

import asyncio
import contextlib
import logging
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from orchestrator.broadcast import order as orders
from orchestrator.broadcast.encode import time_of_one
from orchestrator.broadcast.listener import MOST, Listener
from orchestrator.broadcast.order import Order, Ready
from orchestrator.broadcast.pace import size_for
from orchestrator.broadcast.paint import Sayings
from orchestrator.broadcast.playlist import first_number
from orchestrator.broadcast.shelf import Shelf
from orchestrator.broadcast.studio import Part, Studio
from signalling.engine import Kind
from signalling.messages_media import PlacedView
from signalling.peers.audience import Audience
from signalling.peers.line import Refused

log = logging.getLogger(__name__)
NICE = 10
FAREWELL, GRACE, LOOK = 6.0, 60.0, 1.0


def run(path: Path) -> int:
    """Carry the order out until the end; 0, or 1 where it cannot be."""
    os.nice(NICE)
    _take_files()
    order = orders.read(path)
    return asyncio.run(_run(path, order))


def _take_files() -> None:
    """Each viewer is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST + 200 if hard == resource.RLIM_INFINITY else min(hard, MOST + 200)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _run(path: Path, order: Order) -> int:
    size = size_for(await asyncio.to_thread(time_of_one, (960, 540)))
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    broadcaster = Broadcaster(order, size)
    with _socket(order) as sock:
        async with broadcaster.on_air(sock):
            port = sock.getsockname()[1]
            ready = Ready(pid=os.getpid(), port=port, life=order.life)
            await asyncio.to_thread(orders.write, orders.ready_path(path), ready)
            log.info("on air in %d × %d at port %d", *size, port)
            why = await broadcaster.until(ended, path)
            log.info("ends: %s", why)
            await broadcaster.farewell()
    return 0


def _socket(order: Order) -> socket.socket:
    """The wished port, else another: the service passes viewers on wherever it is."""
    family = socket.AF_INET6 if ":" in order.host else socket.AF_INET
    for port in (order.port, 0):
        with contextlib.suppress(OSError):
            return socket.create_server((order.host, port), family=family, backlog=1024)
    raise OSError(f"cannot listen at {order.host}")


class Broadcaster:
    """The parts of it, joined: the listener in the session, the studio, the shelf, the door."""

    def __init__(self, order: Order, size: tuple[int, int]) -> None:
        sayings = Sayings(soon=order.soon, lost=order.lost)
        loop = asyncio.get_running_loop()
        self.studio = Studio(size, sayings, order.began, partial(_hand_over, loop, self._put))
        self.shelf = Shelf(order.life, first_number(self.studio.now) + 1)
        self.listener = Listener(order.code, self.shelf, lambda: self.studio.bandwidth)
        self.audience = Audience(
            order.url,
            order.token,
            self.studio.decoding.take,
            client="broadcaster 1",
            height=self._height,
            changed=self._changed,
        )
        self._shown: frozenset[str] = frozenset()

    @contextlib.asynccontextmanager
    async def on_air(self, sock: socket.socket) -> AsyncIterator[None]:
        """Compose and serve for as long as the block lasts."""
        self.studio.start()
        async with self.listener.listening(sock):
            try:
                yield
            finally:
                self.studio.end()

    async def until(self, ended: asyncio.Event, path: Path) -> str:
        """Be there until told to end, until the session is over, or nobody has been for long."""
        told = asyncio.create_task(ended.wait(), name="told to end")
        joined = asyncio.create_task(self.audience.run(), name="in the audience")
        alone = asyncio.create_task(self._alone(), name="service away")
        captions = asyncio.create_task(self._captions(path), name="captions")
        tasks = (told, joined, alone, captions)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if joined.done():
                try:
                    return joined.result()
                except Refused as refused:
                    return f"refused: {refused}"
            return "told to" if told.done() else "no service"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def farewell(self) -> None:
        """Tell the players that it is over."""
        self.studio.end()
        await asyncio.to_thread(self.studio.join, FAREWELL)
        await asyncio.sleep(0)
        self.shelf.end()
        await asyncio.sleep(FAREWELL)

    async def _captions(self, path: Path) -> None:
        while True:
            self.shelf.caption = await asyncio.to_thread(orders.read_caption, path)
            await asyncio.sleep(LOOK / 2)

    async def _alone(self) -> None:
        """Returns when the service has been away for `GRACE` seconds."""
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while loop.time() - seen < GRACE:
            await asyncio.sleep(LOOK)
            if self.audience.line.connected:
                seen = loop.time()

    def _put(self, part: Part) -> None:
        self.shelf.put(part)

    def _changed(self) -> None:
        names = {str(view.id): view.name for view in self.audience.participants.values()}
        self.studio.tell(self.audience.session, names)
        if self.studio.scene.shown != self._shown:
            self._shown = self.studio.scene.shown
            self.audience.look()

    def _height(self, placed: PlacedView) -> int:
        """How high a picture is wanted: as its place is, nothing of who is in no place."""
        for place in self.studio.scene.places:
            if placed.kind is Kind.VIDEO and place.who == placed.participant and not place.slate:
                return place.rect.height
        return 0


def _hand_over(loop: asyncio.AbstractEventLoop, put: Callable[[Part], None], part: Part) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is over
        loop.call_soon_threadsafe(put, part)

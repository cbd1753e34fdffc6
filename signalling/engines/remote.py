"""A worker's engine seen from the service, over its Unix socket (`wire.py` says how)."""

import asyncio
import contextlib
import itertools
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rooms.errors import MargerideError, Unavailable
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import (
    Air,
    Budget,
    EngineEvent,
    EngineState,
    Kind,
    Mode,
    PublishAnswer,
    SubscribeOffer,
    Wish,
)
from signalling.engines import wire
from signalling.engines.events import Events

PATIENCE = 10.0


def absent() -> MargerideError:
    """The one refusal when no worker answers."""
    return Unavailable("no-media-worker")


class Silent(Unavailable):
    """Somebody listens there and says nothing in `PATIENCE` seconds; `pid` is the process."""

    def __init__(self, pid: int) -> None:
        super().__init__("no-media-worker")
        self.pid = pid


class RemoteEngine:
    """The MediaEngine port over one connection. `closed` is set when the connection has ended."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hello: wire.Json = {}
        self.closed = asyncio.Event()
        self.replaced = False
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: Events[EngineEvent | None] = Events()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, path: Path) -> "RemoteEngine":
        """Attach to the worker of this socket; `no-media-worker` when there is none, `Silent` when
        it does not greet."""
        try:
            reader, writer = await asyncio.open_unix_connection(path, limit=wire.LONGEST_LINE)
        except OSError:
            raise absent() from None
        made = cls(reader, writer)
        try:
            async with asyncio.timeout(PATIENCE):
                made.hello = wire.decode(await reader.readline()).get("hello", {})
        except TimeoutError:
            pid = _listener(writer)
            writer.close()
            raise Silent(pid) from None
        except (OSError, ValueError):
            writer.close()
            raise absent() from None
        made._task = asyncio.create_task(made._read(), name="media worker: reading")
        return made

    async def disconnect(self) -> None:
        """Leave the worker alone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                self._heard(wire.decode(line))
        except (OSError, ValueError, KeyError):
            # A worker that cannot be understood is as good as gone.
            pass
        finally:
            self._end()

    def _heard(self, message: wire.Json) -> None:
        if "event" in message:
            self._events.say(wire.event_from_json(message["event"]))
        elif "id" in message:
            future = self._waiting.pop(message["id"], None)
            if future is None or future.done():
                return
            if "error" in message:
                future.set_exception(wire.error_from_json(message["error"]))
            else:
                future.set_result(message.get("result"))
        elif message.get("replaced"):
            self.replaced = True

    def _end(self) -> None:
        self.closed.set()
        self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(absent())
        self._waiting.clear()
        self._events.say(None)

    async def call(self, name: str, *arguments: Any) -> Any:
        """Ask and wait for the answer. One that does not come ends the connection: what the worker
        has done of it is unknown, and who attaches again compares."""
        if self.closed.is_set():
            raise absent()
        number = next(self._ids)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(wire.encode({"id": number, "call": name, "with": arguments}))
        try:
            async with asyncio.timeout(PATIENCE):
                return await future
        except TimeoutError:
            self._end()
            raise absent() from None
        finally:
            self._waiting.pop(number, None)

    # -- the port

    async def open(self, session: SessionId) -> None:
        """As the port says."""
        await self.call("open", session)

    async def close(self, session: SessionId) -> None:
        """As the port says."""
        await self.call("close", session)

    async def publish(
        self, session: SessionId, participant: ParticipantId, leg: LegId, offer: str
    ) -> PublishAnswer:
        """As the port says."""
        return wire.publish_answer(await self.call("publish", session, participant, leg, offer))

    async def subscribe(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer | None:
        """As the port says."""
        made = await self.call("subscribe", session, participant, leg, list(tracks))
        return wire.subscribe_offer(made) if made is not None else None

    async def answer(
        self, session: SessionId, participant: ParticipantId, leg: LegId, serial: int, sdp: str
    ) -> None:
        """As the port says."""
        await self.call("answer", session, participant, leg, serial, sdp)

    async def mute(
        self, session: SessionId, participant: ParticipantId, kind: Kind, muted: bool
    ) -> None:
        """As the port says."""
        await self.call("mute", session, participant, kind, muted)

    async def air(self, session: SessionId, air: Air | None) -> None:
        """As the port says."""
        await self.call("air", session, None if air is None else wire.air_to_json(air))

    async def view(
        self,
        session: SessionId,
        participant: ParticipantId,
        wishes: Sequence[Wish],
        mode: Mode,
    ) -> None:
        """As the port says."""
        await self.call("view", session, participant, [asdict(wish) for wish in wishes], mode)

    async def line(
        self, session: SessionId, participant: ParticipantId, budget: Budget | None
    ) -> None:
        """As the port says."""
        told = None if budget is None else asdict(budget)
        await self.call("line", session, participant, told)

    async def receive(
        self,
        session: SessionId,
        participant: ParticipantId,
        leg: LegId,
        offer: str,
        tracks: Sequence[TrackId],
    ) -> SubscribeOffer:
        """As the port says."""
        made = await self.call("receive", session, participant, leg, offer, list(tracks))
        return wire.subscribe_offer(made)

    async def remove(self, session: SessionId, participant: ParticipantId) -> None:
        """As the port says."""
        await self.call("remove", session, participant)

    async def state(self) -> EngineState:
        """As the port says."""
        return wire.engine_state(await self.call("state"))

    async def quit(self) -> None:
        """Ask the worker to end."""
        await self.call("quit")

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Until the connection ends."""
        while (event := await self._events.get()) is not None:
            yield event


def _listener(writer: asyncio.StreamWriter) -> int:
    """The process that listens at the other end (SO_PEERCRED, unix(7)); 0: one we cannot see."""
    link: socket.socket = writer.get_extra_info("socket")
    pid, _, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)

"""The other end of `remote.py`: an engine served on a Unix socket to one service at a time.

A newer connection replaces the older one: of two services the one that came last is the right one.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rooms.errors import Invalid, MargerideError
from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import Kind, MediaEngine, Mode
from signalling.engines import wire


class Served:
    """Answers calls and passes events on. `attached` says whether a service is there."""

    def __init__(self, engine: MediaEngine, *, port: int, quit_now: Callable[[], None]) -> None:
        self._engine = engine
        self._port = port
        self._quit_now = quit_now
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self._pump: asyncio.Task[None] | None = None
        self.left_at: float | None = asyncio.get_running_loop().time()

    async def start(self, path: Path) -> None:
        """Listen; only our own user may connect."""
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, path, limit=wire.LONGEST_LINE
            )
        finally:
            os.umask(before)
        self._pump = asyncio.create_task(self._pass_events(), name="pass events")

    async def stop(self) -> None:
        """Listen no more."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._attach(writer)
        try:
            while line := await reader.readline():
                answer = await self._answer(line)
                if answer is not None:
                    writer.write(answer)
                    await writer.drain()
        except (OSError, ValueError):
            # The service is gone, or does not speak our language.
            pass
        finally:
            writer.close()
            if self._writer is writer:
                self._writer = None
                self.left_at = asyncio.get_running_loop().time()

    def _attach(self, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            self._writer.write(wire.encode({"replaced": True}))
            self._writer.close()
        self._writer = writer
        self.left_at = None
        hello = {"protocol": wire.PROTOCOL, "pid": os.getpid(), "port": self._port}
        writer.write(wire.encode({"hello": hello}))

    async def _answer(self, line: bytes) -> bytes | None:
        message = wire.decode(line)
        number = message.get("id")
        try:
            result = await self._call(message)
        except MargerideError as refused:
            return wire.encode({"id": number, "error": wire.error_to_json(refused)})
        return wire.encode({"id": number, "result": wire.result_to_json(result)})

    async def _call(self, message: wire.Json) -> object:
        try:
            call, arguments = CALLS[message["call"]], list(message.get("with", []))
            if message["call"] == "quit":
                self._quit_now()
                return None
            return await call(self._engine, *arguments)
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Invalid("bad-message", call=str(message.get("call"))) from None

    async def _pass_events(self) -> None:
        async for event in self._engine.events():
            if self._writer is not None and not self._writer.is_closing():
                with contextlib.suppress(OSError):
                    self._writer.write(wire.encode({"event": wire.event_to_json(event)}))


async def _subscribe(
    engine: MediaEngine, session: str, participant: str, leg: str, tracks: list[str]
) -> object:
    return await engine.subscribe(
        SessionId(session), ParticipantId(participant), LegId(leg), [TrackId(t) for t in tracks]
    )


async def _mute(
    engine: MediaEngine, session: str, participant: str, kind: str, muted: bool
) -> None:
    if kind not in list(Kind):
        raise Invalid("bad-message", call="mute")
    await engine.mute(SessionId(session), ParticipantId(participant), Kind(kind), muted)


async def _view(
    engine: MediaEngine, session: str, participant: str, wishes: list[wire.Json], mode: str
) -> None:
    await engine.view(
        SessionId(session), ParticipantId(participant), list(map(wire.wish, wishes)), Mode(mode)
    )


async def _air(engine: MediaEngine, session: str, air: wire.Json | None) -> None:
    await engine.air(SessionId(session), None if air is None else wire.air(air))


async def _line(
    engine: MediaEngine, session: str, participant: str, budget: wire.Json | None
) -> None:
    told = None if budget is None else wire.budget(budget)
    await engine.line(SessionId(session), ParticipantId(participant), told)


async def _receive(
    engine: MediaEngine, session: str, participant: str, leg: str, offer: str, tracks: list[str]
) -> object:
    wanted = [TrackId(track) for track in tracks]
    return await engine.receive(
        SessionId(session), ParticipantId(participant), LegId(leg), offer, wanted
    )


async def _nothing(engine: MediaEngine) -> None:
    """Handled before it is called."""


CALLS: dict[str, Any] = {
    "open": lambda engine, *with_: engine.open(*with_),
    "close": lambda engine, *with_: engine.close(*with_),
    "publish": lambda engine, *with_: engine.publish(*with_),
    "subscribe": _subscribe,
    "answer": lambda engine, *with_: engine.answer(*with_),
    "mute": _mute,
    "air": _air,
    "view": _view,
    "line": _line,
    "receive": _receive,
    "remove": lambda engine, *with_: engine.remove(*with_),
    "state": lambda engine: engine.state(),
    "quit": _nothing,
}

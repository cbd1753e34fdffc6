"""The page of a room's screen as a program without media: it waits to be called, joins, obeys.

Named by how they fail: `DumbKiosk` takes every command and does nothing, `CameraShyKiosk` has no
access to its camera, `BabblingKiosk` says what is no message.
"""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import aiohttp

from rooms.state import DEFAULT_STATE, CallState, RoomState
from tests.fakes.cables import Cable

AGAIN, BEAT, PATIENCE = 0.2, 3.0, 2.0


class Kiosk:
    """`told` are the commands it was given. It redials for ever, and joins again what it was in."""

    def __init__(self, cable: Cable, token: str) -> None:
        self.told: list[str] = []
        self.state: RoomState = DEFAULT_STATE
        self._cable = cable
        self._token = token
        self._version = 0
        self._place: dict[str, Any] | None = None
        self._joining: str | None = None

    @property
    def session(self) -> str | None:
        """The one it is in."""
        return self.state.call.session if self.state.call.state == "in_call" else None

    async def run(self) -> None:
        """Be there until cancelled."""
        async with aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(OSError, aiohttp.ClientError, TimeoutError):
                    await self._dial(http)
                await asyncio.sleep(AGAIN)

    async def _dial(self, http: aiohttp.ClientSession) -> None:
        url = f"http://127.0.0.1:{self._cable.port}/ws/v1"
        patience = aiohttp.ClientWSTimeout(ws_close=PATIENCE)
        async with http.ws_connect(url, timeout=patience) as wire:
            hello = {"type": "hello", "versions": [1], "token": self._token, "client": "kiosk"}
            await wire.send_json(hello)
            beat = asyncio.create_task(self._beat(wire), name="kiosk: beat")
            try:
                async for frame in wire:
                    await self.hear(wire, frame.json())
            finally:
                beat.cancel()
                await asyncio.gather(beat, return_exceptions=True)

    async def _beat(self, wire: Any) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await wire.send_json({"type": "heartbeat"})

    async def hear(self, wire: Any, message: dict[str, Any]) -> None:
        """One message of the service."""
        match message["type"]:
            case "welcome":
                await self.report(wire)
                if self._place is not None:
                    await wire.send_json(self._place)
            case "command":
                self.told.append(message["command"])
                await wire.send_json({"type": "command.accepted", "id": message["id"]})
                await self.obey(wire, message)
            case "joined":
                await self._is(wire, CallState(state="in_call", session=message["session"]["id"]))
                await self._done(wire, self._joining)
            case "left":
                self._place = None
                await self._is(wire, CallState(state="idle", session=None))
            case _:
                pass  # what others do, and what is on the screen

    async def obey(self, wire: Any, message: dict[str, Any]) -> None:
        """Do what it is told."""
        arguments = message["arguments"]
        match message["command"]:
            case "call.join":
                place = {name: arguments[name] for name in ("session", "token")}
                self._place, self._joining = {"type": "join", **place}, message["id"]
                await wire.send_json(self._place)
                return
            case "call.leave":
                self._place = None
                await wire.send_json({"type": "leave"})
                await self._is(wire, CallState(state="idle", session=None))
            case "audio.mic.set":
                audio = replace(self.state.audio, mic_muted=not arguments["on"])
                self.state = replace(self.state, audio=audio)
                await self.report(wire)
            case _:
                pass  # done by saying so
        await self._done(wire, message["id"])

    async def report(self, wire: Any) -> None:
        """Say how the room is."""
        self._version += 1
        document = self.state.to_json()
        await wire.send_json({"type": "room.state", "version": self._version, "document": document})

    async def _is(self, wire: Any, call: CallState) -> None:
        self.state = replace(self.state, call=call)
        await self.report(wire)

    async def _done(self, wire: Any, command: str | None) -> None:
        if command is not None:
            await wire.send_json({"type": "command.done", "id": command})


class DumbKiosk(Kiosk):
    """Its page hangs after it has taken a command."""

    async def obey(self, wire: Any, message: dict[str, Any]) -> None:
        """Not at all."""


class CameraShyKiosk(Kiosk):
    """Somebody else has its camera: it does not join."""

    async def obey(self, wire: Any, message: dict[str, Any]) -> None:
        """Everything but joining."""
        if message["command"] != "call.join":
            await super().obey(wire, message)
            return
        failed = {"type": "command.failed", "id": message["id"], "error": "no_media"}
        await wire.send_json(failed)


class BabblingKiosk(Kiosk):
    """Answers a call with what is no message; the service hangs up on it."""

    async def obey(self, wire: Any, message: dict[str, Any]) -> None:
        """By babbling."""
        await wire.send_str("{{ pas du JSON")

"""A codec that speaks the xAPI over a WebSocket, as its clients expect it, and its troubles."""

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from typing import Any, Self

from aiohttp import WSMsgType, web

from rooms.simulators.base import HOST, Simulator

UNKNOWN_METHOD, BAD_PARAMS = -32601, -32602
Params = dict[str, Any]


class CodecRefusal(Exception):
    """An error answer: code and message."""


class _Gone(Exception):
    """The other side hung up: what is still being answered need not be."""


class RoomCodec(Simulator):
    """Standby, volume, microphone, calls, presets and camera ramp of one codec."""

    def __init__(
        self, user: str = "admin", password: str = "", tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__()
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._authorization = f"Basic {secret}"
        self._login = {"user": user, **({"password": password} if password else {})}
        self._tls = tls
        self._runner: web.AppRunner | None = None
        self._busiest = 0
        self._sockets: dict[web.WebSocketResponse, set[str]] = {}
        self.presets: set[int] = set()
        self.ramp: Params = {}
        self.status: Params = {
            "Standby": {"State": "Standby"},
            "Audio": {"Volume": 50, "Microphones": {"Mute": "Off"}},
            "SystemUnit": {"State": {"NumberOfActiveCalls": 1}},
            "RoomAnalytics": {"PeopleCount": {"Current": 0}},
        }

    @property
    def busiest(self) -> int:
        """As `Simulator` says."""
        return self._busiest

    @classmethod
    def locked(cls, password: str) -> Self:
        """As `Simulator` says."""
        return cls(password=password)

    def settings(self) -> dict[str, object]:
        """As `Simulator` says."""
        return {**super().settings(), **self._login, "tls": self._tls is not None}

    async def start(self, host: str = HOST, port: int = 0) -> Self:
        """As `Simulator` says."""
        app = web.Application()
        app.router.add_get("/ws", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """As `Simulator` says."""
        for socket in list(self._sockets):
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def happen(self, *path: str, value: object) -> None:
        """Something becomes different in the room: told to whoever subscribed to it."""
        self._set(path, value)
        event: Any = value
        for name in reversed(path):
            event = {name: event}
        text = {"jsonrpc": "2.0", "method": "xFeedback/Event", "params": {"Status": event, "Id": 1}}
        for socket, watched in self._sockets.items():
            if path[0] in watched:
                await socket.send_json(text)

    async def answer(self, socket: web.WebSocketResponse, text: str) -> None:
        """Answer one call."""
        call = json.loads(text)
        reply: Params = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            reply["result"] = await self._result(socket, call["method"], call.get("params", {}))
        except CodecRefusal as refusal:
            reply["error"] = {"code": refusal.args[0], "message": refusal.args[1]}
        self.told(json.dumps(reply))
        await socket.send_json(reply)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != self._authorization:
            self.say("refused: wrong user or password")
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        socket = web.WebSocketResponse(timeout=0.5)
        await socket.prepare(request)
        self.connections += 1
        self._busiest = max(self._busiest, self.connections)
        self._sockets[socket] = set()
        try:
            async with asyncio.TaskGroup() as answers:
                async for message in socket:
                    if message.type is WSMsgType.TEXT:
                        self.note(message.data)
                        answers.create_task(self.answer(socket, message.data))
                raise _Gone
        except* (_Gone, ConnectionError):
            self.say("hung up")
        finally:
            del self._sockets[socket]
            self.connections -= 1
        return socket

    async def _result(self, socket: web.WebSocketResponse, method: str, params: Params) -> object:
        if method == "xGet":
            return self._get(params["Path"][1:])
        if method == "xFeedback/Subscribe":
            self._sockets[socket].add(params["Query"][1])
            return {"Id": len(self._sockets[socket])}
        await self._command(method.removeprefix("xCommand/"), params)
        return {"status": "OK"}

    async def _command(self, name: str, params: Params) -> None:
        known: dict[str, Callable[[Params], None]] = {
            "Audio/Volume/Set": lambda p: self._set(("Audio", "Volume"), p["Level"]),
            "Audio/Volume/Mute": lambda _: None,
            "Audio/Volume/Unmute": lambda _: None,
            "Audio/Microphones/Mute": lambda _: self._mute("On"),
            "Audio/Microphones/Unmute": lambda _: self._mute("Off"),
            "Call/Disconnect": lambda _: self._set(_CALLS, 0),
            "Call/Hold": lambda _: None,
            "Call/Resume": lambda _: None,
            "Call/DTMFSend": lambda p: p["DTMFString"],
            "Camera/Ramp": self.ramp.update,
            "Camera/Preset/Activate": self._recall,
            "Camera/Preset/Store": lambda p: self.presets.add(p["PresetId"]),
            "Camera/Preset/Remove": self._forget,
            "Video/Selfview/Set": lambda p: p["Mode"],
            "Presentation/Start": lambda _: None,
            "Presentation/Stop": lambda _: None,
            "Standby/Activate": lambda _: self._set(_STANDBY, "Standby"),
            "Standby/Deactivate": lambda _: self._set(_STANDBY, "Off"),
        }
        if name not in known:
            raise CodecRefusal(UNKNOWN_METHOD, "Method not found.")
        try:
            known[name](params)
        except KeyError as missing:
            raise CodecRefusal(BAD_PARAMS, f"Missing or invalid parameter {missing}") from missing

    def _mute(self, word: str) -> None:
        self._set(("Audio", "Microphones", "Mute"), word)

    def _recall(self, params: Params) -> None:
        if params["PresetId"] not in self.presets:
            raise CodecRefusal(1, "No such preset")

    def _forget(self, params: Params) -> None:
        self._recall(params)
        self.presets.remove(params["PresetId"])

    def _get(self, path: list[str]) -> object:
        value: Any = self.status
        for name in path:
            if not isinstance(value, dict) or name not in value:
                raise CodecRefusal(3, "No match on address expression")
            value = value[name]
        return value

    def _set(self, path: tuple[str, ...], value: object) -> None:
        *folders, name = path
        inner = self.status
        for folder in folders:
            inner = inner[folder]
        inner[name] = value


_CALLS = ("SystemUnit", "State", "NumberOfActiveCalls")
_STANDBY = ("Standby", "State")


class DeafCodec(RoomCodec):
    """Lets in and never answers."""

    async def answer(self, socket: web.WebSocketResponse, text: str) -> None:
        """Not at all."""


class GarbageCodec(RoomCodec):
    """Answers with what is no JSON."""

    async def answer(self, socket: web.WebSocketResponse, text: str) -> None:
        """Noise."""
        await socket.send_str("** end")


class SlowCodec(RoomCodec):
    """Carries out commands in its own time; the rest it answers at once."""

    slow = 60.0

    async def _command(self, name: str, params: Params) -> None:
        await asyncio.sleep(self.slow)
        await super()._command(name, params)

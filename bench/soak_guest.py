"""A guest of the soak: the whole wire, the whole media path, and no codec."""

import asyncio
import json
import random
from collections import Counter
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from bench.media_peer import MediaPeer
from bench.soak_media import LAYERS, Ears, Sender, SendingPeer
from rooms.ids import new_id

HOST = "127.0.0.1"
HEIGHTS = (0, 90, 180, 360, 720)


class Guest:
    """Joins by a token, sends, takes every offer; `turn` each 20 ms, `second` each second."""

    def __init__(self, http: ClientSession, url: str, token: str, seed: int) -> None:
        self._http, self._url, self._token = http, url, token
        self._chance = random.Random(seed)
        self._publish: SendingPeer | None = None
        self._subscribe: MediaPeer | None = None
        self._legs = {"publish": new_id("lg"), "subscribe": new_id("lg")}
        self.sender: Sender | None = None
        self.ears: dict[str, Ears] = {}
        self.heard: Counter[str] = Counter()
        self.choices: list[Any] = []
        self._placed: list[dict[str, Any]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._seconds = 0
        self._socket: ClientWebSocketResponse | None = None

    async def join(self) -> None:
        """Come in; media follows by itself."""
        self._socket = await self._http.ws_connect(self._url, max_msg_size=0)
        await self._say("hello", versions=[1], token=self._token, client="soak")
        self._tasks = [asyncio.create_task(self._listen(), name="soak guest")]

    async def leave(self, politely: bool) -> Counter[str]:
        """Go; what was received in all."""
        if politely and self._socket is not None and not self._socket.closed:
            await self._say("leave")
        if self._socket is not None:
            await self._socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.sender = None
        total: Counter[str] = Counter()
        for ears in self.ears.values():
            total += ears.counts
            ears.close()
        return total

    def turn(self) -> None:
        if self.sender is not None:
            self.sender.turn()

    async def second(self) -> None:
        """Reports, a heartbeat, and now and then another wish."""
        self._seconds += 1
        if self._socket is None or self._socket.closed:
            return
        for ears in self.ears.values():
            ears.report()
        for leg in (self._publish, self._subscribe):
            if leg is not None and leg.remote[1] and self._seconds % 4 == 0:
                leg.check()
        if self._seconds % 5 == 0:
            await self._say("heartbeat")
            figures = {"kbps": 400.0, "loss": 0.0, "rtt_ms": 20.0}
            await self._say("stats", legs=[{"role": "subscribe", **figures}])
        if self._chance.random() < 0.2:
            await self._look()
        if self._chance.random() < 0.05 and "subscribe" in self.ears:
            self.ears["subscribe"].bps = self._chance.choice((150_000, 600_000, 4_000_000))
        if self._chance.random() < 0.05 and "subscribe" in self.ears:
            self.ears["subscribe"].want_picture()
        if self._chance.random() < 0.01:
            await self._say("track.set", kind="video", muted=self._chance.random() < 0.5)

    async def _look(self) -> None:
        """Another arrangement of the page: other heights, other layers."""
        pictures = [one["track"] for one in self._placed if one["kind"] == "video"]
        views = [{"track": one, "height": self._chance.choice(HEIGHTS)} for one in pictures]
        mode = self._chance.choice(("full", "full", "full", "saving", "sound"))
        await self._say("view", tracks=views, mode=mode)

    async def _say(self, what: str, **rest: Any) -> None:
        assert self._socket is not None
        if not self._socket.closed:
            await self._socket.send_str(json.dumps({"type": what, **rest}))

    async def _listen(self) -> None:
        assert self._socket is not None
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                await self._take(json.loads(message.data))

    async def _take(self, message: dict[str, Any]) -> None:
        self.heard[message["type"]] += 1
        match message["type"]:
            case "welcome":
                await self._say("join")
            case "joined":
                await self._begin()
            case "publish.answer":
                self._tasks.append(asyncio.create_task(self._published(message["sdp"])))
            case "subscribe.offer":
                await self._offered(message)
            case "view.chosen":
                self.choices = message["tracks"]
            case "leg.lost":
                self.heard[f"leg.lost {message['role']}"] += 1
            case "error":
                self.heard[f"error {message['code']} {message.get('about')}"] += 1

    async def _begin(self) -> None:
        if self._publish is None:
            self._publish = SendingPeer(HOST)
            sources = {"0": "microphone", "1": "camera"}
            offer = self._publish.offer_layers()
            await self._say("publish.offer", leg=self._legs["publish"], sdp=offer, sources=sources)
            await self._say("subscribe.start", leg=self._legs["subscribe"])

    async def _published(self, sdp: str) -> None:
        leg = self._publish
        assert leg is not None
        layers = list(LAYERS) if "a=simulcast:" in sdp else ["h"]
        await asyncio.to_thread(leg.connect, sdp, controlling=True)
        self.sender = Sender(leg, layers, self._chance)
        self.ears["publish"] = Ears(leg, self._chance, self.sender)

    async def _offered(self, message: dict[str, Any]) -> None:
        first = self._subscribe is None
        leg = self._subscribe = self._subscribe or MediaPeer(HOST)
        self._placed = message["tracks"]
        answer = leg.answer(message["sdp"])
        await self._say(
            "subscribe.answer", leg=message["leg"], serial=message["serial"], sdp=answer
        )
        if first:
            self._tasks.append(asyncio.create_task(self._connected(leg, message["sdp"])))

    async def _connected(self, leg: MediaPeer, sdp: str) -> None:
        await asyncio.to_thread(leg.connect, sdp, controlling=True)
        self.ears["subscribe"] = Ears(leg, self._chance)

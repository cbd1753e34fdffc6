"""What forwards: our worker, Janus VideoRoom, and the floor, each a process pinned to one core."""

import asyncio
import json
import secrets
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from bench import machine, media_load, peers
from bench.media_peer import MediaPeer, open_socket
from rooms.errors import MargerideError
from rooms.ids import LegId, ParticipantId, SessionId, new_id
from signalling.engines.remote import RemoteEngine

SERVER_CORE, AT_ONCE = "0", 8
LIBRARY = "/usr/lib/x86_64-linux-gnu/janus"
SESSION = SessionId("se-bench")


class Forwarder(ABC):
    """One publisher's leg and N subscribers' legs through one process."""

    name: str
    settings: str
    pid: int

    def __init__(self, home: Path, host: str) -> None:
        self.home, self.host = home, host
        self.publisher = media_load.Publisher(
            {"audio": secrets.randbits(31) + 1, "video": secrets.randbits(31) + 1}
        )
        self.legs: list[MediaPeer] = []
        self.arrivals: list[media_load.Arrivals] = []
        home.mkdir()

    @abstractmethod
    async def start(self, subscribers: int) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...

    @abstractmethod
    def measure(self, seconds: float) -> media_load.Outcome:
        """One run. Blocking."""

    def launch(self, *command: str) -> None:
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", SERVER_CORE, *command], stdout=log, stderr=log
            )
        self.pid = self._process.pid

    def end(self) -> None:
        for leg in self.legs:
            leg.close()
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        return (self.home / "log").read_text(errors="replace")[-600:]


class WebRtc(Forwarder):
    """A forwarder whose legs are WebRTC peers."""

    async def connect(self, subscribers: int) -> None:
        """The publisher, then everybody, a few at a time."""
        self.legs.append(await self.publish())
        turns = asyncio.Semaphore(AT_ONCE)

        async def join() -> None:
            async with turns:
                leg = await self.subscribe()
            self.legs.append(leg)
            self.arrivals.append(media_load.Arrivals(leg.socket, leg.unprotect))

        await asyncio.gather(*(join() for _ in range(subscribers)))

    @abstractmethod
    async def publish(self) -> MediaPeer: ...

    @abstractmethod
    async def subscribe(self) -> MediaPeer: ...

    def measure(self, seconds: float) -> media_load.Outcome:
        for leg in self.legs:
            leg.drain()
            leg.check()
        time.sleep(0.2)
        for leg in self.legs:
            leg.drain()
        leg = self.legs[0]
        return media_load.run(
            self.publisher, leg.socket, leg.remote, leg.protect, self.arrivals, seconds
        )


class Margeride(WebRtc):
    """The worker process over its Unix socket, as the service drives it."""

    name = "margeride"
    settings = "python engine, AES-128-GCM, NACK, RTX, mid and audio level, reports"

    async def start(self, subscribers: int) -> None:
        path = self.home / "media.sock"
        self.launch(
            sys.executable, "-m", "signalling.worker", "--socket", str(path),
            "--media-host", self.host, "--announce", self.host, "--grace", "5",
        )  # fmt: skip
        self._engine = await self._attach(path)
        await self._engine.open(SESSION)
        await self.connect(subscribers)

    async def _attach(self, path: Path) -> RemoteEngine:
        deadline = time.monotonic() + 15
        while True:
            try:
                return await RemoteEngine.connect(path)
            except MargerideError:
                if time.monotonic() > deadline:
                    raise peers.Missing(self.log()) from None
                await asyncio.sleep(0.1)

    async def publish(self) -> MediaPeer:
        leg, who = MediaPeer(self.host), ParticipantId("pa-publisher")
        offer = leg.offer(self.publisher.ssrcs)
        answer = await self._engine.publish(SESSION, who, LegId(new_id("lg")), offer)
        self._tracks = [track.id for track in answer.tracks]
        await asyncio.to_thread(leg.connect, answer.sdp, controlling=True)
        return leg

    async def subscribe(self) -> MediaPeer:
        leg, who, name = MediaPeer(self.host), ParticipantId(new_id("pa")), LegId(new_id("lg"))
        offer = await self._engine.subscribe(SESSION, who, name, self._tracks)
        assert offer is not None
        await self._engine.answer(SESSION, who, name, offer.serial, leg.answer(offer.sdp))
        await asyncio.to_thread(leg.connect, offer.sdp, controlling=True)
        return leg

    async def stop(self) -> None:
        await self._engine.disconnect()
        self.end()


class Janus(WebRtc):
    """Debian's Janus with the VideoRoom plugin, at the setting that serves it best."""

    name = "janus"

    async def start(self, subscribers: int) -> None:
        version = await asyncio.to_thread(peers.from_apt, "janus", "janus")
        self.settings = f"{version} from apt, VideoRoom, event_loops=1, AES-128-GCM"
        port = machine.free_port()
        self._configure(port)
        self.launch("janus", "-C", str(self.home / "janus.jcfg"), "-F", str(self.home))
        self._http = ClientSession()
        self._wire = await self._attach(f"ws://127.0.0.1:{port}")
        self._lock = asyncio.Lock()
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        self._room = secrets.randbits(30)
        room = {"request": "create", "room": self._room, "publishers": 20, "bitrate": 0}
        await self._message(await self._handle(), room | {"videocodec": "vp8"})
        await self.connect(subscribers)

    def _configure(self, port: int) -> None:
        (self.home / "janus.jcfg").write_text(
            f'general: {{ configs_folder = "{self.home}" plugins_folder = "{LIBRARY}/plugins"\n'
            f'transports_folder = "{LIBRARY}/transports" events_folder = "{LIBRARY}/events"\n'
            f'loggers_folder = "{LIBRARY}/loggers" debug_level = 3 event_loops = 1\n'
            f'interface = "{self.host}" session_timeout = 0 }}\n'
            "media: { ipv6 = false no_media_timer = 0 }\n"
            f'nat: {{ ice_enforce_list = "{self.host}" ice_ignore_list = "vmnet" }}\n'
            'transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,'
            'libjanus_pfunix.so,libjanus_rabbitmq.so" }\nevents: { broadcast = false }\n'
        )
        (self.home / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")
        (self.home / "janus.transport.websockets.jcfg").write_text(
            'general: { json = "compact" ws = true wss = false\n'
            f'ws_port = {port} ws_ip = "127.0.0.1" }}\nadmin: {{ admin_ws = false }}\n'
        )

    async def _attach(self, url: str) -> ClientWebSocketResponse:
        for _ in range(100):
            try:
                return await self._http.ws_connect(
                    url, protocols=["janus-protocol"], max_msg_size=0
                )
            except OSError:
                await asyncio.sleep(0.1)
        raise peers.Missing(f"janus does not answer: {self.log()}")

    async def _ask(self, message: dict[str, Any]) -> Any:
        """One request at a time; Janus acknowledges first and answers later."""
        async with self._lock, asyncio.timeout(20):
            name = secrets.token_hex(8)
            await self._wire.send_str(json.dumps(message | {"transaction": name}))
            while True:
                heard = json.loads(await self._wire.receive_str())
                if heard.get("transaction") == name and heard["janus"] != "ack":
                    break
        if heard["janus"] == "error" or "error" in heard.get("plugindata", {}).get("data", {}):
            raise peers.Missing(f"janus refuses: {heard}")
        return heard

    async def _handle(self) -> int:
        plugin = {"janus": "attach", "plugin": "janus.plugin.videoroom"}
        made = await self._ask(plugin | {"session_id": self._session})
        return int(made["data"]["id"])

    async def _message(
        self, handle: int, body: dict[str, Any], kind: str = "", sdp: str = ""
    ) -> Any:
        message = {"janus": "message", "session_id": self._session, "handle_id": handle}
        jsep = {"jsep": {"type": kind, "sdp": sdp}} if kind else {}
        return await self._ask(message | {"body": body} | jsep)

    async def publish(self) -> MediaPeer:
        leg, handle = MediaPeer(self.host), await self._handle()
        join = {"request": "join", "ptype": "publisher", "room": self._room}
        self._feed = (await self._message(handle, join))["plugindata"]["data"]["id"]
        body = {"request": "publish", "audiocodec": "opus", "videocodec": "vp8"}
        made = await self._message(handle, body, "offer", leg.offer(self.publisher.ssrcs))
        await asyncio.to_thread(leg.connect, made["jsep"]["sdp"], controlling=True)
        return leg

    async def subscribe(self) -> MediaPeer:
        leg, handle = MediaPeer(self.host), await self._handle()
        join = {"request": "join", "ptype": "subscriber", "room": self._room}
        made = await self._message(handle, join | {"streams": [{"feed": self._feed}]})
        offer = made["jsep"]["sdp"]
        await self._message(handle, {"request": "start"}, "answer", leg.answer(offer))
        await asyncio.to_thread(leg.connect, offer, controlling=False)
        return leg

    async def stop(self) -> None:
        await self._http.close()
        self.end()


FLOOR = """
import socket, sys
inlet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
inlet.bind(("127.0.0.1", int(sys.argv[1])))
places = [("127.0.0.1", int(port)) for port in sys.argv[2:]]
inlet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
print("ready", flush=True)
while True:
    data = inlet.recv(2048)
    for place in places:
        inlet.sendto(data, place)
"""


class Floor(Forwarder):
    """recv and N times sendto of the same bytes in Python: no ICE, no SRTP, no rewriting."""

    name = "floor"
    settings = "one recv, N sendto of the same bytes in Python, nothing else"

    async def start(self, subscribers: int) -> None:
        self._out = open_socket("127.0.0.1")
        self.arrivals = [media_load.Arrivals(open_socket("127.0.0.1")) for _ in range(subscribers)]
        self._port = machine.free_port(socket.SOCK_DGRAM)
        ports = [str(one.socket.getsockname()[1]) for one in self.arrivals]
        self.launch(sys.executable, "-c", FLOOR, str(self._port), *ports)
        await asyncio.to_thread(self._until_ready)

    def _until_ready(self) -> None:
        while "ready" not in self.log() and self._process.poll() is None:
            time.sleep(0.05)

    def measure(self, seconds: float) -> media_load.Outcome:
        remote = ("127.0.0.1", self._port)
        return media_load.run(self.publisher, self._out, remote, bytes, self.arrivals, seconds)

    async def stop(self) -> None:
        for one in self.arrivals:
            one.socket.close()
        self._out.close()
        self.end()

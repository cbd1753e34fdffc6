"""A service that has pages, a made-up JSON API and a wire without media or lobby, as older ones.

    async with paged_service() as service:
        service.person = ANNE
        await page.goto(service.url + "/")

Time stands at `NOW` in the stories it tells: pages are given the same clock by their test.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from orchestrator.web import pages
from orchestrator.words import words
from rooms.scenes import DEFAULT_SCENES
from tests.fakes.desk import settled
from tests.fakes.door import Door
from tests.fakes.fan_out import FanOut
from tests.fakes.story import (
    ANNE,
    CENTRES,
    CODE,
    NOW,
    PAIRING_CODE,
    SCREEN_MISSING,
    SITES,
    STATE,
    Json,
    centre,
    instant,
    room_participant,
    site,
)
from tests.fakes.visitors import Visitors


class PagedService:
    """What a test sets, and what the pages have asked."""

    def __init__(self) -> None:
        self.url = ""
        self.person: Json | None = None
        self.busy: list[Json] = []
        self.refusing = False
        self.running = True
        self.barred = False
        self.centres = [centre(each) for each in CENTRES]
        self.join: Json = {
            "title": "Inauguration des télécentres",
            "kind": "ceremony",
            "starts_at": instant(0, "10:00"),
            "ends_at": instant(0, "11:30"),
            "state": "on_air",
            "organiser": "Claire Vidal",
            "open_from": instant(0, "09:45"),
        }
        self.presence = "online"
        self.ice: list[Json] = []
        self.state: Json = json.loads(json.dumps(STATE))
        self.order: Json = {"state": "done", "error": None}
        self.asked: list[tuple[str, str, Json]] = []
        self.heard: list[Json] = []
        self.settled = settled()
        self.door = Door()
        self.devices: Json | None = None
        self.troubles: list[str] = []
        self.alerts: list[Json] = []
        self.visitors = Visitors()
        self.line_test = ""
        self.line_freed = asyncio.Event()
        self.fan_out = FanOut()
        self.wires: list[web.WebSocketResponse] = []
        self.listeners: list[web.WebSocketResponse] = []
        self.session: Json = {
            "id": "se-00000000000000000001",
            "title": "Inauguration des télécentres",
            "kind": "ceremony",
            "state": "on_air",
            "starts_at": instant(0, "10:00"),
            "ends_at": instant(0, "11:30"),
            "sites": [site(each["id"], each["name"]) for each in self.centres[:4]],
        }
        self.participants: list[Json] = [
            room_participant(each["id"], each["name"]) for each in self.centres[:3]
        ]

    async def tell(self, **message: Any) -> None:
        """Say something on every open wire."""
        for wire in self.wires:
            await wire.send_json({"seq": 100, **message})

    async def happen(self, kind: str, **facts: Any) -> None:
        """Tell an event to every open page that listens."""
        for listener in self.listeners:
            await listener.send_json({"seq": 2, "at": "", "kind": kind, **facts})

    async def cut(self) -> None:
        """Break every wire, as a line does."""
        for wire in list(self.wires):
            await wire.close(code=1012)


def problem(status: int, key: str, title: str, **facts: Any) -> web.Response:
    """A problem document."""
    body = {
        "type": f"https://margeride.invalid/problems/{key}",
        "title": title,
        "status": status,
        **facts,
    }
    return web.json_response(body, status=status, content_type="application/problem+json")


def refusal(status: int, key: str) -> web.Response:
    """A problem in the words of the product."""
    return problem(status, key, words(key, "fr", {}))


async def _get(request: web.Request, service: PagedService) -> web.StreamResponse:
    path = request.match_info["path"]
    answers: dict[str, Json] = {
        "alerts": {"alerts": service.alerts},
        "centres": {"centres": service.centres},
        f"join/{CODE}": service.join,
        "bookings/bk-00000000000000000001": {"booking": _booking(service)},
        "commands/cm-1": {"id": "cm-1", **service.order},
        "sessions": {"sessions": [_session(service)] if service.running else []},
    }
    if path == "me":
        if service.person is None:
            return problem(401, "login-required", "Connectez-vous d'abord.")
        return web.json_response({"person": service.person, "csrf": "csrf"})
    if path == f"sessions/{service.session['id']}/commands":
        return service.fan_out.listed()
    if path == f"sessions/{service.session['id']}" and service.running:
        return web.json_response({"session": _session(service)})
    if path == "rooms/availability":
        found = [each for each in service.busy if _is_asked_for(each, request.query)]
        return web.json_response({"busy": [_seen(each, service, request) for each in found]})
    if path.endswith("/state"):
        device = request.headers.get("Authorization") == "Bearer device"
        if service.barred:
            return problem(403, "not-your-room", "Vous ne commandez pas cette salle.")
        if service.person is None and not device:
            return problem(401, "login-required", "Connectez-vous d'abord.")
        told = {"document": service.state, "troubles": service.troubles, **service.visitors.told()}
        return web.json_response({"version": 1, **told, "presence": service.presence, "at": ""})
    if path.endswith("/devices") and service.devices is not None:
        return web.json_response(service.devices)
    if path.endswith("/presets"):
        return web.json_response(DEFAULT_SCENES.to_json())
    if path.endswith("/panel"):
        return service.door.shown()
    answers |= service.settled
    if path in answers:
        return web.json_response(answers[path])
    return problem(404, "not-found", "Il n'y a rien ici.")


MOVES = {"open": "doors", "start": "on_air", "pause": "paused", "end": "ended"}


def _session(service: PagedService) -> Json:
    """The session as whoever runs it sees it."""
    return {**service.session, "join_url": f"{service.url}/join/{CODE}"}


def _move(service: PagedService, act: str) -> web.Response:
    """Carry out a move; Marvejols' screen is never connected when the doors open."""
    service.session["state"] = MOVES[act]
    answer: Json = {"session": _session(service)}
    if act == "open":
        answer["issues"] = [SCREEN_MISSING]
    return web.json_response(answer)


def _is_asked_for(each: Json, query: Mapping[str, str]) -> bool:
    """Whether a stretch is of one of these rooms and in this interval."""
    rooms = query.get("rooms", each["room"]).split(",")
    return each["room"] in rooms and each["from"] < query["to"] and each["to"] > query["from"]


def _seen(each: Json, service: PagedService, request: web.Request) -> Json:
    """Strangers see neither titles nor what stands behind them; a room's screen its own titles."""
    if service.person is not None:
        return each
    if request.headers.get("Authorization") == "Bearer device":
        return {name: each[name] for name in ("room", "from", "to", "state", "title")}
    return {name: each[name] for name in ("room", "from", "to", "state")}


def _booking(service: PagedService) -> Json:
    return {
        "id": "bk-00000000000000000001",
        "title": "Inauguration des télécentres",
        "kind": "ceremony",
        "rooms": [f"{each}-visio" for each in SITES],
        "from": instant(0, "10:00"),
        "to": instant(0, "11:30"),
        "state": "confirmed",
        "organiser": "pe-claire",
        "organiser_name": "Claire Vidal",
        "seats": 24,
        "checked_in_at": None,
        "session": "se-00000000000000000001",
        "join_url": f"{service.url}/join/{CODE}",
    }


async def _post(request: web.Request, service: PagedService) -> web.StreamResponse:
    path = request.match_info["path"]
    body = await request.json() if request.can_read_body else {}
    service.asked.append(("POST", path, body))
    if path == "login":
        if body["password"] != "juste":
            return problem(401, "bad-login", "Identifiant ou mot de passe incorrect.")
        service.person = ANNE
        return web.json_response({"person": ANNE, "csrf": "csrf"})
    if path == "bookings" and service.refusing:
        service.refusing = False
        reasons = ["Villefort : salle occupée de 10 h à 11 h 30 par « Inauguration »."]
        free = [instant(0, "12:30").replace("Z", "+00:00"), instant(0, "13:30")]
        return problem(409, "rooms-refused", "Créneau refusé.", reasons=reasons, alternative=free)
    if path == "bookings":
        return web.json_response({"booking": {**_booking(service), **body}}, status=201)
    if path == "join" and "name" not in body:
        return problem(422, "bad-request", "Dites votre nom.")
    if path == "join":
        return web.json_response({"token": "t", "participant": "pa-me", "session": "se-1"})
    if path.endswith("/phones/claim"):
        return refusal(403, "bad-phone-code")
    if path == "pairings/claim":
        if body["code"] != PAIRING_CODE:
            return refusal(403, "bad-pairing-code")
        return web.json_response({"token": "device", "room": body["room"]}, status=201)
    if path.startswith("rooms/") and path.endswith(("/phones/code", "/help", "/help/answer")):
        return service.visitors.asked(path, request.headers.get("Authorization") == "Bearer device")
    if "/panel/bookings" in path:
        return service.door.asked(path, body)
    if path == "line-tests" and service.line_test == "waits":
        begun = {"id": "lt-1", "seconds": 20, "receivers": 2, "ice": []}
        return web.json_response(begun, status=201)
    if path == "line-tests":
        return refusal(409, service.line_test)
    if path == "line-tests/lt-1/publish":
        await service.line_freed.wait()
        return refusal(404, "no-line-test")
    if path.startswith("sessions/") and path.endswith("/commands"):
        return service.fan_out.taken(body)
    if path.startswith("sessions/"):
        return _move(service, path.rsplit("/", 1)[1])
    if path.endswith("/commands"):
        room, told = path.split("/")[1], service.order
        await service.happen(f"room.command.{told['state']}", room=room, command="cm-1", **told)
        return web.json_response({"id": "cm-1", "state": "accepted"}, status=202)
    return problem(404, "not-found", "Il n'y a rien ici.")


async def _wire(request: web.Request, service: PagedService) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    service.wires.append(socket)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await _answer(socket, json.loads(message.data), service)
    service.wires.remove(socket)
    return socket


async def _answer(socket: web.WebSocketResponse, said: Json, service: PagedService) -> None:
    service.heard.append(said)
    if said["type"] == "hello":
        room = "villefort-visio" if said["token"] == "device" else None
        welcome = {
            "type": "welcome",
            "seq": 0,
            "version": 1,
            "peer": "room" if room else "participant",
            "room": room,
            "resume": "r",
            "resumed": False,
            "heartbeat": 5,
            "dead_after": 15,
            "now": NOW.isoformat(),
            "ice": service.ice,
        }
        await socket.send_json(welcome)
    elif said["type"] == "join":
        joined = {
            "type": "joined",
            "seq": 1,
            "session": service.session,
            "you": "pa-villefort" if "session" in said else "pa-me",
            "participants": service.participants,
            "publish_leg": said.get("publish_leg"),
            "subscribe_leg": said.get("subscribe_leg"),
        }
        await socket.send_json(joined)


async def _events(request: web.Request, service: PagedService) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_json({"kind": "hello", "seq": 1, "gap": False})
    service.listeners.append(socket)
    async for _ in socket:
        pass
    service.listeners.remove(socket)
    return socket


@asynccontextmanager
async def paged_service() -> AsyncIterator[PagedService]:
    """Serve on loopback until the end of the block."""
    service = PagedService()
    app = web.Application()
    pages.setup(app)

    async def get(request: web.Request) -> web.StreamResponse:
        return await _get(request, service)

    async def post(request: web.Request) -> web.StreamResponse:
        return await _post(request, service)

    async def delete(request: web.Request) -> web.StreamResponse:
        service.asked.append(("DELETE", request.match_info["path"], {}))
        service.visitors.deleted(request.match_info["path"])
        if request.match_info["path"].startswith("line-tests/"):
            service.line_freed.set()
        return web.Response(status=204)

    async def events(request: web.Request) -> web.StreamResponse:
        return await _events(request, service)

    async def wire(request: web.Request) -> web.StreamResponse:
        return await _wire(request, service)

    app.router.add_get("/ws/v1", wire)
    app.router.add_get("/api/v1/events", events)
    app.router.add_get("/api/v1/{path:.+}", get)
    app.router.add_post("/api/v1/{path:.+}", post)
    app.router.add_delete("/api/v1/{path:.+}", delete)
    server = TestServer(app)
    await server.start_server()
    service.url = str(server.make_url("")).rstrip("/")
    try:
        yield service
    finally:
        await server.close()

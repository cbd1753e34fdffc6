"""A service that has pages, a made-up JSON API and a wire without media.

    async with paged_service() as service:
        service.person = ANNE
        await page.goto(service.url + "/")

Time stands at `NOW` in the stories it tells: pages are given the same clock by their test.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from orchestrator.web import pages

NOW = datetime.fromisoformat("2026-11-24T09:20:00+00:00")  # a Tuesday, 10:20 in Villefort
CODE = "inauguration-2026-secret"
PAIRING_CODE = "12345678"
MARKUP = '<img src=x onerror="window.hacked=1">&amp;<b>gras</b>'
Json = dict[str, Any]

ANNE: Json = {
    "id": "pe-anne",
    "login": "anne",
    "name": "Anne Rouvière",
    "role": "animateur",
    "centres": ["villefort"],
    "locale": "fr",
}

CENTRES = (
    ("meyrueis", "Meyrueis", "Maison des Services", "48150 Meyrueis", "adsl", 8000, 800),
    (
        "st-chely-d-apcher",
        "Saint-Chély-d'Apcher",
        "Centre Multimédia",
        "48200 Saint-Chély-d'Apcher",
        "vdsl",
        20000,
        3000,
    ),
    ("villefort", "Villefort", "Maison de l'Emploi", "48800 Villefort", "adsl", 4000, 640),
    ("marvejols", "Marvejols", "Maison de l'Emploi", "48100 Marvejols", "adsl", 12000, 1000),
    ("langogne", "Langogne", "Espace René Raynal", "48300 Langogne", "adsl", 8000, 800),
    (
        "le-bleymard",
        "Le Bleymard",
        "Mairie",
        "48190 Mont Lozère et Goulet",
        "satellite",
        10000,
        2000,
    ),
)
SITES = ("meyrueis", "st-chely-d-apcher", "villefort", "marvejols")
WEEKDAYS = [0, 1, 2, 3, 4]


def instant(day: int, clock: str) -> str:
    """An hour of Villefort, `day` days from NOW's day, as the API writes it."""
    hour, minute = (int(part) for part in clock.split(":"))
    at = NOW.replace(hour=0, minute=0) + timedelta(days=day, hours=hour - 1, minutes=minute)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def centre(facts: tuple[str, str, str, str, str, int, int]) -> Json:
    """A centre as `GET /centres` shows it; the last one is a comptoir without a room."""
    key, name, premises, address, technology, down, up = facts
    comptoir = key == "le-bleymard"
    room = {
        "id": f"{key}-visio",
        "name": f"Salle visio de {name}",
        "centre": key,
        "capacity": 12,
        "equipment": ["screen", "camera", "microphone", "speaker"],
        "calendar": f"salle.{key}-visio@lozere.example",
    }
    closures = [{"from": "2026-11-26", "to": "2026-11-26", "reason": "Neige"}]
    return {
        "id": key,
        "name": name,
        "level": "comptoir" if comptoir else "telecentre",
        "premises": premises,
        "address": address,
        "zone": "Europe/Paris",
        "opening_hours": [
            {"days": WEEKDAYS, "from": "08:30", "to": "12:30"},
            {"days": WEEKDAYS[: 2 if comptoir else 5], "from": "13:30", "to": "18:30"},
        ],
        "closures": closures if key == "langogne" else [],
        "line": {"technology": technology, "down_kbps": down, "up_kbps": up, "rtt_ms": 45},
        "languages": ["fr"],
        "rooms": [] if comptoir else [room],
    }


def held(room: str, day: int, start: str, end: str, title: str) -> Json:
    """A stretch in which a room is held."""
    return {
        "room": f"{room}-visio",
        "from": instant(day, start),
        "to": instant(day, end),
        "title": title,
        "session": "se-00000000000000000001",
        "booking": "bk-00000000000000000001",
        "state": "confirmed",
    }


def a_week() -> list[Json]:
    """A full week: a ceremony in four rooms now, courses and meetings around it."""
    ceremony = [held(site, 0, "10:00", "11:30", "Inauguration des télécentres") for site in SITES]
    return [
        *ceremony,
        held("villefort", 0, "14:00", "17:00", "Formation : créer son activité"),
        held("marvejols", 0, "14:00", "17:00", "Formation : créer son activité"),
        held("langogne", -1, "09:00", "12:00", "Conseil communautaire"),
        held("meyrueis", 1, "09:00", "10:30", "Rendez-vous Pôle emploi"),
        held("st-chely-d-apcher", 1, "14:00", "16:00", "Réunion des animateurs"),
        held("villefort", 1, "14:00", "16:00", "Réunion des animateurs"),
        held("villefort", 2, "09:00", "12:00", "Formation : créer son activité"),
        held("marvejols", 3, "10:00", "12:00", "Atelier numérique"),
        held("meyrueis", 3, "15:00", "16:00", "Entretien à distance"),
    ]


STATE: Json = {
    "call": {"state": "in_call", "session": "se-00000000000000000001"},
    "audio": {"mic_muted": False, "mic_present": True, "speaker_on": True, "volume": 80},
    "video": {"camera_on": True, "camera_present": True},
    "message": None,
    "health": [],
}


class PagedService:
    """What a test sets, and what the pages have asked."""

    def __init__(self) -> None:
        self.url = ""
        self.person: Json | None = None
        self.busy: list[Json] = []
        self.refusing = False
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
        self.state: Json = json.loads(json.dumps(STATE))
        self.order: Json = {"state": "done", "error": None}
        self.asked: list[tuple[str, str, Json]] = []
        self.heard: list[Json] = []
        self.wires: list[web.WebSocketResponse] = []
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

    async def cut(self) -> None:
        """Break every wire, as a line does."""
        for wire in list(self.wires):
            await wire.close(code=1012)


def site(key: str, name: str) -> Json:
    """A site of the session; Marvejols has not come yet."""
    state = "expected" if key == "marvejols" else "live"
    role = "host" if key == "meyrueis" else "remote"
    return {"room": f"{key}-visio", "centre": key, "name": name, "role": role, "state": state}


def track(key: str, kind: str, muted: bool = False) -> Json:
    """A published track."""
    source = "microphone" if kind == "audio" else "camera"
    return {"id": f"tr-{key}-{kind}", "kind": kind, "source": source, "muted": muted}


def room_participant(key: str, name: str) -> Json:
    """A room in the session; Villefort has its microphone cut."""
    return {
        "id": f"pa-{key}",
        "name": name,
        "kind": "room",
        "room": f"{key}-visio",
        "state": "joined",
        "tracks": [track(key, "audio", muted=key == "villefort"), track(key, "video")],
    }


def guest(name: str) -> Json:
    """Somebody who came by the link."""
    tracks = [track("guest", "audio"), track("guest", "video", muted=True)]
    return {
        "id": "pa-guest",
        "name": name,
        "kind": "guest",
        "room": None,
        "state": "joined",
        "tracks": tracks,
    }


def problem(status: int, key: str, title: str, **facts: Any) -> web.Response:
    """A problem document."""
    body = {
        "type": f"https://margeride.invalid/problems/{key}",
        "title": title,
        "status": status,
        **facts,
    }
    return web.json_response(body, status=status, content_type="application/problem+json")


async def _get(request: web.Request, service: PagedService) -> web.StreamResponse:
    path = request.match_info["path"]
    answers: dict[str, Json] = {
        "centres": {"centres": service.centres},
        f"join/{CODE}": service.join,
        "bookings/bk-00000000000000000001": {"booking": _booking(service)},
        "commands/cm-1": {"id": "cm-1", **service.order},
    }
    if path == "me":
        if service.person is None:
            return problem(401, "login-required", "Connectez-vous d'abord.")
        return web.json_response({"person": service.person, "csrf": "csrf"})
    if path == "rooms/availability":
        return web.json_response({"busy": [_seen(each, service) for each in service.busy]})
    if path.endswith("/state"):
        if service.person is None:
            return problem(401, "login-required", "Connectez-vous d'abord.")
        return web.json_response(
            {"version": 1, "document": service.state, "presence": service.presence, "at": ""}
        )
    if path in answers:
        return web.json_response(answers[path])
    return problem(404, "not-found", "Il n'y a rien ici.")


def _seen(each: Json, service: PagedService) -> Json:
    """Strangers see neither titles nor what stands behind them."""
    if service.person is not None:
        return each
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
        "organiser": "Claire Vidal",
        "session": "se-00000000000000000001",
        "join_url": f"{service.url}/join/{CODE}",
    }


async def _post(request: web.Request, service: PagedService) -> web.StreamResponse:
    path, body = request.match_info["path"], await request.json()
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
    if path == "join":
        return web.json_response({"token": "t", "participant": "pa-me", "session": "se-1"})
    if path == "pairings/claim":
        if body["code"] != PAIRING_CODE:
            return problem(403, "bad-pairing-code", "Ce code n'associe pas cette salle.")
        return web.json_response({"token": "device", "room": body["room"]}, status=201)
    if path.endswith("/commands"):
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
            "ice": [],
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


async def _events(_request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(_request)
    await socket.send_json({"kind": "hello", "seq": 1, "gap": False})
    async for _ in socket:
        pass
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
        return web.Response(status=204)

    async def wire(request: web.Request) -> web.StreamResponse:
        return await _wire(request, service)

    app.router.add_get("/ws/v1", wire)
    app.router.add_get("/api/v1/events", _events)
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

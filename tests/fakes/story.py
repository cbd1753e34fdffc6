"""The story the fake service tells: six centres, a full week, a ceremony in four rooms now."""

from datetime import datetime, timedelta
from typing import Any

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


def held(room: str, day: int, start: str, end: str, title: str, number: int = 2) -> Json:
    """A stretch in which a room is held, for a session of that number."""
    return {
        "room": f"{room}-visio",
        "from": instant(day, start),
        "to": instant(day, end),
        "title": title,
        "session": f"se-{number:020}",
        "booking": "bk-00000000000000000001",
        "state": "confirmed",
    }


def a_week() -> list[Json]:
    """A full week: a ceremony in four rooms now, courses and meetings around it."""
    ceremony = [
        held(site, 0, "10:00", "11:30", "Inauguration des télécentres", 1) for site in SITES
    ]
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
        "hand": False,
        "encrypted": False,
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
        "hand": False,
        "encrypted": False,
    }


SCREEN_MISSING: Json = {
    "key": "screen-not-connected",
    "room": "marvejols-visio",
    "text": "Marvejols : l'écran de la salle n'est pas connecté.",
    "suggestion": "Demandez sur place si l'écran et l'ordinateur de la salle sont allumés.",
}

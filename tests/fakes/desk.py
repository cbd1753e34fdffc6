"""What an animateur and everybody settle, in the story the fake service tells."""

from calendars.policy import Policy
from orchestrator.api.policies import ACCEPTED
from tests.fakes.story import Json, centre

VILLEFORT = ("villefort", "Villefort", "Maison de l'Emploi", "48800 Villefort", "adsl", 4000, 640)
ROOMS = ("meyrueis", "st-chely-d-apcher", "villefort", "marvejols", "langogne")


def policy(room: str) -> Json:
    """The rules of a room, two of which were changed by its animateur."""
    changed = {"buffer_after_minutes": 15, "asked_of": ["booker"]} if room == "villefort" else {}
    rules = Policy()
    return {
        "room": f"{room}-visio",
        "settings": rules.changed(changed).as_json(),
        "changed": changed,
        "configured": rules.as_json(),
        "accepted": ACCEPTED,
    }


def closing(key: str | None, kind: str, first: str, last: str, reason: str) -> Json:
    """Some days on which a centre is closed, or open beside its hours."""
    opens, closes = ("09:00", "12:00") if kind == "open" else (None, None)
    hours = {"opens": opens, "closes": closes}
    return {"id": key, "kind": kind, "from": first, "to": last, "reason": reason, **hours}


def settled() -> dict[str, Json]:
    """Answers by path."""
    return {
        **{f"rooms/{room}-visio/settings": policy(room) for room in ROOMS},
        "centres/villefort": centre(VILLEFORT),
        "centres/villefort/closures": {
            "closures": [
                closing("cl-1", "open", "2026-12-05", "2026-12-05", "Marché de Noël"),
                closing("cl-2", "closed", "2026-12-24", "2027-01-03", "Congés"),
                closing(None, "closed", "2027-05-14", "2027-05-14", "Pont de l'Ascension"),
            ]
        },
        "me/app-passwords": {
            "address": "https://visio.lozere.example/dav/",
            "login": "anne",
            "app_passwords": [
                {
                    "id": "ap-1",
                    "label": "Thunderbird du bureau",
                    "created_at": "2026-09-01T08:00:00Z",
                    "used_on": "2026-11-24",
                },
                {
                    "id": "ap-2",
                    "label": "Téléphone",
                    "created_at": "2026-10-12T08:00:00Z",
                    "used_on": None,
                },
            ],
        },
        "me/delegates": {
            "delegates": [{"login": "marc", "name": "Marc Pradeilles", "rights": "write"}],
            "lenders": [{"login": "claire", "name": "Claire Vidal", "rights": "read"}],
            "colleagues": [
                {"login": "bea", "name": "Béa Chaptal"},
                {"login": "marc", "name": "Marc Pradeilles"},
            ],
        },
    }

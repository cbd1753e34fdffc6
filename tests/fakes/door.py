"""The panel's side of the fake service: one room's plan, and what hands at the door make of it."""

from datetime import datetime, timedelta

from aiohttp import web

from tests.fakes.story import NOW, Json, instant

OURS = "bk-00000000000000000001"


def held(start: str, end: str, title: str, day: int = 0, **facts: object) -> Json:
    """A time the room is held, as the panel is told of it."""
    return {
        "booking": OURS,
        "title": title,
        "from": instant(day, start),
        "to": instant(day, end),
        "confirmed": True,
        "checked_in": False,
        "own": True,
        **facts,
    }


class Door:
    """`held` is the plan; a `refusal` is answered once; a token that is `out` opens nothing."""

    def __init__(self) -> None:
        self.held: list[Json] = []
        self.refusal: Json | None = None
        self.out = False

    def shown(self, status: int = 200) -> web.Response:
        """The plan, or nothing for a panel that was put out."""
        if self.out:
            return web.json_response({"type": "login-required"}, status=401)
        plan = {
            "room": "villefort-visio",
            "name": "Salle visio de Villefort",
            "centre": "Villefort",
            "zone": "Europe/Paris",
            "now": NOW.isoformat(),
            "lengths": [15, 30, 60],
            "held": self.held,
        }
        return web.json_response(plan, status=status)

    def asked(self, path: str, body: Json) -> web.Response:
        """Book, check in, extend, end."""
        if self.out:
            return self.shown()
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            return web.json_response(refusal, status=409)
        verb = path.rsplit("/", 1)[1]
        if verb == "bookings":
            end = (NOW + timedelta(minutes=body["minutes"])).isoformat()
            mine = held("10:20", "10:21", "Réservé à la porte", checked_in=True)
            self.held.insert(0, {**mine, "to": end})
        elif verb == "check-in":
            self.held[0]["checked_in"] = True
        elif verb == "extend":
            until = datetime.fromisoformat(self.held[0]["to"]) + timedelta(minutes=body["minutes"])
            self.held[0]["to"] = until.isoformat()
        else:
            self.held.pop(0)
        return self.shown()

"""The rooms of the fake service's session, asked the same thing at once."""

from aiohttp import web

from tests.fakes.story import Json


class FanOut:
    """`refused` says why a room takes nothing, `ends` what becomes of what another has taken."""

    def __init__(self) -> None:
        self.refused: dict[str, tuple[str, str]] = {}
        self.ends: dict[str, Json] = {}
        self.orders: list[Json] = []

    def taken(self, body: Json) -> web.Response:
        """One line for each room."""
        return web.json_response(
            {"results": [self._asked(one) for one in body["rooms"]]}, status=202
        )

    def listed(self) -> web.Response:
        """What became of it."""
        now = [{**one, **self.ends.get(one["room"], {})} for one in self.orders]
        return web.json_response({"commands": now})

    def _asked(self, room: str) -> Json:
        if room in self.refused:
            error, title = self.refused[room]
            return {"room": room, "id": None, "state": None, "error": error, "title": title}
        order: Json = {"id": f"cm-{len(self.orders)}", "room": room, "state": "accepted"}
        self.orders.append({**order, "error": None})
        return {**order, "error": None, "title": None}

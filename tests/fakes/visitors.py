"""People in a room without an account: codes, phones, calls for help of a made-up API."""

from typing import Any

import segno
from aiohttp import web

Json = dict[str, Any]


class Visitors:
    """`phones` command the room; `help` is what it calls for; `codes` were shown on its screen."""

    def __init__(self) -> None:
        self.phones = 0
        self.help: Json | None = None
        self.codes = 0
        self.silent = False  # no codes are given
        self.guessed = False  # they are long now

    def told(self) -> Json:
        """What the state of the room says of them."""
        return {"phones": self.phones, "help": self.help}

    def asked(self, path: str, by_screen: bool) -> web.Response:
        """A code for the screen, a call for help, or its answer."""
        if path.endswith("/code"):
            return self._code() if by_screen and not self.silent else web.Response(status=401)
        helper = "Anne Martin" if path.endswith("/answer") else None
        asked = {"asked_at": "2026-11-24T10:19:00Z", "answered": bool(helper), "helper": helper}
        self.help = self.help if self.help and not helper else asked
        return web.json_response(self.help)

    def deleted(self, path: str) -> None:
        """All phones are put out, or the call is closed."""
        if path.endswith("/phones"):
            self.phones = 0
        if path.endswith("/help"):
            self.help = None

    def _code(self) -> web.Response:
        self.codes += 1
        code = f"{31415900 + self.codes}" + ("5358" if self.guessed else "")
        url = f"https://visio.example.fr/rooms/villefort-visio/remote#code={code}"
        qr = segno.make_qr(url, error="m").svg_data_uri(scale=1, border=4, light="#fff")
        made = {"code": code, "url": url, "qr": qr, "expires_at": "2026-11-24T10:22:00Z"}
        return web.json_response(made, status=201)

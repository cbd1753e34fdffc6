"""The REST API as an animateur's page uses it."""

import asyncio
import time
from types import TracebackType
from typing import Any

import aiohttp

ENDED = {"done", "failed", "timed_out", "superseded", "cancelled"}


class Refused(RuntimeError):
    """The API said no; the text is its title."""


class Person:
    """Somebody logged in. `async with Person(url, login, password) as animateur: …`."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._url = url
        self._credentials = {"login": login, "password": password}
        self._csrf = ""

    async def __aenter__(self) -> "Person":
        jar = aiohttp.CookieJar(unsafe=True)  # the demo lives on an IP address
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers={"Origin": self._url})
        try:
            self._csrf = (await self.call("POST", "login", self._credentials))["csrf"]
        except BaseException:
            await self._http.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call under /api/v1; the answer's JSON."""
        headers = {"X-CSRF-Token": self._csrf} if self._csrf else {}
        url = f"{self._url}/api/v1/{path}"
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            content = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {content}")
            return content

    async def command(self, room: str, command: str, **arguments: Any) -> dict[str, Any]:
        """Command a room and follow the command to its end."""
        given = await self.call("POST", f"rooms/{room}/commands", {"command": command, **arguments})
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            seen: dict[str, Any] = await self.call("GET", f"commands/{given['id']}")
            if seen["state"] in ENDED:
                return seen
            await asyncio.sleep(0.1)
        raise Refused(f"{command} on {room}: no end after 10 s")

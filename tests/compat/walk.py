"""Somebody who asks the REST API for what can be had, and sees that it is as described."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.api.endpoint import PREFIX
from tests.compat.described import Described
from tests.fakes.service import Browser, RunningService

ROOM, CENTRE = "villefort-visio", "villefort"  # its agent is there
DOOR, ASKED, HELD = "marvejols-visio", "langogne-visio", "meyrueis-visio"
JPEG = b"\xff\xd8\xff\xe0" + bytes(64) + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
MEASURED = {
    "down_kbps": 6200,
    "up_kbps": 700,
    "down_at_least": True,
    "up_at_least": False,
    "rtt_ms": 45,
    "jitter_ms": 4,
    "loss": 0.01,
}


def when(minutes: int) -> str:
    """An instant, so many minutes from now."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")


def hours(begin: int, end: int) -> dict[str, str]:
    return {"from": when(begin), "to": when(end)}


@dataclass
class Walk:
    """Somebody who asks for what can be had; `ids` and `tokens` are left to whoever comes next."""

    service: RunningService
    described: Described
    admin: Browser
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def do(
        self, operation: str, sent: Any = None, *, who: Browser | None = None, **more: Any
    ) -> Any:
        """What is answered: as it is described, and what was hoped for."""
        method, _, path = operation.partition(" ")
        ids, headers = more.pop("ids", {}), dict(more.pop("headers", {}))
        if token := more.pop("token", None):
            who, headers["Authorization"] = self.service.browser(), f"Bearer {token}"
        if sent is not None:
            more["json"] = sent
        asked = (who or self.admin).request(
            method, PREFIX + path.format(**ids), headers=headers, **more
        )
        async with asked as answer:
            body, kind = await answer.read(), answer.content_type
            wrong = self.described.wrong(operation, answer.status, kind, body)
            assert wrong is None, wrong
            assert answer.status == self.described.hoped(operation), (operation, body[:300])
            self.etag = answer.headers.get("ETag", "")
            return await answer.json() if "json" in kind and body else body

    async def book(self, room: str, begin: int, end: int, who: Browser | None = None) -> Any:
        wish = {"title": "Conseil", "rooms": [room], **hours(begin, end)}
        return (await self.do("POST /bookings", wish, who=who))["booking"]

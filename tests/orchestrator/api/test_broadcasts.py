"""The public page over REST: who makes it, what is told when, and nothing in a rehearsal."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.broadcast import order
from orchestrator.public_pages import PublicPages
from orchestrator.store import audit
from rooms.errors import Conflict
from rooms.ids import SessionId
from tests.fakes.service import Browser, RunningService, running_service
from tests.fakes.wire import until


class Show:
    """A ceremony of admin's; no broadcaster is ever started, but it is told when one would be."""

    def __init__(self, service: RunningService, admin: Browser, session: str) -> None:
        self.service, self.admin, self.session = service, admin, session
        self.pages: PublicPages = service.app[keys.PUBLIC_PAGES]
        self.started: list[order.Order] = []
        self.pages._spawn = self._started  # type: ignore[assignment, method-assign]

    def _started(self, one: order.Order) -> None:
        self.started.append(one)

    async def ask(self, method: str, sent: Any = None, who: Browser | None = None) -> Any:
        url = f"/api/v1/sessions/{self.session}/public"
        async with (who or self.admin).request(method, url, json=sent) as answer:
            body = await answer.json() if answer.status != 204 else {}
            return answer.status, body.get("public", body)

    async def live(self, code: str) -> tuple[int, dict[str, Any]]:
        async with self.service.browser().get(f"/api/v1/live/{code}") as answer:
            return answer.status, await answer.json()

    async def do(self, act: str) -> None:
        async with self.admin.post(f"/api/v1/sessions/{self.session}/{act}") as answer:
            assert answer.status < 300, await answer.text()


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Show]:
    async with running_service(tmp_path) as service:
        admin = await service.log_in("admin")
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
        wish = {
            "title": "Inauguration",
            "kind": "ceremony",
            "rooms": ["villefort-visio", "meyrueis-visio"],
            "from": start.isoformat(),
            "to": (start + timedelta(hours=1)).isoformat(),
        }
        async with admin.post("/api/v1/bookings", wish) as answer:
            session = (await answer.json())["booking"]["session"]
        yield Show(service, admin, session)


async def test_it_has_a_code_of_its_own_or_the_one_that_is_wished(made: Show) -> None:
    assert (await made.ask("GET"))[0] == 404
    status, page = await made.ask("PUT", {})
    assert (status, len(page["code"]), page["on_air"], page["serving"]) == (200, 10, False, False)
    status, page = await made.ask("PUT", {"code": "ruban-2013"})
    assert page["url"].endswith("/live/ruban-2013")
    for code in ("a", "Ruban", "ruban 2013", "-ruban"):
        status, problem = await made.ask("PUT", {"code": code})
        assert (status, problem["type"].rpartition("/")[2]) == (422, "bad-public-code")
    assert (await made.ask("DELETE"))[0] == 204
    assert (await made.live("ruban-2013"))[0] == 404


async def test_before_its_hour_nothing_is_told_but_the_hour(made: Show) -> None:
    opens = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    await made.ask("PUT", {"code": "ruban-2013", "opens_at": opens.isoformat()})
    status, told = await made.live("ruban-2013")
    assert (status, told["state"], set(told)) == (200, "closed", {"state", "now", "opens_at"})
    await made.do("open")
    await made.ask("POST", {"act": "start"})
    await made.pages.look()
    assert made.started == [], "and nothing is composed before its hour"


async def test_once_open_it_tells_what_the_press_needs(made: Show) -> None:
    await made.ask("PUT", {"code": "ruban-2013"})
    _, told = await made.live("ruban-2013")
    assert (told["state"], told["title"], told["media"]) == ("soon", "Inauguration", [])
    assert told["sites"] == ["Villefort", "Meyrueis"]


async def test_whoever_does_not_run_the_session_finds_no_page(made: Show) -> None:
    await made.ask("PUT", {})
    bea = await made.service.log_in("bea")
    for method, sent in (("GET", None), ("PUT", {}), ("POST", {"act": "start"}), ("DELETE", None)):
        assert (await made.ask(method, sent, bea))[0] == 404
    assert (await made.ask("GET", None, made.service.browser()))[0] == 401


async def test_nothing_goes_on_air_in_a_rehearsal(made: Show) -> None:
    await made.ask("PUT", {})
    await made.do("rehearse")
    status, problem = await made.ask("POST", {"act": "start"})
    assert (status, problem["type"].rpartition("/")[2]) == (409, "no-public-page-now")
    with pytest.raises(Conflict):
        await made.pages.start(SessionId(made.session), "pe-director")
    assert made.started == []


async def test_on_air_a_broadcaster_is_started_once_and_what_was_done_is_on_record(
    made: Show,
) -> None:
    await made.do("open")
    await made.pages.start(SessionId(made.session), "pe-director")
    await until(lambda: len(made.started) == 1)
    one = made.started[0]
    assert (one.life, one.session, one.url[:5]) == (1, made.session, "ws://")
    page = (await made.ask("POST", {"act": "caption", "text": "Bienvenue"}))[1]
    assert (page["on_air"], page["caption"]) == (True, "Bienvenue")
    _, told = await made.live(page["code"])
    assert (told["state"], told["captions"]) == ("back_soon", True)
    assert (await made.ask("POST", {"act": "replay", "on": True}))[1]["replay"] is True
    assert (await made.ask("POST", {"act": "replay"}))[0] == 422
    await made.ask("POST", {"act": "stop"})
    assert (await made.live(page["code"]))[1]["state"] == "over"
    rows = await made.service.app[keys.DATABASE].read(audit.latest)
    kinds = [row["action"] for row in rows]
    assert {"public.replay", "broadcast.stop"} <= set(kinds)


async def test_the_own_port_passes_nobody_on_where_nothing_is_served(made: Show) -> None:
    await made.ask("PUT", {"code": "ruban-2013"})
    for path, status in (
        ("ruban-2013/media/live.m3u8", 503),
        ("ruban-2014/media/live.m3u8", 404),
        ("ruban-2013/media/..%2Fx", 404),
    ):
        async with made.service.browser().get(f"/live/{path}") as answer:
            assert answer.status == status

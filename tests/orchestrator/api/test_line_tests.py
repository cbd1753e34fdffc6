"""Tests of a line: through the worker, by those who are behind it, one at a time, and bounded."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from orchestrator import keys
from orchestrator.cases import line_tests
from orchestrator.settings.turn import Turn
from orchestrator.store import participants
from rooms.errors import Unavailable
from rooms.ids import LegId, RoomId, SessionId
from signalling.engine import EngineState, Leg, LegState, Member, Role, Transport
from signalling.engine import Path as SeenPath
from tests.fakes.service import Browser, RunningService, demo_settings, running_service
from tests.fakes.wire import until

API = "/api/v1/line-tests"
MEASURED = {
    "down_kbps": 6200,
    "up_kbps": 700,
    "down_at_least": True,
    "up_at_least": False,
    "rtt_ms": 45,
    "jitter_ms": 4,
    "loss": 0.01,
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


async def asked(browser: Browser, path: str, sent: Any = None, **more: Any) -> tuple[int, Any]:
    async with browser.post(API + path, sent, **more) as answer:
        return answer.status, await answer.json()


async def begun(browser: Browser, path: str = "udp") -> str:
    status, answer = await asked(browser, "", {"centre": "villefort", "path": path})
    assert (status, answer["seconds"], answer["ice"]) == (201, 20, []), answer
    name: str = answer["id"]
    return name


async def key_of(browser: Browser, path: str, sent: Any = None, **more: Any) -> str:
    status, answer = await asked(browser, path, sent, **more)
    assert status >= 400
    key: str = answer["type"].rpartition("/")[2]
    return key


async def line(browser: Browser) -> dict[str, Any]:
    async with browser.get("/api/v1/centres/villefort/line") as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_what_is_measured_becomes_what_the_line_carries(service: RunningService) -> None:
    anne, guest = await service.log_in("anne"), service.browser()
    before = await line(guest)
    assert (before["up_kbps"], before["path"], before["tests"]) == (640, None, [])
    name = await begun(anne)
    assert (await asked(anne, f"/{name}/publish", {"sdp": "x"}))[0] == 200
    for _ in range(2):
        assert (await asked(anne, f"/{name}/receive", {"sdp": "y"}))[0] == 200
    sent = service.engine.called("publish")[0]
    received = service.engine.called("receive")
    assert sent[0] == name == received[0][0]
    assert len({one[1] for one in received}) == 2  # each leg has its own estimate
    assert len(received[0][4]) == 2  # type: ignore[arg-type] # sound and picture
    status, answer = await asked(anne, f"/{name}/result", MEASURED)
    assert (status, answer["up_kbps"], answer["path"]) == (201, 700, "udp")
    assert service.engine.called("close") == [(name,)]
    after = await line(guest)
    assert (after["up_kbps"], after["down_kbps"], after["path"]) == (700, 6200, "udp")
    assert "by" not in after["tests"][0]
    assert after["tests"][0]["room"] is None  # a person, and nobody learns who
    assert await key_of(anne, f"/{name}/result", MEASURED) == "no-line-test"


async def test_a_screen_tests_the_line_of_its_own_centre(service: RunningService) -> None:
    token = await service.screen("villefort-visio")
    screen, headers = service.browser(), {"Authorization": f"Bearer {token}"}
    there = {"centre": "meyrueis", "path": "tcp"}
    assert await key_of(screen, "", there, headers=headers) == "not-your-line"
    status, answer = await asked(screen, "", {**there, "centre": "villefort"}, headers=headers)
    assert status == 201
    status, kept = await asked(screen, f"/{answer['id']}/result", MEASURED, headers=headers)
    assert (status, kept["path"], kept["room"]) == (201, "tcp", "villefort-visio")
    found = await line(screen)
    assert [one["room"] for one in found["tests"]] == ["villefort-visio"]
    assert found["rooms"]["villefort-visio"]


async def test_nobody_tests_a_line_from_elsewhere(service: RunningService) -> None:
    wish = {"centre": "villefort", "path": "udp"}
    assert await key_of(service.browser(), "", wish) == "login-required"
    assert await key_of(await service.log_in("marc"), "", wish) == "not-your-line"
    assert service.engine.called("open") == []


async def test_one_test_for_a_centre_at_a_time_and_nobody_else_s(service: RunningService) -> None:
    anne, bea = await service.log_in("anne"), await service.log_in("bea")
    name = await begun(anne)
    wish = {"centre": "villefort", "path": "udp"}
    assert await key_of(bea, "", wish) == "line-test-running"
    assert await key_of(bea, f"/{name}/result", MEASURED) == "no-line-test"
    async with anne.delete(f"{API}/{name}") as answer:
        assert answer.status == 204
    await begun(bea)


async def test_a_test_ends_whatever_happens_and_its_result_may_still_come(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_tests, "LONGEST", timedelta(seconds=0.01))
    anne = await service.log_in("anne")
    status, answer = await asked(anne, "", {"centre": "villefort", "path": "udp"})
    assert status == 201
    await until(lambda: service.engine.called("close"), 10)
    name = answer["id"]
    assert await key_of(anne, f"/{name}/publish", {"sdp": "x"}) == "line-test-over"
    assert (await asked(anne, f"/{name}/result", MEASURED))[0] == 201


async def test_a_session_has_the_line_for_itself(service: RunningService) -> None:
    anne = await service.log_in("anne")
    start = datetime.now(UTC) + timedelta(minutes=10)
    sent = {"title": "Conseil", "kind": "meeting", "rooms": ["villefort-visio"]}
    sent |= {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    async with anne.post("/api/v1/bookings", sent) as answer:
        session = SessionId((await answer.json())["booking"]["session"])

    def join(conn: Any) -> None:
        room, now = RoomId("villefort-visio"), datetime.now(UTC)
        made = participants.add(conn, now, session, name="Villefort", kind="room", room=room)
        participants.become(conn, now, made[0], participants.JOINED)

    await service.app[keys.DATABASE].write(join)
    wish = {"centre": "villefort", "path": "udp"}
    assert await key_of(anne, "", wish) == "line-in-use"


@pytest.mark.parametrize(
    "wrong",
    [
        {"up_kbps": -1},
        {"down_kbps": 10**7},
        {"loss": 1.1},
        {"rtt_ms": 10**6},
        {"jitter_ms": "4"},
        {"taken_at": "2013-09-19T09:00:00Z"},
    ],
)
async def test_figures_that_cannot_be_are_refused(
    service: RunningService, wrong: dict[str, Any]
) -> None:
    anne = await service.log_in("anne")
    name = await begun(anne)
    assert (await asked(anne, f"/{name}/result", MEASURED | wrong))[0] == 422
    assert (await line(anne))["tests"] == []


async def test_the_steps_come_in_order_and_the_legs_are_counted(service: RunningService) -> None:
    anne = await service.log_in("anne")
    name = await begun(anne)
    assert await key_of(anne, f"/{name}/receive", {"sdp": "y"}) == "line-test-sends-nothing"
    await asked(anne, f"/{name}/publish", {"sdp": "x"})
    for _ in range(4):
        assert (await asked(anne, f"/{name}/receive", {"sdp": "y"}))[0] == 200
    assert await key_of(anne, f"/{name}/receive", {"sdp": "y"}) == "line-test-receivers"


async def test_without_a_relay_that_path_is_not_tested(service: RunningService) -> None:
    anne = await service.log_in("anne")
    assert await key_of(anne, "", {"centre": "villefort", "path": "turn"}) == "no-relay"
    assert (await line(anne))["relay"] is False


@pytest.mark.parametrize(
    ("asked_for", "seen", "kept"),
    [
        ("turn", Transport.UDP, "turn"),
        ("turn", Transport.TURN, "turn"),
        ("udp", Transport.TCP, "tcp"),
    ],
)
async def test_a_result_is_of_the_way_it_took(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked_for: str,
    seen: Transport,
    kept: str,
) -> None:
    """A worker that was not told the relay's address takes what comes from there for UDP."""
    await asyncio.to_thread((tmp_path / "secret").write_text, "north")
    turn = Turn(urls=("turn:turn.example.org",), secret_file=tmp_path / "secret")
    settings = replace(demo_settings(), turn=turn)
    async with running_service(tmp_path, settings=lambda: settings) as service:
        anne, engine = await service.log_in("anne"), service.engine
        assert (await line(anne))["relay"] is True
        status, begun = await asked(anne, "", {"centre": "villefort", "path": asked_for})
        assert (status, bool(begun["ice"])) == (201, asked_for == "turn")
        assert (await asked(anne, f"/{begun['id']}/publish", {"sdp": "x"}))[0] == 200
        leg = Leg(
            id=LegId("lg-1"),
            role=Role.PUBLISH,
            state=LegState.CONNECTED,
            path=SeenPath(transport=seen, family=4),
        )
        member = Member(participant=line_tests.SENDER, tracks=(), legs=(leg,))
        state = EngineState(sessions={SessionId(begun["id"]): (member,)})
        monkeypatch.setattr(engine, "state", AsyncMock(return_value=state))
        status, result = await asked(anne, f"/{begun['id']}/result", MEASURED)
        assert (status, result["path"]) == (201, kept)


async def test_without_a_worker_nothing_begins_and_nothing_stays(service: RunningService) -> None:
    anne = await service.log_in("anne")
    service.engine.absent = True
    wish = {"centre": "villefort", "path": "udp"}
    assert await key_of(anne, "", wish) == Unavailable("no-media-worker").key
    service.engine.absent = False
    name = await begun(anne)
    service.engine.absent = True
    assert (await asked(anne, f"/{name}/result", MEASURED))[0] == 201

"""What is not ready of a ceremony, over REST and as an alert within the hour."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.alerts.watch import ALERTS
from tests.fakes.service import Browser, RunningService, running_service

HOST, VIEWER = "villefort-visio", "meyrueis-visio"
WELL = {
    "camera": {"present": True, "changes": True, "brightness": 90.0},
    "microphone": {"present": True, "level_db": -20.0},
    "clock": {"offset_ms": 12, "error_ms": 30},
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def asked(
    who: Browser, method: str, path: str, sent: Any = None
) -> tuple[int, dict[str, Any]]:
    async with who.request(method, f"/api/v1{path}", json=sent) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


async def planned(who: Browser, minutes: int) -> str:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Fête", "host": HOST, "viewers": [VIEWER], "rehearsal": None, **span}
    status, made = await asked(who, "POST", "/ceremonies", wish)
    assert status == 201, made
    return str(made["ceremony"]["session"])


async def failing(who: Browser, session: str) -> set[tuple[str, str | None]]:
    said = (await asked(who, "GET", f"/sessions/{session}/checks"))[1]["checks"]
    return {(one["key"], one["room"]) for one in said if not one["passed"]}


async def test_what_is_not_ready_is_said_with_a_remedy_until_it_is(
    service: RunningService,
) -> None:
    admin, tom = await service.log_in("admin"), await service.log_in("tom")
    session = await planned(admin, 45)
    assert await failing(admin, session) == {
        ("screen", HOST), ("screen", VIEWER), ("camera", HOST), ("microphone", HOST),
        ("clock", HOST), ("clock", VIEWER), ("deputies", None),
    }  # fmt: skip
    said = (await asked(admin, "GET", f"/sessions/{session}/checks"))[1]["checks"]
    assert all(one["text"] and one["remedy"] for one in said)
    await asked(admin, "POST", f"/rooms/{HOST}/site-tests", WELL)
    stage = f"/sessions/{session}/stage"
    assert (await asked(admin, "PUT", stage))[0] == 200
    anne = (await service.person("anne")).id
    assert (await asked(admin, "POST", stage, {"act": "deputies", "deputies": [anne]}))[0] == 200
    assert await failing(admin, session) == {
        ("screen", HOST),
        ("screen", VIEWER),
        ("clock", VIEWER),
    }
    assert (await asked(tom, "GET", f"/sessions/{session}/checks"))[0] == 404
    assert (await asked(service.browser(), "GET", f"/sessions/{session}/checks"))[0] == 401


async def test_within_the_hour_it_is_an_alert_for_whoever_runs_the_room_and_not_earlier(
    service: RunningService,
) -> None:
    admin, anne = await service.log_in("admin"), await service.log_in("anne")
    await planned(admin, 90)
    watch = service.app[ALERTS]
    await watch.look()
    assert await alerts(anne) == []
    clock = service.app[keys.HOUSE].means
    clock.clock = lambda: datetime.now(UTC) + timedelta(minutes=31)
    await watch.look()
    (text,) = await alerts(anne)
    assert "camera not tested" in text
    assert "no deputy at the desk" in text  # of the whole session: told at the host
    assert "clock" not in text  # a remark, no alert
    clock.clock = lambda: datetime.now(UTC) + timedelta(minutes=91)
    await watch.look()
    assert await alerts(anne) == []


async def alerts(who: Browser) -> list[str]:
    said = (await asked(who, "GET", "/alerts"))[1]["alerts"]
    return [one["text"] for one in said if one["key"] == "not_ready"]

"""What the scenes of a room may set: by what it said it can, for who runs its centre."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.store import rooms
from rooms.ids import RoomId
from rooms.scenes import ALLOWED, DEFAULT_SCENES
from tests.fakes.agents import QuickDevice, agent_of
from tests.fakes.service import RunningService, running_service
from tests.fakes.story import STATE

ROOM = RoomId("villefort-visio")
OFFER = f"/api/v1/rooms/{ROOM}/presets/offer"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def offered(service: RunningService, who: str = "anne") -> dict[str, Any]:
    browser = await service.log_in(who)
    async with browser.get(OFFER) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_what_agent_and_screen_can_is_offered_and_nothing_else(
    service: RunningService, tmp_path: Path
) -> None:
    told = {**STATE, "able": ["call.join", "video.layout.set", "room.message.show"]}
    await service.app[keys.DATABASE].write(
        lambda conn: rooms.keep_state(conn, datetime.now(UTC), ROOM, 1, told)
    )
    found = await offered(service)
    assert found["commands"] == ["video.layout.set"]
    assert found["standard"] == DEFAULT_SCENES.to_json()
    async with agent_of(service, ROOM, [QuickDevice("camera")], tmp_path / "agent"):
        able = (await offered(service))["commands"]
    assert {"camera.home", "camera.preset.recall", "video.layout.set"} <= set(able)
    assert set(able) <= ALLOWED
    assert not any(one.startswith("display.") for one in able)


async def test_the_offer_is_for_who_may_change_the_scenes(service: RunningService) -> None:
    assert (await offered(service, "admin"))["room"] == ROOM
    for who in ("marc", "tom"):
        browser = await service.log_in(who)
        async with browser.get(OFFER) as answer:
            assert answer.status == 403
    async with service.browser().get(OFFER) as answer:
        assert answer.status == 401

"""What the agent of a room is told of its day, by virtual clock."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from orchestrator import conduct
from orchestrator.cases.plans import plan_of
from orchestrator.store import rehearsals
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, Scene, furnished

HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def spans(scene: Scene) -> list[tuple[datetime, datetime]]:
    plan = await plan_of(scene.house.means, MEYRUEIS)
    return [(one.start, one.end) for one in plan.entries]


@pytest.mark.parametrize(("early", "begins"), [(40, 40), (5, 0)])
async def test_a_session_put_on_air_long_before_its_hour_wakes_its_room_then(
    scene: Scene, early: int, begins: int
) -> None:
    admin, session = await scene.person("admin", "admin"), await scene.session(state="doors")
    scene.now = NINE - timedelta(minutes=early)
    await conduct.start_session(scene.house.conductor, session, admin)
    [(start, _)] = await spans(scene)
    assert start == NINE - timedelta(minutes=begins)
    await conduct.end_session(scene.house.conductor, session, admin)
    [(start, end)] = await spans(scene)
    assert (start, end) == (NINE - timedelta(minutes=begins), max(scene.now, start))


async def test_a_rehearsal_wakes_its_rooms_and_lets_them_rest_when_it_is_over(
    scene: Scene,
) -> None:
    admin = await scene.person("admin", "admin")
    session = await scene.session(kind="ceremony", organiser=admin.id, start=NINE + 24 * HOUR)
    await conduct.rehearse_session(scene.house.conductor, session, admin)
    [(start, end), (on_the_day, _)] = sorted(await spans(scene))
    assert start == NINE < end
    assert on_the_day == NINE + 24 * HOUR
    scene.now += timedelta(minutes=20)
    await conduct.end_session(scene.house.conductor, session, admin)
    assert sorted(await spans(scene))[0] == (NINE, scene.now)
    found = await scene.database.read(lambda conn: rehearsals.since(conn, scene.now + HOUR))
    assert found == []
    assert VILLEFORT in (await scene.stored(session)).centres

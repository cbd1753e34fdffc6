"""Checks before a session: what stands in the way, and the words for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator import readiness
from orchestrator.words import words
from tests.fakes.rooms import MEYRUEIS, VILLEFORT, Scene, furnished


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        yield scene


async def test_a_room_without_a_screen_is_named_with_a_remedy(scene: Scene) -> None:
    stored = await scene.stored(await scene.session())
    await scene.screen_on(MEYRUEIS)
    (issue,) = await readiness.run(scene.house.means, stored)
    assert issue.room == VILLEFORT
    shown = issue.as_json(words, "en")
    assert shown["text"] == "Villefort: the room's screen is not connected."
    assert shown["suggestion"].startswith("Ask on site")


async def test_a_media_worker_that_does_not_answer_is_an_issue(scene: Scene) -> None:
    stored = await scene.stored(await scene.session([VILLEFORT]))
    await scene.screen_on(VILLEFORT)
    assert await readiness.run(scene.house.means, stored) == []
    scene.engine.absent = True
    (issue,) = await readiness.run(scene.house.means, stored)
    assert issue.key == "media-worker-silent"
    assert "minute" in issue.as_json(words, "fr")["suggestion"]

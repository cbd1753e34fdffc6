"""Coming in from far away: what the lobby has made, nobody waits for after the press."""

from pathlib import Path

import pytest

from tests.fakes.links import line
from tests.fakes.scene import enter, taken, until
from tests.journeys.test_lines import SEES, house

pytestmark = [
    pytest.mark.journey,
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("chromium_path", "firefox_path"),
]
ROUND_TRIP = 1.0  # so long that a busy machine does not count
# Two to come in and be offered the others, and what a browser decodes in; it was nine and more.
AT_MOST = 4 * ROUND_TRIP


@pytest.mark.parametrize("name", ["chromium", "firefox"])
async def test_the_picture_is_there_few_round_trips_after_the_press(
    tmp_path: Path, name: str
) -> None:
    far_away = line(20_000, 20_000, ROUND_TRIP * 1000)
    async with (
        house(tmp_path) as made,
        made.near() as near,
        made.far(name, far_away) as behind,
    ):
        here = await made.lobby(near)
        await enter(here, "Près")
        there = await made.lobby(behind.browser, made.far_origin)
        await until(there, "margerideReady()", 40)
        await enter(there, "Loin")
        for page in (there, here):
            await until(page, SEES, 40)
        far, close = await taken(there), await taken(here)
    for way, seen in (("down", far), ("up", close)):
        first = seen.first_frame_after(far.began)
        assert first is not None, way
        assert first < AT_MOST, (way, first)

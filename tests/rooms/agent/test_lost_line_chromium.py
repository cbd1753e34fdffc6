"""A screen that is alive and has lost its line for good is mended from outside."""

from pathlib import Path

import pytest

from tests.fakes.screen_room import ON_THE_LINE, paired_room
from tests.fakes.service import running_service

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("chromium_path"),
]
DEAF = """(() => {
  const { line } = margeride.model;
  line.closed = () => undefined;  // it never notices that it has no line, nor dials again
  globalThis.deaf = true;
  line.socket.close();
})()"""


async def test_a_page_that_never_dials_again_is_loaded_again_by_the_agent(tmp_path: Path) -> None:
    async with (
        running_service(tmp_path) as service,
        paired_room(service, tmp_path / "mini-pc") as screen,
    ):
        assert await screen.evaluate("margerideScreen()") == "line"
        await screen.evaluate(DEAF)
        await screen.shows("!globalThis.deaf && " + ON_THE_LINE)
        assert "has lost its line and does not find it again: loaded again" in await screen.log()

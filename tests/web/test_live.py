"""The public page in a real browser: countdown, the air of a ceremony, its broadcaster killed."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from orchestrator.broadcast import order
from tests.fakes.broadcasting import TITLE, Show, show
from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import faults, overflows, picture, small_targets, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), needs_chromium]
PLAYED = "document.querySelector('video')?.currentTime ?? 0"
COLOURS = """(() => {
  const video = document.querySelector('video');
  const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 36});
  canvas.getContext('2d').drawImage(video, 0, 0, 64, 36);
  return canvas.getContext('2d').getImageData(0, 0, 64, 36).data.reduce((sum, value, at) =>
    at % 4 === 3 ? sum : sum + value, 0) / (64 * 36 * 3);
})()"""


async def broadcaster(made: Show) -> order.Ready:
    path = order.path_of(made.stage.service.data, made.session)
    found = await asyncio.to_thread(order.read_ready, path)
    assert found is not None
    return found


async def plays(page: Any, since: float, within: float = 30) -> float:
    """Until more has been played than that; how much."""
    await until(page, f"({PLAYED}) > {since}", within)
    return float(await page.evaluate(PLAYED))


async def test_everybody_sees_the_air_and_a_killed_broadcaster_comes_back_by_itself(
    tmp_path: Path, browser: Chromium
) -> None:
    async with show(tmp_path, "Meyrueis", "Florac") as made:
        await made.on_stage("two", "Meyrueis", "Florac")
        page = (await browser.new_page()).page
        await made.ask("PUT", "public", {"code": "inauguration-2013"})
        await page.goto(f"{made.stage.service.url}/live/inauguration-2013")
        await expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
        await expect(page.get_by_text("Commence dans")).to_be_visible()
        assert await faults(page) == []
        await picture(page, "live-soon")
        await made.open_page(code="inauguration-2013")
        await page.get_by_role("button", name="Regarder le direct").press("Enter", timeout=30_000)
        await until(page, f"{COLOURS} > 20", 30)
        played = await plays(page, float(await page.evaluate(PLAYED)) + 1)
        assert await faults(page) == []
        assert await overflows(page) <= 0
        assert await small_targets(page) == []
        await picture(page, "live")
        first = await broadcaster(made)
        os.kill(first.pid, signal.SIGKILL)
        await made.told("live")
        await plays(page, played + 6, 60)
        assert (await broadcaster(made)).life == first.life + 1
        await page.set_viewport_size({"width": 320, "height": 640})
        assert await overflows(page) <= 0
        await made.ask("POST", "public", {"act": "stop"})
        await expect(page.get_by_text("La diffusion est terminée").first).to_be_visible(
            timeout=40_000
        )
        assert await faults(page) == []

"""A line that opens slowly is not given up each time before it has opened."""

from pathlib import Path

import pytest

from orchestrator.web.assets import BASE
from tests.fakes.browsers import Chromium
from tests.fakes.service import running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(60)]
SLOW = """async ([base, seconds]) => {
  const { Line } = await import(`${base}/protocol.js`);
  const beats = { heartbeat: 5, dead_after: 15, now: new Date().toISOString() };
  const welcome = { type: "welcome", resume: "x", resumed: false, seq: 0, ...beats };
  window.dials = 0;
  class Slow {
    static CONNECTING = 0;
    static OPEN = 1;
    constructor() {
      this.readyState = 0;
      window.dials += 1;
      this.opening = setTimeout(() => { this.readyState = 1; this.onopen?.({}); }, seconds * 1000);
    }
    send(text) {
      const answer = JSON.parse(text).type === "hello" ? welcome : { type: "heartbeat" };
      this.onmessage?.({ data: JSON.stringify(answer) });
    }
    close() { clearTimeout(this.opening); this.readyState = 3; }
  }
  window.WebSocket = Slow;
  window.slow = new Line({ url: "ws://127.0.0.1/", token: "x" });
  window.slow.start();
}"""


@pytest.mark.parametrize(("opens_after", "dials"), [(1, 1), (8, 3)])
async def test_a_service_that_opens_late_is_reached_all_the_same(
    tmp_path: Path, browser: Chromium, opens_after: int, dials: int
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await page.goto(f"{service.url}/login")
        await page.clock.install()
        await page.evaluate(SLOW, [BASE, opens_after])
        await page.clock.run_for(40_000)
        assert await page.evaluate("window.slow.open")
        assert await page.evaluate("window.dials") == dials

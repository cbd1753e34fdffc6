"""Looking at a page as a person would: at a width, with axe, by keyboard, in a picture."""

import asyncio
import os
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Page, expect

from tests.fakes.browsers import Chromium
from tests.fakes.pages import PagedService
from tests.fakes.service import PASSWORD, RunningService
from tests.fakes.story import NOW

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

PAINT = """
({ names, muted }) => {
  const model = window.margeride.model;
  model.media.value = { publish: "connected", subscribe: "connected" };
  model.received.value = names.flatMap(([id, name, hue]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
    const pen = canvas.getContext("2d");
    const paint = () => {
      const sky = pen.createLinearGradient(0, 0, 0, 360);
      sky.addColorStop(0, `hsl(${hue} 45% 62%)`);
      sky.addColorStop(1, `hsl(${hue} 35% 30%)`);
      pen.fillStyle = sky; pen.fillRect(0, 0, 640, 360);
      pen.fillStyle = `hsl(${hue} 30% 24%)`;
      pen.beginPath(); pen.moveTo(0, 360); pen.lineTo(180, 190); pen.lineTo(300, 270);
      pen.lineTo(420, 150); pen.lineTo(640, 330); pen.lineTo(640, 360); pen.fill();
    };
    paint(); setInterval(() => { if (!window.ceased?.includes(id)) paint(); }, 100);
    const media = canvas.captureStream(10).getVideoTracks()[0];
    const track = `tr-${id}-video`;
    return [{ mid: id, track, participant: id, kind: "video", source: "camera", media }];
  });
}
"""
SMALL_TARGETS = """
(least) => [...document.querySelectorAll("button, input, select, a, summary")]
  .filter((each) => each.checkVisibility() && !each.closest("p, .skip"))
  .filter((each) => { const box = (each.closest("label") ?? each).getBoundingClientRect();
                      return box.width && (box.height < least || box.width < 24); })
  .map((each) => each.outerHTML.slice(0, 120))
"""


async def look(
    browser: Chromium, service: PagedService, path: str, width: int = 1280, height: int = 800
) -> Page:
    """Open a page at a width, at the hour of the stories, and wait until it is drawn."""
    page = (await browser.new_page()).page
    await page.set_viewport_size({"width": width, "height": height})
    await page.clock.set_fixed_time(NOW)
    await page.goto(service.url + path)
    await until(page, "!document.querySelector('.boot')")
    return page


async def until(page: Page, expression: str, within: float = 15) -> None:
    """Wait for something to be true in a page; our policy forbids Playwright's own way (eval)."""
    async with asyncio.timeout(within):
        while not await page.evaluate(expression):  # noqa: ASYNC110 (a page has no event)
            await asyncio.sleep(0.05)


async def faults(page: Page, *unseen: str) -> list[str]:
    """What axe finds, one line for each node; rules named in `unseen` are left out."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {rule: {"enabled": False} for rule in unseen},
    }
    found: dict[str, Any] = await page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def overflows(page: Page) -> int:
    """By how many pixels the page must be scrolled sideways."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def small_targets(page: Page) -> list[str]:
    """Controls smaller than 44 CSS pixels high."""
    found: list[str] = await page.evaluate(SMALL_TARGETS, 43.5)
    return found


async def tab_walk(page: Page, steps: int) -> list[str]:
    """The names of what the Tab key reaches, in order."""
    names = []
    for _ in range(steps):
        await page.keyboard.press("Tab")
        names.append(
            await page.evaluate(
                "(document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.labels?.[0]?.textContent"
                " || document.activeElement.textContent || document.activeElement.id || '')"
                ".trim().replace(/\\s+/g, ' ').slice(0, 60)"
            )
        )
    return names


async def paint(page: Page) -> None:
    """Give the sites of the session a picture, as a media worker would."""
    await until(page, "window.margeride?.model.in.value")
    names = [["pa-meyrueis", "", 205], ["pa-st-chely-d-apcher", "", 150], ["pa-villefort", "", 28]]
    await page.evaluate(PAINT, {"names": names, "muted": []})
    await until(
        page,
        "[...document.querySelectorAll('.tile video')].every((each) => each.videoWidth > 0)",
    )


async def picture(page: Page, name: str) -> None:
    """Renew a picture of the documentation, when asked to by MARGERIDE_PICTURES=1."""
    image = await page.screenshot(animations="disabled")
    if os.environ.get("MARGERIDE_PICTURES") == "1":
        await asyncio.to_thread(_write, PICTURES / f"{name}.png", image)


def _write(path: Path, image: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image)


async def log_in(page: Page, service: RunningService, path: str) -> None:
    """Log in as the animateur of Villefort and go on to a page."""
    await page.goto(f"{service.url}/login?next={path}")
    await page.get_by_label("Identifiant").fill("anne")
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()

"""Cues in the pages, against the real service: kept, acknowledged, fired, also without a line."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from orchestrator.web.assets import BASE
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, overflows, until
from tests.fakes.service import Browser, RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
CASES = (Path(__file__).parents[1] / "data/clock/cases.json").read_text()
PICTURE = Path(__file__).parents[2] / "docs/pictures/session-rooms.png"
TWIN = """async ([base, cases]) => {
  const { OffsetClock } = await import(`${base}/clock.js`);
  return cases.map(({ answers, now }) => {
    const clock = new OffsetClock();
    for (const [sent, heard, at] of answers) clock.hear({ sent, heard, at });
    return clock.read(now);
  });
}"""
INSTANTS = """async (base) => {
  const { instantOf, secondsOf } = await import(`${base}/clock.js`);
  const there = ["2026-11-22T20:00:00Z", "2026-11-22T20:00:00.000250Z"];
  return there.map((one) => instantOf(secondsOf(one)));
}"""
RATES = """async (base) => {
  const { rateFor } = await import(`${base}/cue-screen.js`);
  return [0, 0.1, -0.1, 3].map(rateFor);
}"""
CUT = """() => {
  const { line } = window.margeride.model;
  line.url = "ws://127.0.0.1:9/";
  line.drop(4000);
  line.closed(4000);
}"""
MEND = """(url) => {
  const { line } = window.margeride.model;
  line.url = url;
  line.redialNow();
}"""


@dataclass
class Ceremony:
    """A session with open doors, and who runs it."""

    service: RunningService
    tom: Browser
    session: str
    link: str

    @property
    def wire(self) -> str:
        return self.service.url.replace("http", "ws") + "/ws/v1"

    def path(self, rest: str) -> str:
        return f"/api/v1/sessions/{self.session}/{rest}"

    async def load(self, cue: str, **sent: Any) -> None:
        async with self.tom.request("PUT", self.path(f"cues/{cue}"), json=sent) as answer:
            assert answer.status == 200, await answer.text()

    async def bring(self, body: bytes) -> str:
        headers = {"Content-Type": "image/png"}
        asked = self.tom.request("POST", self.path("contents"), data=body, headers=headers)
        async with asked as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["sha256"])

    async def fire(self, cue: str, ahead: float = 0.0) -> datetime:
        at = datetime.now(UTC) + timedelta(seconds=ahead)
        sent = {"at": at.isoformat()}
        async with self.tom.post(self.path(f"cues/{cue}/fire"), sent) as answer:
            assert answer.status == 202, await answer.text()
            return datetime.fromisoformat((await answer.json())["execute_at"])

    async def kept(self, cue: str) -> list[dict[str, Any]]:
        async with self.tom.get(self.path("cues")) as answer:
            found = (await answer.json())["cues"]
        return [kept for one in found if one["cue"] == cue for kept in one["kept"]]

    async def stands(self, page: Page, cue: str, *standings: str) -> list[dict[str, Any]]:
        """Wait until everybody who is in stands so to the cue."""
        while True:
            kept = await self.kept(cue)
            if sorted(one["standing"] for one in kept) == sorted(standings):
                return kept
            await page.evaluate("new Promise((done) => setTimeout(done, 50))")


@asynccontextmanager
async def ceremony(data: Path) -> AsyncIterator[Ceremony]:
    async with running_service(data) as service:
        tom, now = await service.log_in("tom"), datetime.now(UTC)
        ends = (now + timedelta(minutes=70)).isoformat()
        begins = (now + timedelta(minutes=10)).isoformat()
        sent = {"title": "Inauguration", "kind": "ceremony", "rooms": ["meyrueis-visio"],
                "from": begins, "to": ends}  # fmt: skip
        async with tom.post("/api/v1/bookings", sent) as answer:
            made = (await answer.json())["booking"]
        async with tom.post(f"/api/v1/sessions/{made['session']}/open") as answer:
            assert answer.status in (200, 409)
        yield Ceremony(service, tom, made["session"], made["join_url"])


async def enter(browser: Chromium, show: Ceremony, name: str) -> Page:
    page = (await browser.new_page()).page
    await page.goto(show.link)
    await until(page, "window.margerideDevices?.()", within=30)
    await page.get_by_label("Votre nom").fill(name)
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value", within=30)
    return page


async def test_the_page_reckons_the_clock_as_the_service_does(
    tmp_path: Path, browser: Chromium
) -> None:
    async with ceremony(tmp_path) as show:
        page = (await browser.new_page()).page
        await page.goto(show.link)
        cases = json.loads(CASES)
        told = await page.evaluate(TWIN, [BASE, cases])
        for case, reading in zip(cases, told, strict=True):
            if case["offset"] is None:
                assert reading is None, case["name"]
                continue
            assert reading["offset"] == pytest.approx(case["offset"], abs=0.001), case["name"]
            assert reading["error"] == pytest.approx(case["error"], abs=0.001), case["name"]
        assert await page.evaluate(INSTANTS, BASE) == [
            "2026-11-22T20:00:00.000000Z",
            "2026-11-22T20:00:00.000250Z",
        ]
        assert await page.evaluate(RATES, BASE) == [1, 1.05, 0.95, None]


async def test_a_picture_is_kept_acknowledged_by_its_hash_and_shown_at_one_instant(
    tmp_path: Path, browser: Chromium
) -> None:
    async with ceremony(tmp_path) as show:
        page = await enter(browser, show, "Anne")
        other = await enter(browser, show, "Marc")
        digest = await show.bring(PICTURE.read_bytes())
        assert digest == hashlib.sha256(PICTURE.read_bytes()).hexdigest()
        await show.load(
            "cu-ruban", kind="picture", title="Le ruban", text="Bravo", contents=[digest]
        )
        ready = await show.stands(page, "cu-ruban", "ready", "ready")
        assert all(one["error_ms"] < 5_000 for one in ready)
        await expect(page.locator(".cue")).to_have_count(0)
        await show.fire("cu-ruban")
        for one in (page, other):
            await expect(one.get_by_role("img", name="Le ruban")).to_be_visible(timeout=30_000)
            await until(one, "document.querySelector('.cue img').naturalWidth > 0")
            assert await faults(one) == []
        fired = await show.stands(page, "cu-ruban", "fired", "fired")
        assert all(one["fired_at"] for one in fired)
        await page.set_viewport_size({"width": 320, "height": 568})
        assert await overflows(page) <= 0
        late = await enter(browser, show, "Léa")  # she sees what the others see
        await expect(late.get_by_role("img", name="Le ruban")).to_be_visible()
        async with show.tom.delete(show.path("cues/cu-ruban")) as answer:
            assert answer.status == 204
        for one in (page, other, late):
            await expect(one.locator(".cue")).to_have_count(0)


async def test_what_was_fired_before_the_line_broke_is_shown_without_it(
    tmp_path: Path, browser: Chromium
) -> None:
    async with ceremony(tmp_path) as show:
        page = await enter(browser, show, "Anne")
        await show.load("cu-mot", kind="message", title="Coupez !", text="Maintenant", lead=60)
        await show.stands(page, "cu-mot", "ready")
        await show.fire("cu-mot", ahead=10)
        await expect(page.get_by_role("timer", name="Coupez !")).to_be_visible()
        await page.evaluate(CUT)
        message = page.get_by_role("heading", name="Coupez !")
        await expect(message).to_be_visible(timeout=30_000)
        assert await page.evaluate("window.margeride.model.line.open") is False
        assert [one["standing"] for one in await show.kept("cu-mot")] != ["fired"]
        await page.evaluate(MEND, show.wire)
        await show.stands(page, "cu-mot", "fired")


async def test_contents_that_are_not_what_was_announced_are_not_acknowledged(
    tmp_path: Path, browser: Chromium
) -> None:
    async with ceremony(tmp_path) as show:
        page = await enter(browser, show, "Anne")
        other = PICTURE.with_name("remote.png").read_bytes()
        await page.route("**/contents/*", lambda route: route.fulfill(body=other[:500]))
        digest = await show.bring(PICTURE.read_bytes())
        await show.load("cu-ruban", kind="picture", title="Le ruban", contents=[digest])
        kept = await show.stands(page, "cu-ruban", "refused")
        assert kept[0]["why"] == "hash"
        await page.unroute("**/contents/*")
        await page.evaluate("window.margeride.model.cues.prepareAll()")
        await show.stands(page, "cu-ruban", "ready")


async def test_a_countdown_counts_down_and_goes(tmp_path: Path, browser: Chromium) -> None:
    async with ceremony(tmp_path) as show:
        page = await enter(browser, show, "Anne")
        await show.load("cu-trois", kind="countdown", title="Trois", seconds=3)
        await show.stands(page, "cu-trois", "ready")
        await page.evaluate("""() => {
          window.counted = [];
          new MutationObserver(() => {
            const said = document.querySelector(".cue-count")?.textContent;
            if (said && window.counted.at(-1) !== said) window.counted.push(said);
          }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }""")
        await show.fire("cu-trois")
        await expect(page.get_by_role("timer", name="Trois")).to_be_visible(timeout=30_000)
        await expect(page.locator(".cue")).to_have_count(0, timeout=30_000)
        counted = [int(one) for one in await page.evaluate("window.counted")]
        assert counted[0] <= 3
        assert counted == sorted(counted, reverse=True)

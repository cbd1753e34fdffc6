"""The page of a line: a test through a real worker, its history, on a phone and without rights."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from orchestrator import keys
from orchestrator.store import line_tests
from orchestrator.store.line_tests import Kept
from rooms.ids import CentreId
from rooms.line import LineTest
from signalling.engines.python import PythonEngine
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, overflows, small_targets
from tests.fakes.service import PASSWORD, RunningService, running_service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def log_in(page: Page, service: RunningService, path: str) -> None:
    await page.goto(f"{service.url}/login?next={path}")
    await page.get_by_label("Identifiant").fill("anne")
    await page.get_by_label("Mot de passe").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()


async def keep(service: RunningService, kept: Kept) -> None:
    await service.app[keys.DATABASE].write(lambda conn: line_tests.add(conn, kept))


@pytest.mark.parametrize("path", ["udp", "tcp"])
async def test_a_line_is_tested_through_the_worker(
    tmp_path: Path, browser: Chromium, path: str
) -> None:
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    async with running_service(tmp_path, engine=engine) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/lines/villefort")
        await expect(page.get_by_text("Jamais mesurée")).to_be_visible()
        name = {"udp": "Tester", "tcp": "Tester en TCP"}[path]
        await page.get_by_role("button", name=name, exact=True).click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        row = page.get_by_role("row").nth(1)
        await expect(row).to_be_visible(timeout=60_000)
        [kept] = await service.app[keys.DATABASE].read(
            lambda conn: line_tests.history(conn, CentreId("villefort"), 10)
        )
        assert kept.test.path == path  # as the worker saw it
        assert kept.test.up_kbps > 200
        assert kept.test.down_kbps > kept.test.up_kbps  # what goes up comes back several times
        assert kept.test.rtt_ms < 1000
        assert await faults(page) == []
        assert (await engine.state()).sessions == {}
    engine.stop()


async def test_a_line_reads_on_a_phone_and_without_rights(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        now = datetime.now(UTC)
        for count in range(3):
            test = LineTest(
                path="udp",
                down_kbps=6000 + count,
                up_kbps=100,
                rtt_ms=45,
                jitter_ms=4,
                loss=0.012,
                taken_at=now - timedelta(days=count),
                down_at_least=True,
            )
            kept = Kept(id=f"lt-{count}", centre=CentreId("meyrueis"), by="anne", test=test)
            await keep(service, kept)
        page = (await browser.new_page()).page
        await page.set_viewport_size({"width": 320, "height": 568})
        await log_in(page, service, "/lines/meyrueis")
        await expect(page.get_by_text("Elle n'envoie que le son.")).to_be_visible()
        await expect(page.get_by_text("se teste depuis le centre")).to_be_visible()
        await expect(page.get_by_role("img", name="3 derniers tests")).to_be_visible()
        assert await overflows(page) <= 0
        assert await faults(page) == []
        assert await small_targets(page) == []

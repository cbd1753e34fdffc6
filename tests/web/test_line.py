"""The page of a line: a test through a real worker, its history, on a phone and without rights."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from orchestrator import keys
from orchestrator.settings import Settings
from orchestrator.settings.turn import Turn
from orchestrator.store import line_tests
from orchestrator.store.line_tests import Kept
from rooms.ids import CentreId
from rooms.line import LineTest, PathName
from signalling.engines.python import PythonEngine
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, log_in, overflows, small_targets
from tests.fakes.service import RunningService, demo_settings, running_service
from tests.fakes.turn import SECRET, coturn, needs_coturn
from tests.fakes.turn import Turn as Coturn

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
HERE, RELAY = "127.0.0.1", "127.0.0.3"
BOTH: tuple[PathName, ...] = ("udp", "tcp")


def with_relay(folder: Path, turn: Coturn) -> Settings:
    secret = folder / "turn-secret"
    secret.write_text(SECRET)
    urls = (f"turn:{turn.host}:{turn.port}?transport=udp",)
    return replace(demo_settings(), turn=Turn(urls=urls, secret_file=secret, relays=(RELAY,)))


def earlier(path: PathName, at: datetime) -> Kept:
    test = LineTest(
        path=path,
        down_kbps=6000,
        up_kbps=1000,
        rtt_ms=45,
        jitter_ms=4,
        loss=0.0,
        taken_at=at,
    )
    return Kept(id=f"lt-{path}", centre=CentreId("villefort"), by="anne", test=test)


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


@needs_coturn
async def test_a_line_is_tested_through_the_relay_and_shown_beside_the_others(
    tmp_path: Path, browser: Chromium
) -> None:
    engine = PythonEngine(HERE, announce=[HERE], relays=[RELAY])
    async with coturn(HERE, HERE, RELAY) as turn:
        settings = await asyncio.to_thread(with_relay, tmp_path, turn)
        async with running_service(tmp_path, engine=engine, settings=lambda: settings) as service:
            now = datetime.now(UTC)
            for number, path in enumerate(BOTH):
                await keep(service, earlier(path, now - timedelta(hours=number + 1)))
            page = (await browser.new_page()).page
            await log_in(page, service, "/lines/villefort")
            await page.get_by_role("button", name="Tester par le relais").click()
            rows = page.get_by_role("row")
            await expect(rows).to_have_count(1 + 3, timeout=60_000)
            shown = [await rows.nth(n).get_by_role("cell").nth(1).inner_text() for n in (1, 2, 3)]
            assert shown == ["par le relais", "en UDP", "en TCP"]
            history = await service.app[keys.DATABASE].read(
                lambda conn: line_tests.history(conn, CentreId("villefort"), 10)
            )
            relayed = history[0].test
            assert relayed.path == "turn"  # as the worker saw it
            assert relayed.up_kbps > 200
            assert relayed.down_kbps > relayed.up_kbps
            assert relayed.rtt_ms < 1000
            # UDP goes through as well: it says what the line carries, not the relay.
            await expect(page.get_by_text("45 ms aller et retour")).to_be_visible()
            assert await faults(page) == []
    engine.stop()


async def test_where_there_is_no_relay_the_page_says_nothing_of_it(
    tmp_path: Path, browser: Chromium
) -> None:
    async with running_service(tmp_path) as service:
        page = (await browser.new_page()).page
        await log_in(page, service, "/lines/villefort")
        await expect(page.get_by_role("button", name="Tester en TCP")).to_be_visible()
        assert "relais" not in (await page.locator("main").inner_text()).lower()


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
            by = "meyrueis-visio" if count == 1 else "anne"
            kept = Kept(id=f"lt-{count}", centre=CentreId("meyrueis"), by=by, test=test)
            await keep(service, kept)
        page = (await browser.new_page()).page
        await page.set_viewport_size({"width": 320, "height": 568})
        await log_in(page, service, "/lines/meyrueis")
        await expect(page.get_by_text("Elle n'envoie que le son.")).to_be_visible()
        await expect(page.get_by_text("se teste depuis le centre")).to_be_visible()
        await expect(page.get_by_role("img", name="3 derniers tests")).to_be_visible()
        rows = page.get_by_role("row")
        made = [await rows.nth(n).get_by_role("cell").nth(7).inner_text() for n in (1, 2, 3)]
        assert made == ["une page", "Salle visio de Meyrueis", "une page"]
        assert await overflows(page) <= 0
        assert await faults(page) == []
        assert await small_targets(page) == []

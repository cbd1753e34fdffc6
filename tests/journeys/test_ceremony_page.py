"""docs/ceremony.md, followed to the letter: every word it says is on the screen, and it works."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Error, Locator, Page, expect

from orchestrator.demo.stage import Stage
from tests.fakes.browsers import chromium
from tests.journeys.page import Sentence, Unclear, sentences
from tests.journeys.test_inauguration import house, pair_screen

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(300)]

DOCUMENT = Path(__file__).parents[2] / "docs" / "ceremony.md"
DESK, ROOM = "Dans votre navigateur", "Devant l'écran de "
ROOMS = {"Meyrueis": "meyrueis-visio", "Villefort": "villefort-visio"}
ZONE = ZoneInfo("Europe/Paris")
AT_ONCE, IN_A_WHILE = 20_000, 60_000


class Reader:
    """Somebody who does what the page says, and nothing else. `own` is what is his to fill in."""

    def __init__(self, url: str, pages: dict[str, Page], own: dict[str, str]) -> None:
        self._url, self._pages, self._own = url, pages, own

    async def follow(self, sentence: Sentence) -> None:
        page = self._pages[sentence.place]
        try:
            await getattr(self, f"_{sentence.does}")(page, sentence)
        except (AssertionError, Error) as error:
            seen = await page.locator("body").inner_text()
            raise AssertionError(f"« {sentence.told} »\n{error}\n--- seen:\n{seen}") from error

    async def _open(self, page: Page, sentence: Sentence) -> None:
        await page.goto(self._url + sentence.words)

    async def _back(self, page: Page, sentence: Sentence) -> None:
        await page.go_back()

    async def _press(self, page: Page, sentence: Sentence) -> None:
        deadline = time.monotonic() + AT_ONCE / 1000
        while not await self._pressed(page, sentence):
            assert time.monotonic() < deadline, "there is no such button"
            await asyncio.sleep(0.2)

    async def _pressed(self, page: Page, sentence: Sentence) -> bool:
        """A button of this name before a link; in a planning a booking says its hours too."""
        scope, exact = await self._scope(page, sentence), not sentence.line
        for found in (
            scope.get_by_role("button", name=sentence.where, exact=exact),
            scope.get_by_role("link", name=sentence.where, exact=exact),
            scope.get_by_role("button", name=sentence.where),
        ):
            if await found.filter(visible=True).count():
                await found.filter(visible=True).first.click(timeout=AT_ONCE)
                return True
        return False

    async def _write(self, page: Page, sentence: Sentence) -> None:
        await self._fill(page, sentence.where, sentence.words)

    async def _put(self, page: Page, sentence: Sentence) -> None:
        await self._fill(page, sentence.where, self._own[sentence.words])

    async def _fill(self, page: Page, label: str, words: str) -> None:
        scope = await self._front(page)
        await scope.get_by_label(label, exact=True).fill(words, timeout=AT_ONCE)

    async def _choose(self, page: Page, sentence: Sentence) -> None:
        scope = await self._front(page)
        field = scope.get_by_label(sentence.where, exact=True)
        await field.select_option(label=sentence.words, timeout=AT_ONCE)

    async def _tick(self, page: Page, sentence: Sentence) -> None:
        scope = await self._front(page)
        await scope.get_by_role("checkbox", name=sentence.where).check(timeout=AT_ONCE)

    async def _see(self, page: Page, sentence: Sentence, within: int = AT_ONCE) -> None:
        scope = await self._scope(page, sentence)
        words = scope.get_by_text(sentence.words).filter(visible=True)
        await expect(words.first).to_be_visible(timeout=within)

    async def _wait(self, page: Page, sentence: Sentence) -> None:
        await self._see(page, sentence, IN_A_WHILE)

    async def _scope(self, page: Page, sentence: Sentence) -> Locator:
        front = await self._front(page)
        if not sentence.line:
            return front
        return front.get_by_role("listitem", name=sentence.line, exact=True)

    async def _front(self, page: Page) -> Locator:
        """What can be reached: an open dialog is before all else."""
        dialog = page.locator("dialog[open]")
        return dialog if await dialog.count() else page.locator("body")


def hours(now: datetime) -> dict[str, str]:
    """A rehearsal soon, and a ceremony that begins within two hours; each on one day."""
    again = slot(now + timedelta(minutes=5), timedelta(minutes=10))
    day = slot(again + timedelta(minutes=50), timedelta(hours=1))
    return {
        "le jour": f"{day:%Y-%m-%d}",
        "l'heure du début": f"{day:%H:%M}",
        "l'heure de fin": f"{day + timedelta(hours=1):%H:%M}",
        "le jour de la répétition": f"{again:%Y-%m-%d}",
        "son début": f"{again:%H:%M}",
        "sa fin": f"{again + timedelta(minutes=10):%H:%M}",
    }


def slot(start: datetime, lasts: timedelta) -> datetime:
    """That minute, or the next midnight when it would not end on the same day."""
    start = start.replace(second=0, microsecond=0)
    if (start + lasts).date() == start.date():
        return start
    return (start + timedelta(days=1)).replace(hour=0, minute=0)


def test_a_step_that_says_nothing_to_do_is_no_step() -> None:
    with pytest.raises(Unclear, match="Faites au mieux"):
        sentences("## 1. Essai\n### Ici\n1. Appuyez sur **Réserver**. Faites au mieux.")
    with pytest.raises(Unclear, match="nobody knows where"):
        sentences("## 1. Essai\n1. Appuyez sur **Réserver**.")


def test_a_line_of_the_page_is_what_it_says() -> None:
    [press, see] = sentences(
        "## A\n### B\n1. Appuyez sur **TOP** à la ligne **C**. Vous voyez « D. »"
    )
    assert (press.does, press.where, press.line, press.place) == ("press", "TOP", "C", "B")
    assert (see.does, see.words) == ("see", "D.")


async def test_who_follows_the_page_to_the_letter_runs_a_ceremony(
    tmp_path: Path, chromium_path: str
) -> None:
    steps = sentences(await asyncio.to_thread(DOCUMENT.read_text, "utf-8"))
    async with house(tmp_path) as stage, chromium() as browser:
        pages = {DESK: (await browser.new_page()).page}
        await pages[DESK].set_viewport_size({"width": 1366, "height": 900})
        async with stage.person(stage.cast.admin) as admin:
            for place, room in ROOMS.items():
                pages[ROOM + place] = (await pair_screen(browser, stage, admin, room)).page
        reader = Reader(stage.service.url, pages, own(stage))
        for sentence in steps:
            await reader.follow(sentence)
        assert pages[DESK].url.endswith("/evidence")
        async with stage.person(stage.cast.admin) as admin:
            session = pages[DESK].url.split("/")[-2]
            told = await admin.call("GET", f"sessions/{session}/evidence")
        done = [one["title"] for one in told["cues"] if one["state"] == "done"]
        assert (told["final"], done) == (True, ["Mot d'accueil à Meyrueis", "Le ruban"])


def own(stage: Stage) -> dict[str, str]:
    """What only the reader knows."""
    player = stage.cast.admin
    named = {"votre identifiant": player.login, "votre mot de passe": player.password}
    return named | hours(datetime.now(ZONE))

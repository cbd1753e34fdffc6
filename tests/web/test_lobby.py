"""The lobby in real pages: both legs are made there, and nothing passes before the press."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from orchestrator import keys
from orchestrator.cases import guests
from rooms.ids import SessionId
from signalling.engine import LegState, Member
from signalling.engines.python import PythonEngine
from signalling.peer import LOBBY_FOR, Closing
from signalling.switchboard import Switchboard
from tests.fakes.browsers import Chromium
from tests.fakes.looking import faults, until
from tests.fakes.service import RunningService, running_service
from tests.web.test_secrecy import KEY, hears_and_sees, link

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
READY = "window.margerideReady?.()"
# Every connection a page makes, and what ever left or came on one.
REMEMBER = """
window.made = [];
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real { constructor(how) { super(how); made.push(this); } };
"""
FLOWS = """async () => {
  const reports = await Promise.all(made.map((pc) => pc.getStats()));
  const rows = reports.flatMap((each) => [...each.values()]);
  return rows.filter((each) => /bound-rtp$/.test(each.type)).map((each) => each.kind);
}"""
MOMENT = 2.0  # so long is listened: there is no event for "nothing came"


@dataclass(slots=True)
class House:
    """A service with its worker in it, and the link to an open session."""

    service: RunningService
    engine: PythonEngine
    session: SessionId
    url: str

    async def members(self) -> dict[str, Member]:
        """Who is at the worker."""
        members = (await self.engine.state()).sessions[self.session]
        return {member.participant: member for member in members}

    @property
    def switchboard(self) -> Switchboard:
        wire = self.service.app[keys.SWITCHBOARD]
        assert isinstance(wire, Switchboard)
        return wire


@asynccontextmanager
async def house(tmp_path: Path) -> AsyncIterator[House]:
    engine = PythonEngine("127.0.0.1", announce=["127.0.0.1"])
    try:
        async with running_service(tmp_path, engine=engine) as service:
            session, url = await link(service)
            yield House(service, engine, SessionId(session), url)
    finally:
        engine.stop()


async def lobby(browser: Chromium, url: str) -> Page:
    """Look at oneself until all is made."""
    page = (await browser.new_page()).page
    await page.add_init_script(REMEMBER)
    await page.goto(url)
    await until(page, "window.margerideDevices?.()", within=30)
    await until(page, READY, within=30)
    return page


async def press(page: Page, name: str) -> None:
    await page.get_by_label("Votre nom").fill(name)
    await page.get_by_role("button", name="Rejoindre").click()


async def is_in(page: Page) -> None:
    await until(page, "window.margeride?.model.in.value", within=30)


@pytest.mark.parametrize("key", ["", f"#cle={KEY}"], ids=["in the clear", "encrypted"])
async def test_nothing_passes_before_the_press_and_everything_after_it(
    tmp_path: Path, browser: Chromium, key: str
) -> None:
    async with house(tmp_path) as made:
        anne = await lobby(browser, made.url + key)
        await press(anne, "Anne")
        await is_in(anne)
        [known] = await made.members()
        bruno = await lobby(browser, made.url + key)
        await asyncio.sleep(MOMENT)
        # At the worker: two legs that stand, without a track, on which no packet came or went.
        members = await made.members()
        waits = next(member for name, member in members.items() if name != known)
        assert [leg.state for leg in waits.legs] == [LegState.CONNECTED] * 2
        assert (waits.tracks, [leg.tracks for leg in waits.legs]) == ((), [(), ()])
        assert [leg.counts["packets"] for leg in waits.legs] == [0, 0]
        # In his page, and at the other side.
        assert await bruno.evaluate(FLOWS) == []
        assert await anne.evaluate("margeride.model.participants.value.length") == 1
        assert await anne.evaluate("margeride.model.received.value.length") == 0
        await press(bruno, "Bruno")
        await asyncio.gather(hears_and_sees(anne), hears_and_sees(bruno))
        # Encrypted, the legs are made anew: through m-lines that stood empty nothing would pass.
        assert await bruno.evaluate("made.length") == (4 if key else 2)
        after = (await made.members())[waits.participant]
        assert ({leg.id for leg in after.legs} == {leg.id for leg in waits.legs}) is not bool(key)


async def test_who_only_listens_sends_nothing_until_he_takes_a_microphone(
    tmp_path: Path, browser: Chromium
) -> None:
    async with house(tmp_path) as made:
        anne = await lobby(browser, made.url)
        await press(anne, "Anne")
        bruno = await lobby(browser, made.url)
        await bruno.get_by_label("Utiliser ma caméra").uncheck()
        await bruno.get_by_label("Utiliser mon micro").uncheck()
        await press(bruno, "Bruno")
        await hears_and_sees(bruno)
        him = "margeride.model.participants.value.find((each) => each.name === 'Bruno')"
        assert await anne.evaluate(f"{him}.tracks") == []
        await bruno.get_by_role("button", name="Ouvrir le micro").click()
        await until(anne, f"{him}.tracks.some((each) => !each.muted)", within=30)
        assert await bruno.evaluate("made.length") == 2


@pytest.mark.parametrize(
    ("lang", "label", "button", "words"),
    [
        ("fr", "Votre nom", "Rejoindre", "La session est complète."),
        ("en", "Your name", "Join", "The session is full."),
    ],
)
async def test_who_is_refused_at_the_press_is_told_in_words_and_may_press_again(
    tmp_path: Path,
    browser: Chromium,
    monkeypatch: pytest.MonkeyPatch,
    lang: str,
    label: str,
    button: str,
    words: str,
) -> None:
    async with house(tmp_path) as made:
        page = await lobby(browser, f"{made.url}?lang={lang}")
        monkeypatch.setattr(guests, "MOST_PARTICIPANTS", 0)
        await page.get_by_label(label).fill("Bruno")
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("alert")).to_have_text(words)
        assert await faults(page) == []
        monkeypatch.undo()
        await page.get_by_role("button", name=button).click()
        await is_in(page)


async def test_who_waited_too_long_makes_all_anew_when_he_stirs_and_comes_in_either_way(
    tmp_path: Path, browser: Chromium
) -> None:
    async with house(tmp_path) as made:
        page = await lobby(browser, made.url)
        for _ in range(2):
            late = made.switchboard.clock() + 2 * LOBBY_FOR
            await made.switchboard.sweep(late)
            await until(page, f"{READY}.then((ready) => !ready)")
            assert await made.members() == {}
            await page.mouse.move(10, 10)
            await page.mouse.move(20, 20)
            await until(page, READY, within=30)
        await made.switchboard.sweep(made.switchboard.clock() + 2 * LOBBY_FOR)
        await until(page, f"{READY}.then((ready) => !ready)")
        await page.evaluate(
            """() => {
              const field = document.getElementById("name");
              field.value = "Bruno";
              field.dispatchEvent(new Event("input", { bubbles: true }));
              document.querySelector("form.lobby").requestSubmit();
            }"""
        )
        await is_in(page)


async def test_a_line_that_breaks_in_the_lobby_is_taken_up_and_all_is_made_anew(
    tmp_path: Path, browser: Chromium
) -> None:
    async with house(tmp_path) as made:
        page = await lobby(browser, made.url)
        [before] = (await made.members()).values()
        for peer in list(made.switchboard._peers.values()):
            peer.hang_up(Closing.SILENT)
        await until(page, "made.length === 4", within=30)
        await until(page, READY, within=30)
        [waits] = (await made.members()).values()
        assert waits.participant == before.participant
        assert not {leg.id for leg in waits.legs} & {leg.id for leg in before.legs}
        await press(page, "Bruno")
        await is_in(page)
        assert await page.evaluate("made.length") == 4


async def test_a_session_that_ends_is_over_in_the_lobby_too(
    tmp_path: Path, browser: Chromium
) -> None:
    async with house(tmp_path) as made:
        page = await lobby(browser, made.url)
        tom = await made.service.log_in("tom")
        async with tom.post(f"/api/v1/sessions/{made.session}/end") as answer:
            assert answer.status == 200
        await press(page, "Bruno")
        await expect(page.get_by_text("Cette session est terminée.")).to_be_visible()


# Keeps one message of the service back until `release()`.
HOLD = """
window.release = null;
const Socket = WebSocket;
window.WebSocket = class extends Socket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", (event) => {
      if (JSON.parse(event.data).type !== "HELD" || window.release) return;
      event.stopImmediatePropagation();
      const { data } = event;
      window.release = () => this.dispatchEvent(new MessageEvent("message", { data }));
    });
  }
};
"""
PRESS = "document.querySelector('form.lobby button[type=submit]').click()"
AT_ONCE = f"(() => {{ release(); LATER(() => {PRESS}); }})()"


@pytest.mark.parametrize(
    ("held", "later"),
    [("publish.answer", "((press) => press())"), ("welcome", "queueMicrotask")],
    ids=["while the answer is taken", "before the offer is made"],
)
async def test_who_presses_at_that_very_moment_is_seen_and_heard(
    tmp_path: Path, browser: Chromium, held: str, later: str
) -> None:
    async with house(tmp_path) as made:
        page = (await browser.new_page()).page
        await page.add_init_script(HOLD.replace("HELD", held))
        await page.goto(made.url)
        await until(page, "window.margerideDevices?.()", within=30)
        await until(page, "window.release !== null", within=30)
        await page.get_by_label("Votre nom").fill("Anne")
        await page.evaluate(AT_ONCE.replace("LATER", later))
        await is_in(page)
        async with asyncio.timeout(20):
            while not any(m.tracks for m in (await made.members()).values()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        other = await lobby(browser, made.url)
        await press(other, "Bruno")
        await asyncio.gather(hears_and_sees(page), hears_and_sees(other))

"""The key of a link: one that is cut never leads into a session in the clear; keys are given in
time, and not to who has left."""

import pytest
from playwright.async_api import expect

from tests.fakes.browsers import Chromium, needs_chromium
from tests.fakes.looking import look, until
from tests.fakes.pages import PagedService
from tests.fakes.story import CODE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120), needs_chromium]
KEY = "A" * 43
# What the service hears of a page in its most talkative second, of 90 others to be greeted.
MOST_IN_A_SECOND = """async () => {
  const said = [];
  const call = margeride.model.call;
  const secrecy = call.secrecy;
  secrecy.means = { send: () => said.push(performance.now()), you: () => "pa-me" };
  secrecy.meet(Array.from({ length: 90 }, (_, n) => ({ id: `pa-${n}`, encrypted: true })));
  while (said.length < 90) await new Promise((done) => setTimeout(done, 20));
  const within = (at) => said.filter((each) => each >= at && each < at + 1000).length;
  return Math.max(...said.map(within));
}"""


async def test_a_link_whose_key_is_cut_leads_nowhere_until_it_is_whole(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, f"/join/{CODE}#cle={KEY[:20]}")
    await expect(page.get_by_text("Ce lien chiffré est incomplet")).to_be_visible()
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_label("Votre nom").press("Enter")
    await expect(page.get_by_role("button", name="Rejoindre")).to_be_disabled()
    assert not service.wires
    await page.evaluate(f"location.hash = 'cle={KEY}'")
    await expect(page.get_by_text("Chiffrée de bout en bout")).to_be_visible()
    await expect(page.get_by_role("button", name="Rejoindre")).to_be_enabled()


async def test_keys_are_given_no_faster_than_is_heard_and_change_when_somebody_left_unseen(
    service: PagedService, browser: Chromium
) -> None:
    page = await look(browser, service, f"/join/{CODE}#cle={KEY}")
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "window.margeride?.model.in.value")
    await until(page, "margeride.model.call.secrecy.generation === 1")
    await page.evaluate("""() => {
      const call = margeride.model.call, [me] = call.participants.values();
      const joined = { type: "joined", you: call.you, session: call.session };
      const left = { ...me, id: "pa-left", name: "Parti" };
      call.receive({ ...joined, participants: [...call.participants.values(), left] });
      call.receive({ ...joined, participants: [...call.participants.values()].slice(0, -1) });
    }""")
    await until(page, "margeride.model.call.secrecy.generation === 2")
    assert 20 <= await page.evaluate(MOST_IN_A_SECOND) <= 45

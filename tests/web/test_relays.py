"""The page makes its PeerConnections with the relays it was told of last."""

from typing import Any

import pytest

from tests.fakes.browsers import Chromium
from tests.fakes.looking import look, until
from tests.fakes.pages import PagedService
from tests.fakes.story import CODE

pytestmark = pytest.mark.browser


def relay(user: str) -> dict[str, Any]:
    return {"urls": ["turn:127.0.0.1:9?transport=udp"], "username": user, "credential": "secret"}


REMEMBER = """
window.made = [];
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(configuration) { super(configuration); made.push(configuration); }
};
"""
USERS = "made.map(each => each.iceServers.map(server => server.username).join())"


async def test_new_connections_use_the_relays_that_were_told_last(
    service: PagedService, browser: Chromium
) -> None:
    service.ice = [relay("first")]
    await browser.context.add_init_script(REMEMBER)
    page = await look(browser, service, f"/join/{CODE}")
    await page.get_by_label("Votre nom").fill("Camille")
    await page.get_by_role("button", name="Rejoindre").click()
    await until(page, "made.length >= 2")
    assert set(await page.evaluate(USERS)) == {"first"}
    assert (await page.evaluate("made[0].iceServers"))[0]["credential"] == "secret"
    before = await page.evaluate("made.length")
    [wire] = service.wires
    await wire.send_json({"type": "ice", "seq": 2, "ice": [relay("second")]})
    leg = next(said["leg"] for said in service.heard if said["type"] == "subscribe.start")
    await wire.send_json({"type": "leg.lost", "seq": 3, "leg": leg, "role": "subscribe"})
    await until(page, f"made.length > {before}")
    assert (await page.evaluate(USERS))[-1] == "second"

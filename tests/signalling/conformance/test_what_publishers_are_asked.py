"""Layers nobody looks at are given up, and what a centre's line carries upward is shared."""

import asyncio

import pytest

from signalling.engine import Budget, LegChanged, LegState, Mode, Wish
from tests.fakes.media import until
from tests.fakes.rough_uplink import RoughUplink
from tests.fakes.viewers import RIDS, Browser, Scene, Watching

pytestmark = pytest.mark.timeout(90)


def rids(stage: Scene, browser: Browser) -> tuple[str, ...]:
    asked = stage.asked(browser)
    return RIDS if asked is None else asked.rids


def limit(stage: Scene, browser: Browser) -> float | None:
    asked = stage.asked(browser)
    return None if asked is None else asked.kbps


def evidence(stage: Scene, browser: Browser, viewer: Watching) -> str:
    """What decides of the layers, as far as the port tells it."""
    told = stage.chosen(viewer)
    ended = [
        e for e in stage.events if isinstance(e, LegChanged) and e.state is not LegState.CONNECTED
    ]
    return (
        f"asked for {rids(stage, browser)} within {limit(stage, browser)} kbit/s, "
        f"sent {dict(browser.sent)}; the viewer's line is thought to carry "
        f"{told and told.available_kbps} kbit/s, he says {viewer.estimated:.0f} and has "
        f"{told and told.choices}; legs that ended: {ended}"
    )


async def test_a_layer_nobody_needs_is_switched_off_and_on_again_at_once(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.picture)
    small, large = (Wish(track=anne.picture, height=height) for height in (180, 720))
    await stage.engine.view(stage.session, viewer.participant, [small], Mode.FULL)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await until(lambda: rids(stage, anne) == ("q",), "the small one alone", 30)
    assert loop.time() - began > 4
    count = anne.sent["f"]
    await asyncio.sleep(0.3)
    assert anne.sent["f"] == count
    await stage.engine.view(stage.session, viewer.participant, [large], Mode.FULL)
    began = loop.time()
    await until(lambda: "f" in rids(stage, anne), "the large one again")
    assert loop.time() - began < 3
    before = viewer.total[viewer.ssrc(anne.picture)]
    await until(lambda: anne.sent["f"] > count + 100, "it is sent")
    await until(lambda: viewer.total[viewer.ssrc(anne.picture)] > before + 80, "and arrives")


async def test_a_picture_nobody_looks_at_is_not_sent_at_all(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture)
    await until(lambda: viewer.kbps(anne.picture) > 20, "a picture")
    await stage.engine.view(stage.session, viewer.participant, [], Mode.FULL)
    await until(lambda: rids(stage, anne) == (), "nothing", 30)
    assert limit(stage, anne) == 0.0
    before = viewer.total[viewer.ssrc(anne.sound)]
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > before + 25, "sound goes on")


async def test_what_one_of_many_needs_is_asked_for(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    for n in range(3):
        viewer = await stage.viewer(f"pa-{n}", anne.picture)
        wish = Wish(track=anne.picture, height=(180, 180, 360)[n])
        await stage.engine.view(stage.session, viewer.participant, [wish], Mode.FULL)
    await until(lambda: rids(stage, anne) == ("q", "h"), "both", 30)
    await asyncio.sleep(1)
    assert rids(stage, anne) == ("q", "h")


async def test_a_site_with_little_up_is_asked_for_one_small_picture(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    await stage.viewer("pa-v", anne.sound, anne.picture)
    budget = Budget(line="villefort", up_kbps=400)
    await stage.engine.line(stage.session, anne.participant, budget)
    await until(lambda: rids(stage, anne) == ("q",), "the small one")
    assert 150 < (limit(stage, anne) or 0) < 340
    await stage.engine.line(stage.session, anne.participant, None)
    await until(lambda: rids(stage, anne) != ("q",), "more again")


async def test_who_sends_by_a_radio_that_loses_is_asked_for_the_small_picture(stage: Scene) -> None:
    anne = RoughUplink(stage.engine, stage.session, "pa-anne", picture=True)
    await stage.come(anne)
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture)
    wish = Wish(track=anne.picture, height=720)
    await stage.engine.view(stage.session, viewer.participant, [wish], Mode.FULL)
    await until(
        lambda: rids(stage, anne) == ("q",),
        lambda: f"the small one alone: {evidence(stage, anne, viewer)}",
        30,
    )
    assert limit(stage, anne) == 200.0
    anne.rough = False
    await until(
        lambda: rids(stage, anne) == RIDS and limit(stage, anne) is None,
        lambda: f"all again: {evidence(stage, anne, viewer)}",
        40,
    )


async def test_publishers_behind_one_line_share_it(stage: Scene) -> None:
    both = [await stage.publisher(name) for name in ("pa-anne", "pa-bruno")]
    await stage.viewer("pa-v", *(one.picture for one in both))
    for one in both:
        budget = Budget(line="villefort", up_kbps=1400)
        await stage.engine.line(stage.session, one.participant, budget)
    await until(lambda: all(rids(stage, one) == ("q", "h") for one in both), "a share each")
    limits = [limit(stage, one) or 0 for one in both]
    assert 900 < sum(limits) <= 1400 * 0.85
    # The one who is left has it all.
    await stage.engine.remove(stage.session, both[0].participant)
    await until(lambda: (limit(stage, both[1]) or 0) > 700, "more for the other")


async def test_subscribers_behind_one_line_share_it_and_are_told_why(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewers = []
    for n in range(2):
        name = f"pa-{n}"
        viewer = await stage.viewer(name, anne.sound, anne.picture)
        budget = Budget(line="villefort", down_kbps=1000)
        await stage.engine.line(stage.session, viewer.participant, budget)
        viewers.append(viewer)
    alone = await stage.viewer("pa-alone", anne.sound, anne.picture)
    wish = Wish(track=anne.picture, height=720)
    await stage.engine.view(stage.session, alone.participant, [wish], Mode.FULL)
    for viewer in viewers:
        await stage.until_choice(viewer, anne.picture, (1, "centre"))
    await stage.until_choice(alone, anne.picture, (2, "full"))
    for viewer in viewers:
        assert stage.choice(viewer, anne.picture) == (1, "centre")
    # When one has gone, the other is no longer held down by him.
    await stage.engine.remove(stage.session, viewers[0].participant)
    await until(lambda: stage.choice(viewers[1], anne.picture)[1] != "centre", "his own line")

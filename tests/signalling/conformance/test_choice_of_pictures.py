"""What each subscriber is sent of each picture, and what he is told of it."""

import asyncio

import pytest

from signalling.engine import Budget, Mode, Wish
from tests.fakes.media import until
from tests.fakes.viewers import KBPS, Scene, Watching

pytestmark = pytest.mark.timeout(90)


async def settled(viewer: Watching, *tracks: str, above: float = 20.0) -> None:
    await until(lambda: all(viewer.kbps(t) > above for t in tracks), f"pictures of {tracks}")  # type: ignore[arg-type]


async def test_a_small_tile_is_sent_the_small_layer_and_a_large_one_the_large(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    small = await stage.viewer("pa-small", anne.picture)
    large = await stage.viewer("pa-large", anne.picture)
    for viewer, height in ((small, 180), (large, 720)):
        wish = Wish(track=anne.picture, height=height)
        await stage.engine.view(stage.session, viewer.participant, [wish], Mode.FULL)
    await stage.until_choice(small, anne.picture, (0, "small"))
    await stage.until_choice(large, anne.picture, (2, "full"))
    await until(lambda: 0.6 * KBPS[0] < small.kbps(anne.picture) < 1.5 * KBPS[0], "the small one")
    before, sent = large.total[large.ssrc(anne.picture)], anne.sent["f"]
    await until(lambda: anne.sent["f"] > sent + 100, "the large one is sent")
    assert large.total[large.ssrc(anne.picture)] > before + 80


async def test_a_hidden_picture_is_paused_and_comes_back_with_a_key_picture(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture)
    await settled(viewer, anne.picture)
    hidden = Wish(track=anne.picture, height=0)
    await stage.engine.view(stage.session, viewer.participant, [hidden], Mode.FULL)
    await stage.until_choice(viewer, anne.picture, (None, "hidden"))
    await until(lambda: viewer.kbps(anne.picture) == 0, "nothing of the picture")
    before = viewer.total[viewer.ssrc(anne.sound)]
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > before + 20, "sound goes on")
    shown = Wish(track=anne.picture, height=180)
    await stage.engine.view(stage.session, viewer.participant, [shown], Mode.FULL)
    await stage.until_choice(viewer, anne.picture, (0, "small"))
    await settled(viewer, anne.picture)


async def test_sound_alone_is_sound_alone_until_it_is_not(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture)
    await settled(viewer, anne.picture)
    wish = Wish(track=anne.picture, height=360)
    await stage.engine.view(stage.session, viewer.participant, [wish], Mode.SOUND)
    await stage.until_choice(viewer, anne.picture, (None, "saving"))
    await until(lambda: viewer.kbps(anne.picture) == 0, "no picture")
    before = viewer.total[viewer.ssrc(anne.sound)]
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > before + 50, "sound goes on")
    await stage.engine.view(stage.session, viewer.participant, [wish], Mode.SAVING)
    await stage.until_choice(viewer, anne.picture, (0, "saving"))
    await settled(viewer, anne.picture)


async def test_a_line_too_narrow_for_a_picture_pauses_it_says_so_and_keeps_the_sound(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture, carries=60)
    await stage.until_choice(viewer, anne.picture, (None, "line"))
    told = stage.chosen(viewer)
    assert told is not None
    assert told.available_kbps is not None
    assert told.available_kbps < 120
    await until(lambda: viewer.kbps(anne.picture) == 0, "no picture")
    before = viewer.total[viewer.ssrc(anne.sound)]
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > before + 50, "sound goes on")


async def available(stage: Scene, viewer: Watching) -> float:
    members = (await stage.engine.state()).sessions[stage.session]
    [leg] = [leg for member in members for leg in member.legs if leg.id == viewer.leg]
    assert {choice.track for choice in leg.choices} <= {placed.track for placed in leg.tracks}
    return leg.available_kbps or 0.0


async def test_a_line_that_carries_less_than_the_best_is_sent_less(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.sound, anne.picture, carries=300)
    await stage.until_choice(viewer, anne.picture, (0, "line"), (None, "line"))
    assert 30 <= await available(stage, viewer) < 400
    # What it fell to holds for ten seconds; there is room for the small one, or for none yet.
    for _ in range(10):
        assert stage.choice(viewer, anne.picture) in [(0, "line"), (None, "line")]
        await asyncio.sleep(0.3)
    before = viewer.total[viewer.ssrc(anne.sound)]
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > before + 50, "sound goes on")


async def test_a_weak_subscriber_costs_the_others_nothing(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne")
    strong = await stage.viewer("pa-strong", anne.sound, anne.picture)
    weak = await stage.viewer("pa-weak", anne.sound, anne.picture)
    large = Wish(track=anne.picture, height=720)
    for viewer in (strong, weak):
        budget = Budget(line=viewer.participant, down_kbps=8000)
        await stage.engine.line(stage.session, viewer.participant, budget)
        await stage.engine.view(stage.session, viewer.participant, [large], Mode.FULL)
        await stage.until_choice(viewer, anne.picture, (2, "full"))
    ssrc = strong.ssrc(anne.picture)
    before = strong.total[ssrc]
    await until(lambda: strong.total[ssrc] > before + 100, "the best")
    told = len(stage.events)
    weak.carries = 200
    await stage.until_choice(weak, anne.picture, (0, "line"), (None, "line"))
    sent, came = anne.sent["f"], strong.total[ssrc]
    await until(lambda: anne.sent["f"] > sent + 400, "the best is sent on")
    # He gets every packet of the best layer, as before; nothing was told to him of a change.
    assert strong.total[ssrc] - came > 0.9 * 400
    since = [event for event in stage.events[told:] if getattr(event, "leg", None) == strong.leg]
    assert since == []
    assert "f" in anne.wanted

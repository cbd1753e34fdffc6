"""How a subscriber comes from one layer to another, and what becomes of a layer that starves."""

import asyncio
from itertools import pairwise

import pytest

from signalling.engine import Kind, Mode, Wish
from signalling.sfu.packet import Packet
from signalling.sfu.rtcp import KeyframeRequest
from signalling.sfu.vp8 import parse_vp8
from tests.fakes.by_hand import Hall, Receiver, Sender, pulse
from tests.fakes.media import until
from tests.fakes.viewers import Scene

pytestmark = pytest.mark.timeout(90)


def heights(heard: list[Packet]) -> list[int]:
    """Of the key pictures, one after the other."""
    return [one.height for one in map(parse_vp8, (p.payload for p in heard)) if one.key]


def without_seam(heard: list[Packet]) -> None:
    for before, after in zip(heard, heard[1:], strict=False):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF < 1 << 31
        one, two = parse_vp8(before.payload), parse_vp8(after.payload)
        new = after.timestamp != before.timestamp
        assert (two.number - one.number) & 0x7FFF == new
        assert (two.tl0 - one.tl0) & 0xFF <= new


async def watching(home: Hall, height: int) -> tuple[Sender, Receiver]:
    """Bruno is sent the layer of this height, of the two that Anne sends."""
    anne = await home.sender(rids=("q", "h"))
    picture = anne.track(Kind.VIDEO)
    bruno = await home.receiver(picture)
    await bruno.look(picture, height)
    await pulse(
        lambda: anne.shoot(0, 1),
        lambda: heights(bruno.heard_of(picture))[-3:] == [height] * 3,
        f"pictures of {height}",
    )
    return anne, bruno


@pytest.mark.parametrize(("before", "after"), [(180, 360), (360, 180)])
async def test_another_layer_begins_with_its_kept_key_picture_and_nobody_is_asked(
    home: Hall, before: int, after: int
) -> None:
    anne, bruno = await watching(home, before)
    picture = anne.track(Kind.VIDEO)
    for _ in range(10):
        anne.shoot()
        await asyncio.sleep(1 / 30)
    anne.reports.clear()
    await bruno.look(picture, after)
    await pulse(
        anne.shoot, lambda: heights(bruno.heard_of(picture))[-1] == after, f"a picture of {after}"
    )
    assert anne.told(KeyframeRequest) == []
    heard = bruno.heard_of(picture)
    without_seam(heard)
    # Its key picture and the ten that followed leave within an instant of the subscriber's time.
    key = max(n for n, p in enumerate(heard) if parse_vp8(p.payload).height == after)
    at_once = [p for p in heard[key:] if (p.timestamp - heard[key].timestamp) & 0xFFFFFFFF < 100]
    assert len({p.timestamp for p in at_once}) >= 10


async def test_where_no_key_picture_is_kept_one_is_asked_for_and_the_former_layer_goes_on(
    home: Hall,
) -> None:
    anne, bruno = await watching(home, 360)
    picture = anne.track(Kind.VIDEO)
    loop = asyncio.get_running_loop()
    end = loop.time() + 2.6
    await pulse(anne.shoot, lambda: loop.time() > end, "")
    anne.reports.clear()
    await bruno.look(picture, 180)
    await pulse(anne.shoot, lambda: anne.told(KeyframeRequest) != [], "a request")
    assert {report.media for report in anne.told(KeyframeRequest)} == {(anne.cameras[0].ssrc,)}
    count = len(bruno.heard_of(picture))
    await pulse(anne.shoot, lambda: len(bruno.heard_of(picture)) > count + 6, "it goes on")
    assert heights(bruno.heard_of(picture))[-1] == 360
    # Down goes it with the picture behind the key picture: the encoder may rest after that one.
    anne.shoot(0, 1)
    await until(lambda: heights(bruno.heard_of(picture)).count(360) > 3, "the upper key picture")
    assert heights(bruno.heard_of(picture))[-1] == 360
    anne.shoot()
    await until(lambda: heights(bruno.heard_of(picture))[-1] == 180, "the lower one")
    without_seam(bruno.heard_of(picture))


async def test_a_layer_that_falls_silent_is_left_at_once_for_a_lower_one(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    viewer = await stage.viewer("pa-v", anne.picture)
    wish = Wish(track=anne.picture, height=360, stage=True)
    await stage.engine.view(stage.session, viewer.participant, [wish], Mode.FULL)
    await stage.until_choice(viewer, anne.picture, (1, "small"))
    loop = asyncio.get_running_loop()
    await until(lambda: viewer.kbps(anne.picture) > 200, "the middle one")
    anne.able = ("q",)
    stopped = loop.time()
    await stage.until_choice(viewer, anne.picture, (0, "source"))
    ssrc = viewer.ssrc(anne.picture)
    count = viewer.total[ssrc]
    await until(lambda: viewer.total[ssrc] > count + 5, "the lower one")
    came = [stopped, *(at for at, _ in viewer.came[ssrc] if at > stopped)]
    # Half a second of silence, a fifth until it is looked at; the rest is for a busy machine.
    assert max(after - before for before, after in pairwise(came)) < 2.0

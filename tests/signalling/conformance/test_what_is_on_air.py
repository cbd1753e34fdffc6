"""Where somebody directs, only who is on air is forwarded: by default nobody."""

import asyncio
import time
from dataclasses import replace

import pytest

from rooms.errors import NotFound
from rooms.ids import ParticipantId, SessionId, TrackId
from signalling.engine import Air, Kind, Spoke
from tests.fakes.media import until
from tests.fakes.viewers import RIDS, Browser, Scene, Watching

pytestmark = pytest.mark.timeout(90)
DESK = frozenset({ParticipantId("pa-desk")})


def got(viewer: Watching, track: TrackId) -> int:
    return viewer.total[viewer.ssrc(track)]


async def more(viewer: Watching, *tracks: TrackId) -> None:
    """Ten more packets of each."""
    before = {track: got(viewer, track) for track in tracks}
    await until(lambda: all(got(viewer, one) > before[one] + 10 for one in tracks), "packets", 30)


async def everybody(stage: Scene) -> tuple[Browser, Browser, Watching, Watching]:
    anne, bruno = [await stage.publisher(name) for name in ("pa-anne", "pa-bruno")]
    tracks = (anne.sound, anne.picture, bruno.sound, bruno.picture)
    viewer = await stage.viewer("pa-viewer", *tracks)
    return anne, bruno, viewer, await stage.viewer("pa-desk", *tracks)


def on_air(*who: Browser) -> Air:
    names = frozenset(one.participant for one in who)
    return Air(heard=names, seen=names, desks=DESK)


async def test_who_is_not_named_is_neither_heard_nor_seen_from_his_first_packet_on(
    stage: Scene,
) -> None:
    await stage.engine.air(stage.session, on_air())
    anne, bruno, viewer, desk = await everybody(stage)
    await more(desk, anne.picture, bruno.picture)
    assert sum(viewer.total.values()) == 0
    assert got(desk, anne.sound) == got(desk, bruno.sound) == 0
    await stage.engine.air(stage.session, on_air(anne))
    await more(viewer, anne.sound, anne.picture)
    assert got(viewer, bruno.sound) == got(viewer, bruno.picture) == 0
    assert got(desk, bruno.sound) == 0


async def test_who_goes_off_the_air_is_gone_at_once_and_none_means_everybody(
    stage: Scene,
) -> None:
    anne, bruno, viewer, _ = await everybody(stage)
    await more(viewer, anne.sound, anne.picture, bruno.sound, bruno.picture)
    await stage.engine.air(stage.session, on_air(bruno))
    await more(viewer, bruno.sound, bruno.picture)
    left = got(viewer, anne.sound), got(viewer, anne.picture)
    await more(viewer, bruno.sound, bruno.picture)
    assert (got(viewer, anne.sound), got(viewer, anne.picture)) == left
    await stage.engine.air(stage.session, None)
    await more(viewer, anne.sound, anne.picture)


async def test_to_be_on_air_lets_nobody_through_who_has_muted_himself(stage: Scene) -> None:
    anne, bruno, viewer, _ = await everybody(stage)
    await stage.engine.mute(stage.session, anne.participant, Kind.AUDIO, True)
    await stage.engine.air(stage.session, on_air(anne, bruno))
    await more(viewer, bruno.sound)
    left = got(viewer, anne.sound)
    await more(viewer, bruno.sound, anne.picture)
    assert got(viewer, anne.sound) == left


async def test_a_session_that_is_not_known_has_no_air(stage: Scene) -> None:
    with pytest.raises(NotFound):
        await stage.engine.air(SessionId("se-unknown"), None)


async def arrives(stage: Scene, who: Browser) -> dict[Kind, tuple[int, int]]:
    """By kind, how many layers come of him and how many are asked for."""
    members = (await stage.engine.state()).sessions[stage.session]
    legs = next(one.legs for one in members if one.participant == who.participant)
    return {one.kind: (one.layers, one.asked) for leg in legs for one in leg.arrivals}


async def shows(stage: Scene, who: Browser, layers: int) -> None:
    """Until so many layers of his picture come, and his sound."""
    deadline = time.monotonic() + 30
    while (seen := await arrives(stage, who))[Kind.VIDEO][0] != layers:
        assert time.monotonic() < deadline, seen
        await asyncio.sleep(0.05)
    assert seen[Kind.AUDIO][0] == 1


async def test_what_comes_of_a_publisher_is_told_layer_by_layer(stage: Scene) -> None:
    anne, _, viewer, _ = await everybody(stage)
    await more(viewer, anne.sound, anne.picture)
    await shows(stage, anne, len(RIDS))
    anne.able = RIDS[:1]  # his line carries no more
    await shows(stage, anne, 1)
    assert (await arrives(stage, anne))[Kind.VIDEO][1] > 1
    anne.able = ()  # his camera is unplugged
    await shows(stage, anne, 0)
    anne.able = RIDS
    await shows(stage, anne, len(RIDS))


def ordered(air: Air, *listeners: str) -> Air:
    """The desk speaks to these alone."""
    talks = frozenset((ParticipantId("pa-desk"), ParticipantId(one)) for one in listeners)
    return replace(air, talks=talks)


async def test_what_the_desk_says_is_heard_by_whom_it_speaks_to_alone_from_the_first_packet_on(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    await stage.engine.air(stage.session, ordered(on_air(anne), "pa-bruno"))
    desk = await stage.publisher("pa-desk", picture=False)
    tracks = (anne.sound, desk.sound)
    chosen, other = [await stage.viewer(name, *tracks) for name in ("pa-bruno", "pa-viewer")]
    await more(chosen, desk.sound, anne.sound)
    await more(other, anne.sound)
    assert got(other, desk.sound) == 0
    late = await stage.viewer("pa-late", *tracks)
    await more(late, anne.sound)
    assert got(late, desk.sound) == 0


async def test_an_order_goes_over_to_another_and_ends_and_a_desk_that_is_mute_says_nothing(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    desk = await stage.publisher("pa-desk", picture=False)
    tracks = (anne.sound, desk.sound)
    bruno, carla = [await stage.viewer(name, *tracks) for name in ("pa-bruno", "pa-carla")]
    await stage.engine.air(stage.session, ordered(on_air(anne), "pa-bruno"))
    await more(bruno, desk.sound)
    before = got(carla, desk.sound)  # while there was no stage
    await stage.engine.air(stage.session, ordered(on_air(anne), "pa-carla"))
    left = got(bruno, desk.sound)
    await more(carla, desk.sound, anne.sound)
    assert got(bruno, desk.sound) == left
    await stage.engine.mute(stage.session, desk.participant, Kind.AUDIO, True)
    said = got(carla, desk.sound)
    await more(carla, anne.sound)
    assert got(carla, desk.sound) == said > before
    await stage.engine.mute(stage.session, desk.participant, Kind.AUDIO, False)
    await more(carla, desk.sound)
    await stage.engine.air(stage.session, on_air(anne))
    said = got(carla, desk.sound)
    await more(carla, anne.sound)
    assert (got(carla, desk.sound), got(bruno, desk.sound)) == (said, left)


async def test_who_comes_back_on_a_new_leg_hears_the_order_and_nobody_hears_who_gives_it(
    stage: Scene,
) -> None:
    anne = await stage.publisher("pa-anne")
    await stage.engine.air(stage.session, ordered(on_air(anne), "pa-bruno"))
    desk = await stage.publisher("pa-desk", picture=False)
    bruno = await stage.viewer("pa-bruno", anne.sound, desk.sound)
    await more(bruno, desk.sound)
    again = await stage.viewer("pa-bruno", anne.sound, desk.sound)
    await more(again, desk.sound, anne.sound)
    desk.level = 10  # loud
    await more(again, desk.sound)
    spoken = [one for one in stage.events if isinstance(one, Spoke)]
    assert all(desk.participant not in one.participants for one in spoken)

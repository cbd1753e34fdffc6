"""Who speaks is told from the levels that travel with the sound; the loudest are forwarded."""

import asyncio

import pytest

from signalling.engine import Kind
from signalling.engines.python import Limits
from tests.fakes.media import until
from tests.fakes.viewers import SILENT, SPEECH, Scene

pytestmark = pytest.mark.timeout(90)


async def test_who_speaks_is_told_the_dominant_one_first(stage: Scene) -> None:
    anne, bruno = [await stage.publisher(name, picture=False) for name in ("pa-anne", "pa-bruno")]
    await stage.viewer("pa-v", anne.sound, bruno.sound)
    anne.level = SPEECH
    await until(lambda: stage.spoke[-1:] == [("pa-anne",)], "anne")
    anne.level, bruno.level = None, SPEECH
    await until(lambda: bool(stage.spoke) and stage.spoke[-1][0] == "pa-bruno", "bruno")
    bruno.level = SILENT
    count = len(stage.spoke)
    await asyncio.sleep(2.5)
    assert len(stage.spoke) <= count + 1


async def test_who_is_muted_does_not_speak(stage: Scene) -> None:
    anne = await stage.publisher("pa-anne", picture=False)
    viewer = await stage.viewer("pa-v", anne.sound)
    await until(lambda: viewer.total[viewer.ssrc(anne.sound)] > 10, "sound")
    await stage.engine.mute(stage.session, anne.participant, Kind.AUDIO, True)
    anne.level = SPEECH
    await asyncio.sleep(1.5)
    assert stage.spoke == []
    count = viewer.total[viewer.ssrc(anne.sound)]
    await asyncio.sleep(0.3)
    assert viewer.total[viewer.ssrc(anne.sound)] == count


@pytest.fixture
def limits() -> Limits:
    return Limits(sounds_all_up_to=2, sounds_loudest=2)


async def test_only_the_loudest_are_forwarded_where_many_might_speak(stage: Scene) -> None:
    browsers = [await stage.publisher(f"pa-{n}", picture=False) for n in range(4)]
    for browser in browsers[2:]:
        browser.level = SPEECH
    viewer = await stage.viewer("pa-v", *(browser.sound for browser in browsers))

    def flows(n: int) -> bool:
        return viewer.kbps(browsers[n].sound, over=0.5) > 0

    await until(lambda: [flows(n) for n in range(4)] == [False, False, True, True], "two", 30)
    # The first word of another is heard once somebody has ended.
    browsers[2].level = SILENT
    browsers[0].level = SPEECH
    await until(lambda: [flows(n) for n in range(4)] == [True, False, False, True], "others", 30)

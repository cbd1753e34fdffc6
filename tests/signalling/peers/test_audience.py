"""A part of the house in the audience: it hears everything undecoded, and nobody hears of it."""

import asyncio
from collections.abc import AsyncIterator

import av
import pytest

from rooms.ids import ParticipantId
from signalling.engine import Air, Kind
from signalling.peers.audience import Audience, Frame
from signalling.peers.line import Refused
from tests.fakes.stage import Stage
from tests.fakes.wire import SESSION, Board, until

ALICE = ParticipantId("alice")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as made:
        yield made


class Place:
    """An audience that runs, and what it was given."""

    def __init__(self, stage: Stage, token: str = "pa:svc-recorder") -> None:
        self.frames: list[Frame] = []
        self.audience = Audience(stage.url, token, self.frames.append)
        self.task = asyncio.create_task(self.audience.run())

    def of(self, kind: Kind, since: int = 0) -> list[Frame]:
        return [one for one in self.frames[since:] if one.kind is kind]

    async def hears(self, since: int = 0) -> None:
        await until(lambda: all(len(self.of(kind, since)) > 5 for kind in Kind), 15)

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_it_is_given_whole_sounds_and_pictures_and_nobody_hears_of_it(stage: Stage) -> None:
    alice = await stage.person("alice")
    place = Place(stage)
    await place.hears()
    pictures, sounds = place.of(Kind.VIDEO), place.of(Kind.AUDIO)
    assert (pictures[0].key, pictures[0].size, pictures[0].of) == (True, (320, 180), "camera")
    assert (sounds[0].of, sounds[0].rate, sounds[0].participant) == ("microphone", 48_000, "alice")
    decoder = av.CodecContext.create("vp8", "r")
    assert [len(decoder.decode(av.Packet(one.data))) for one in pictures] == [1] * len(pictures)
    opus = av.CodecContext.create("libopus", "r")
    assert opus.decode(av.Packet(sounds[0].data))
    gaps = [b.timestamp - a.timestamp for a, b in zip(sounds, sounds[1:], strict=False)]
    assert set(gaps) == {960}
    assert sum(one.lost for one in place.frames) == 0
    assert alice.call is not None
    assert set(alice.call.participants) == {"alice"}
    assert list(place.audience.participants) == ["alice"]
    assert [one.participant for one in place.audience.sources.values()] == ["alice"] * 2
    await place.leave()


async def test_it_is_given_what_is_on_air_and_nothing_of_the_wings(stage: Stage) -> None:
    stage.house.airs[SESSION] = Air(heard=frozenset({ALICE}), seen=frozenset({ALICE}))
    await stage.person("alice")
    await stage.person("bruno")
    place = Place(stage)
    await place.hears()
    await until(lambda: len(place.audience.sources) == 4)
    assert {one.participant for one in place.frames} == {"alice"}
    await place.leave()


async def test_it_goes_on_over_a_restart_of_the_service_and_the_loss_of_a_worker(
    stage: Stage,
) -> None:
    await stage.person("alice")
    place = Place(stage)
    await place.hears()
    await stage.kill()
    await place.hears(len(place.frames))
    dials = place.audience.line.dials
    await stage.serve()
    await until(lambda: place.audience.line.connected and place.audience.line.dials > dials, 15)
    await place.hears(len(place.frames))
    await stage.engine.close(SESSION)
    await stage.engine.open(SESSION)
    await until(lambda: not place.audience.sources or len(place.audience.sources) == 2)
    since = len(place.frames)
    await place.hears(since)
    assert next(one for one in place.frames[since:] if one.kind is Kind.VIDEO).size
    await place.leave()


async def test_it_ends_with_the_session_and_when_it_is_put_out(stage: Stage) -> None:
    first, second = Place(stage), Place(stage, "pa:svc-page")
    await until(lambda: first.audience.you and second.audience.you)
    await stage.switchboard.remove(SESSION, ParticipantId("svc-page"))
    assert await second.task == "removed"
    await stage.switchboard.end(SESSION)
    assert await first.task == "ended"
    stage.house.over.add(SESSION)
    late = Place(stage)
    assert await late.task == "session-over"
    stranger = Place(stage, "nobody")
    with pytest.raises(Refused):
        await stranger.task


async def test_whoever_only_listens_may_say_nothing_to_the_others() -> None:
    async with Board() as board:
        anne = await board.person("anne", 0)
        before = len(anne.line.said)
        service = board.guest("pa:svc-recorder")
        await service.arrive()
        await service.say("chat", text="bonjour")
        assert service.line.last("error")["code"] == "forbidden"
        await service.say("publish.offer", leg="lg-" + "0" * 20, sdp="x", sources={})
        assert service.line.last("error")["about"] == "publish.offer"
        await service.say("leave")
        assert len(anne.line.said) == before
        figures = await board.wire.figures(SESSION)
        assert [one["id"] for one in figures["participants"]] == ["anne"]

import asyncio
import socket
from collections.abc import AsyncIterator
from itertools import cycle

import pytest

from rooms.errors import Invalid, NotFound
from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import (
    EngineEvent,
    Kind,
    LegChanged,
    LegState,
    Role,
    SubscribeOffer,
    TrackStarted,
)
from signalling.engines.python import PythonEngine
from tests.fakes.media import (
    Picture,
    Publisher,
    Subscriber,
    Tone,
    closing,
    lossy_in,
    lossy_out,
    until,
)

SESSION = SessionId("se-1")
ANNE, BRUNO = ParticipantId("pa-anne"), ParticipantId("pa-bruno")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("127.0.0.1")
    await made.open(SESSION)
    yield made
    made.stop()


def offered(offer: SubscribeOffer | None) -> SubscribeOffer:
    assert offer is not None
    return offer


async def test_two_peers_see_and_hear_each_other(engine: PythonEngine) -> None:
    a, b = Publisher(engine, SESSION, ANNE), Publisher(engine, SESSION, BRUNO)
    to_a, to_b = Subscriber(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, b, to_a, to_b):
        await asyncio.gather(a.start(), b.start())
        await asyncio.gather(
            to_b.want(a.track(Kind.AUDIO), a.track(Kind.VIDEO)),
            to_a.want(b.track(Kind.AUDIO), b.track(Kind.VIDEO)),
        )
        await asyncio.gather(
            to_b.sees(a.track(Kind.AUDIO), a.track(Kind.VIDEO)),
            to_a.sees(b.track(Kind.AUDIO), b.track(Kind.VIDEO)),
        )
        legs = [leg for m in (await engine.state()).sessions[SESSION] for leg in m.legs]
        assert {leg.profile for leg in legs} == {"SRTP_AEAD_AES_128_GCM"}
        assert {leg.state for leg in legs} == {LegState.CONNECTED}


async def test_tracks_come_and_go_by_new_offers(engine: PythonEngine) -> None:
    a, c = Publisher(engine, SESSION, ANNE), Publisher(engine, SESSION, ParticipantId("pa-c"))
    to_b = Subscriber(engine, SESSION, BRUNO)
    async with closing(a, c, to_b):
        await asyncio.gather(a.start(), c.start())
        await to_b.want(a.track(Kind.VIDEO))
        await to_b.sees(a.track(Kind.VIDEO))
        # A second picture and a sound are added: receivers start for m-lines of a later offer.
        await to_b.want(a.track(Kind.VIDEO), c.track(Kind.VIDEO), c.track(Kind.AUDIO))
        await to_b.sees(a.track(Kind.VIDEO), c.track(Kind.VIDEO), c.track(Kind.AUDIO))
        # The first line is given up, then used again for another's picture.
        gone = offered(await to_b.want(c.track(Kind.AUDIO)))
        assert "a=inactive" in gone.sdp
        again = offered(await to_b.want(c.track(Kind.AUDIO), c.track(Kind.VIDEO)))
        assert {placed.mid for placed in again.tracks} == {"0", "2"}
        await to_b.sees(c.track(Kind.VIDEO), c.track(Kind.AUDIO))


async def test_a_publisher_adds_a_track_by_a_second_offer(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start([Tone()])
        sound = a.track(Kind.AUDIO)
        await to_b.want(sound)
        await to_b.sees(sound)
        a.pc.addTrack(Picture())
        await a.offer()
        assert a.track(Kind.AUDIO) == sound
        await to_b.want(sound, a.track(Kind.VIDEO))
        await to_b.sees(sound, a.track(Kind.VIDEO))


async def test_a_new_publishing_leg_takes_over_without_a_new_offer(engine: PythonEngine) -> None:
    first, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    second = Publisher(engine, SESSION, ANNE)
    async with closing(first, second, to_b):
        await first.start()
        tracks = (first.track(Kind.AUDIO), first.track(Kind.VIDEO))
        await to_b.want(*tracks)
        await to_b.sees(*tracks)
        await second.start()
        assert (second.track(Kind.AUDIO), second.track(Kind.VIDEO)) == tracks
        assert await engine.subscribe(SESSION, BRUNO, to_b.leg, tracks) is None
        await until(lambda: second.pc.connectionState == "connected", "the second leg")
        await until(lambda: first.pc.connectionState == "closed", "the first leg closed")
        await to_b.sees(*tracks)


async def test_mute_stops_the_packets_and_resumes_with_a_picture(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start()
        sound, picture = a.track(Kind.AUDIO), a.track(Kind.VIDEO)
        await to_b.want(sound, picture)
        await to_b.sees(sound, picture)
        await engine.mute(SESSION, ANNE, Kind.VIDEO, True)
        await to_b.sees(sound, more=10)
        before = to_b.decoded[picture]
        await to_b.sees(sound, more=20)
        assert to_b.decoded[picture] == before
        [member] = [m for m in (await engine.state()).sessions[SESSION] if m.participant == ANNE]
        assert {t.kind: t.muted for t in member.tracks} == {Kind.AUDIO: False, Kind.VIDEO: True}
        await engine.mute(SESSION, ANNE, Kind.VIDEO, False)
        await to_b.sees(sound, picture)


async def test_packets_lost_on_the_way_up_are_asked_for_again(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start([Picture(width=640, height=480)])
        picture = a.track(Kind.VIDEO)
        await to_b.want(picture)
        await to_b.sees(picture)
        dropped = lossy_out(a.pc, [False, False, False, True] * 20)
        await to_b.sees(picture, more=30)
        assert dropped[0] >= 5
        leg = engine._sessions[SESSION].seats[ANNE].publish
        assert leg is not None
        reception = leg.streams["0"].layers.sources[0].reception
        block = reception.block(0, asyncio.get_running_loop().time())
        assert block.lost == 0


async def test_sounds_lost_on_the_way_up_are_asked_for_again(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start([Tone()])
        sound = a.track(Kind.AUDIO)
        await to_b.want(sound)
        await to_b.sees(sound)
        leg = engine._sessions[SESSION].seats[ANNE].publish
        assert leg is not None
        lossy_out(a.pc, cycle([False, False, False, True]))
        await until(lambda: leg.counts["repeated"] >= 5, "five sounds that came again")
        assert leg.counts["nacked"] >= 5
        # The line is told as it is.
        assert leg.streams["0"].layers.sources[0].reception.block(0, 0.0).lost >= 5
        await to_b.sees(sound)


async def test_packets_lost_on_the_way_down_are_repeated(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start([Picture(width=640, height=480)])
        picture = a.track(Kind.VIDEO)
        await to_b.want(picture)
        await to_b.sees(picture)
        dropped = lossy_in(to_b.pc, [False, False, False, True] * 10)
        await to_b.sees(picture, more=40)
        assert dropped[0] >= 5


async def test_events_tell_states_and_first_packets(engine: PythonEngine) -> None:
    heard: list[EngineEvent] = []

    async def listen() -> None:
        async for event in engine.events():
            heard.append(event)

    listening = asyncio.create_task(listen())
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start()
        await until(lambda: len(heard) >= 3, "connected and two tracks started")
        assert heard[0] == LegChanged(
            session=SESSION,
            participant=ANNE,
            leg=a.leg,
            role=Role.PUBLISH,
            state=LegState.CONNECTED,
        )
        assert {type(event) for event in heard[1:]} == {TrackStarted}
    await until(
        lambda: any(isinstance(e, LegChanged) and e.state is LegState.CLOSED for e in heard),
        "the goodbye of the publisher",
    )
    [member] = (await engine.state()).sessions[SESSION]
    assert (member.legs, len(member.tracks)) == ((), 2)
    listening.cancel()


async def test_whoever_is_removed_leaves_every_subscription(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    async with closing(a, to_b):
        await a.start()
        picture = a.track(Kind.VIDEO)
        await to_b.want(picture)
        await engine.remove(SESSION, ANNE)
        offer = await to_b.want(picture)
        assert offer is not None
        assert offer.tracks == ()
        await engine.remove(SESSION, ANNE)
        await engine.close(SESSION)
        assert (await engine.state()).sessions == {}


async def test_a_wrong_certificate_is_refused(engine: PythonEngine) -> None:
    a = Publisher(engine, SESSION, ANNE)
    a.pc.addTrack(Tone())
    async with closing(a):
        await a.pc.setLocalDescription(await a.pc.createOffer())
        lines = a.pc.localDescription.sdp.split("\r\n")
        forged = [
            f"{line[:-2]}00" if line.startswith("a=fingerprint:sha-256") else line for line in lines
        ]
        answer = await engine.publish(SESSION, ANNE, a.leg, "\r\n".join(forged))
        from aiortc import RTCSessionDescription

        await a.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        event = await asyncio.wait_for(anext(aiter(engine.events())), 10)
        assert isinstance(event, LegChanged)
        assert event.state is LegState.FAILED


async def test_strangers_get_silence(engine: PythonEngine) -> None:
    a, to_b = Publisher(engine, SESSION, ANNE), Subscriber(engine, SESSION, BRUNO)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        noise = [bytes([first]) * 40 for first in range(256)] + [b"\0", b"\x80", b"\x16\xfe\xfd"]
        async with closing(a, to_b):
            await a.start()
            await to_b.want(a.track(Kind.VIDEO))
            for data in noise * 3:
                stranger.sendto(data, ("127.0.0.1", engine.port))
            await to_b.sees(a.track(Kind.VIDEO))
            with pytest.raises(BlockingIOError):
                stranger.recv(2048)


@pytest.mark.parametrize("track", [Tone, Picture])
async def test_nobody_publishes_more_than_a_camera_and_a_screen(
    engine: PythonEngine, track: type[Tone] | type[Picture]
) -> None:
    a = Publisher(engine, SESSION, ANNE)
    async with closing(a):
        await a.start([track(), track()])
        [member] = (await engine.state()).sessions[SESSION]
        assert len(member.tracks) == 2
        a.pc.addTrack(track())
        await a.pc.setLocalDescription(await a.pc.createOffer())
        offer = a.pc.localDescription.sdp
        with pytest.raises(Invalid, match="too-many-tracks"):
            await engine.publish(SESSION, ANNE, a.leg, offer)
        with pytest.raises(Invalid, match="too-many-tracks"):
            await engine.publish(SESSION, BRUNO, LegId("lg-other"), offer)
        assert member in (await engine.state()).sessions[SESSION]
        # A line that is kept without sending costs nobody anything.
        silenced = offer.replace("a=sendrecv", "a=inactive", 1)
        assert len((await engine.publish(SESSION, ANNE, a.leg, silenced)).tracks) == 2


async def test_refusals_name_what_is_wrong(engine: PythonEngine) -> None:
    leg = LegId("lg-1")
    with pytest.raises(NotFound, match="no-session"):
        await engine.subscribe(SessionId("se-2"), ANNE, leg, ())
    with pytest.raises(Invalid, match="bad-sdp"):
        await engine.publish(SESSION, ANNE, leg, "v=0\r\nrubbish")
    with pytest.raises(NotFound, match="no-leg"):
        await engine.answer(SESSION, ANNE, leg, 1, "v=0")
    assert await engine.subscribe(SESSION, ANNE, leg, ()) is not None
    assert await engine.subscribe(SESSION, ANNE, leg, ()) is None
    with pytest.raises(NotFound, match="no-leg"):
        await engine.answer(SESSION, ANNE, leg, 7, "v=0")

"""Addresses of a leg: what a check moves, what it does not, and when silence ends a leg."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from aiortc import RTCSessionDescription

from rooms.ids import ParticipantId, SessionId
from signalling.engine import Kind, LegChanged, LegState
from signalling.engines.python import PythonEngine
from signalling.engines.python_publisher import PublisherLeg
from signalling.transport.stun import request
from tests.fakes.media import Publisher, Tone, closing, until

SESSION, ANNE = SessionId("se-1"), ParticipantId("pa-anne")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("127.0.0.1")
    await made.open(SESSION)
    yield made
    made.stop()


@contextlib.contextmanager
def socket_at_home() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


async def offered(publisher: Publisher) -> str:
    publisher.pc.addTrack(Tone())
    await publisher.pc.setLocalDescription(await publisher.pc.createOffer())
    return publisher.pc.localDescription.sdp


def leg_of(engine: PythonEngine) -> PublisherLeg:
    leg = engine._sessions[SESSION].seats[ANNE].publish
    assert leg is not None
    return leg


def word(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:(\S+)", sdp, re.MULTILINE)
    assert found is not None
    return found[1]


async def test_a_nominated_check_moves_the_leg_and_others_do_not(engine: PythonEngine) -> None:
    publisher = Publisher(engine, SESSION, ANNE)
    loop = asyncio.get_running_loop()
    async with closing(publisher):
        answer = await engine.publish(SESSION, ANNE, publisher.leg, await offered(publisher))
        name, secret = word(answer.sdp, "ice-ufrag"), word(answer.sdp, "ice-pwd")
        with socket_at_home() as home, socket_at_home() as road, socket_at_home() as thief:
            for sock, password, nominate in (
                (home, secret, True),
                (road, secret, False),
                (thief, "guessed", True),
            ):
                check = request(b"123456789012", f"{name}:x", password, nominate=nominate)
                sock.sendto(check, ("127.0.0.1", engine.port))
            await asyncio.wait_for(loop.sock_recv(home, 2048), 5)
            await asyncio.wait_for(loop.sock_recv(road, 2048), 5)
            leg = leg_of(engine)
            assert leg.address == home.getsockname()
            assert set(leg.addresses) == {home.getsockname(), road.getsockname()}
            moved = request(b"123456789013", f"{name}:x", secret, nominate=True)
            road.sendto(moved, ("127.0.0.1", engine.port))
            await asyncio.wait_for(loop.sock_recv(road, 2048), 5)
            assert leg.address == road.getsockname()
            with pytest.raises(BlockingIOError):
                thief.recv(2048)


async def test_forged_dtls_from_a_stranger_does_not_break_a_handshake(
    engine: PythonEngine,
) -> None:
    publisher = Publisher(engine, SESSION, ANNE)
    alert = bytes.fromhex("15fefd0000000000000000000202" + "28")
    with socket_at_home() as stranger:
        async with closing(publisher):
            answer = await engine.publish(SESSION, ANNE, publisher.leg, await offered(publisher))
            await publisher.pc.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
            for _ in range(300):
                for data in (alert, b"\x16\xfe\xff" + bytes(60)):
                    stranger.sendto(data, ("127.0.0.1", engine.port))
                await asyncio.sleep(0.001)
            await until(lambda: leg_of(engine).state is LegState.CONNECTED, "connected")


async def test_a_leg_fails_after_thirty_seconds_of_silence(engine: PythonEngine) -> None:
    publisher = Publisher(engine, SESSION, ANNE)
    async with closing(publisher):
        await engine.publish(SESSION, ANNE, publisher.leg, await offered(publisher))
        leg, now = leg_of(engine), asyncio.get_running_loop().time()
        leg.tick(now + 29)
        assert leg.alive
        leg.tick(now + 31)
        event = await anext(aiter(engine.events()))
        assert isinstance(event, LegChanged)
        assert event.state is LegState.FAILED
        [member] = (await engine.state()).sessions[SESSION]
        assert member.legs == ()
        again = await engine.publish(
            SESSION, ANNE, publisher.leg, publisher.pc.localDescription.sdp
        )
        assert [track.kind for track in again.tracks] == [Kind.AUDIO]
        assert leg_of(engine).alive


async def test_an_ice_restart_gets_new_credentials_on_the_same_leg(engine: PythonEngine) -> None:
    publisher = Publisher(engine, SESSION, ANNE)
    async with closing(publisher):
        offer = await offered(publisher)
        first = await engine.publish(SESSION, ANNE, publisher.leg, offer)
        same = await engine.publish(SESSION, ANNE, publisher.leg, offer)
        assert word(same.sdp, "ice-ufrag") == word(first.sdp, "ice-ufrag")
        leg = leg_of(engine)
        restarted = offer.replace(word(offer, "ice-ufrag"), "anew")
        answer = await engine.publish(SESSION, ANNE, publisher.leg, restarted)
        assert word(answer.sdp, "ice-ufrag") != word(first.sdp, "ice-ufrag")
        assert leg_of(engine) is leg
        assert answer.tracks == first.tracks

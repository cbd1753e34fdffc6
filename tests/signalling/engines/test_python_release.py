"""What has ended is freed as it ends: the collector is off, and nothing waits for it.

The oldest generation of the collector runs after minutes in a quiet worker; what waited for it kept
its keys, its DTLS buffers and the packets of its rings.
"""

import asyncio
import contextlib
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engines.python import PythonEngine
from signalling.engines.python_legs import BaseLeg
from signalling.engines.python_seats import Seat, Session
from signalling.engines.python_watchers import Watcher
from signalling.sfu.cache import Ring
from signalling.sfu.forward import Line
from signalling.sfu.packet import Packet
from signalling.sfu.simulcast import Layers
from signalling.sfu.source import Source
from signalling.transport.dtls import DtlsServer
from signalling.transport.srtp import Srtp
from tests.fakes import memory
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, Wire, picture, sound, udp_wire

SESSION, HOST = SessionId("se-1"), "127.0.0.1"
ANNE, BRUNO = ParticipantId("pa-anne"), ParticipantId("pa-bruno")
UP, DOWN, NEXT = LegId("lg-up"), LegId("lg-down"), LegId("lg-next")
OURS = (
    BaseLeg, DtlsServer, Layers, Line, Packet, Ring, Seat, Session, Source, Srtp, Watcher,
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    with memory.collector_off():
        yield


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine(HOST)
    yield made
    made.stop()


def held() -> Counter[str]:
    """Ours that are in memory, reachable or not."""
    return memory.held(OURS)


def is_alive(engine: PythonEngine) -> bool:
    return any(leg.alive for leg in engine._sessions[SESSION].seats[ANNE].legs)


@contextlib.asynccontextmanager
async def call(engine: PythonEngine) -> AsyncIterator[tuple[PacketPeer, Wire]]:
    """Anne is heard and seen by Bruno."""
    sender, viewer = PacketPeer(), PacketPeer()
    async with udp_wire(HOST, engine.port) as up, udp_wire(HOST, engine.port) as down:
        answer = await engine.publish(SESSION, ANNE, UP, sender.offer())
        await sender.connect(answer.sdp, up)
        offer = await engine.subscribe(SESSION, BRUNO, DOWN, [one.id for one in answer.tracks])
        assert offer is not None
        taken = viewer.answer(offer.sdp)
        await engine.answer(SESSION, BRUNO, DOWN, offer.serial, taken)
        await viewer.connect(offer.sdp, down)
        for number in range(5):
            sender.say(up, sound(number))
            sender.say(up, picture(number))
        await until(lambda: len(viewer.got) >= 10, "what Anne says")
        yield sender, up
    await asyncio.gather(sender.close(), viewer.close())


async def gone(before: Counter[str]) -> None:
    """What is due at the next turn of the loop, or the next decision, may come first."""
    await until(lambda: not held() - before, f"nothing of {held() - before}")


async def test_a_leg_is_freed_when_its_participant_is_removed(engine: PythonEngine) -> None:
    await engine.open(SESSION)
    before = held()
    for _ in range(3):
        async with call(engine):
            there = held() - before
            assert there["PublisherLeg"] == there["SubscriberLeg"] == there["Watcher"] == 1
            assert there["Packet"] >= 10
            await engine.remove(SESSION, ANNE)
            await engine.remove(SESSION, BRUNO)
        await gone(before)


async def test_a_session_is_freed_with_all_who_are_in_it(engine: PythonEngine) -> None:
    before = held()
    await engine.open(SESSION)
    async with call(engine):
        assert (held() - before)["Watcher"] == 1
        await engine.close(SESSION)
        await gone(before)
    assert engine._sessions == {}


async def test_what_a_publisher_sent_is_freed_while_others_stay(engine: PythonEngine) -> None:
    await engine.open(SESSION)
    before = held()
    async with call(engine):
        await engine.remove(SESSION, ANNE)
        left = ("PublisherLeg", "Source", "Layers")
        await until(lambda: not any((held() - before)[one] for one in left), "Anne to be freed")
        # Bruno's two lines know the last packet they sent, and no other.
        assert (held() - before)["Packet"] <= 2
        assert (held() - before)["SubscriberLeg"] == 1


async def test_a_leg_is_freed_when_another_has_taken_over(engine: PythonEngine) -> None:
    await engine.open(SESSION)
    peer = PacketPeer()
    async with call(engine), udp_wire(HOST, engine.port) as wire:
        before = held()
        answer = await engine.publish(SESSION, ANNE, NEXT, peer.offer())
        assert held()["PublisherLeg"] == 2
        await peer.connect(answer.sdp, wire)
        await until(lambda: held()["PublisherLeg"] == 1, "one leg alone")
        assert held()["Srtp"] == before["Srtp"]
        assert not (held() - before)["Source"]
    await peer.close()


async def test_a_leg_whose_certificate_is_another_is_freed_but_for_its_name(
    engine: PythonEngine,
) -> None:
    await engine.open(SESSION)
    before = held()
    peer, announced = PacketPeer(), PacketPeer()
    async with udp_wire(HOST, engine.port) as wire:
        offer = re.sub("a=ice-ufrag:.*", f"a=ice-ufrag:{peer.ufrag}", announced.offer())
        answer = await engine.publish(SESSION, ANNE, UP, offer)
        await peer.connect(answer.sdp, wire)
        await until(lambda: not is_alive(engine), "the leg to fail")
        assert not (held() - before)["DtlsServer"]
        await engine.remove(SESSION, ANNE)
        await gone(before)
    await peer.close()

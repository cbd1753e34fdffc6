"""A leg that takes over from another, and an ICE restart, seen packet by packet."""

import asyncio
import re
import struct
from collections.abc import AsyncIterator

import pytest

from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import LegState
from signalling.engines.python import PythonEngine
from signalling.engines.python_port import FORMER_CREDENTIALS
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, number_of, sound, tcp_wire, udp_wire, word

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-anne"), ParticipantId("pa-bruno")
HOST = "127.0.0.1"


def leg(number: int) -> LegId:
    return LegId(f"lg-{number}")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine(HOST)
    await made.open(SESSION)
    yield made
    made.stop()


async def publish(engine: PythonEngine, peer: PacketPeer, number: int) -> tuple[str, TrackId]:
    answer = await engine.publish(SESSION, ANNE, leg(number), peer.offer())
    return answer.sdp, answer.tracks[0].id


async def subscribe(engine: PythonEngine, peer: PacketPeer, number: int, track: TrackId) -> str:
    offer = await engine.subscribe(SESSION, BRUNO, leg(number), [track])
    assert offer is not None
    await engine.answer(SESSION, BRUNO, leg(number), offer.serial, peer.answer(offer.sdp))
    return offer.sdp


async def connected(engine: PythonEngine, *numbers: int) -> None:
    wanted, found = {leg(number) for number in numbers}, set[LegId]()
    async with asyncio.timeout(10):
        while wanted != found:
            await asyncio.sleep(0.01)
            members = (await engine.state()).sessions[SESSION]
            legs = [one for member in members for one in member.legs]
            found = {one.id for one in legs if one.state is LegState.CONNECTED}


def sequences(peer: PacketPeer) -> list[int]:
    return [struct.unpack_from("!H", packet, 2)[0] for packet in peer.got]


async def test_a_publishers_new_leg_takes_over_without_a_hole(engine: PythonEngine) -> None:
    old, new, viewer = PacketPeer(), PacketPeer(), PacketPeer()
    async with (
        udp_wire(HOST, engine.port) as up,
        tcp_wire(HOST, engine.port) as other_way,
        udp_wire(HOST, engine.port) as down,
    ):
        sdp, track = await publish(engine, old, 1)
        await old.connect(sdp, up)
        await viewer.connect(await subscribe(engine, viewer, 9, track), down)
        await connected(engine, 1, 9)
        number = 0
        for number in range(50):
            old.say(up, sound(number))
        sdp, again = await publish(engine, new, 2)
        assert again == track
        await new.reach(sdp, other_way)
        # Both live: what carries is the old one, until the new one can.
        for number in range(50, 100):
            old.say(up, sound(number))
        await until(lambda: len(viewer.got) == 100, "a hundred packets by the old leg")
        await new.shake_hands(other_way)
        await connected(engine, 2, 9)
        old.say(up, sound(9999))
        for number in range(100, 150):
            new.say(other_way, sound(number, ssrc=0x3333))
        await until(lambda: len(viewer.got) == 150, "fifty more by the new one")
        assert [number_of(packet) for packet in viewer.got] == list(range(150))
        first = sequences(viewer)[0]
        assert sequences(viewer) == [(first + n) & 0xFFFF for n in range(150)]
        assert len({packet[8:12] for packet in viewer.got}) == 1
    await asyncio.gather(old.close(), new.close(), viewer.close())


async def test_a_subscribers_new_leg_takes_over_without_loss_or_doubles(
    engine: PythonEngine,
) -> None:
    sender, old, new = PacketPeer(), PacketPeer(), PacketPeer()
    async with (
        udp_wire(HOST, engine.port) as up,
        udp_wire(HOST, engine.port) as down,
        tcp_wire(HOST, engine.port) as other_way,
    ):
        sdp, track = await publish(engine, sender, 1)
        await sender.connect(sdp, up)
        await old.connect(await subscribe(engine, old, 8, track), down)
        await connected(engine, 1, 8)
        sent = iter(range(100_000))

        async def talk() -> None:
            while True:
                sender.say(up, sound(next(sent)))
                await asyncio.sleep(0.001)

        talking = asyncio.create_task(talk(), name="talk")
        await until(lambda: len(old.got) > 50, "the old leg hears")
        await new.connect(await subscribe(engine, new, 9, track), other_way)
        await connected(engine, 1, 9)
        before = len(old.got)
        await until(lambda: len(new.got) > 50, "the new leg hears")
        talking.cancel()
        last = next(sent) - 1
        await until(lambda: number_of(new.got[-1]) == last, "all of it")
        heard = [number_of(packet) for packet in (*old.got, *new.got)]
        assert heard == list(range(last + 1))
        assert len(old.got) - before <= 1
        assert old._connection.get_shutdown() != 0
    await asyncio.gather(sender.close(), old.close(), new.close())


async def test_legs_that_never_come_so_far_do_not_pile_up(engine: PythonEngine) -> None:
    first, viewer = PacketPeer(), PacketPeer()
    async with udp_wire(HOST, engine.port) as up:
        sdp, track = await publish(engine, first, 0)
        await first.connect(sdp, up)
        await connected(engine, 0)
        for number in range(1, 40):
            await publish(engine, PacketPeer(), number)
            await subscribe(engine, viewer, 100 + number, track)
        assert len(engine._port._legs) == 3
        assert len(engine._port._ice._owners) == 3
    await asyncio.gather(first.close(), viewer.close())


async def test_an_ice_restart_moves_the_leg_after_a_check_and_keeps_its_keys(
    engine: PythonEngine,
) -> None:
    sender, viewer = PacketPeer(), PacketPeer()
    async with (
        udp_wire(HOST, engine.port) as home,
        udp_wire(HOST, engine.port) as road,
        udp_wire(HOST, engine.port) as down,
    ):
        offer = sender.offer()
        answer = await engine.publish(SESSION, ANNE, leg(1), offer)
        await sender.connect(answer.sdp, home)
        sdp = await subscribe(engine, viewer, 9, answer.tracks[0].id)
        await viewer.connect(sdp, down)
        await connected(engine, 1, 9)
        sender.say(home, sound(1))
        restarted = await engine.publish(
            SESSION, ANNE, leg(1), re.sub("a=ice-ufrag:.*", "a=ice-ufrag:anew", offer)
        )
        assert word(restarted.sdp, "ice-ufrag") != word(answer.sdp, "ice-ufrag")
        assert word(restarted.sdp, "ice-pwd") != word(answer.sdp, "ice-pwd")
        assert word(restarted.sdp, "fingerprint") == word(answer.sdp, "fingerprint")
        # Not from a new address before a check, and still from the former one.
        sender.say(road, sound(2))
        sender.say(home, sound(3))
        await until(lambda: len(viewer.got) == 2, "the former path goes on")
        sender.ufrag = "anew"
        await sender.reach(restarted.sdp, road)
        sender.say(road, sound(4))
        await until(lambda: len(viewer.got) == 3, "the new path carries, under the same keys")
        assert [number_of(packet) for packet in viewer.got] == [1, 3, 4]
        publisher = engine._sessions[SESSION].seats[ANNE].publish
        assert publisher is not None
        assert publisher.address == road.sock.getsockname()
    await asyncio.gather(sender.close(), viewer.close())


async def test_restart_after_restart_leaves_no_credentials_behind(engine: PythonEngine) -> None:
    sender = PacketPeer()
    offer = sender.offer()
    for number in range(30):
        named = re.sub("a=ice-ufrag:.*", f"a=ice-ufrag:anew{number}", offer)
        await engine.publish(SESSION, ANNE, leg(1), named)
    assert len(engine._port._ice._owners) == 1 + FORMER_CREDENTIALS
    await engine.remove(SESSION, ANNE)
    assert engine._port._ice._owners == {}

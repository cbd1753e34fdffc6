"""Both families on one port, what is announced of it, and what a person may be told of his path."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import Path, Transport
from signalling.engines.python import PythonEngine
from signalling.engines.python_port import MediaPort
from signalling.transport.seam import host_addresses
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, number_of, sound, tcp_wire, udp_wire

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-anne"), ParticipantId("pa-bruno")
SENDING, RECEIVING = LegId("lg-sending"), LegId("lg-receiving")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("::", relays=["127.0.0.9"])
    await made.open(SESSION)
    yield made
    made.stop()


async def path_of(engine: PythonEngine, leg: LegId) -> Path | None:
    members = (await engine.state()).sessions[SESSION]
    return next(one.path for member in members for one in member.legs if one.id == leg)


async def test_sound_goes_from_ipv6_to_ipv4_and_back_again(engine: PythonEngine) -> None:
    a, b = PacketPeer(), PacketPeer()
    answer = await engine.publish(SESSION, ANNE, SENDING, a.offer())
    offer = await engine.subscribe(SESSION, BRUNO, RECEIVING, [answer.tracks[0].id])
    assert offer is not None
    await engine.answer(SESSION, BRUNO, RECEIVING, offer.serial, b.answer(offer.sdp))
    assert await path_of(engine, SENDING) is None
    async with (
        udp_wire("::1", engine.port) as up,
        udp_wire("127.0.0.1", engine.port) as down,
        tcp_wire("::1", engine.port) as other,
    ):
        await asyncio.gather(a.connect(answer.sdp, up), b.connect(offer.sdp, down))
        mapped = stun.parse_message(a.last_answer).attributes["XOR-MAPPED-ADDRESS"]
        assert mapped == up.sock.getsockname()[:2]
        a.say(up, sound(1))
        await until(lambda: len(b.got) == 1, "from IPv6 to IPv4")
        await b.reach(offer.sdp, other)
        a.say(up, sound(2))
        await until(lambda: len(b.got) == 2, "to IPv6 by TCP")
        assert [number_of(packet) for packet in b.got] == [1, 2]
        assert await path_of(engine, SENDING) == Path(transport=Transport.UDP, family=6)
        assert await path_of(engine, RECEIVING) == Path(transport=Transport.TCP, family=6)
    await asyncio.gather(a.close(), b.close())


async def test_what_is_announced_is_what_is_bound() -> None:
    for host, hosts in (
        ("127.0.0.1", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("0.0.0.0", [*host_addresses(), "127.0.0.1"]),
        ("::", [*host_addresses(ipv6=True), *host_addresses(), "127.0.0.1"]),
    ):
        port = MediaPort(host, 0)
        assert port.hosts() == hosts
        lines = port.candidates()
        told = [line.split()[4] for line in lines if " udp " in line]
        assert told == hosts
        assert any(" tcp " in line for line in lines)
        told = port.candidates(["203.0.113.7"])
        assert [line.split()[4] for line in told[:-1]] == ["203.0.113.7"] * 2
        port.close()


async def test_a_path_has_a_name_for_people(engine: PythonEngine) -> None:
    port = engine._port
    assert port.path_of(("192.0.2.7", 4000)) == Path(transport=Transport.UDP, family=4)
    assert port.path_of(("2001:db8::7", 4000, 0, 0)) == Path(transport=Transport.UDP, family=6)
    assert port.path_of(("192.0.2.7", 4000, 3)) == Path(transport=Transport.TCP, family=4)
    assert port.path_of(("127.0.0.9", 4000)) == Path(transport=Transport.TURN, family=4)
    assert port.path_of(("127.0.0.9", 4000, 3)) == Path(transport=Transport.TURN, family=4)


async def test_a_port_of_one_family_drops_what_is_for_the_other() -> None:
    port = MediaPort("127.0.0.1", 0)
    port.send(b"x", ("::1", 9, 0, 0))
    port.send(b"x", ("127.0.0.1", 9, 77))
    port.close()

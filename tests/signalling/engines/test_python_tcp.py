"""The media port over TCP: what a connection may do, and what it may not."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from rooms.ids import LegId, ParticipantId, SessionId, TrackId
from signalling.engine import Kind, LegState, Path, Transport
from signalling.engines import python_tcp
from signalling.engines.python import PythonEngine
from tests.fakes.media import until
from tests.fakes.packet_peer import (
    PacketPeer,
    TcpWire,
    number_of,
    picture,
    sound,
    tcp_wire,
    udp_wire,
)

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-anne"), ParticipantId("pa-bruno")
SENDING, RECEIVING = LegId("lg-sending"), LegId("lg-receiving")


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine("127.0.0.1")
    await made.open(SESSION)
    yield made
    made.stop()


@contextlib.asynccontextmanager
async def two_peers() -> AsyncIterator[tuple[PacketPeer, PacketPeer]]:
    a, b = PacketPeer(), PacketPeer()
    try:
        yield a, b
    finally:
        await asyncio.gather(a.close(), b.close())


async def publish(engine: PythonEngine, peer: PacketPeer) -> tuple[str, dict[Kind, TrackId]]:
    answer = await engine.publish(SESSION, ANNE, SENDING, peer.offer())
    return answer.sdp, {track.kind: track.id for track in answer.tracks}


async def subscribe(engine: PythonEngine, peer: PacketPeer, *kinds: Kind) -> str:
    members = (await engine.state()).sessions[SESSION]
    tracks = [t.id for member in members for t in member.tracks if t.kind in kinds]
    offer = await engine.subscribe(SESSION, BRUNO, RECEIVING, tracks)
    assert offer is not None
    await engine.answer(SESSION, BRUNO, RECEIVING, offer.serial, peer.answer(offer.sdp))
    return offer.sdp


async def path_of(engine: PythonEngine, leg: LegId) -> Path | None:
    members = (await engine.state()).sessions[SESSION]
    return next(one.path for member in members for one in member.legs if one.id == leg)


async def connected(engine: PythonEngine, leg: LegId) -> None:
    async with asyncio.timeout(10):
        while True:
            members = (await engine.state()).sessions[SESSION]
            states = {one.id: one.state for member in members for one in member.legs}
            if states.get(leg) is LegState.CONNECTED:
                return
            await asyncio.sleep(0.01)


async def test_sound_goes_in_by_tcp_and_out_by_tcp_and_udp(engine: PythonEngine) -> None:
    async with two_peers() as (a, b), tcp_wire("127.0.0.1", engine.port) as up:
        sdp, _ = await publish(engine, a)
        assert f" {engine.port} typ host tcptype passive" in sdp
        await a.connect(sdp, up)
        offer = await subscribe(engine, b, Kind.AUDIO)
        async with tcp_wire("127.0.0.1", engine.port) as down:
            await b.connect(offer, down)
            await connected(engine, RECEIVING)
            for number in range(50):
                a.say(up, sound(number))
            await until(lambda: len(b.got) == 50, "fifty packets")
            assert [number_of(packet) for packet in b.got] == list(range(50))
            assert await path_of(engine, RECEIVING) == Path(transport=Transport.TCP, family=4)
            assert await path_of(engine, SENDING) == Path(transport=Transport.TCP, family=4)
            async with udp_wire("127.0.0.1", engine.port) as other:
                await b.reach(offer, other)
                assert await path_of(engine, RECEIVING) == Path(transport=Transport.UDP, family=4)
                a.say(up, sound(50))
                await until(lambda: len(b.got) == 51, "one more, by the other wire")


async def test_a_check_by_tcp_is_told_where_it_came_from(engine: PythonEngine) -> None:
    async with two_peers() as (a, _), tcp_wire("127.0.0.1", engine.port) as wire:
        sdp, _tracks = await publish(engine, a)
        await a.reach(sdp, wire)
        answer = stun.parse_message(a.last_answer)
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == wire.writer.get_extra_info("sockname")


async def test_a_path_that_ends_is_forgotten_and_another_takes_over(engine: PythonEngine) -> None:
    async with two_peers() as (a, b):
        async with tcp_wire("127.0.0.1", engine.port) as up:
            sdp, _ = await publish(engine, a)
            await a.connect(sdp, up)
        await until(lambda: len(engine._port._tcp) == 0, "it is forgotten")
        assert await path_of(engine, SENDING) is None
        offer = await subscribe(engine, b, Kind.AUDIO)
        async with (
            tcp_wire("127.0.0.1", engine.port) as again,
            udp_wire("127.0.0.1", engine.port) as down,
        ):
            await b.connect(offer, down)
            await connected(engine, RECEIVING)
            await a.reach(sdp, again)
            a.say(again, sound(1))
            await until(lambda: len(b.got) == 1, "a packet over the new connection")


async def test_a_leg_that_ends_says_goodbye_and_closes_its_connection(
    engine: PythonEngine,
) -> None:
    async with two_peers() as (a, _), tcp_wire("127.0.0.1", engine.port) as up:
        sdp, _tracks = await publish(engine, a)
        await a.connect(sdp, up)
        await connected(engine, SENDING)
        await engine.remove(SESSION, ANNE)
        await until(lambda: a.ended, "the connection ends")
        assert a._connection.get_shutdown() != 0


async def test_media_and_handshakes_before_a_check_are_dropped_unread(
    engine: PythonEngine,
) -> None:
    async with two_peers() as (a, _), tcp_wire("127.0.0.1", engine.port) as stranger:
        await publish(engine, a)
        a.listen(stranger)
        for _ in range(python_tcp.FRAMES_BEFORE_CHECK):
            stranger.send(b"\x16\xfe\xff" + bytes(60))
        await until(lambda: a.ended, "whoever only talks is let go")
        assert (a.answered, a.got) == (0, [])


async def test_a_frame_too_long_ends_the_connection(engine: PythonEngine) -> None:
    async with tcp_wire("127.0.0.1", engine.port) as stranger:
        stranger.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        async with asyncio.timeout(10):
            assert await stranger.reader.read() == b""


async def ended(wire: TcpWire) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.05):
            return await wire.reader.read(1) == b""
    return False


async def test_who_proves_nothing_or_falls_silent_is_let_go(engine: PythonEngine) -> None:
    paths = engine._port._tcp
    now = asyncio.get_running_loop().time()
    async with two_peers() as (a, _), tcp_wire("127.0.0.1", engine.port) as proved:
        sdp, _tracks = await publish(engine, a)
        await a.reach(sdp, proved)
        async with tcp_wire("127.0.0.1", engine.port) as idle:
            await until(lambda: len(paths) == 2, "both are there")
            paths.tick(now + python_tcp.CHECK_WITHIN - 1)
            assert len(paths) == 2
            paths.tick(now + python_tcp.CHECK_WITHIN + 5)
            assert await ended(idle)
            assert len(paths) == 1
        paths.tick(now + python_tcp.IDLE + 5)
        await until(lambda: a.ended, "the silent one ends too")
        assert await path_of(engine, SENDING) is None


async def test_one_address_may_not_take_every_connection(engine: PythonEngine) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(python_tcp.MOST_UNPROVED_FROM_ONE):
            await stack.enter_async_context(tcp_wire("127.0.0.1", engine.port))
        paths = engine._port._tcp
        await until(lambda: len(paths) == python_tcp.MOST_UNPROVED_FROM_ONE, "all of them")
        one_more = await stack.enter_async_context(tcp_wire("127.0.0.1", engine.port))
        async with asyncio.timeout(10):
            assert await one_more.reader.read() == b""
        neighbour = await stack.enter_async_context(
            tcp_wire("127.0.0.1", engine.port, local_addr=("127.0.0.9", 0))
        )
        await until(lambda: len(paths) == python_tcp.MOST_UNPROVED_FROM_ONE + 1, "a neighbour")
        assert not await ended(neighbour)
        assert paths.turned_away == 1


async def test_a_slow_reader_loses_pictures_first_and_holds_nobody_up(
    engine: PythonEngine,
) -> None:
    """He reads nothing for a while; a neighbour gets every packet meanwhile, and he sound after."""
    async with two_peers() as (a, slow), udp_wire("127.0.0.1", engine.port) as up:
        sdp, _tracks = await publish(engine, a)
        await a.connect(sdp, up)
        offer = await subscribe(engine, slow, Kind.AUDIO, Kind.VIDEO)
        reader, writer = await asyncio.open_connection(
            sock=await _small_buffer(engine.port), limit=1024
        )
        down = TcpWire(reader, writer)
        await slow.connect(offer, down)
        await connected(engine, RECEIVING)
        await slow.close()  # he reads no more
        quick = PacketPeer()
        other = await engine.subscribe(
            SESSION, ParticipantId("pa-chloe"), LegId("lg-quick"), await tracks_of(engine)
        )
        assert other is not None
        await engine.answer(
            SESSION, ParticipantId("pa-chloe"), other.leg, other.serial, quick.answer(other.sdp)
        )
        async with udp_wire("127.0.0.1", engine.port) as side:
            await quick.connect(other.sdp, side)
            await connected(engine, LegId("lg-quick"))
            paths = engine._port._tcp
            number = 0
            while not paths.given_up:
                a.say(up, picture(number))
                a.say(up, sound(number))
                number += 1
                await at_once(quick, 2 * number)
                assert number < 5000
            before = len(slow.got)
            slow.listen(down)
            await until(lambda: len(slow.got) > before, "he reads again")
            await until(lambda: not any(p.outbox for p in paths._paths.values()), "he caught up")
            sent = number
            a.say(up, sound(sent))
            await until(lambda: sent in sounds_of(slow), "sound again")
            heard = sounds_of(slow)
            seen = [p for p in slow.got if len(p) > 900]
            assert len(seen) < sent
            assert heard == list(range(sent + 1))
        await quick.close()
        writer.close()


async def at_once(peer: PacketPeer, packets: int) -> None:
    await until(lambda: len(peer.got) >= packets, "the neighbour gets it at once", deadline=2)


def sounds_of(peer: PacketPeer) -> list[int]:
    return [number_of(packet) for packet in peer.got if len(packet) < 400]


async def tracks_of(engine: PythonEngine) -> list[TrackId]:
    members = (await engine.state()).sessions[SESSION]
    return [track.id for member in members for track in member.tracks]


async def _small_buffer(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", port))
    return made

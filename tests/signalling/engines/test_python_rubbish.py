"""What strangers send to the media port, in datagrams and connections, and what comes of it."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import LegState
from signalling.engines.python import PythonEngine
from signalling.transport.ice_tcp import framed
from signalling.transport.stun import request
from tests.fakes.media import until
from tests.fakes.packet_peer import (
    PacketPeer,
    TcpWire,
    UdpWire,
    Wire,
    number_of,
    picture,
    sound,
    tcp_wire,
    udp_wire,
    word,
)

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-anne"), ParticipantId("pa-bruno")
SENDING, RECEIVING = LegId("lg-sending"), LegId("lg-receiving")
HOST = "127.0.0.1"
ALERT = bytes.fromhex("15fefd0000000000000000000202" + "28")
GOODBYE = bytes.fromhex("15fefd0000000000000000000201" + "00")
ROUNDS = 20_000


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine(HOST)
    await made.open(SESSION)
    yield made
    made.stop()


class Interrupted:
    """A wire on which a stranger says something before and after each packet."""

    def __init__(self, wire: Wire, stranger: Wire, words: list[bytes]) -> None:
        self.wire, self.stranger, self.words = wire, stranger, words
        self.interruptions = 0

    def send(self, data: bytes) -> None:
        self._interrupt()
        self.wire.send(data)
        self._interrupt()

    async def receive(self) -> bytes:
        data = await self.wire.receive()
        self._interrupt()
        return data

    def _interrupt(self) -> None:
        for one in self.words:
            self.stranger.send(one)
            self.interruptions += 1


class Overheard:
    """A wire that goes nowhere and keeps what was said on it."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.said.append(data)

    async def receive(self) -> bytes:
        return await asyncio.Future()


def hello_of_somebody_else() -> bytes:
    """A whole ClientHello, as good as any."""
    ear, peer = Overheard(), PacketPeer()
    peer._shake()
    peer._flush(ear)
    [hello] = ear.said
    assert hello[0] == 22
    return hello


@pytest.mark.parametrize("third", ["udp", "tcp"])
async def test_a_third_socket_cannot_break_a_handshake_under_way(
    engine: PythonEngine, third: str
) -> None:
    """Item 20 of the list: on other stacks one forged packet was enough (CVE-2023-51443)."""
    peer = PacketPeer()
    words = [hello_of_somebody_else(), ALERT, GOODBYE, b"\x16\xfe\xff" + bytes(60)]
    answer = await engine.publish(SESSION, ANNE, SENDING, peer.offer())
    opening = udp_wire if third == "udp" else tcp_wire
    async with udp_wire(HOST, engine.port) as wire, opening(HOST, engine.port) as stranger:
        assert isinstance(stranger, UdpWire | TcpWire)
        disturbed = Interrupted(wire, stranger, words)
        await peer.connect(answer.sdp, disturbed)
        publisher = engine._sessions[SESSION].seats[ANNE].publish
        assert publisher is not None
        await until(lambda: publisher.state is LegState.CONNECTED, "connected all the same")
        assert publisher.addresses == [wire.sock.getsockname()]
        assert disturbed.interruptions >= 5 * len(words)
    await peer.close()


async def test_a_participant_cannot_break_the_handshake_of_another(engine: PythonEngine) -> None:
    """His own checks are good; what he says then is about his own leg."""
    peer, rascal = PacketPeer(), PacketPeer()
    answer = await engine.publish(SESSION, ANNE, SENDING, peer.offer())
    his = await engine.publish(SESSION, BRUNO, RECEIVING, rascal.offer())
    async with udp_wire(HOST, engine.port) as wire, udp_wire(HOST, engine.port) as other:
        await rascal.reach(his.sdp, other)
        await peer.connect(answer.sdp, Interrupted(wire, other, [hello_of_somebody_else(), ALERT]))
        seats = engine._sessions[SESSION].seats
        good = seats[ANNE].publish
        assert good is not None
        await until(lambda: good.state is LegState.CONNECTED, "connected all the same")
    await asyncio.gather(peer.close(), rascal.close())


def changed(data: bytes, chance: random.Random) -> bytes:
    """The same bytes, cut, lengthened or altered somewhere."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(made)) if made else 0
        match chance.randrange(4):
            case 0:
                del made[at:]
            case 1:
                made[at : at + 1] = chance.randbytes(1)
            case 2:
                made[at:at] = chance.randbytes(chance.randrange(1, 30))
            case _:
                made += chance.randbytes(chance.randrange(1, 50))
    return bytes(made[:2048])


async def test_no_packet_raises_and_a_stranger_is_never_answered(engine: PythonEngine) -> None:
    """Good packets, damaged at random, from a stranger and from a path that has proved itself."""
    chance, peer = random.Random(4), PacketPeer()
    answer = await engine.publish(SESSION, ANNE, SENDING, peer.offer())
    name, secret = word(answer.sdp, "ice-ufrag"), word(answer.sdp, "ice-pwd")
    check = request(b"123456789012", f"{name}:x", secret, nominate=True)
    good = [check, hello_of_somebody_else(), sound(1), picture(1), b"\x80\xc8\0\6" + bytes(24)]
    port, answered = engine._port, list[bytes]()
    async with udp_wire(HOST, engine.port) as wire:
        await peer.connect(answer.sdp, wire)
        known = wire.sock.getsockname()
        port.send = lambda data, address: answered.append(data)  # type: ignore[method-assign]
        now = asyncio.get_running_loop().time()
        for number in range(ROUNDS):
            data = changed(good[number % len(good)], chance)
            # The fingerprint at the end is not signed: who repeats the rest knows the password.
            if data and not data.startswith(check[:-8]):
                port._take(data, ("192.0.2.9", 9), now)
                port._take(data, ("192.0.2.9", 9, 1), now)
        assert answered == []
        for number in range(ROUNDS // 4):
            if data := changed(good[1 + number % (len(good) - 1)], chance):
                port._take(data, known, now)
        del port.send
    assert engine._sessions[SESSION].seats[ANNE].publish is not None
    await peer.close()


async def test_rubbish_on_connections_leaves_the_others_in_peace(engine: PythonEngine) -> None:
    chance, sender, viewer = random.Random(5), PacketPeer(), PacketPeer()
    answer = await engine.publish(SESSION, ANNE, SENDING, sender.offer())
    offer = await engine.subscribe(SESSION, BRUNO, RECEIVING, [answer.tracks[0].id])
    assert offer is not None
    await engine.answer(SESSION, BRUNO, RECEIVING, offer.serial, viewer.answer(offer.sdp))
    async with tcp_wire(HOST, engine.port) as up, tcp_wire(HOST, engine.port) as down:
        await asyncio.gather(sender.connect(answer.sdp, up), viewer.connect(offer.sdp, down))
        for number in range(100):
            async with tcp_wire(HOST, engine.port) as stranger:
                for _ in range(chance.randrange(4)):
                    rubbish = chance.randbytes(chance.randrange(1, 3000))
                    stranger.writer.write(rubbish if chance.random() < 0.5 else framed(rubbish))
            sender.say(up, sound(number))
        await until(lambda: len(viewer.got) == 100, "every packet")
        assert [number_of(packet) for packet in viewer.got] == list(range(100))
        await until(lambda: len(engine._port._tcp) == 2, "the others are gone")
    await asyncio.gather(sender.close(), viewer.close())

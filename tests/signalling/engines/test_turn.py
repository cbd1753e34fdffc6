"""A TURN server set up as docs/turnserver.conf.example says leads to the worker, nowhere else."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aioice import stun
from aioice.turn import TurnClientProtocol, TurnClientTcpProtocol, TurnClientUdpProtocol

from rooms.ids import LegId, ParticipantId, SessionId
from signalling.engine import Path, Transport
from signalling.engines.python import PythonEngine
from tests.fakes.media import until
from tests.fakes.packet_peer import PacketPeer, number_of, sound, udp_wire
from tests.fakes.turn import Turn, coturn, needs_coturn

pytestmark = [needs_coturn, pytest.mark.timeout(90)]

SESSION, ANNE, BRUNO = SessionId("se-1"), ParticipantId("pa-anne"), ParticipantId("pa-bruno")
SENDING, RECEIVING = LegId("lg-sending"), LegId("lg-receiving")
WORKER, ELSEWHERE, RELAY = "127.0.0.1", "127.0.0.2", "127.0.0.3"


@pytest.fixture
async def turn() -> AsyncIterator[Turn]:
    async with coturn(WORKER, WORKER, RELAY) as made:
        yield made


@pytest.fixture
async def engine() -> AsyncIterator[PythonEngine]:
    made = PythonEngine(WORKER, relays=[RELAY])
    await made.open(SESSION)
    yield made
    made.stop()


class RelayWire(asyncio.DatagramProtocol):
    """A wire of `packet_peer` through an allocation, to one peer."""

    def __init__(self, client: TurnClientProtocol, peer: tuple[str, int]) -> None:
        self.client, self.peer = client, peer
        self._got: asyncio.Queue[bytes] = asyncio.Queue()
        self._sending: set[asyncio.Task[None]] = set()
        client.receiver = self

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._got.put_nowait(data)

    def send(self, data: bytes) -> None:
        task = asyncio.create_task(self.client.send_data(data, self.peer))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def receive(self) -> bytes:
        return await self._got.get()


@asynccontextmanager
async def allocation(
    turn: Turn, user: tuple[str, str], transport: str = "udp"
) -> AsyncIterator[TurnClientProtocol]:
    """A client with an allocation of its own."""
    loop, server = asyncio.get_running_loop(), (turn.host, turn.port)
    name, password = user

    def make(kind: type[TurnClientProtocol]) -> TurnClientProtocol:
        return kind(server, name, password, lifetime=600, channel_refresh_time=500)

    client: TurnClientProtocol
    wire: asyncio.BaseTransport
    if transport == "tcp":
        wire, client = await loop.create_connection(lambda: make(TurnClientTcpProtocol), *server)
    else:
        wire, client = await loop.create_datagram_endpoint(
            lambda: make(TurnClientUdpProtocol), remote_addr=server
        )
    try:
        await client.connect()
        yield client
    finally:
        if client.refresh_task is not None:
            await client.delete()
        wire.close()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_sound_goes_through_the_relay_and_the_path_is_called_so(
    turn: Turn, engine: PythonEngine, transport: str
) -> None:
    a, b = PacketPeer(), PacketPeer()
    answer = await engine.publish(SESSION, ANNE, SENDING, a.offer())
    offer = await engine.subscribe(SESSION, BRUNO, RECEIVING, [answer.tracks[0].id])
    assert offer is not None
    await engine.answer(SESSION, BRUNO, RECEIVING, offer.serial, b.answer(offer.sdp))
    async with (
        udp_wire(WORKER, engine.port) as up,
        allocation(turn, turn.user(), transport) as client,
    ):
        down = RelayWire(client, (WORKER, engine.port))
        await asyncio.gather(a.connect(answer.sdp, up), b.connect(offer.sdp, down))
        for number in range(20):
            a.say(up, sound(number))
        await until(lambda: len(b.got) == 20, "twenty packets")
        assert [number_of(packet) for packet in b.got] == list(range(20))
        members = (await engine.state()).sessions[SESSION]
        paths = {leg.id: leg.path for member in members for leg in member.legs}
        assert paths[RECEIVING] == Path(transport=Transport.TURN, family=4)
        assert paths[SENDING] == Path(transport=Transport.UDP, family=4)
        await asyncio.gather(a.close(), b.close())


def listener(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind((host, 0))
    return made


def peer_request(method: stun.Method, peer: tuple[str, int]) -> stun.Message:
    made = stun.Message(message_method=method, message_class=stun.Class.REQUEST)
    made.attributes["XOR-PEER-ADDRESS"] = peer
    if method is stun.Method.CHANNEL_BIND:
        made.attributes["CHANNEL-NUMBER"] = 0x4100
    return made


async def test_who_has_credentials_reaches_the_worker_and_nothing_else(turn: Turn) -> None:
    loop = asyncio.get_running_loop()
    with listener(ELSEWHERE) as elsewhere, listener(WORKER) as worker:
        async with allocation(turn, turn.user()) as client:
            for host in (ELSEWHERE, RELAY, "10.0.0.1", "169.254.169.254", "192.0.2.1", "0.0.0.0"):
                place = (host, elsewhere.getsockname()[1])
                for method in (stun.Method.CREATE_PERMISSION, stun.Method.CHANNEL_BIND):
                    with pytest.raises(stun.TransactionFailed) as refused:
                        await client.request_with_retry(peer_request(method, place))
                    assert refused.value.response.error_code == 403, host
            indication = stun.Message(
                message_method=stun.Method.SEND, message_class=stun.Class.INDICATION
            )
            indication.attributes["XOR-PEER-ADDRESS"] = elsewhere.getsockname()
            indication.attributes["DATA"] = b"let me in"
            client.send_stun(indication, (turn.host, turn.port))
            await client.send_data(b"hello", worker.getsockname())
            assert await asyncio.wait_for(loop.sock_recv(worker, 100), 10) == b"hello"
            # What was sent before it would have arrived before it.
            with pytest.raises(BlockingIOError):
                elsewhere.recv(100)
    log = await asyncio.to_thread(turn.log.read_text)
    assert f"A peer IP {ELSEWHERE} denied" in log


async def test_no_relay_of_ipv6_can_be_had(turn: Turn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one, coturn 4.6.1 lets `::ffff:127.0.0.1` pass its denials (CVE-2026-27624)."""
    family = (0x0017, "REQUESTED-ADDRESS-FAMILY", stun.pack_unsigned, stun.unpack_unsigned)
    monkeypatch.setitem(stun.ATTRIBUTES_BY_NAME, family[1], family)
    monkeypatch.setitem(stun.ATTRIBUTES_BY_TYPE, family[0], family)
    loop, (name, password) = asyncio.get_running_loop(), turn.user()
    wire, client = await loop.create_datagram_endpoint(
        lambda: TurnClientUdpProtocol(
            (turn.host, turn.port), name, password, lifetime=600, channel_refresh_time=500
        ),
        remote_addr=(turn.host, turn.port),
    )
    request = stun.Message(message_method=stun.Method.ALLOCATE, message_class=stun.Class.REQUEST)
    request.attributes["LIFETIME"] = 600
    request.attributes["REQUESTED-TRANSPORT"] = 0x11000000
    request.attributes["REQUESTED-ADDRESS-FAMILY"] = 2 << 24
    with pytest.raises(stun.TransactionFailed) as refused:
        await client.request_with_retry(request)
    assert refused.value.response.error_code == 440
    wire.close()


@pytest.mark.parametrize("user", ["expired", "forged"])
async def test_without_good_credentials_there_is_no_relay(turn: Turn, user: str) -> None:
    name, password = turn.user(minutes=-1 if user == "expired" else 60)
    with pytest.raises(stun.TransactionFailed) as refused:
        async with allocation(turn, (name, password if user == "expired" else "guessed")):
            pass
    assert refused.value.response.error_code == 401


async def test_one_person_cannot_take_every_relay(turn: Turn) -> None:
    """The quota is of the name, however often he is given new credentials."""
    async with AsyncExitStack() as held:
        for minutes in range(20, 32):
            await held.enter_async_context(allocation(turn, turn.user("pa-greedy", minutes)))
        with pytest.raises(stun.TransactionFailed) as refused:
            await held.enter_async_context(allocation(turn, turn.user("pa-greedy", 32)))
        assert refused.value.response.error_code == 486
        await held.enter_async_context(allocation(turn, turn.user("pa-modest")))

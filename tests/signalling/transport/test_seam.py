"""The private and undocumented names we lean on are where we think they are."""

import asyncio
import inspect
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import aioice
import aioice.ice
import aiortc
import pytest
from aioice import stun
from aiortc import RTCPeerConnection

from signalling.transport import seam


def test_the_versions_are_those_that_were_read() -> None:
    assert aiortc.__version__.startswith("1.16.")
    assert aioice.__version__.startswith("0.13.")


def test_aioice_gathers_by_a_function_that_can_be_replaced() -> None:
    assert list(inspect.signature(seam._host_addresses).parameters) == ["use_ipv4", "use_ipv6"]
    source = inspect.getsource(aioice.ice.Connection.gather_candidates)
    assert "get_host_addresses(" in source


def test_loopback_is_never_among_the_machines_addresses() -> None:
    assert seam.LOOPBACK not in seam.host_addresses()


async def test_a_peer_connection_asks_nobody_outside() -> None:
    pc: RTCPeerConnection = seam.peer_connection()
    transceiver = pc.addTransceiver("audio")
    gatherer = transceiver.receiver.transport.transport.iceGatherer
    assert gatherer._connection.stun_server is None
    assert gatherer._connection.turn_server is None
    await pc.close()


async def test_packets_of_a_test_peer_pass_two_private_doors() -> None:
    pc: RTCPeerConnection = seam.peer_connection()
    wire = pc.addTransceiver("audio").receiver.transport.transport
    assert inspect.iscoroutinefunction(wire._send)
    assert inspect.iscoroutinefunction(wire._recv)
    await pc.close()


class Heard:
    """What a socket of aioice hands to its connection."""

    def __init__(self) -> None:
        self.data: list[bytes] = []

    def data_received(self, data: bytes, component: int) -> None:
        self.data.append(data)

    def protocol_lost(self, protocol: object) -> None:
        pass


class Closing(Heard):
    """Closes the socket with the first packet."""

    def __init__(self, heard: Heard, socket_of: seam.Attentive) -> None:
        self.data, self._socket = heard.data, socket_of

    def data_received(self, data: bytes, component: int) -> None:
        super().data_received(data, component)
        self._socket.transport.close()


async def attentive(heard: Heard) -> tuple[seam.Attentive, Any]:
    """One of our sockets, and where it listens."""
    made = seam.Attentive(cast(Any, heard))
    made.local_candidate = cast(Any, SimpleNamespace(component=1))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: made, local_addr=(seam.LOOPBACK, 0))
    return made, transport.get_extra_info("sockname")


@contextmanager
def another() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((seam.LOOPBACK, 0))
        made.setblocking(False)
        yield made


async def test_the_sockets_of_a_peer_connection_are_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda **_: [seam.LOOPBACK])
    pc: RTCPeerConnection = seam.peer_connection()
    pc.addTransceiver("audio")
    await pc.setLocalDescription(await pc.createOffer())
    gatherer = pc.getTransceivers()[0].receiver.transport.transport.iceGatherer
    assert [type(one) for one in gatherer._connection._protocols] == [seam.Attentive]
    await pc.close()


async def test_packets_do_not_wait_for_as_many_turns_of_the_loop_as_they_are() -> None:
    heard = Heard()
    ours, address = await attentive(heard)
    sent = [bytes([200, n]) for n in range(seam.READS_A_TURN)]
    with another() as other:
        for packet in sent:
            other.sendto(packet, address)
        for _ in range(3):
            await asyncio.sleep(0)
        assert heard.data == sent
    await ours.close()
    assert ours._more.fileno() == -1


async def test_nothing_is_read_any_more_once_a_packet_has_closed_the_socket() -> None:
    heard = Heard()
    ours, address = await attentive(heard)
    with another() as other:
        other.sendto(b"\x80first", address)
        other.sendto(b"\x80second", address)
        ours.receiver = cast(Any, Closing(heard, ours))
        await asyncio.sleep(0.05)
    assert heard.data == [b"\x80first"]


async def test_aioice_asks_once_whether_it_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.01)
    asked: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def request(_request: object, _addr: object, **rest: Any) -> None:
        asked.set_result(rest)
        await asyncio.Event().wait()

    connection = aioice.ice.Connection(ice_controlling=True)
    connection.remote_password = "secret"
    connection.remote_username = "name"
    pair = SimpleNamespace(protocol=SimpleNamespace(request=request), remote_addr=("", 0))
    connection._nominated = cast(Any, {1: pair})
    monkeypatch.setattr(connection, "build_request", lambda *_, **__: None)
    asking = asyncio.create_task(connection.query_consent())
    async with asyncio.timeout(5):
        assert (await asked)["retransmissions"] == seam.ONCE
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


@pytest.mark.parametrize("after", [0.0, 0.7])
async def test_over_a_satellite_the_answer_to_whether_it_may_go_on_counts(after: float) -> None:
    """0.6 s there and back; aioice takes it for a refusal, and closes after the sixth."""
    ours, _ = await attentive(Heard())
    loop, key = asyncio.get_running_loop(), b"secret"
    with another() as other:

        def answer() -> None:
            data, sender = other.recvfrom(2048)
            asked = stun.parse_message(data)
            answered = stun.Message(
                stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=asked.transaction_id
            )
            answered.add_message_integrity(key)
            loop.call_later(after, other.sendto, bytes(answered), sender)

        loop.add_reader(other, answer)
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        asked = ours.request(request, other.getsockname(), integrity_key=key, retransmissions=0)
        message, _ = await asked
        assert message.message_class is stun.Class.RESPONSE
        await asyncio.sleep(after)  # the answers to what was said again
        loop.remove_reader(other)
    await ours.close()

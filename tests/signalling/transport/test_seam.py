"""The private and undocumented names we lean on are where we think they are."""

import inspect

import aioice
import aioice.ice
import aiortc
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

"""The private name of aiortc that the endpoints stand on: an upgrade that moves it is told."""

import inspect
from types import SimpleNamespace
from typing import cast

from aiortc import RTCRtpReceiver

from signalling.peers.seam import Bytes


def test_aiortc_still_hands_every_packet_to_this_name() -> None:
    handle = RTCRtpReceiver._handle_rtp_packet
    assert list(inspect.signature(handle).parameters) == ["self", "packet", "arrival_time_ms"]
    assert inspect.iscoroutinefunction(handle)


async def test_bytes_are_counted_and_packets_passed_on() -> None:
    passed = []

    async def handle(packet: object, arrival_time_ms: int) -> None:
        passed.append((packet, arrival_time_ms))

    receiver = SimpleNamespace(_handle_rtp_packet=handle)
    counted = Bytes(cast(RTCRtpReceiver, receiver))
    packet = SimpleNamespace(payload=b"x" * 88)
    await receiver._handle_rtp_packet(packet, arrival_time_ms=7)
    assert counted.total == 100
    assert passed == [(packet, 7)]

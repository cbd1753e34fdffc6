"""The private name of aiortc that the endpoints stand on; a contract test stands for it.

`RTCRtpReceiver._handle_rtp_packet` sees every packet of a receiver; aiortc's own figures count
packets, not bytes.
"""

from typing import Any

from aiortc import RTCRtpReceiver

HEADER = 12


class Bytes:
    """What a receiver was sent, in bytes."""

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self.total = 0
        self._handle = receiver._handle_rtp_packet
        receiver._handle_rtp_packet = self._count  # type: ignore[method-assign]

    async def _count(self, packet: Any, *rest: Any, **named: Any) -> None:
        self.total += HEADER + len(packet.payload)
        await self._handle(packet, *rest, **named)

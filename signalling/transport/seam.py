"""The one place that touches private or undocumented names of aioice and aiortc (pinned versions).

A contract test stands for each name, so that an upgrade that moves one is told by name.
"""

import asyncio
import socket
from typing import Any

import aioice.ice
import aioice.stun
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

LOOPBACK = "127.0.0.1"
READS_A_TURN, LARGEST = 32, 65_536
# How aioice asks whether it may go on: once, for half a second. And how we do.
ONCE, REPEATED = 0, 2
_host_addresses = aioice.ice.get_host_addresses


class Attentive(aioice.ice.StunProtocol):
    """A socket of aioice that reads all that has come, and waits for an answer as others do.

    asyncio reads one datagram a turn of its loop. A busy machine turns it less often than packets
    come: they stand in the socket until a second of them does, and then are dropped, sound too.
    An answer to whether it may go on counts only within half a second, which over a satellite it
    never is: after half a minute the line that carries everything was given up.
    """

    _more: socket.socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio says."""
        self._more = transport.get_extra_info("socket").dup()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio says."""
        self._more.close()
        super().connection_lost(exc)

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        """This one, and those behind it."""
        super().datagram_received(data, addr)
        for _ in range(READS_A_TURN - 1):
            if self.transport.is_closing():
                return
            try:
                data, addr = self._more.recvfrom(LARGEST)
            except OSError:  # nothing more
                return
            super().datagram_received(data, addr)

    async def request(
        self,
        request: aioice.stun.Message,
        addr: tuple[str, int],
        integrity_key: bytes | None = None,
        retransmissions: int | None = None,
    ) -> tuple[aioice.stun.Message, tuple[str, int]]:
        """As aioice says, but that what is asked once is asked again."""
        times = REPEATED if retransmissions == ONCE else retransmissions
        return await super().request(request, addr, integrity_key, times)


def host_addresses(*, ipv6: bool = False) -> list[str]:
    """This machine's addresses of one family, loopback and those of one link left out."""
    return [str(host) for host in _host_addresses(use_ipv4=not ipv6, use_ipv6=ipv6)]


def peer_connection() -> RTCPeerConnection:
    """A PeerConnection that asks nobody outside: by default it would contact a public server.

    With another bundle policy, the second line of a kind in a first offer stays on a transport
    that is thrown away: nothing of it is ever decoded.
    """
    aioice.ice.StunProtocol = Attentive  # type: ignore[misc]
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )


def gather_on_loopback(host: str = LOOPBACK) -> None:
    """Make every aioice agent of this process gather this address alone; it leaves out loopback."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [host]

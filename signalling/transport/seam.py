"""The one place that touches private or undocumented names of aioice and aiortc (pinned versions).

A contract test stands for each name, so that an upgrade that moves one is told by name.
"""

import aioice.ice
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection

LOOPBACK = "127.0.0.1"
_host_addresses = aioice.ice.get_host_addresses


def host_addresses(*, ipv6: bool = False) -> list[str]:
    """This machine's addresses of one family, loopback and those of one link left out."""
    return [str(host) for host in _host_addresses(use_ipv4=not ipv6, use_ipv6=ipv6)]


def peer_connection() -> RTCPeerConnection:
    """A PeerConnection that asks nobody outside: by default it would contact a public server.

    With another bundle policy, the second line of a kind in a first offer stays on a transport
    that is thrown away: nothing of it is ever decoded.
    """
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    )


def gather_on_loopback(host: str = LOOPBACK) -> None:
    """Make every aioice agent of this process gather this address alone; it leaves out loopback."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [host]

"""How many connections one address may hold open before anybody there has said who he is.

A connection counts from its first byte until it closes or until a person or a screen is known on
it. The machine itself does not count, nor does anything behind a trusted proxy: its connections
are all the proxy's, which keeps a limit of its own. Head and body of a request have their time
limits elsewhere (`serve`, `api.endpoint`, `dav.door`).
"""

import asyncio
import ipaddress
from collections import defaultdict
from collections.abc import Callable
from socket import socket
from typing import cast

from aiohttp import web

MANY = 1000  # addresses, before those without connections are forgotten
Make = Callable[[], asyncio.Protocol]


def owner_of(address: str) -> str:
    """Whoever answers for an address: an IPv6 caller owns his whole /64."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or "unknown"
    if found.version == 4:
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Gate:
    """Counts the strangers of each address."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._strangers: defaultdict[str, set[asyncio.Transport]] = defaultdict(set)

    def guard(self, make: Make) -> Make:
        """Protocols that are made only for who may come in."""
        return lambda: _Doorman(self, make)

    def admits(self, transport: asyncio.Transport) -> bool:
        """Whether this connection may stay; it counts from now on."""
        owner = _owner(transport)
        if owner is None:
            return True
        if len(self._strangers) > MANY:
            self.forget()
        there = {known for known in self._strangers[owner] if not known.is_closing()}
        if len(there) < self.most:
            there.add(transport)
            self._strangers[owner] = there
            return True
        return False

    def trust(self, transport: asyncio.BaseTransport | None) -> None:
        """Somebody is known here: the connection counts no more."""
        if isinstance(transport, asyncio.Transport):
            owner = _owner(transport) or ""
            there = self._strangers.get(owner, set())
            there.discard(transport)

    def forget(self) -> None:
        """Let go of what is closed."""
        for owner, there in list(self._strangers.items()):
            there -= {known for known in there if known.is_closing()}
            if not there:
                del self._strangers[owner]


class _Doorman(asyncio.Protocol):
    """Stands in for a protocol until it is known whether the connection stays."""

    def __init__(self, gate: Gate, make: Make) -> None:
        self._gate = gate
        self._make = make

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand over, or hang up."""
        stream = cast(asyncio.Transport, transport)
        if not self._gate.admits(stream):
            stream.abort()
            return
        protocol = self._make()
        stream.set_protocol(protocol)
        protocol.connection_made(stream)


def _owner(transport: asyncio.Transport) -> str | None:
    """Whose connection it is; None for the machine's own."""
    peer = transport.get_extra_info("peername")
    owner = owner_of(peer[0]) if isinstance(peer, tuple) else "unknown"
    return None if owner.startswith(("127.", "::/64")) else owner


GATE: web.AppKey[Gate] = web.AppKey("gate", Gate)


def known(request: web.Request) -> None:
    """The request proved whose it is."""
    gate = request.app.get(GATE)
    if gate is not None:
        gate.trust(request.transport)


class GuardedSite(web.SockSite):
    """A listening socket with a gate before it, or none."""

    def __init__(self, runner: web.AppRunner, listener: socket, gate: Gate | None) -> None:
        super().__init__(runner, listener, backlog=1024)
        self._gate = gate

    async def start(self) -> None:
        """Accept from now on."""
        await web.BaseSite.start(self)
        server = self._runner.server
        assert server is not None  # a site is made after its runner is set up
        make: Make = server if self._gate is None else self._gate.guard(server)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(make, sock=self._sock, backlog=self._backlog)

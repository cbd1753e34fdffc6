"""The media port of a worker: whose a packet is, told by its first byte and where it came from."""

import asyncio
import socket
from collections.abc import Callable, Sequence

from signalling.engine import Path, Transport
from signalling.engines.python_legs import BaseLeg
from signalling.engines.python_publisher import PublisherLeg
from signalling.engines.python_tcp import TcpPaths
from signalling.transport.ice_lite import IceLite, candidate_lines
from signalling.transport.seam import LOOPBACK, host_addresses
from signalling.transport.sockets import families_of, open_sockets
from signalling.transport.stun import Address

READS_A_TURN = 64
TICK = 0.05
TICKS_A_REPORT = 20
FORMER_CREDENTIALS = 2
Send = Callable[[bytes, Address], object]


class MediaPort:
    """Reads, sorts and answers. A packet from an address that passed no check is dropped unread.

    `connect_lost` and the like do not exist: UDP has none. Silence is told by the legs.
    `relays` are the addresses of TURN servers: what comes from there came through one.
    """

    def __init__(self, host: str, port: int, relays: Sequence[str] = ()) -> None:
        self._loop = asyncio.get_running_loop()
        self._sockets = open_sockets(host, port)
        self._relays = frozenset(relays)
        self._ice: IceLite[BaseLeg] = IceLite()
        self._by_address: dict[Address, BaseLeg] = {}
        self._legs: set[BaseLeg] = set()
        self._urgent: set[PublisherLeg] = set()
        self._ticks = 0
        self._host = host
        self.port = self._sockets.port
        self.refused = 0
        self._tcp = TcpPaths(self._sockets.tcp, self._take, self._lost)
        udp = self._sockets.udp
        self._send4: Send = udp[socket.AF_INET].sendto if socket.AF_INET in udp else _nowhere
        self._send6: Send = udp[socket.AF_INET6].sendto if socket.AF_INET6 in udp else _nowhere
        for one in udp.values():
            self._loop.add_reader(one.fileno(), self._readable, one)
        self._timer = self._loop.call_later(TICK, self._tick)

    @property
    def tcp(self) -> bool:
        """Whether the port is had over TCP too."""
        return bool(self._sockets.tcp)

    def hosts(self) -> list[str]:
        """The addresses to announce when none are given: IPv6 first (RFC 8421), loopback last."""
        bound = families_of(self._host)
        if bound[0][1] not in ("0.0.0.0", "::"):
            return [self._host]
        found = []
        if socket.AF_INET6 in self._sockets.udp:
            found += host_addresses(ipv6=True)
        if socket.AF_INET in self._sockets.udp:
            found += [*(host for host in host_addresses() if host != LOOPBACK), LOOPBACK]
        return found

    def candidates(self, announce: Sequence[str] = ()) -> list[str]:
        """The lines of our descriptions that say where we are."""
        return candidate_lines(announce or self.hosts(), self.port, tcp=self.tcp)

    def path_of(self, address: Address) -> Path:
        """How packets from there come to us."""
        host = address[0]
        transport = Transport.TCP if len(address) == 3 else Transport.UDP
        if host in self._relays:
            transport = Transport.TURN
        return Path(transport=transport, family=6 if ":" in host else 4)

    def close(self) -> None:
        """Stop reading and free the port."""
        self._timer.cancel()
        self._tcp.close()
        for one in self._sockets.udp.values():
            self._loop.remove_reader(one.fileno())
        self._sockets.close()

    # -- legs

    def add(self, leg: BaseLeg) -> None:
        """Expect checks for this leg, with its present credentials."""
        self._legs.add(leg)
        leg.path_of = self.path_of
        while len(leg.former) > FORMER_CREDENTIALS:
            self._ice.forget(leg.former.pop(0))
        self._ice.add(leg.credentials, leg)

    def forget(self, leg: BaseLeg) -> None:
        """Expect nothing of it any more."""
        self._legs.discard(leg)
        if isinstance(leg, PublisherLeg):
            self._urgent.discard(leg)
        for credentials in (leg.credentials, *leg.former):
            self._ice.forget(credentials)
        for address in list(leg.addresses):
            self._give_up(address, leg)

    def _give_up(self, address: Address, leg: BaseLeg) -> None:
        if self._by_address.get(address) is leg:
            del self._by_address[address]
            # Not at once: its leg may be about to say goodbye.
            self._loop.call_soon(self._tcp.drop, address)

    def _lost(self, address: Address) -> None:
        leg = self._by_address.pop(address, None)
        if leg is not None:
            leg.lost(address)

    def urgent(self, leg: PublisherLeg) -> None:
        """Let this publisher have our feedback right after the packets that are being read."""
        if not self._urgent:
            self._loop.call_soon(self._flush)
        self._urgent.add(leg)

    def _flush(self) -> None:
        urgent, self._urgent = self._urgent, set()
        now = self._loop.time()
        for leg in urgent:
            leg.feedback(now)

    # -- packets

    def send(self, data: bytes, address: Address) -> None:
        """Send, or drop when the line is full or the address unreachable."""
        size = len(address)
        try:
            if size == 2:
                self._send4(data, address)
            elif size == 4:
                self._send6(data, address)
            else:
                self._tcp.send(data, address)
        except OSError:
            pass

    def _readable(self, one: socket.socket) -> None:
        receive, take = one.recvfrom, self._take
        now = self._loop.time()
        for _ in range(READS_A_TURN):
            try:
                data, address = receive(2048)
            except BlockingIOError:
                return
            except OSError:
                # An earlier datagram met a closed port; its leg will notice the silence.
                continue
            if data:
                take(data, address, now)

    def _take(self, data: bytes, address: Address, now: float) -> None:
        first = data[0]
        if 127 < first < 192:
            leg = self._by_address.get(address)
            if leg is not None:
                leg.media(data, address, now)
        elif first < 4:
            self._check(data, address, now)
        elif 19 < first < 64:
            leg = self._by_address.get(address)
            if leg is not None:
                leg.handshake(data, address, now)

    def _check(self, data: bytes, address: Address, now: float) -> None:
        checked = self._ice.check(data, address)
        if checked is None:
            self.refused += 1
            return
        leg, before = checked.owner, self._by_address.get(address)
        if before is not None and before is not leg:
            before.lost(address)
        self._by_address[address] = leg
        self._tcp.proved(address)
        given_up = leg.checked(address, checked.nominated, now)
        if given_up is not None:
            self._give_up(given_up, leg)
        self.send(checked.answer, address)

    # -- time

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        self._ticks += 1
        now = self._loop.time()
        whole = self._ticks % TICKS_A_REPORT == 0
        for leg in list(self._legs):
            leg.tick(now)
            if whole and leg.alive:
                leg.report(now)
        if whole:
            self._tcp.tick(now)


def _nowhere(data: bytes, address: Address) -> None:
    """Where there is no socket of a family, nothing can have come from it."""

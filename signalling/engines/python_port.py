"""The one UDP port of a worker: whose a datagram is, told by its first byte and its address."""

import asyncio
import contextlib
import socket

from signalling.engines.python_legs import BaseLeg
from signalling.engines.python_publisher import PublisherLeg
from signalling.transport.ice_lite import Credentials, IceLite
from signalling.transport.seam import LOOPBACK, host_addresses
from signalling.transport.stun import Address

READS_A_TURN = 64
BUFFER = 4 << 20
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
TICK = 0.05
TICKS_A_REPORT = 20


class MediaPort:
    """Reads, sorts and answers. A datagram from an address that passed no check is dropped unread.

    `connect_lost` and the like do not exist: UDP has none. Silence is told by the legs.
    """

    def __init__(self, host: str, port: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = _bound(host, port)
        self._ice: IceLite[BaseLeg] = IceLite()
        self._by_address: dict[Address, BaseLeg] = {}
        self._legs: set[BaseLeg] = set()
        self._urgent: set[PublisherLeg] = set()
        self._ticks = 0
        self._host = host
        self.port: int = self._socket.getsockname()[1]
        self.refused = 0
        self._loop.add_reader(self._socket.fileno(), self._readable)
        self._timer = self._loop.call_later(TICK, self._tick)

    def hosts(self) -> list[str]:
        """The addresses to announce when none are given."""
        if self._host not in ("0.0.0.0", ""):
            return [self._host]
        return [*(host for host in host_addresses() if host != LOOPBACK), LOOPBACK]

    def close(self) -> None:
        """Stop reading and free the port."""
        self._timer.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    # -- legs

    def add(self, leg: BaseLeg) -> None:
        """Expect checks for this leg, with its present credentials."""
        self._legs.add(leg)
        self._ice.add(leg.credentials, leg)

    def forget(self, leg: BaseLeg) -> None:
        """Expect nothing of it any more."""
        self._legs.discard(leg)
        if isinstance(leg, PublisherLeg):
            self._urgent.discard(leg)
        for credentials in (leg.credentials, *leg.former):
            self._forget_credentials(credentials)
        for address in leg.addresses:
            if self._by_address.get(address) is leg:
                del self._by_address[address]

    def _forget_credentials(self, credentials: Credentials) -> None:
        self._ice.forget(credentials)

    def urgent(self, leg: PublisherLeg) -> None:
        """Let this publisher have our feedback right after the datagrams that are being read."""
        if not self._urgent:
            self._loop.call_soon(self._flush)
        self._urgent.add(leg)

    def _flush(self) -> None:
        urgent, self._urgent = self._urgent, set()
        now = self._loop.time()
        for leg in urgent:
            leg.feedback(now)

    # -- datagrams

    def send(self, data: bytes, address: Address) -> None:
        """Send, or drop when the line is full or the address unreachable."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, address)

    def _readable(self) -> None:
        receive = self._socket.recvfrom
        by_address = self._by_address
        now = self._loop.time()
        for _ in range(READS_A_TURN):
            try:
                data, address = receive(2048)
            except BlockingIOError:
                return
            except OSError:
                # An earlier datagram met a closed port; its leg will notice the silence.
                continue
            if not data:
                continue
            first = data[0]
            if 127 < first < 192:
                leg = by_address.get(address)
                if leg is not None:
                    leg.media(data, address, now)
            elif first < 4:
                self._check(data, address, now)
            elif 19 < first < 64:
                leg = by_address.get(address)
                if leg is not None:
                    leg.handshake(data, address, now)

    def _check(self, data: bytes, address: Address, now: float) -> None:
        checked = self._ice.check(data, address)
        if checked is None:
            self.refused += 1
            return
        leg = checked.owner
        given_up = leg.checked(address, checked.nominated, now)
        if given_up is not None:
            self._by_address.pop(given_up, None)
        self._by_address[address] = leg
        self.send(checked.answer, address)

    # -- time

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        self._ticks += 1
        now = self._loop.time()
        for leg in list(self._legs):
            leg.tick(now)
            if self._ticks % TICKS_A_REPORT == 0 and leg.alive:
                leg.report(now)


def _bound(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    for forced, plain in (
        (SO_RCVBUFFORCE, socket.SO_RCVBUF),
        (SO_SNDBUFFORCE, socket.SO_SNDBUF),
    ):
        try:
            made.setsockopt(socket.SOL_SOCKET, forced, BUFFER)
        except OSError:
            # Not allowed without a capability: the kernel's limit holds.
            made.setsockopt(socket.SOL_SOCKET, plain, BUFFER)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made

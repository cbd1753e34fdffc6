"""The TCP side of the media port: connections that browsers open, each a path of some leg.

A connection must pass a check soon, and go on saying something. One that reads too slowly loses
pictures first, then everything; nobody ever waits for it.
"""

import asyncio
import contextlib
import errno
import itertools
import socket
from collections import Counter
from collections.abc import Callable, Sequence

from signalling.transport.ice_tcp import BadFrame, Frames, Outbox, framed
from signalling.transport.stun import Address

MOST = 2000
MOST_FROM_ONE = 256
MOST_UNPROVED_FROM_ONE = 32
CHECK_WITHIN = 10.0
IDLE = 60.0
FRAMES_BEFORE_CHECK = 16
ACCEPTS_A_TURN = 32
READ = 65536
NOT_SENT = 16384  # octets the kernel takes ahead of the line
TCP_NOTSENT_LOWAT = 25


class _Path:
    """One connection. `address` names it to the legs; `proved` once a check was valid."""

    __slots__ = ("address", "frames", "heard", "outbox", "proved", "since", "sock", "taken")

    def __init__(self, sock: socket.socket, address: tuple[str, int, int], now: float) -> None:
        self.sock = sock
        self.address = address
        self.frames = Frames()
        self.outbox = Outbox()
        self.since = self.heard = now
        self.proved = False
        self.taken = 0


class TcpPaths:
    """Accepts on `listeners`. `take` is given each packet, `lost` the address of a path that ended.

    An address is (host, port, number): the number tells connections of one host and port apart.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        take: Callable[[bytes, Address, float], None],
        lost: Callable[[Address], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._listeners = listeners
        self._take = take
        self._lost = lost
        self._paths: dict[Address, _Path] = {}
        self._numbers = itertools.count(1)
        self._resting = True
        self.given_up = 0
        self.turned_away = 0
        self._listen()

    def __len__(self) -> int:
        return len(self._paths)

    def close(self) -> None:
        """End every connection, and accept no more."""
        self._rest()
        for listener in self._listeners:
            listener.close()
        for path in list(self._paths.values()):
            self._end(path)

    # -- coming

    def _listen(self) -> None:
        if self._resting:
            self._resting = False
            for listener in self._listeners:
                self._loop.add_reader(listener.fileno(), self._accept, listener)

    def _rest(self) -> None:
        if not self._resting:
            self._resting = True
            for listener in self._listeners:
                self._loop.remove_reader(listener.fileno())

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._rest()  # until the next second: asking again at once would not help
                    return
                continue
            self._welcome(sock, address[:2])

    def _welcome(self, sock: socket.socket, origin: tuple[str, int]) -> None:
        if not self._has_room(origin[0]):
            self.turned_away += 1
            sock.close()
            return
        sock.setblocking(False)
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOT_SENT)
        path = _Path(sock, (*origin, next(self._numbers)), self._loop.time())
        self._paths[path.address] = path
        self._loop.add_reader(sock.fileno(), self._readable, path)

    def _has_room(self, host: str) -> bool:
        counted = Counter(path.proved for path in self._paths.values() if path.address[0] == host)
        return (
            len(self._paths) < MOST
            and counted.total() < MOST_FROM_ONE
            and counted[False] < MOST_UNPROVED_FROM_ONE
        )

    # -- staying

    def proved(self, address: Address) -> None:
        """A check on this path was valid."""
        path = self._paths.get(address)
        if path is not None:
            path.proved = True

    def drop(self, address: Address) -> None:
        """Nobody wants this path any more; what waits for it is lost with it."""
        path = self._paths.get(address)
        if path is not None:
            self._end(path)

    def tick(self, now: float) -> None:
        """Now and then: end what proved nothing, and what fell silent."""
        self._listen()
        for path in list(self._paths.values()):
            unproved = not path.proved and now - path.since > CHECK_WITHIN
            if unproved or now - path.heard > IDLE:
                self._end(path)

    def _end(self, path: _Path) -> None:
        if self._paths.pop(path.address, None) is None:
            return
        self._loop.remove_reader(path.sock.fileno())
        self._loop.remove_writer(path.sock.fileno())
        path.sock.close()
        self._lost(path.address)

    # -- in

    def _readable(self, path: _Path) -> None:
        try:
            data = path.sock.recv(READ)
            packets = path.frames.feed(data)
        except BlockingIOError:
            return
        except (OSError, BadFrame):
            self._end(path)
            return
        if not data:
            self._end(path)
            return
        path.heard = now = self._loop.time()
        for packet in packets:
            self._take(packet, path.address, now)
            path.taken += 1
            if not path.proved and path.taken >= FRAMES_BEFORE_CHECK:
                self._end(path)
            if path.address not in self._paths:
                return

    # -- out

    def send(self, data: bytes, address: Address) -> None:
        """Send, queue, or give up; never wait."""
        path = self._paths.get(address)
        if path is None:
            return
        sent = 0
        if not path.outbox:
            frame = framed(data)
            try:
                sent = path.sock.send(frame)
            except BlockingIOError:
                pass
            except OSError:
                # Not now: whoever sends is in the middle of something.
                self._loop.call_soon(self._end, path)
                return
            if sent == len(frame):
                return
            self._loop.add_writer(path.sock.fileno(), self._writable, path)
        if not path.outbox.put(data, self._loop.time(), sent):
            self.given_up += 1

    def _writable(self, path: _Path) -> None:
        outbox = path.outbox
        while outbox:
            frame = outbox.first()
            try:
                sent = path.sock.send(frame)
            except BlockingIOError:
                return
            except OSError:
                self._end(path)
                return
            outbox.left(sent)
            if sent < len(frame):
                return
        self._loop.remove_writer(path.sock.fileno())

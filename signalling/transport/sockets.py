"""The sockets of the media port: UDP and TCP, IPv4 and IPv6, all under one number."""

import errno
import socket
from dataclasses import dataclass, field

BUFFER = 4 << 20
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
BACKLOG = 128
TRIES = 20
EVERYWHERE = ("", "::")
NO_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


@dataclass(slots=True, kw_only=True)
class Sockets:
    """Those that could be had. `udp` has at least one, by family; `tcp` may be empty."""

    port: int
    udp: dict[socket.AddressFamily, socket.socket] = field(default_factory=dict)
    tcp: list[socket.socket] = field(default_factory=list)

    def close(self) -> None:
        """Free the port."""
        for one in (*self.udp.values(), *self.tcp):
            one.close()


def families_of(host: str) -> list[tuple[socket.AddressFamily, str]]:
    """What to bind for this host; `::` and the empty one stand for every address there is."""
    if host in EVERYWHERE:
        return [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]
    return [(socket.AF_INET6 if ":" in host else socket.AF_INET, host)]


def open_sockets(host: str, port: int) -> Sockets:
    """Bind the port, 0 for whichever is free everywhere. OSError when UDP cannot have it.

    TCP is for those who have no UDP: where another program has its port we go on without.
    """
    for last in range(TRIES):
        made = _try(host, port)
        if port or made.tcp or last == TRIES - 1:
            return made
        # Somebody has the TCP port of the number the system chose: another number.
        made.close()
    raise AssertionError("the last try is an answer")


def _try(host: str, port: int) -> Sockets:
    made = Sockets(port=port)
    try:
        for family, address in families_of(host):
            _add_udp(made, family, address)
    except BaseException:
        made.close()
        raise
    _add_tcp(made, host)
    return made


def _add_udp(made: Sockets, family: socket.AddressFamily, address: str) -> None:
    try:
        one = _udp(family, address, made.port)
    except OSError as error:
        if made.udp and error.errno in NO_FAMILY:
            return  # a machine without IPv6
        raise
    made.udp[family] = one
    made.port = one.getsockname()[1]


def _udp(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
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
        _bind(made, family, address, port)
    except BaseException:
        made.close()
        raise
    return made


def _add_tcp(made: Sockets, host: str) -> None:
    for family, address in families_of(host):
        if family not in made.udp:
            continue
        one = socket.socket(family, socket.SOCK_STREAM)
        try:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _bind(one, family, address, made.port)
            one.listen(BACKLOG)
        except OSError:
            one.close()
            for other in made.tcp:
                other.close()
            made.tcp.clear()
            return
        made.tcp.append(one)


def _bind(one: socket.socket, family: socket.AddressFamily, address: str, port: int) -> None:
    if family is socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    one.bind((address, port))

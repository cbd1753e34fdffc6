"""One number for UDP and TCP, IPv4 and IPv6, as far as the machine has them."""

import errno
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from signalling.transport.sockets import Sockets, open_sockets


@pytest.fixture
def opened() -> Iterator[list[Sockets]]:
    made: list[Sockets] = []
    yield made
    for one in made:
        one.close()


def numbers(made: Sockets) -> set[int]:
    return {one.getsockname()[1] for one in (*made.udp.values(), *made.tcp)}


@pytest.mark.parametrize("host", ["", "::"])
def test_everywhere_is_both_families_under_one_number(host: str, opened: list[Sockets]) -> None:
    made = open_sockets(host, 0)
    opened.append(made)
    assert set(made.udp) == {socket.AF_INET, socket.AF_INET6}
    assert len(made.tcp) == 2
    assert numbers(made) == {made.port}


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
)
def test_one_address_is_one_family(
    host: str, family: socket.AddressFamily, opened: list[Sockets]
) -> None:
    made = open_sockets(host, 0)
    opened.append(made)
    assert set(made.udp) == {family}
    assert [one.family for one in made.tcp] == [family]


def test_a_taken_udp_port_is_refused_and_nothing_stays_open(opened: list[Sockets]) -> None:
    first = open_sockets("127.0.0.1", 0)
    opened.append(first)
    with pytest.raises(OSError, match="in use"):
        open_sockets("127.0.0.1", first.port)


def test_a_taken_tcp_port_leaves_udp_alone(opened: list[Sockets]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        made = open_sockets("127.0.0.1", other.getsockname()[1])
        opened.append(made)
        assert made.tcp == []
        assert len(made.udp) == 1


class Picky(socket.socket):
    """A socket of a machine without IPv6, or where TCP is taken `busy` times."""

    refused = 0
    busy = 0

    def bind(self, address: Any) -> None:
        if self.family == socket.AF_INET6:
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        if self.type == socket.SOCK_STREAM and Picky.refused < Picky.busy:
            Picky.refused += 1
            raise OSError(errno.EADDRINUSE, "in use")
        super().bind(address)


@pytest.mark.parametrize("busy", [0, 3])
def test_a_machine_without_ipv6_and_a_number_that_is_not_free_everywhere(
    busy: int, monkeypatch: pytest.MonkeyPatch, opened: list[Sockets]
) -> None:
    monkeypatch.setattr(Picky, "busy", busy)
    monkeypatch.setattr(Picky, "refused", 0)
    monkeypatch.setattr("signalling.transport.sockets.socket.socket", Picky)
    made = open_sockets("::", 0)
    opened.append(made)
    assert set(made.udp) == {socket.AF_INET}
    assert numbers(made) == {made.port}
    assert len(made.tcp) == 1
    assert Picky.refused == busy


def test_an_address_we_do_not_have_is_refused() -> None:
    with pytest.raises(OSError, match="assign"):
        open_sockets("192.0.2.1", 0)

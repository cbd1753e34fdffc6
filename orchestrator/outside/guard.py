"""Which addresses a configured URL may lead to: never a private one that nobody has listed.

A name is resolved once for each visit; every address it gives must pass, and the connection goes
to one of those, whatever the name resolves to a moment later.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, encode_basic_auth
from aiohttp.abc import AbstractResolver, ResolveResult

from rooms.errors import Forbidden

Address = IPv4Address | IPv6Address
NAT64 = IPv6Network("64:ff9b::/96")
TEREDO_AND_6TO4 = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
PORTS = {"http": 80, "https": 443}


class Guard:
    """`allowed`: networks (10.1.0.0/16, 127.0.0.1) that may be reached, over plain HTTP too."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = [ip_network(text, strict=False) for text in allowed]

    async def check(self, url: str) -> dict[str, list[Address]]:
        """The addresses of the URL's host, by host; Forbidden when one may not be reached."""
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme not in PORTS or not host:
            raise Forbidden("outside-bad-url")
        addresses = await _resolve(host, parts.port or PORTS[parts.scheme])
        for address in addresses:
            self._check(address, plain=parts.scheme == "http")
        return {host: addresses}

    def _check(self, address: Address, *, plain: bool) -> None:
        bare = _bare(address)
        if any(bare.version == net.version and bare in net for net in self._allowed):
            return
        if plain:
            raise Forbidden("outside-not-https")
        if not is_public(bare):
            raise Forbidden("outside-private-address", address=str(bare))

    @asynccontextmanager
    async def visit(self, url: str, login: str = "", password: str = "") -> AsyncIterator[Any]:
        """A session that reaches this URL's host only, and sends the password nowhere else."""
        pinned = await self.check(url)
        connector = TCPConnector(resolver=_Pinned(pinned), use_dns_cache=False, limit=4)
        headers = {"User-Agent": "Margeride"}
        if login:
            headers["Authorization"] = encode_basic_auth(login, password, encoding="utf-8")
        async with ClientSession(
            connector=connector, headers=headers, cookie_jar=DummyCookieJar(), trust_env=False
        ) as session:
            yield session


def is_public(address: Address) -> bool:
    """Whether an address is of the open Internet: neither private, nor local, nor a disguise."""
    if isinstance(address, IPv6Address) and any(address in net for net in TEREDO_AND_6TO4):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _bare(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        return [ip_address(host.partition("%")[0])]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden("outside-unknown-host", host=host) from error
    texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
    return [ip_address(text) for text in texts]


class _Pinned(AbstractResolver):
    """Answers from what was checked."""

    def __init__(self, pinned: dict[str, list[Address]]) -> None:
        self._pinned = pinned

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses of the checked host; nothing for any other."""
        known = self._pinned.get(host.rstrip("."), [])
        if not known:
            raise OSError(None, f"{host} was not checked")
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in known
        ]

    async def close(self) -> None:
        """Nothing to close."""

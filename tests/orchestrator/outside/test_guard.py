"""Which addresses a URL of the configuration may lead to."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest
from aiohttp import ClientConnectorError, web
from aiohttp.test_utils import TestServer

from orchestrator.outside.guard import Guard, is_public
from rooms.errors import Forbidden

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "[::1]", "[fe80::1]", "[fc00::1]", "[::]",
    "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[ff02::1]",
]  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
async def test_private_addresses_are_never_reached(host: str) -> None:
    with pytest.raises(Forbidden, match="outside-private-address"):
        await Guard().check(f"https://{host}/dav/")


@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]"])
async def test_public_ones_are_over_https_only(host: str) -> None:
    assert await Guard().check(f"https://{host}/")
    with pytest.raises(Forbidden, match="outside-not-https"):
        await Guard().check(f"http://{host}/")


async def test_what_is_listed_is_reached_and_nothing_beside_it() -> None:
    guard = Guard(["10.1.0.0/16", "127.0.0.1"])
    assert await guard.check("http://10.1.9.9:8080/")
    assert await guard.check("https://[::ffff:127.0.0.1]/")
    for url in ("http://10.2.0.1/", "https://10.2.0.1/", "https://127.0.0.2/"):
        with pytest.raises(Forbidden):
            await guard.check(url)


@pytest.mark.parametrize("url", ["ftp://a.example/", "file:///etc/x", "https:///x", "gopher:x"])
async def test_only_web_addresses(url: str) -> None:
    with pytest.raises(Forbidden, match="outside-bad-url"):
        await Guard().check(url)


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Names resolve to these from now on, one more of them at each time of asking."""
    asked: list[str] = []

    async def resolve(_self: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        last = addresses[min(len(asked), len(addresses)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in last.split()]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", resolve)
    return asked


async def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "93.184.216.34 10.0.0.1")
    with pytest.raises(Forbidden, match="outside-private-address"):
        await Guard().check("https://mixed.example/")


async def test_an_unknown_name_is_a_refusal_in_words() -> None:
    with pytest.raises(Forbidden, match="outside-unknown-host"):
        await Guard().check("https://no-such-host.invalid/")


async def test_a_name_that_changes_its_address_after_the_check_is_reached_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = web.Application()
    app.router.add_get("/", _who)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    asked = answers(monkeypatch, "127.0.0.1", "127.0.0.9")
    url = f"http://rebinding.example:{server.port}/"
    async with Guard(["127.0.0.1"]).visit(url, "room", "secret") as http:
        async with http.get(url) as answer:
            assert await answer.text() == "Basic cm9vbTpzZWNyZXQ="
        with pytest.raises(ClientConnectorError):
            await http.get(f"http://elsewhere.example:{server.port}/")
    assert asked == ["rebinding.example"]
    await server.close()


async def _who(request: web.Request) -> web.Response:
    return web.Response(text=request.headers.get("Authorization", ""))


def test_what_is_public() -> None:
    assert is_public(ip_address("93.184.216.34"))
    assert not is_public(ip_address("2001::1"))

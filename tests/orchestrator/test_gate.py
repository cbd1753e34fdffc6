"""The gate: how many strangers an address may send, and whose connection counts."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from orchestrator import gate as gates
from orchestrator.gate import GATE, Gate, GuardedSite, known, owner_of
from orchestrator.settings import DEMO, Settings, load_settings
from tests.fakes.service import running_service


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("rubbish", "rubbish"),
        ("", "unknown"),
    ],
)
def test_who_answers_for_an_address(address: str, owner: str) -> None:
    assert owner_of(address) == owner


class FarTransport(asyncio.Transport):
    """A connection from elsewhere."""

    def __init__(self, address: str = "192.0.2.7") -> None:
        super().__init__({"peername": (address, 1)})
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed


def test_one_address_sends_so_many_strangers_and_others_still_come() -> None:
    gate = Gate(2)
    first, second = FarTransport(), FarTransport()
    assert gate.admits(first)
    assert gate.admits(second)
    assert not gate.admits(FarTransport())
    assert gate.admits(FarTransport("192.0.2.8"))
    first.closed = True
    assert gate.admits(FarTransport())


def test_who_is_known_does_not_count_any_more() -> None:
    gate, first = Gate(1), FarTransport()
    assert gate.admits(first)
    gate.trust(first)
    gate.trust(None)
    assert gate.admits(FarTransport())


def test_the_machine_itself_does_not_count() -> None:
    gate = Gate(0)
    assert gate.admits(FarTransport("127.0.0.1"))
    assert gate.admits(FarTransport("::1"))
    assert not gate.admits(FarTransport())


def test_addresses_that_went_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "MANY", 1)
    gate, gone = Gate(1), FarTransport()
    gate.admits(gone)
    gone.closed = True
    for last in range(10, 20):
        gate.admits(FarTransport(f"192.0.2.{last}"))
    assert len(gate._strangers) == 10


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server where two strangers may stand at a time; `/known` makes one known."""
    monkeypatch.setattr(gates, "_owner", lambda _: "everybody")

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/known":
            known(request)
        return web.Response(text="here")

    app = web.Application()
    app[GATE] = Gate(2)
    app.router.add_get("/{name}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await GuardedSite(runner, listener, app[GATE]).start()
        yield listener.getsockname()[1]
        await runner.cleanup()


async def ask(port: int, name: str = "") -> tuple[bytes, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /{name or 'x'} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    try:
        return await asyncio.wait_for(reader.readline(), 5), writer
    except ConnectionResetError:
        return b"", writer


async def test_the_third_stranger_is_hung_up_on_until_one_is_known(door: int) -> None:
    answers = [await ask(door), await ask(door, "known"), await ask(door), await ask(door)]
    assert [said[:15] for said, _ in answers] == [b"HTTP/1.1 200 OK"] * 3 + [b""]
    answers[0][1].close()
    await answers[0][1].wait_closed()
    said, writer = await ask(door)
    assert said.startswith(b"HTTP/1.1 200")
    for one in (*(one for _, one in answers[1:]), writer):
        one.close()


def behind_a_proxy() -> Settings:
    settings = load_settings(DEMO)
    return replace(settings, service=replace(settings.service, behind_proxy=True))


async def guess(service: Any, forwarded: str) -> int:
    headers = {"X-Forwarded-For": forwarded}
    async with service.browser().get("/api/v1/join/no-such", headers=headers) as answer:
        return int(answer.status)


async def test_behind_a_proxy_the_last_address_counts(tmp_path: Path) -> None:
    async with running_service(tmp_path, settings=behind_a_proxy) as service:
        for number in range(10):
            assert await guess(service, f"198.51.100.{number}, 192.0.2.7") == 404
        assert await guess(service, "198.51.100.77, 192.0.2.7") == 429
        assert await guess(service, "192.0.2.7, 192.0.2.8") == 404


async def test_without_a_proxy_the_header_is_anybodys_word(tmp_path: Path) -> None:
    async with running_service(tmp_path) as service:
        for number in range(10):
            assert await guess(service, f"192.0.2.{number}") == 404
        assert await guess(service, "192.0.2.77") == 429

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web

from signalling.engines.silent import SilentEngine
from signalling.messages import Heartbeat, Leave, ServerMessage, Welcome
from signalling.peers import line as line_module
from signalling.peers.line import Refused, WireLine, wait_before
from signalling.switchboard import Switchboard
from signalling.websocket import PATH, routes
from tests.fakes.wire import RecordingHouse, until

Dial = Callable[[str], WireLine]


def test_redials_come_less_and_less_often() -> None:
    assert [wait_before(n, 0.5) for n in range(7)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert wait_before(0, 0.0) == pytest.approx(0.35)
    assert wait_before(50, 1.0) == pytest.approx(19.5)


class Service:
    def __init__(self) -> None:
        self.house = RecordingHouse()
        self.switchboard = Switchboard(self.house, SilentEngine())
        self.port = 0
        self.welcomes: list[Welcome] = []
        self.heard: list[ServerMessage] = []

    async def start(self) -> None:
        await self.switchboard.start()
        app = web.Application()
        app.add_routes(routes(lambda _: self.switchboard, lambda _: ()))
        self._runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self.switchboard.stop()
        await self._runner.cleanup()

    def line(self, token: str) -> WireLine:
        url = f"ws://127.0.0.1:{self.port}{PATH}"
        return WireLine(url, token, "test", self._welcomed, self._heard)

    async def _welcomed(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)

    async def _heard(self, message: ServerMessage) -> None:
        self.heard.append(message)
        raise RuntimeError("what is done with a message is no affair of the line")


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    await made.start()
    yield made
    await made.stop()


async def test_a_line_is_taken_up_and_survives_what_is_made_of_its_messages(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    line = service.line("room:villefort-visio")
    assert not await line.say(Heartbeat())
    running = asyncio.create_task(line.run())
    await until(lambda: line.connected)
    await line.say(Leave())
    with caplog.at_level(logging.CRITICAL):
        await until(lambda: service.heard)
    await line.drop()
    await until(lambda: len(service.welcomes) == 2)
    assert [welcome.resumed for welcome in service.welcomes] == [False, True]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_service_that_is_away_is_dialled_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "FIRST_WAIT", 0.02)
    line = service.line("room:villefort-visio")
    running = asyncio.create_task(line.run())
    await until(lambda: line.connected)
    await service.stop()
    dials = line.dials
    await until(lambda: line.dials > dials + 2)
    second = Service()
    second.port = service.port
    await second.start()
    await until(lambda: len(service.welcomes) == 2)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await second.stop()


@pytest.mark.parametrize("token", ["guess"])
async def test_who_is_not_wanted_does_not_insist(service: Service, token: str) -> None:
    with pytest.raises(Refused) as caught:
        await service.line(token).run()
    assert caught.value.code == 4001
    assert str(caught.value) == "4001 bad-token"


async def test_the_newest_of_two_lines_stays(service: Service) -> None:
    first = asyncio.create_task(service.line("room:villefort-visio").run())
    await until(lambda: len(service.welcomes) == 1)
    second = asyncio.create_task(service.line("room:villefort-visio").run())
    with pytest.raises(Refused):
        await first
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)


async def test_nonsense_of_a_service_is_left_aside(service: Service) -> None:
    line = service.line("x")
    assert line._read("nonsense") is None
    assert line._read('{"type": "from.the.future", "seq": 9}') is None
    assert line._seq == 9

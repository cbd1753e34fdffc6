"""What docs/drivers.md asks of every driver, held against a simulator that speaks its language."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager

import pytest

from rooms.drivers import device
from rooms.drivers.port import (
    DeviceFailure,
    DeviceUnreachable,
    Driver,
    Patch,
    TimedOut,
    Unsupported,
)
from rooms.simulators.base import Simulator
from tests.rooms.drivers.benches import BENCHES, Bench, Make
from tests.rooms.drivers.helpers import SOON, at, do, fails, until

SHORT = 0.3


@pytest.fixture(params=BENCHES, ids=lambda bench: bench.name)
def bench(request: pytest.FixtureRequest) -> Bench:
    given = request.param
    assert isinstance(given, Bench)
    return given


def beside(bench: Bench, make: Make) -> AbstractAsyncContextManager[tuple[Driver, Simulator]]:
    return at(make(), bench.driver)


async def test_it_is_taken_once_and_then_done(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, _):
        taken: list[str] = []
        deadline = asyncio.get_running_loop().time() + SOON
        await driver.execute(bench.command, deadline, lambda: taken.append("taken"))
        assert taken == ["taken"]


async def test_it_is_taken_long_before_it_is_done(bench: Bench) -> None:
    async with beside(bench, bench.slow) as (driver, _):
        taken = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + SOON
        doing = asyncio.create_task(driver.execute(bench.long, deadline, taken.set))
        async with asyncio.timeout(SOON):
            await taken.wait()
        assert not doing.done()
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def test_it_ends_at_the_deadline_and_not_before(bench: Bench) -> None:
    for make, command in ((bench.deaf, bench.command), (bench.slow, bench.long)):
        async with beside(bench, make) as (driver, _):
            loop = asyncio.get_running_loop()
            begun = loop.time()
            assert isinstance(await fails(driver, command, SHORT), TimedOut)
            assert SHORT <= loop.time() - begun < SHORT + 5.0


async def test_what_timed_out_holds_no_connection(bench: Bench) -> None:
    async with beside(bench, bench.deaf) as (driver, simulator):
        assert isinstance(await fails(driver, bench.command, SHORT), TimedOut)
        await until(lambda: simulator.connections == 0)


async def test_what_is_too_late_is_not_sent(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, simulator):
        assert isinstance(await fails(driver, bench.command, -1.0), TimedOut)
        assert simulator.said == []


async def test_a_cancelled_command_leaves_the_device_ready(bench: Bench) -> None:
    async with beside(bench, bench.slow) as (driver, simulator):
        taken = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + SOON
        doing = asyncio.create_task(driver.execute(bench.long, deadline, taken.set))
        await taken.wait()
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        assert await driver.poll()
        assert simulator.busiest <= 1


async def test_one_is_said_after_the_other(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, simulator):
        wishes = [do(driver, bench.command) for _ in range(6)]
        polls = [driver.poll() for _ in range(2)]
        assert len(await asyncio.gather(*wishes, *polls)) == 8
        assert simulator.busiest == 1


async def test_what_it_never_can_is_refused_and_not_sent(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, simulator):
        assert bench.unsupported.name not in driver.capabilities().commands
        assert isinstance(await fails(driver, bench.unsupported), Unsupported)
        assert simulator.said == []


async def test_noise_is_a_failure_of_the_device(bench: Bench) -> None:
    async with beside(bench, bench.garbage) as (driver, _):
        assert isinstance(await fails(driver, bench.command), DeviceFailure)
        with pytest.raises(DeviceFailure):
            await driver.poll()


async def test_nobody_there_is_unreachable(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, simulator):
        await simulator.stop()
        assert isinstance(await fails(driver, bench.command), DeviceUnreachable)


async def test_lost_is_said_once_and_back_is_said_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "rooms.drivers")
    async with beside(bench, bench.deaf) as (driver, deaf):
        heard = driver.events()
        told = asyncio.ensure_future(anext(heard))
        for _ in range(3):
            await fails(driver, bench.command, SHORT)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert await told == {"answering": False}
        await deaf.stop()
        well = await bench.well().start(port=deaf.port)
        try:
            for _ in range(3):
                await do(driver, bench.command)
            assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
            async with asyncio.timeout(SOON):
                while "answering" not in (patch := await anext(heard)):
                    continue
            assert patch == {"answering": True}
        finally:
            await driver.close()
            await well.stop()


async def test_the_whole_state_can_be_asked(bench: Bench) -> None:
    async with beside(bench, bench.well) as (driver, _):
        patch = await driver.poll()
        assert patch
        assert "answering" not in patch


async def test_a_device_that_is_busy_for_long_is_not_lost(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(device, "POLL_WITHIN", 0.1)
    async with beside(bench, bench.slow) as (driver, _):
        taken = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + SOON
        doing = asyncio.create_task(driver.execute(bench.long, deadline, taken.set))
        await taken.wait()
        assert await driver.poll() == {}
        assert caplog.records == []
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def test_closed_is_closed(bench: Bench) -> None:
    async with beside(bench, bench.slow) as (driver, simulator):
        telling = asyncio.create_task(_all(driver))
        taken = asyncio.Event()
        deadline = asyncio.get_running_loop().time() + SOON
        doing = asyncio.create_task(driver.execute(bench.long, deadline, taken.set))
        await taken.wait()
        await driver.close()
        await driver.close()
        with pytest.raises(DeviceUnreachable):
            await doing
        async with asyncio.timeout(SOON):
            await telling
        assert isinstance(await fails(driver, bench.command), DeviceUnreachable)
        await until(lambda: simulator.connections == 0)


async def _all(driver: Driver) -> list[Patch]:
    return [patch async for patch in driver.events()]

"""The hands of a room go on asking, whatever a device does to its driver."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from rooms.agent import hands
from rooms.agent.hands import Hands
from rooms.control import Command
from rooms.drivers.port import Accepted, Capabilities, DeviceKind, Patch
from rooms.ids import DeviceId


class StumblingDriver:
    """Has not thought of what its device says at first."""

    device = DeviceId("dome")

    def __init__(self) -> None:
        self.asked = 0

    def capabilities(self) -> Capabilities:
        return Capabilities(kind=DeviceKind.CAMERA, commands=frozenset())

    async def execute(self, command: Command, deadline: float, accepted: Accepted) -> Patch:
        raise AssertionError

    async def poll(self) -> Patch:
        self.asked += 1
        if self.asked < 3:
            raise OverflowError("date value out of range")
        return {"power": "on"}

    async def events(self) -> AsyncIterator[Patch]:
        nothing: tuple[Patch, ...] = ()
        for patch in nothing:
            yield patch

    async def close(self) -> None:
        return None


async def test_a_driver_that_stumbles_is_logged_told_of_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hands, "LOST_EVERY", 0.01)
    told: list[Mapping[str, Any] | None] = []
    well = asyncio.Event()

    def tell(device: str, patch: Mapping[str, Any] | None) -> None:
        assert device == "dome"
        told.append(patch)
        if patch is not None and "power" in patch:
            well.set()

    room = Hands([StumblingDriver()], {}, tell, lambda *_: None)
    room.start()
    async with asyncio.timeout(20):
        await well.wait()
    await room.close()
    broken = {"errors": ["other-error"], "answering": True}
    assert told == [broken, broken, {"errors": [], "power": "on", "answering": True}]
    assert [record.getMessage() for record in caplog.records] == ["dome cannot be asked"] * 2
    assert "OverflowError" in caplog.text

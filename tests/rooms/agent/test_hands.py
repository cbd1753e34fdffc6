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


class BabblingDriver(StumblingDriver):
    """Stumbles over what its device says by itself, twice, and then once more in another way; goes
    on until it is closed."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)
        self.closed = asyncio.Event()
        self.listened = 0

    async def poll(self) -> Patch:
        return {}

    async def events(self) -> AsyncIterator[Patch]:
        self.listened += 1
        yield {"input": f"hdmi{self.listened}"}
        if self.errors:
            raise self.errors.pop(0)
        await self.closed.wait()

    async def close(self) -> None:
        self.closed.set()


async def test_a_driver_that_stumbles_over_a_word_is_listened_to_again_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hands, "LISTEN_AGAIN", 0.01)
    inputs: list[Any] = []
    heard = asyncio.Event()

    def tell(device: str, patch: Mapping[str, Any] | None) -> None:
        if patch is not None and "input" in patch:
            inputs.append(patch["input"])
            if len(inputs) == 4:
                heard.set()

    driver = BabblingDriver(KeyError("a"), KeyError("b"), OverflowError("too much"))
    room = Hands([driver], {}, tell, lambda *_: None)
    room.start()
    async with asyncio.timeout(20):
        await heard.wait()
    await room.close()
    assert inputs == ["hdmi1", "hdmi2", "hdmi3", "hdmi4"]
    assert driver.listened == 4  # and no more: it was closed
    said = [record.getMessage() for record in caplog.records]
    assert said == ["dome cannot be listened to"] * 2  # one for each kind of error
    assert "KeyError: 'a'" in caplog.text
    assert "OverflowError" in caplog.text


async def test_a_word_that_cannot_be_told_costs_only_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Any] = []

    class TalkingDriver(BabblingDriver):
        """Says three words, one after the other."""

        async def events(self) -> AsyncIterator[Patch]:
            for number in range(3):
                yield {"input": f"hdmi{number}"}
            await self.closed.wait()

    def tell(device: str, patch: Mapping[str, Any] | None) -> None:
        word = (patch or {}).get("input")
        if word == "hdmi1":
            raise RuntimeError("full")
        if word is not None:
            told.append(word)

    room = Hands([TalkingDriver()], {}, tell, lambda *_: None)
    room.start()
    async with asyncio.timeout(20):
        while len(told) < 2:  # noqa: ASYNC110  the driver has no event
            await asyncio.sleep(0.01)
    await room.close()
    assert told == ["hdmi0", "hdmi2"]
    assert "RuntimeError: full" in caplog.text

"""Whatever goes wrong with a device of a room, and at whatever step of its day: whoever runs its
centre, and nobody else's, reads what is wrong and what to do; the session goes on without it.

Five rooms in one session, each with another fault; every device is spoken to by its own protocol.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest

from orchestrator.words import words
from rooms.simulators.wake_on_lan import SleepingComputer, SoundSleeper
from tests.fakes.room_days import Day, a_day, animateur
from tests.fakes.room_faults import (
    FAILED,
    OF_CAMERAS,
    OF_PROJECTORS,
    Fault,
    mend,
)
from tests.fakes.room_kit import LOOKS, RoomKit

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]
ROOMS = (
    "meyrueis-visio",
    "st-chely-d-apcher-visio",
    "villefort-visio",
    "marvejols-visio",
    "langogne-visio",
)
Step = Callable[[Day, dict[str, Fault]], Awaitable[None]]


async def all_of(kits: Iterable[RoomKit], what: Callable[[RoomKit], Awaitable[object]]) -> None:
    await asyncio.gather(*(what(kit) for kit in kits))


async def befall(day: Day, faults: dict[str, Fault], device: str) -> None:
    await all_of(day.kits.values(), lambda kit: faults[kit.room].befall(kit, device))


async def warming(day: Day) -> None:
    """Booked; the projectors have taken the order and are not warm yet."""
    for kit in day.kits.values():
        kit.projector.warm_up = 60.0  # until the test has done what it wants
    await day.book()
    await day.until(lambda: all(kit.projector.power == "3" for kit in day.kits.values()))


def warm(kit: RoomKit) -> None:
    kit.projector.warm_up = 0.0


async def in_session(day: Day) -> None:
    """The hour comes, and every room is in whatever its devices do."""
    await day.doors()
    await day.until(lambda: all(k.kiosk.session == day.session for k in day.kits.values()))
    await day.on_air()

    async def live() -> bool:
        return set((await day.sites()).values()) == {"live"}

    await day.until(live)


async def is_told(day: Day, room: str, ill: str, device: str) -> None:
    """On the page of the centre, on the screen of the room, and by mail: the same words."""

    async def stands() -> bool:
        found = await day.alerts(animateur(room))
        return [(one["room"], one["key"], one["device"]) for one in found] == [(room, ill, device)]

    await day.until(stands)
    (alert,) = await day.alerts(animateur(room))
    assert alert["session"] == day.session
    assert alert["suggestion"] == words(f"alert-{ill}-suggestion", "fr", {})
    assert await day.troubles(room) == [alert["text"]]
    await day.until(lambda: any(alert["text"] in letter for letter in day.letters(room)))
    letters = [letter for letter in day.letters(room) if alert["text"] in letter]
    assert len(letters) == 1
    assert alert["suggestion"] in letters[0]
    assert "Objet : Atelier" in letters[0]


async def nothing_is_wrong(day: Day, room: str) -> None:
    async def quiet() -> bool:
        return await day.alerts(animateur(room)) == [] == await day.troubles(room)

    await day.until(quiet)


# --- the steps: each brings the rooms to where it goes wrong


async def when_it_is_to_wake(day: Day, faults: dict[str, Fault]) -> None:
    await befall(day, faults, "projecteur")
    await day.book()


async def while_it_warms_up(day: Day, faults: dict[str, Fault]) -> None:
    await warming(day)
    await befall(day, faults, "projecteur")


async def when_the_camera_is_to_look(day: Day, faults: dict[str, Fault]) -> None:
    await warming(day)
    await befall(day, faults, "camera")
    for kit in day.kits.values():
        warm(kit)


@pytest.mark.parametrize(
    ("step", "device", "of_device"),
    [
        (when_it_is_to_wake, "projecteur", OF_PROJECTORS),
        (while_it_warms_up, "projecteur", OF_PROJECTORS),
        (when_the_camera_is_to_look, "camera", OF_CAMERAS),
    ],
)
async def test_a_device_that_fails_before_a_session_is_told_and_the_session_has_its_room(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    device: str,
    of_device: tuple[Fault, ...],
) -> None:
    faults = dict(zip(ROOMS, of_device, strict=True))
    async with a_day(tmp_path, monkeypatch, ROOMS) as day:
        await step(day, faults)
        for room, fault in faults.items():
            await is_told(day, room, fault.ill, device)
        await in_session(day)
        for room, kit in day.kits.items():
            assert kit.computer.awake, room  # what did not fail is ready
            kit.projector.warm_up = 0.0
        await all_of(day.kits.values(), lambda kit: mend(kit, device))
        # What merely failed closes when it is asked again and does it.
        await asyncio.gather(*(asked_again(day, room) for room in ROOMS))
        for room in ROOMS:
            await nothing_is_wrong(day, room)
            assert day.kits[room].ready, room
        await day.stop()
        await day.until(lambda: all(kit.asleep for kit in day.kits.values()))


async def asked_again(day: Day, room: str) -> None:
    order = await day.told(animateur(room), room, command="room.preset.apply", preset="formation")
    kit = day.kits[room]
    assert order["state"] == "done", (room, order["error"], kit.projector.said, kit.projector.power)


SLOW, LAMP, NEVER_WAKES = "meyrueis-visio", "villefort-visio", "langogne-visio"


async def test_what_takes_too_long_never_wakes_or_has_a_bad_lamp_leaves_the_rest_of_its_room_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_day(tmp_path, monkeypatch, (SLOW, LAMP, NEVER_WAKES)) as day:
        slow, lamp, sound = day.kits[SLOW], day.kits[LAMP], day.kits[NEVER_WAKES]
        slow.projector.warm_up = 1e9  # longer than there is before the session
        lamp.projector.errors = "020000"
        sound.computer.__class__ = SoundSleeper
        for kit in day.kits.values():
            kit.camera.model.speed = 480  # a second to where it looks, as cameras take
        await day.book()
        await is_told(day, SLOW, "scene_failed", "projecteur")
        await is_told(day, LAMP, "device_faulty", "projecteur")
        await is_told(day, NEVER_WAKES, "scene_failed", "ordinateur")
        assert "lampe" in (await day.alerts(animateur(LAMP)))[0]["text"]
        assert "Allumez-le à la main" in (await day.alerts(animateur(NEVER_WAKES)))[0]["text"]
        await day.until(lambda: all(_looks(kit) for kit in day.kits.values()))
        assert (slow.computer.awake, lamp.computer.awake) == (True, True)
        assert (slow.projector.power, sound.projector.power) == ("3", "1")
        await in_session(day)
        for room in day.kits:  # each is told one thing of its own room, once
            assert len(day.letters(room)) == len(await day.alerts(animateur(room))) == 1
        lamp.projector.errors = "000000"
        await nothing_is_wrong(day, LAMP)  # by itself
        warm(slow)
        sound.computer.__class__ = SleepingComputer
        await asyncio.gather(asked_again(day, SLOW), asked_again(day, NEVER_WAKES))
        for room, kit in day.kits.items():
            await nothing_is_wrong(day, room)
            assert kit.ready, room
        await day.stop()
        await day.until(lambda: all(kit.asleep for kit in day.kits.values()))


def _looks(kit: RoomKit) -> bool:
    """The camera is on and looks where the scene wants it."""
    model = kit.camera.model
    return model.on and (model.pan, model.tilt, model.zoom) == LOOKS


async def test_a_device_that_fails_when_it_is_to_sleep_is_told_after_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = dict(zip(ROOMS, OF_PROJECTORS, strict=True))
    async with a_day(tmp_path, monkeypatch, ROOMS) as day:
        await day.book()
        await day.until(lambda: all(kit.ready for kit in day.kits.values()))
        await in_session(day)
        monkeypatch.setattr("rooms.agent.hands.POLL_EVERY", 600.0)
        await befall(day, faults, "projecteur")
        await day.stop()
        for room, fault in faults.items():
            await is_told(day, room, fault.ill, "projecteur")
        for kit in day.kits.values():
            await day.until(lambda kit=kit: not kit.camera.model.on)  # type: ignore[misc]
            assert kit.projector.power == "1"
        assert await day.is_now("ended")


async def test_who_drives_a_device_that_fails_is_told_at_once_and_so_is_the_animateur(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = dict(zip(ROOMS, OF_CAMERAS, strict=True))
    async with a_day(tmp_path, monkeypatch, ROOMS) as day:
        await day.book()
        await day.until(lambda: all(kit.ready for kit in day.kits.values()))
        await in_session(day)
        await befall(day, faults, "camera")
        look = {"command": "camera.preset.recall", "preset": 1}
        orders = await asyncio.gather(*(day.told("tom", room, **look) for room in ROOMS))
        for order in orders:
            fault = faults[order["room"]]
            assert (order["state"], order["error"]) == ("failed", fault.error), fault.name
            assert remedy_of(order["error"]), fault.name
        for room, fault in faults.items():
            if fault.ill != FAILED:  # who asked knows; a refusal is no trouble of the room's
                await is_told(day, room, fault.ill, "camera")
            else:
                assert await day.alerts(animateur(room)) == []
        assert set((await day.sites()).values()) == {"live"}
        assert (await day.told("tom", ROOMS[0], command="audio.mic.set", on=False))[
            "state"
        ] == "done"
        await all_of(day.kits.values(), lambda kit: mend(kit, "camera"))
        for room in ROOMS:
            await nothing_is_wrong(day, room)
        orders = await asyncio.gather(*(day.told("tom", room, **look) for room in ROOMS))
        assert {order["state"] for order in orders} == {"done"}


def remedy_of(error: str) -> str:
    """What the remote says of it in French."""
    page = Path("orchestrator/web/static/lang/fr.json").read_text(encoding="utf-8")
    return str(json.loads(page).get(f"remedy.{error}", ""))

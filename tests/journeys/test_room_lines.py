"""Whoever is cut off from whom, and at whatever step of a room's day: a screen, an agent, the
service itself. The rooms and the session go on as far as they can, and the right animateur reads
what is wrong and what to do.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.store.devices import SCREEN
from orchestrator.words import words
from tests.fakes.kiosks import BabblingKiosk, CameraShyKiosk, DumbKiosk, Kiosk
from tests.fakes.room_days import Day, a_day, animateur

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]
MEYRUEIS, ST_CHELY, VILLEFORT, MARVEJOLS, LANGOGNE = (
    "meyrueis-visio",
    "st-chely-d-apcher-visio",
    "villefort-visio",
    "marvejols-visio",
    "langogne-visio",
)
LONG = 62.0
LOOK = {"command": "camera.preset.recall", "preset": 1}


async def stands(day: Day, room: str, key: str) -> None:
    """On the page of its animateur and in his mail, once, with what to do; and nothing else."""

    async def told() -> bool:
        return [(one["room"], one["key"]) for one in await day.alerts(animateur(room))] == [
            (room, key)
        ]

    await day.until(told)
    (alert,) = await day.alerts(animateur(room))
    assert alert["suggestion"] == words(f"alert-{key}-suggestion", "fr", {})
    await day.until(lambda: day.letters(room))
    (letter,) = day.letters(room)
    assert alert["text"] in letter
    assert alert["suggestion"] in letter


async def is_quiet(day: Day, room: str) -> None:
    async def quiet() -> bool:
        return await day.alerts(animateur(room)) == []

    await day.until(quiet)


async def sites_are(day: Day, **wanted: str) -> None:
    async def so() -> bool:
        return {room.removesuffix("-visio"): at for room, at in (await day.sites()).items()} == {
            name.replace("_", "-"): at for name, at in wanted.items()
        }

    await day.until(so)


async def outcomes(day: Day, room: str) -> list[tuple[str, str | None]]:
    """What became of the calls of a room, as whoever runs the session reads it."""
    browser = await day("tom")
    async with browser.get(f"/api/v1/sessions/{day.session}/commands") as answer:
        found: list[dict[str, Any]] = (await answer.json())["commands"]
    return [
        (one["state"], one["error"])
        for one in found
        if (one["room"], one["command"]) == (room, "call.join")
    ]


async def test_a_screen_that_does_not_join_is_told_and_the_others_have_their_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: dict[str, type[Kiosk]] = {
        MEYRUEIS: Kiosk,
        ST_CHELY: DumbKiosk,
        VILLEFORT: CameraShyKiosk,
        MARVEJOLS: BabblingKiosk,
        LANGOGNE: Kiosk,
    }
    async with a_day(tmp_path, monkeypatch, rooms) as day:
        await day.book()
        await day.until(lambda: all(kit.ready for kit in day.kits.values()))
        await day.cut(MEYRUEIS, SCREEN)
        await day.doors()
        await day.until(lambda: day.kits[LANGOGNE].kiosk.session == day.session)
        await day.on_air()
        await day.later(LONG)
        await stands(day, MEYRUEIS, "screen_silent")
        for room in (ST_CHELY, VILLEFORT, MARVEJOLS):
            await stands(day, room, "not_joined")
        assert ("failed", "no_media") in await outcomes(day, VILLEFORT)
        assert not await day.alerts(animateur(LANGOGNE))
        assert not day.letters(LANGOGNE)
        missing = ("meyrueis", "st_chely_d_apcher", "villefort", "marvejols")
        await sites_are(day, langogne="live", **dict.fromkeys(missing, "expected"))
        day.kits[MEYRUEIS].screen_cable.plug()
        for room in (ST_CHELY, VILLEFORT, MARVEJOLS):
            day.kits[room].kiosk.__class__ = Kiosk
        await day.later(35)  # the calls nobody answered are over, and made again
        await sites_are(day, langogne="live", **dict.fromkeys(missing, "live"))
        for room in rooms:
            await is_quiet(day, room)

        # In the middle of the session one screen is gone for long, and comes back.
        await day.cut(LANGOGNE, SCREEN)
        await day.later(LONG)
        await stands(day, LANGOGNE, "screen_silent")
        order = await day.told("tom", LANGOGNE, command="audio.mic.set", on=False)
        assert (order["state"], order["error"]) == ("failed", "agent_unreachable")
        day.kits[LANGOGNE].screen_cable.plug()
        await sites_are(day, langogne="live", **dict.fromkeys(missing, "live"))
        await is_quiet(day, LANGOGNE)

        # At the end one does not let go: the session is over all the same, and the rooms sleep.
        day.kits[MEYRUEIS].kiosk.__class__ = DumbKiosk
        await day.stop()
        await day.until(lambda: all(kit.asleep for kit in day.kits.values()))
        assert await day.is_now("ended")


async def test_an_agent_that_is_cut_off_goes_on_alone_and_is_told_whenever_it_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_before, cut_knowing, cut_driving, cut_at_end = MEYRUEIS, ST_CHELY, VILLEFORT, MARVEJOLS
    rooms = (cut_before, cut_knowing, cut_driving, cut_at_end)
    async with a_day(tmp_path, monkeypatch, rooms) as day:
        kits = day.kits
        await day.cut(cut_before)
        await day.book(early=timedelta(minutes=8))
        knowing = [kits[room] for room in (cut_knowing, cut_driving, cut_at_end)]
        await day.until(
            lambda: all(k.agent.core.plan and k.agent.core.plan.entries for k in knowing)
        )
        await day.cut(cut_knowing)
        assert not any(kit.computer.awake for kit in kits.values())

        await day.later(4 * 60)
        await day.until(lambda: all(kit.ready for kit in knowing))  # with and without the service
        await stands(day, cut_before, "agent_silent")
        await stands(day, cut_knowing, "agent_silent")
        assert not kits[cut_before].computer.awake  # it cannot know; its screen joins
        await day.doors()
        await day.until(lambda: all(k.kiosk.session == day.session for k in kits.values()))
        await day.on_air()

        # It moves while the line is cut; what became of it is said when the line stands again.
        camera = kits[cut_driving].camera
        camera.model.speed, camera.model.presets[2] = 400, (0.0, 0.0, 0.0)
        moving = asyncio.create_task(
            day.told("tom", cut_driving, command="camera.preset.recall", preset=2)
        )
        done = len(camera.model.executed)
        await day.until(lambda: len(camera.model.executed) > done)
        await day.cut(cut_driving)
        kits[cut_driving].cable.plug()
        assert (await moving)["state"] == "done"
        await day.cut(cut_driving)
        order = await day.told("tom", cut_driving, **LOOK)
        assert (order["state"], order["error"]) == ("failed", "agent_unreachable")
        await day.later(LONG)
        await stands(day, cut_driving, "agent_silent")
        assert set((await day.sites()).values()) == {"live"}
        for room in (cut_before, cut_knowing, cut_driving):
            kits[room].cable.plug()
            await is_quiet(day, room)
        assert (await day.told("tom", cut_driving, **LOOK))["state"] == "done"
        await day.until(lambda: kits[cut_before].ready)  # late is better than never

        # The end of the session does not reach it: it sleeps by the plan it knows.
        await day.cut(cut_at_end)
        await day.stop()
        others = [kits[room] for room in rooms if room != cut_at_end]
        await day.until(lambda: all(kit.asleep for kit in others))
        assert not kits[cut_at_end].asleep
        await day.later(LONG)
        await stands(day, cut_at_end, "agent_silent")
        day.clock.behind -= timedelta(hours=1)  # no letter is awaited any more
        await day.until(lambda: kits[cut_at_end].asleep)


async def test_a_service_that_starts_again_at_any_step_of_the_day_is_hardly_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_day(tmp_path, monkeypatch, (VILLEFORT, MARVEJOLS)) as day:
        kits = list(day.kits.values())
        for kit in kits:
            kit.projector.warm_up = 60.0
        await day.book()
        await day.until(lambda: all(kit.projector.power == "3" for kit in kits))
        await day.again()  # while the rooms warm up
        for kit in kits:
            kit.projector.warm_up = 0.0
        await day.until(lambda: all(kit.ready for kit in kits))
        await day.doors()
        await day.until(lambda: "call.join" in kits[0].kiosk.told)
        await day.again()  # while they join
        await day.until(lambda: all(kit.kiosk.session == day.session for kit in kits))
        await day.on_air()
        await sites_are(day, villefort="live", marvejols="live")

        camera = kits[0].camera
        camera.model.speed, camera.model.presets[2] = 400, (0.0, 0.0, 0.0)
        taken = await day.ask("tom", VILLEFORT, command="camera.preset.recall", preset=2)
        done = len(camera.model.executed)
        await day.until(lambda: len(camera.model.executed) >= done and camera.said)
        await day.again()  # while a camera turns
        order = await day.ended("tom", taken)
        assert order["state"] == "done" or order["error"] == "interrupted"
        await sites_are(day, villefort="live", marvejols="live")
        assert (await day.told("tom", VILLEFORT, **LOOK))["state"] == "done"

        await day.stop()
        await day.again()  # while they go to sleep
        await day.until(lambda: all(kit.asleep for kit in kits))
        assert await day.is_now("ended")
        for kit in kits:
            assert not await day.alerts(animateur(kit.room))
            assert not day.letters(kit.room)

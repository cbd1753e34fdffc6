"""Endpoints over the real shell and the real engine: they see, hear, are muted, and mend."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rooms.ids import CommandId, RoomId
from signalling.peers.endpoint import Endpoint
from signalling.peers.listener import tone_share
from signalling.peers.test_card import signature
from tests.fakes.stage import Stage
from tests.fakes.wire import SESSION, until

VILLEFORT, MEYRUEIS = RoomId("villefort-visio"), RoomId("meyrueis-visio")
HEARD = 0.05


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage() as made:
        yield made


async def call(stage: Stage, room: RoomId, name: str, **arguments: Any) -> CommandId:
    command = CommandId(f"cm-{len(stage.house.commands)}")
    stage.house.commands.add(command)
    assert await stage.switchboard.command(room, command, name, arguments, "soon")
    await until(lambda: ("done", room, command, {}) in stage.house.told)
    return command


async def in_call(stage: Stage, *rooms: RoomId) -> list[Endpoint]:
    endpoints = [await stage.room(room) for room in rooms]
    await until(lambda: all(stage.switchboard.screen_connected(room) for room in rooms))
    for room in rooms:
        await call(stage, room, "call.join", session=SESSION, token=f"pa:{room}", title="Essai")
    return endpoints


def level(of: str, at: Endpoint) -> float:
    remote = at.call.listener.remotes.get(of) if at.call else None
    return remote.level(asyncio.get_running_loop().time()) if remote else 0.0


def frames(of: str, at: Endpoint) -> int:
    remote = at.call.listener.remotes.get(of) if at.call else None
    return remote.frames if remote else 0


def both(one: Endpoint, other: Endpoint) -> list[tuple[str, Endpoint]]:
    return [(VILLEFORT, other), (MEYRUEIS, one)]


async def flowing(one: Endpoint, other: Endpoint) -> None:
    await until(lambda: all(frames(of, at) > 3 for of, at in both(one, other)), 10)
    await until(lambda: all(level(of, at) > HEARD for of, at in both(one, other)), 10)


async def test_two_rooms_see_and_hear_each_other_and_a_mute_is_heard(stage: Stage) -> None:
    villefort, meyrueis = await in_call(stage, VILLEFORT, MEYRUEIS)
    await flowing(villefort, meyrueis)
    assert meyrueis.call is not None
    heard = meyrueis.call.listener.remotes[VILLEFORT]
    assert tone_share(heard.samples, signature(VILLEFORT).tone) > 0.8
    assert tone_share(heard.samples, signature(MEYRUEIS).tone) < 0.2
    assert heard.colour is not None
    wanted = signature(VILLEFORT).colour
    assert all(abs(a - b) < 12 for a, b in zip(heard.colour, wanted, strict=True))
    await until(lambda: villefort.screen.call_state == "in_call")

    await call(stage, VILLEFORT, "audio.mic.set", on=False)
    await until(lambda: level(VILLEFORT, meyrueis) == 0.0)
    assert villefort.screen.document()["audio"]["mic_muted"]
    view = meyrueis.call.participants[VILLEFORT]
    assert [track.kind for track in view.tracks if track.muted] == ["audio"]
    await call(stage, VILLEFORT, "audio.mic.set", on=True)
    await until(lambda: level(VILLEFORT, meyrueis) > HEARD)

    await call(stage, VILLEFORT, "video.camera.set", on=False)
    await call(stage, VILLEFORT, "video.camera.set", on=True)
    seen = frames(VILLEFORT, meyrueis)
    await until(lambda: frames(VILLEFORT, meyrueis) > seen + 5)

    await asyncio.sleep(1.1)
    figures = await meyrueis.figures()
    assert figures["state"] == "in_call"
    assert figures["first_frame_ms"] is not None
    (remote,) = figures["remotes"]
    assert remote["room"] == VILLEFORT
    assert remote["kbps"] > 5
    assert remote["loss"] == 0
    await meyrueis.call.stats()
    await call(stage, VILLEFORT, "call.leave")
    await until(lambda: not meyrueis.call or VILLEFORT not in meyrueis.call.participants)
    assert villefort.screen.call_state == "idle"


async def test_a_broken_line_is_taken_up_while_media_goes_on(stage: Stage) -> None:
    villefort, meyrueis = await in_call(stage, VILLEFORT, MEYRUEIS)
    await flowing(villefort, meyrueis)
    assert meyrueis.call is not None
    legs = (meyrueis.call.publish, meyrueis.call.subscribe)
    await meyrueis.line.drop()
    await until(lambda: ("lost", MEYRUEIS) in stage.house.told)
    await until(lambda: meyrueis.welcome is not None and meyrueis.welcome.resumed)
    assert (meyrueis.call.publish, meyrueis.call.subscribe) == legs
    seen = frames(VILLEFORT, meyrueis)
    await until(lambda: frames(VILLEFORT, meyrueis) > seen + 3)
    await call(stage, MEYRUEIS, "audio.mic.set", on=False)
    await until(lambda: level(MEYRUEIS, villefort) == 0.0)


async def test_media_goes_on_over_a_restart_of_the_service(stage: Stage) -> None:
    villefort, meyrueis = await in_call(stage, VILLEFORT, MEYRUEIS)
    await flowing(villefort, meyrueis)
    assert meyrueis.call is not None
    legs = (meyrueis.call.publish, meyrueis.call.subscribe)
    await stage.kill()
    seen = frames(VILLEFORT, meyrueis)
    await until(lambda: frames(VILLEFORT, meyrueis) > seen + 5)
    stage.house.told.clear()
    await stage.serve()
    await until(lambda: len(stage.house.heard("joined")) == 2, 10)
    assert (meyrueis.call.publish, meyrueis.call.subscribe) == legs
    assert meyrueis.welcome is not None
    assert not meyrueis.welcome.resumed
    seen = frames(VILLEFORT, meyrueis)
    await until(lambda: frames(VILLEFORT, meyrueis) > seen + 5)
    await call(stage, VILLEFORT, "audio.mic.set", on=False)
    await until(lambda: level(VILLEFORT, meyrueis) == 0.0)


async def test_a_leg_that_is_lost_is_made_anew(stage: Stage) -> None:
    villefort, meyrueis = await in_call(stage, VILLEFORT, MEYRUEIS)
    await flowing(villefort, meyrueis)
    assert villefort.call is not None
    assert villefort.call.publish is not None
    lost = villefort.call.publish.id
    await stage.engine.close(SESSION)
    await stage.engine.open(SESSION)
    await until(
        lambda: bool(
            villefort.call and villefort.call.publish and villefort.call.publish.id != lost
        ),
        10,
    )
    seen = frames(VILLEFORT, meyrueis)
    await until(lambda: frames(VILLEFORT, meyrueis) > seen + 5, 10)
    await flowing(villefort, meyrueis)


async def test_a_person_joins_by_his_own_token(stage: Stage) -> None:
    (villefort,) = await in_call(stage, VILLEFORT)
    claire = await stage.person("claire")
    await until(lambda: frames(VILLEFORT, claire) > 3, 10)
    await until(lambda: level("claire", villefort) > HEARD, 10)
    assert not claire.is_room
    assert "room_state" not in {told[0] for told in stage.house.told if told[1] == "claire"}


async def test_a_call_that_is_refused_is_a_command_that_failed(stage: Stage) -> None:
    villefort = await stage.room(VILLEFORT)
    await until(lambda: stage.switchboard.screen_connected(VILLEFORT))
    stage.house.over.add(SESSION)
    stage.house.commands.add(CommandId("cm-1"))
    arguments = {"session": SESSION, "token": f"pa:{VILLEFORT}", "title": ""}
    await stage.switchboard.command(VILLEFORT, CommandId("cm-1"), "call.join", arguments, "soon")
    failed = ("failed", VILLEFORT, "cm-1", "session-over", "")
    await until(lambda: failed in stage.house.told)
    assert villefort.screen.call_state == "idle"

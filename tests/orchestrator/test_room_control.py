"""The life of a command, against a wire that only notes and screens that answer or do not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator.room_control import Wish
from orchestrator.store import commands
from orchestrator.store.commands import Order
from orchestrator.store.idempotency import Once
from rooms.control import CallJoin, CameraSet, Command, MicSet
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from rooms.ids import CommandId, RoomId, SessionId
from tests.fakes.rooms import MEYRUEIS, VILLEFORT, Scene, furnished

MUTE = MicSet(on=False)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with furnished(tmp_path) as scene:
        await scene.screen_on(VILLEFORT)
        yield scene


async def ask(scene: Scene, command: Command = MUTE, **more: Any) -> Order:
    wish = Wish(room=VILLEFORT, command=command, by="pe-anne", **more)
    return (await scene.house.control.submit(wish))[0]


async def now_of(scene: Scene, order: Order) -> tuple[str, str | None]:
    found = await scene.database.read(lambda conn: commands.get(conn, order.id))
    return found.state.value, found.error


async def test_a_command_is_accepted_run_and_done(scene: Scene) -> None:
    order = await ask(scene)
    assert (order.state, scene.wire.sent[0].id) == ("accepted", order.id)
    assert scene.wire.sent[0].arguments == {"on": False}
    await scene.house.command_accepted(VILLEFORT, order.id)
    assert await now_of(scene, order) == ("running", None)
    await scene.house.command_done(VILLEFORT, order.id, {})
    assert await now_of(scene, order) == ("done", None)
    assert [one["state"] for one in scene.told("room.command.done")] == ["done"]
    assert await scene.audited() == ["room.command"]


async def test_a_screen_that_is_done_before_it_said_so_is_believed(scene: Scene) -> None:
    order = await ask(scene)
    await scene.house.command_done(VILLEFORT, order.id, {})
    assert await now_of(scene, order) == ("done", None)


async def test_a_screen_says_why_it_failed(scene: Scene) -> None:
    order = await ask(scene)
    await scene.house.command_accepted(VILLEFORT, order.id)
    await scene.house.command_failed(VILLEFORT, order.id, "no_media", "camera in use")
    assert await now_of(scene, order) == ("failed", "no_media")


async def test_a_room_without_a_screen_fails_at_once_and_nothing_is_queued(scene: Scene) -> None:
    await scene.screen_off(VILLEFORT)
    order = await ask(scene)
    assert (order.state, order.error) == ("failed", "agent_unreachable")
    assert scene.wire.sent == []


async def test_a_screen_that_goes_as_it_is_sent_to_fails_at_once(scene: Scene) -> None:
    scene.wire.vanishes = True
    order = await ask(scene)
    assert (order.state, order.error) == ("failed", "agent_unreachable")


async def test_a_command_not_acknowledged_within_five_seconds_has_failed(scene: Scene) -> None:
    order = await ask(scene)
    await scene.after(seconds=4.9)
    assert await now_of(scene, order) == ("accepted", None)
    await scene.after(seconds=0.2)
    assert await now_of(scene, order) == ("failed", "agent_unreachable")
    assert scene.wire.cancelled == [order.id]


async def test_a_command_not_done_by_its_deadline_has_timed_out(scene: Scene) -> None:
    order = await ask(scene)
    await scene.house.command_accepted(VILLEFORT, order.id)
    await scene.after(seconds=9)
    assert await now_of(scene, order) == ("running", None)
    await scene.after(seconds=1)
    assert await now_of(scene, order) == ("timed_out", "timeout")
    await scene.house.command_done(VILLEFORT, order.id, {})  # too late, and no harm
    assert await now_of(scene, order) == ("timed_out", "timeout")


async def test_a_newer_command_of_the_same_kind_supersedes_one_not_yet_taken(scene: Scene) -> None:
    first, camera = await ask(scene), await ask(scene, CameraSet(on=False))
    second = await ask(scene, MicSet(on=True))
    assert await now_of(scene, first) == ("superseded", None)
    assert await now_of(scene, camera) == ("accepted", None)
    assert await now_of(scene, second) == ("accepted", None)
    assert scene.wire.cancelled == [first.id]


async def test_a_command_that_runs_is_not_superseded(scene: Scene) -> None:
    first = await ask(scene)
    await scene.house.command_accepted(VILLEFORT, first.id)
    await ask(scene, MicSet(on=True))
    assert await now_of(scene, first) == ("running", None)


async def test_more_than_sixteen_pending_commands_are_refused(scene: Scene) -> None:
    for _ in range(16):
        order = await ask(scene)
        await scene.house.command_accepted(VILLEFORT, order.id)
    with pytest.raises(TooMany):
        await ask(scene)


async def test_what_the_equipment_cannot_do_is_refused_at_once(scene: Scene) -> None:
    settings = scene.house.means.settings
    network = settings.network
    blind = replace(network.room(VILLEFORT), equipment=("screen", "speaker", "microphone"))
    centres = tuple(
        replace(centre, rooms=(blind,)) if centre.id == blind.centre else centre
        for centre in network.centres
    )
    scene.house.means.settings = replace(settings, network=replace(network, centres=centres))
    with pytest.raises(Invalid) as refused:
        await ask(scene, CameraSet(on=True))
    assert refused.value.key == "unsupported"
    assert await scene.database.read(commands.unfinished) == []


async def test_an_unknown_room_is_not_found(scene: Scene) -> None:
    wish = Wish(room=RoomId("rodez-visio"), command=MUTE, by="pe-anne")
    with pytest.raises(NotFound):
        await scene.house.control.submit(wish)


async def test_the_same_key_is_answered_twice_and_done_once(scene: Scene) -> None:
    once = Once(scope="pe-anne room", key="same-key-1", body={"on": False})
    first = await ask(scene, once=once)
    wish = Wish(room=VILLEFORT, command=MUTE, by="pe-anne", once=once)
    again, replayed = await scene.house.control.submit(wish)
    assert (again.id, replayed, len(scene.wire.sent)) == (first.id, True, 1)
    other = Once(scope="pe-anne room", key="same-key-1", body={"on": True})
    with pytest.raises(Invalid):
        await ask(scene, once=other)


async def test_a_right_lost_between_wish_and_execution_stops_the_command(scene: Scene) -> None:
    checks: list[str] = []

    def check(conn: Connection) -> None:
        checks.append("asked")
        if len(checks) > 1:
            raise Forbidden("not-your-room")

    order = await ask(scene, check=check)
    assert (order.state, order.error) == ("failed", "forbidden")
    assert scene.wire.sent == []


async def test_a_right_that_never_was_leaves_no_trace(scene: Scene) -> None:
    def check(conn: Connection) -> None:
        raise Forbidden("not-your-room")

    with pytest.raises(Forbidden):
        await ask(scene, check=check)
    assert await scene.database.read(commands.unfinished) == []
    assert await scene.audited() == []


async def test_a_token_goes_on_the_wire_and_not_into_the_store(scene: Scene) -> None:
    order = await ask(scene, CallJoin(session=SessionId("se-1")), secrets={"token": "s3cret"})
    assert scene.wire.sent[0].arguments == {"session": "se-1", "token": "s3cret"}
    assert order.arguments == {"session": "se-1"}
    kept = await scene.database.read(lambda conn: commands.get(conn, order.id))
    assert kept.arguments == {"session": "se-1"}


async def test_a_room_may_not_report_on_the_command_of_another(scene: Scene) -> None:
    order = await ask(scene)
    for report in (scene.house.command_accepted(MEYRUEIS, order.id),
                   scene.house.command_done(MEYRUEIS, order.id, {}),
                   scene.house.command_done(VILLEFORT, CommandId("cm-unknown"), {})):  # fmt: skip
        with pytest.raises(NotFound):
            await report
    assert await now_of(scene, order) == ("accepted", None)


async def test_a_command_given_up_is_cancelled_once(scene: Scene) -> None:
    order = await ask(scene)
    cancelled = await scene.house.control.cancel(order.id, "pe-anne")
    assert cancelled.state == "cancelled"
    assert scene.wire.cancelled == [order.id]
    with pytest.raises(Conflict):
        await scene.house.control.cancel(order.id, "pe-anne")


async def test_after_a_restart_open_commands_are_interrupted_unless_the_screen_answers(
    scene: Scene,
) -> None:
    silent, heard = await ask(scene), await ask(scene, CameraSet(on=False))
    await scene.house.command_accepted(VILLEFORT, heard.id)
    scene.start_again()
    await scene.house.restore()
    await scene.house.command_done(VILLEFORT, heard.id, {})
    scene.now += timedelta(seconds=15)
    await scene.house.control.expire(scene.now)
    assert await now_of(scene, silent) == ("failed", "interrupted")
    assert await now_of(scene, heard) == ("done", None)

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
from rooms.device_commands import CameraHome, CameraMove, CameraStop
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


async def test_a_command_not_before_an_instant_is_sent_then_and_not_sooner(scene: Scene) -> None:
    order = await ask(scene, not_before=scene.now + timedelta(seconds=30))
    assert (order.state, scene.wire.sent) == ("accepted", [])
    await scene.after(seconds=29)
    assert scene.wire.sent == []
    await scene.after(seconds=1)
    assert [one.id for one in scene.wire.sent] == [order.id]
    await scene.house.command_accepted(VILLEFORT, order.id)
    await scene.after(seconds=9)
    assert await now_of(scene, order) == ("running", None)  # its time runs from when it was sent


async def test_a_right_lost_while_a_command_waited_stops_it(scene: Scene) -> None:
    until = scene.now + timedelta(seconds=20)

    def check(conn: Connection) -> None:
        if scene.now >= until:
            raise Forbidden("not-your-room")

    order = await ask(scene, check=check, not_before=scene.now + timedelta(seconds=30))
    await scene.after(seconds=30)
    assert await now_of(scene, order) == ("failed", "forbidden")
    assert scene.wire.sent == []


async def test_only_a_command_that_expires_waits_for_a_room_that_is_away(scene: Scene) -> None:
    await scene.screen_off(VILLEFORT)
    order = await ask(scene, expires_at=scene.now + timedelta(minutes=5))
    assert order.state == "accepted"
    await scene.after(seconds=60)
    await scene.screen_on(VILLEFORT)
    await scene.strike()
    assert [one.id for one in scene.wire.sent] == [order.id]


async def test_a_command_that_waited_for_nobody_times_out(scene: Scene) -> None:
    await scene.screen_off(VILLEFORT)
    order = await ask(scene, expires_at=scene.now + timedelta(minutes=5))
    await scene.after(minutes=5)
    assert await now_of(scene, order) == ("timed_out", "timeout")
    await scene.screen_on(VILLEFORT)
    await scene.strike()
    assert scene.wire.sent == []


async def test_a_room_that_is_away_at_the_hour_of_its_command_fails_it(scene: Scene) -> None:
    order = await ask(scene, not_before=scene.now + timedelta(seconds=30))
    await scene.screen_off(VILLEFORT)
    await scene.after(seconds=30)
    assert await now_of(scene, order) == ("failed", "agent_unreachable")


async def test_a_command_that_waits_is_called_off_before_it_was_ever_sent(scene: Scene) -> None:
    order = await ask(scene, not_before=scene.now + timedelta(seconds=30))
    assert (await scene.house.control.cancel(order.id, "pe-anne")).state == "cancelled"
    await scene.after(seconds=31)
    assert (scene.wire.sent, scene.wire.cancelled) == ([], [])


async def test_nothing_is_held_for_longer_than_a_day_nor_for_the_past(scene: Scene) -> None:
    wishes: list[dict[str, Any]] = [
        {"not_before": scene.now + timedelta(hours=25)},
        {"expires_at": scene.now},
        {
            "expires_at": scene.now + timedelta(minutes=1),
            "not_before": scene.now + timedelta(minutes=2),
        },
    ]
    for wrong in wishes:
        with pytest.raises(Invalid):
            await ask(scene, **wrong)


class SteadyAgent:
    """The agent of one room, on the line, that takes everything and answers nothing."""

    def __init__(self, *able: str) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.cancelled: list[CommandId] = []
        self.names = frozenset(able)

    def screen_connected(self, room: RoomId) -> bool:
        return True

    def able(self, room: RoomId) -> frozenset[str] | None:
        return self.names

    async def command(
        self, room: RoomId, command: CommandId, name: str, arguments: dict[str, Any], deadline: str
    ) -> bool:
        self.sent.append((name, arguments))
        return True

    async def cancel_command(self, room: RoomId, command: CommandId) -> None:
        self.cancelled.append(command)


async def test_what_the_agent_says_it_can_goes_to_the_agent_and_the_rest_to_the_screen(
    scene: Scene,
) -> None:
    scene.house.means.agents = agent = SteadyAgent("camera.home", "camera.move")
    await ask(scene, CameraHome())
    await ask(scene, MUTE)
    assert [name for name, _ in agent.sent] == ["camera.home"]
    assert [one.name for one in scene.wire.sent] == ["audio.mic.set"]


async def test_what_nobody_in_the_room_can_is_refused_when_it_is_asked(scene: Scene) -> None:
    with pytest.raises(Invalid) as refused:
        await ask(scene, CameraHome())
    assert refused.value.fields == {"command": "camera.home", "missing": ["agent"]}
    scene.house.means.agents = SteadyAgent("camera.move")
    with pytest.raises(Invalid) as refused:
        await ask(scene, CameraHome())
    assert refused.value.fields["missing"] == ["camera.home"]
    assert await scene.database.read(commands.unfinished) == []


async def test_of_a_flood_of_a_joystick_only_the_last_move_is_left(scene: Scene) -> None:
    scene.house.means.agents = agent = SteadyAgent("camera.move")
    orders = [await ask(scene, CameraMove(pan=speed)) for speed in range(24)]
    states = [(await now_of(scene, order))[0] for order in orders]
    assert states == ["superseded"] * 23 + ["accepted"]
    assert agent.cancelled == [order.id for order in orders[:-1]]


async def test_stop_is_sent_however_much_waits_and_makes_the_moves_void(scene: Scene) -> None:
    scene.house.means.agents = agent = SteadyAgent("camera.stop", "camera.move", "camera.home")
    for _ in range(15):
        await ask(scene, CameraHome())
    move = await ask(scene, CameraMove(pan=9))
    with pytest.raises(TooMany) as refused:
        await ask(scene, CameraHome())
    assert refused.value.fields["retry_after"] == 5
    await ask(scene, MUTE)  # another group of devices
    stop = await ask(scene, CameraStop())
    assert (stop.state, agent.sent[-1][0]) == ("accepted", "camera.stop")
    assert await now_of(scene, move) == ("superseded", None)


async def test_a_device_that_did_not_answer_in_time_has_let_it_time_out(scene: Scene) -> None:
    order = await ask(scene)
    await scene.house.command_failed(VILLEFORT, order.id, "timeout", "")
    assert await now_of(scene, order) == ("timed_out", "timeout")


async def test_what_a_command_brought_is_kept(scene: Scene) -> None:
    order = await ask(scene)
    await scene.house.command_done(VILLEFORT, order.id, {"on": False})
    kept = await scene.database.read(lambda conn: commands.get(conn, order.id))
    assert kept.result == {"on": False}

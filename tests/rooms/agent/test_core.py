"""The agent in a test without a loop: messages in, effects out, and the hour in hand."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from rooms.agent import messages
from rooms.agent.core import (
    Carry,
    Core,
    Effect,
    GiveUp,
    HangUp,
    Keep,
    KeepToken,
    Play,
    Say,
)
from rooms.agent.messages import FromAgent
from rooms.agent.plan import Entry, Plan
from rooms.agent.report import DeviceReport
from rooms.agent.state import RoomState
from rooms.device_commands import CameraHome, PresetRecall
from rooms.scenes import DEFAULT_SCENES, Scene, Scenes

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CAMERA = DeviceReport(
    id="cam", kind="camera", driver="visca", commands=("camera.home", "camera.preset.recall")
)
ENTRY = Entry(id="se-1", start=NOON, end=NOON + timedelta(hours=1), kind="training")
Kind = TypeVar("Kind")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def core_with(plan: Plan | None = None) -> Core:
    state = RoomState(devices={"cam": CAMERA})
    return Core(state, "0.1.0", plan, frozenset())


def greeted(plan: Plan | None = None) -> Core:
    core = core_with(plan)
    core.opened(NOON)
    core.receive(messages.Welcome(room="villefort-visio", now=NOON), NOON)
    return core


def said(effects: Iterable[Effect]) -> list[FromAgent]:
    return [one.message for one in effects if isinstance(one, Say)]


def only(effects: Iterable[Effect], kind: type[Kind]) -> list[Kind]:
    return [one for one in effects if isinstance(one, kind)]


def order(command: str = "camera.home", **more: Any) -> messages.Do:
    known: dict[str, Any] = {"arguments": {}, "deadline": at(10), "id": "cm-1", **more}
    return messages.Do(command=command, **known)


def test_it_says_who_it_is_and_which_plan_it_holds() -> None:
    plan = Plan(version=7)
    assert said(core_with(plan).opened(NOON)) == [messages.Hello(agent="0.1.0", now=NOON, plan=7)]
    assert said(core_with().opened(NOON)) == [messages.Hello(agent="0.1.0", now=NOON)]


def test_it_reports_once_it_is_welcome_and_knows_how_far_its_clock_is_off() -> None:
    core = core_with()
    assert core.changed(NOON) == []
    core.opened(NOON)
    (report,) = said(core.receive(messages.Welcome(room="a", now=at(-7)), NOON))
    assert isinstance(report, messages.Reported)
    assert report.report.machine.clock_offset_ms == 7000
    assert [one.key for one in report.report.health] == ["clock_off"]


def test_only_news_is_reported_and_everything_once_a_minute() -> None:
    core = greeted()
    assert core.changed(at(1)) == []
    core.state.lost("cam")
    (news,) = said(core.changed(at(2)))
    assert isinstance(news, messages.Reported)
    assert news.version == 2
    assert core.changed(at(3)) == []
    assert len(said(core.changed(at(62)))) == 1


def test_a_command_is_carried_out_and_its_outcome_told() -> None:
    core = greeted()
    assert core.receive(order(), at(1)) == [Carry("cm-1", CameraHome(), 9.0)]
    assert core.accepted("cm-1") == [Say(messages.Accepted("cm-1"))]
    assert said(core.done("cm-1", {"pan": 0}, at(2))) == [messages.Done("cm-1", {"pan": 0})]


def test_the_same_id_twice_is_done_once_and_answered_twice() -> None:
    core = greeted()
    core.receive(order(), NOON)
    assert core.receive(order(), at(1)) == [Say(messages.Accepted("cm-1"))]
    core.failed("cm-1", "device_busy", "warming", at(2))
    again = core.receive(order(), at(3))
    assert again == [Say(messages.Failed("cm-1", "device_busy", "warming"))]


def test_a_deadline_that_has_passed_leaves_a_moment_and_no_more() -> None:
    (carry,) = only(greeted().receive(order(), at(60)), Carry)
    assert carry.within == 0.1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (order("camera.fly"), "bad_parameter"),
        (order(arguments={"on": True}), "bad_parameter"),
        (order("display.power.set", arguments={"on": True}), "unsupported"),
        (order("room.preset.apply", arguments={"preset": "a"}, steps=({},)), "bad_parameter"),
    ],
)
def test_what_it_cannot_do_is_said_and_not_tried(wrong: messages.Do, error: str) -> None:
    effects = greeted().receive(wrong, NOON)
    (answer,) = said(effects)
    assert isinstance(answer, messages.Failed)
    assert (answer.error, only(effects, Carry)) == (error, [])


def test_a_newer_move_that_came_first_is_told_as_such() -> None:
    core = greeted()
    core.receive(order(), NOON)
    assert said(core.failed("cm-1", "superseded", "", NOON)) == [messages.Superseded("cm-1")]


def test_only_what_still_runs_is_given_up() -> None:
    core = greeted()
    core.receive(order(), NOON)
    assert core.receive(messages.Cancel("cm-1"), NOON) == [GiveUp("cm-1")]
    core.failed("cm-1", "device_failure", "", NOON)
    assert core.receive(messages.Cancel("cm-1"), NOON) == []
    assert core.receive(messages.Cancel("cm-9"), NOON) == []


def test_outcomes_said_just_before_the_line_broke_are_said_again() -> None:
    core = greeted()
    core.receive(order(), NOON)
    core.receive(order(id="cm-2"), NOON)
    core.done("cm-1", {}, at(1))
    core.closed()
    core.opened(at(30))
    again = said(core.receive(messages.Welcome(room="a", now=at(30)), at(30)))
    assert messages.Done("cm-1", {}) in again
    assert len(again) == 2  # and the report; cm-2 has not ended
    core.closed()
    core.opened(at(90))
    assert len(said(core.receive(messages.Welcome(room="a", now=at(90)), at(90)))) == 1


def test_it_remembers_so_many_commands_and_never_forgets_one_that_runs() -> None:
    core = greeted()
    core.receive(order(id="cm-first"), NOON)
    for number in range(400):
        core.receive(order(id=f"cm-{number}"), NOON)
        core.done(f"cm-{number}", {}, NOON)
    assert len(core._outcomes) <= 257
    assert core.receive(order(id="cm-first"), NOON) == [Say(messages.Accepted("cm-first"))]


def test_an_outcome_of_a_command_of_nobody_is_only_told() -> None:
    assert said(greeted().done("cm-9", {}, NOON)) == [messages.Done("cm-9", {})]


def test_a_scene_is_played_and_its_failures_are_told() -> None:
    core = greeted()
    steps = ({"command": "camera.preset.recall", "preset": 1},)
    asked = order("room.preset.apply", arguments={"preset": "formation"}, steps=steps)
    effects = core.receive(asked, NOON)
    assert said(effects) == [messages.Accepted("cm-1")]
    assert only(effects, Play) == [Play("formation", (PresetRecall(preset=1),), "cm-1", 10.0)]
    told = said(core.played("formation", {}, at(1), "cm-1"))
    assert messages.Done("cm-1", {"scene": "formation"}) in told
    core.receive(order("room.preset.apply", id="cm-2", arguments={"preset": "formation"}), at(2))
    told = said(core.played("formation", {"camera.home": "device_busy"}, at(3), "cm-2"))
    assert messages.Failed("cm-2", "device_failure", "camera.home: device_busy") in told


def test_the_plan_goes_on_without_a_line_and_each_scene_once() -> None:
    core = core_with(Plan(entries=(ENTRY,)))
    assert core.tick(at(-301)) == []
    effects = core.tick(at(-300))
    (kept,) = only(effects, Keep)
    assert {one.when for one in kept.done} == {"start"}
    assert only(effects, Play) == [Play("formation", (PresetRecall(preset=1),))]
    assert core.tick(at(-299)) == []  # it is being played
    core.state.tried("cam", done=False)
    core.played("formation", {"camera.preset.recall": "device_busy"}, at(-298), None)
    assert [one.key for one in core.state.report().health] == ["scene_failed"]
    assert core.tick(at(0)) == []
    assert [one.scene for one in only(core.tick(at(3600)), Play)] == ["veille"]
    assert core.state.report().health == ()  # the next scene begins with a clean sheet


def test_a_scene_of_the_plan_that_is_gone_is_not_asked_for_ever() -> None:
    bare = Scenes(
        scenes=(Scene(id="a", label="A", steps=()),), start={"training": "formation"}, end=None
    )
    core = core_with(Plan(entries=(ENTRY,), scenes=bare))
    assert only(core.tick(NOON), Play) == []
    assert core.tick(at(1)) == []


def test_without_a_plan_nothing_is_due() -> None:
    assert core_with().tick(NOON) == []


def test_a_new_plan_is_kept_and_what_it_does_not_name_is_forgotten() -> None:
    core = greeted(Plan(entries=(ENTRY,)))
    core.tick(NOON)
    effects = core.receive(messages.Planned(Plan(version=9, scenes=DEFAULT_SCENES)), at(1))
    assert effects == [Keep(Plan(version=9), frozenset())]


def test_a_token_is_rotated_only_once_it_is_on_the_disk() -> None:
    core = greeted()
    assert core.receive(messages.Rotate("x" * 43), NOON) == [KeepToken("x" * 43)]
    assert core.token_kept(False) == []
    assert [one.key for one in core.state.report().health] == ["token_not_kept"]
    assert core.token_kept(True) == [Say(messages.Rotated())]


def test_it_beats_every_five_seconds_and_measures_the_way_there_and_back() -> None:
    core = greeted()
    assert core.tick(at(4)) == []
    assert core.tick(at(5)) == [Say(messages.Ping(1))]
    core.receive(messages.Pong(1), at(5.04))
    assert core.state.rtt_ms == 40
    core.receive(messages.Pong(1), at(9))
    assert core.state.rtt_ms == 40
    assert core.receive(messages.Ping(3), at(9)) == [Say(messages.Pong(3))]
    core.closed()
    assert core.state.rtt_ms is None


def test_a_line_on_which_nothing_is_heard_is_dialled_again() -> None:
    core = greeted()
    assert HangUp() not in core.tick(at(14.9))
    assert core.tick(at(15)) == [HangUp()]
    core.closed()
    assert core.tick(at(16)) == []


def test_what_it_is_only_told_needs_no_answer() -> None:
    core = greeted()
    assert core.receive(messages.Screen("stale"), NOON) == []
    assert core.receive(messages.Refused("bad-frame"), NOON) == []

"""The agent has its screen test the line: by itself, when asked, not when the line is needed."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rooms.agent import disk, line_tester
from rooms.agent.hands import Hands
from rooms.agent.line_tester import LineTester
from rooms.agent.line_tests import SETTLE, LineHeld, LineSilent
from rooms.agent.plan import Entry, Plan
from rooms.control import parse_command
from rooms.drivers.port import DeviceFailure, DeviceUnreachable
from tests.fakes.wire import until

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FIGURES = {"down_kbps": 6200, "up_kbps": 700, "rtt_ms": 45}
UDP, TCP = {**FIGURES, "path": "udp"}, {**FIGURES, "path": "tcp"}
HELD, BLOCKED, ABSENT = ({"refused": word} for word in ("held", "blocked", "absent"))


class Screen:
    """Its page answers what it was given, by path; it may be made to wait."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.may = asyncio.Event()
        self.may.set()

    async def __call__(self, expression: str, within: float) -> object:
        path = expression.split('"')[1]
        self.asked.append(path)
        async with asyncio.timeout(within):
            await self.may.wait()
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Room:
    """An agent's plan and clock. `at` is the hour, `plan` what it is booked for."""

    def __init__(self, state: Path, screen: Screen, *, by_itself: bool = True) -> None:
        self.at, self.plan = NOON, Plan()
        self.tester = LineTester(
            screen,
            lambda: self.plan,
            lambda: self.at,
            room="villefort-visio",
            state=state,
            by_itself=by_itself,
        )

    def book(self, start: datetime) -> None:
        end = start + timedelta(hours=1)
        self.plan = Plan(entries=(Entry(id="se-1", start=start, end=end, kind="meeting"),))


async def test_asked_to_it_tests_every_path_and_says_what_each_carries(tmp_path: Path) -> None:
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen)
    assert await room.tester.test() == {"udp": UDP, "tcp": TCP, "turn": "absent"}
    assert await asyncio.to_thread(disk.read_tested, tmp_path) == NOON


async def test_it_is_the_command_of_the_machine_that_asks_for_it(tmp_path: Path) -> None:
    taken: list[bool] = []
    hands = Hands([], {}, lambda *_: None, lambda *_: None)
    hands.test_line = Room(tmp_path, Screen(udp=BLOCKED, tcp=TCP, turn=ABSENT)).tester.test
    command = parse_command("system.line.test", {})
    found = await hands.carry_out(command, 60, lambda: taken.append(True))
    assert (found["udp"], found["tcp"], taken) == ("blocked", TCP, [True])


async def test_a_room_that_is_booked_within_ten_minutes_refuses(tmp_path: Path) -> None:
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen)
    room.book(NOON + timedelta(minutes=9))
    with pytest.raises(LineHeld):
        await room.tester.test()
    assert screen.asked == []


async def test_a_room_in_a_session_that_was_never_booked_refuses(tmp_path: Path) -> None:
    screen = Screen(udp=HELD)
    with pytest.raises(LineHeld):
        await Room(tmp_path, screen).tester.test()
    assert screen.asked == ["udp"]  # no other path takes its line either
    assert await asyncio.to_thread(disk.read_tested, tmp_path) is None


async def test_two_tests_at_once_are_one_and_a_refusal(tmp_path: Path) -> None:
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen)
    screen.may.clear()
    first = asyncio.create_task(room.tester.test())
    await until(lambda: screen.asked, 20)
    with pytest.raises(LineHeld):
        await room.tester.test()
    room.at += SETTLE
    await room.tester.look()  # which is due by itself, and waits
    assert screen.asked == ["udp"]
    screen.may.set()
    assert (await first)["udp"] == UDP


async def test_where_nothing_goes_through_that_is_said_and_nothing_noted(tmp_path: Path) -> None:
    room = Room(tmp_path, Screen(udp=BLOCKED, tcp=BLOCKED, turn=ABSENT))
    with pytest.raises(LineSilent, match="udp: blocked, tcp: blocked, turn: absent"):
        await room.tester.test()
    assert await asyncio.to_thread(disk.read_tested, tmp_path) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [(None, DeviceFailure), ("nonsense", DeviceFailure), (DeviceUnreachable(), DeviceUnreachable)],
)
async def test_a_screen_that_says_nothing_of_use_is_an_error_of_its_own(
    tmp_path: Path, said: Any, expected: type[Exception]
) -> None:
    with pytest.raises(expected):
        await Room(tmp_path, Screen(udp=said)).tester.test()


async def test_by_itself_it_tests_after_its_start_then_by_night_the_way_that_calls_take(
    tmp_path: Path,
) -> None:
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen)
    await room.tester.look()
    assert screen.asked == []
    room.at += SETTLE
    await room.tester.look()
    assert screen.asked == ["udp", "tcp", "turn"]
    for _ in range(2 * 24 * 12):  # two nights pass, wherever this machine is
        room.at += timedelta(minutes=5)
        await room.tester.look()
    assert screen.asked[3:] == ["udp", "udp"]


async def test_it_looks_again_and_again_and_knows_what_the_run_before_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_tester, "LOOK", 0.001)
    await asyncio.to_thread(disk.write_tested, tmp_path, NOON - timedelta(hours=1))
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen)
    task = asyncio.create_task(room.tester.run())
    try:
        await until(lambda: room.tester._schedule.tested is not None, 20)
        room.at += SETTLE
        await asyncio.sleep(0.05)
        assert screen.asked == []  # an hour ago is fresh enough
        while not screen.asked:
            assert room.at < NOON + timedelta(days=2)
            room.at += timedelta(minutes=5)
            await asyncio.sleep(0.005)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_it_cannot_do_by_itself_is_logged_and_tried_again_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    screen = Screen(udp=DeviceUnreachable("the screen"))
    room = Room(tmp_path, screen)
    room.at += SETTLE
    await room.tester.look()
    await room.tester.look()
    assert screen.asked == ["udp"]
    assert "the line was not tested: device_unreachable: the screen" in caplog.text


async def test_a_line_paid_by_the_megabyte_is_tested_only_when_somebody_asks(
    tmp_path: Path,
) -> None:
    screen = Screen(udp=UDP, tcp=TCP, turn=ABSENT)
    room = Room(tmp_path, screen, by_itself=False)
    async with asyncio.timeout(20):
        await room.tester.run()
    assert screen.asked == []
    assert (await room.tester.test())["udp"] == UDP


async def test_a_disk_that_is_full_costs_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write_tested", full)
    room = Room(tmp_path, Screen(udp=UDP, tcp=TCP, turn=ABSENT))
    assert (await room.tester.test())["udp"] == UDP
    assert "No space left on device" in caplog.text


async def test_what_is_kept_is_read_again_and_nonsense_is_nothing(tmp_path: Path) -> None:
    def play() -> None:
        assert disk.read_tested(tmp_path) is None
        disk.write_tested(tmp_path, NOON)
        assert disk.read_tested(tmp_path) == NOON
        for nonsense in ("yesterday", "2026-11-24T12:00:00", "\x00\xff", "9" * 10_000):
            (tmp_path / disk.TESTED).write_text(nonsense, encoding="latin-1")
            assert disk.read_tested(tmp_path) is None

    await asyncio.to_thread(play)

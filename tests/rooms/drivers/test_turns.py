import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rooms.drivers.port import DeviceUnreachable, Superseded, TimedOut
from rooms.drivers.turns import Turns

LATE = 30.0


def by(seconds: float = LATE) -> float:
    return asyncio.get_running_loop().time() + seconds


class Story:
    """Notes who was let in, and keeps each until told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.gates: dict[str, asyncio.Event] = {}

    def work(self, name: str) -> Callable[[], Awaitable[str]]:
        gate = self.gates.setdefault(name, asyncio.Event())

        async def do() -> str:
            self.told.append(name)
            await gate.wait()
            return name

        return do


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_after_the_other_in_the_order_of_asking() -> None:
    turns, story = Turns(), Story()
    all_three = [asyncio.create_task(turns.run(story.work(name), by())) for name in "abc"]
    await settle()
    assert story.told == ["a"]
    for name in "abc":
        story.gates[name].set()
    assert await asyncio.gather(*all_three) == ["a", "b", "c"]
    assert story.told == ["a", "b", "c"]


async def test_of_those_that_wait_only_the_latest_of_a_kind_is_let_in() -> None:
    turns, story = Turns(), Story()
    first = asyncio.create_task(turns.run(story.work("a"), by(), kind="move", latest=True))
    await settle()
    older = asyncio.create_task(turns.run(story.work("b"), by(), kind="move", latest=True))
    other = asyncio.create_task(turns.run(story.work("x"), by(), kind="preset"))
    await settle()
    newer = asyncio.create_task(turns.run(story.work("c"), by(), kind="move", latest=True))
    with pytest.raises(Superseded):
        await older
    for gate in story.gates.values():
        gate.set()
    assert [*await asyncio.gather(first, other, newer)] == ["a", "x", "c"]


async def test_a_stop_interrupts_what_it_stops_and_goes_before_who_waits() -> None:
    turns, story = Turns(), Story()
    going = asyncio.create_task(turns.run(story.work("goto"), by(), kind="goto"))
    await settle()
    waiting = asyncio.create_task(turns.run(story.work("move"), by(), kind="move"))
    storing = asyncio.create_task(turns.run(story.work("store"), by(), kind="store"))
    await settle()
    stops = frozenset({"goto", "move"})
    stop = asyncio.create_task(turns.run(story.work("stop"), by(), kind="stop", stops=stops))
    for moot in (going, waiting):
        with pytest.raises(Superseded):
            await moot
    for gate in story.gates.values():
        gate.set()
    assert [*await asyncio.gather(stop, storing)] == ["stop", "store"]
    assert story.told == ["goto", "stop", "store"]


async def test_a_stop_waits_for_what_it_does_not_stop() -> None:
    turns, story = Turns(), Story()
    storing = asyncio.create_task(turns.run(story.work("store"), by(), kind="store"))
    await settle()
    stops = frozenset({"move"})
    stop = asyncio.create_task(turns.run(story.work("stop"), by(), kind="stop", stops=stops))
    await settle()
    assert story.told == ["store"]
    for gate in story.gates.values():
        gate.set()
    assert [*await asyncio.gather(storing, stop)] == ["store", "stop"]


async def test_who_waits_too_long_gives_up_and_holds_nobody_up() -> None:
    turns, story = Turns(), Story()
    first = asyncio.create_task(turns.run(story.work("a"), by()))
    await settle()
    with pytest.raises(TimedOut):
        await turns.run(story.work("b"), by(0.02))
    story.gates["a"].set()
    assert await first == "a"
    story.gates["b"].set()
    assert await turns.run(story.work("b"), by()) == "b"


async def test_who_is_cancelled_while_let_in_holds_nobody_up() -> None:
    turns, story = Turns(), Story()
    first = asyncio.create_task(turns.run(story.work("a"), by()))
    await settle()
    second = asyncio.create_task(turns.run(story.work("b"), by()))
    await settle()
    story.gates["a"].set()
    first.add_done_callback(lambda _: second.cancel())
    await first
    with pytest.raises(asyncio.CancelledError):
        await second
    story.gates["c"] = asyncio.Event()
    story.gates["c"].set()
    assert await turns.run(story.work("c"), by()) == "c"


async def test_an_error_of_the_work_is_its_own() -> None:
    async def fail() -> None:
        raise DeviceUnreachable("gone")

    turns = Turns()
    with pytest.raises(DeviceUnreachable, match="gone"):
        await turns.run(fail, by())


async def test_closing_sends_everybody_away_and_waits() -> None:
    turns, story = Turns(), Story()
    both = [asyncio.create_task(turns.run(story.work(name), by())) for name in "ab"]
    await settle()
    await turns.close()
    for one in both:
        with pytest.raises(DeviceUnreachable):
            await one
    assert story.told == ["a"]

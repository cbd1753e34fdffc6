"""The bus finds who listens by the room, and wakes them after what is being done."""

import asyncio
from collections.abc import Collection

from orchestrator.events import QUEUE, Bus, Event, Listener

ROOM, OTHER = "villefort-visio", "meyrueis-visio"


async def heard(listener: Listener, count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [(await anext(listener)).kind for _ in range(count)]


async def test_who_listens_to_one_room_hears_of_it_once_and_of_no_other() -> None:
    bus = Bus()
    with bus.listen("all") as all_of_it, bus.listen("panel", ROOM) as panel:
        bus.publish("booking.made", rooms=[OTHER])
        bus.publish("room.state.changed", room=OTHER)
        bus.publish("network.changed")
        bus.publish("booking.moved", room=ROOM, rooms=[ROOM, OTHER])
        bus.publish("room.state.changed", room=ROOM)
        assert await heard(panel, 2) == ["booking.moved", "room.state.changed"]
        assert len(await heard(all_of_it, 5)) == 5


async def test_a_thousand_panels_of_other_rooms_are_not_asked() -> None:
    bus, asked = Bus(), 0

    class Panel(Listener):
        def offer(self, event: Event) -> bool:
            nonlocal asked
            asked += 1
            return super().offer(event)

    for number in range(1000):
        bus._listeners[f"room-{number}"].add(Panel(f"panel {number}"))
    bus.publish("room.state.changed", room="room-7")
    assert asked == 1


async def test_nothing_is_kept_of_a_room_nobody_listens_to_any_more() -> None:
    bus = Bus()
    with bus.listen("one", ROOM), bus.listen("two", ROOM):
        pass
    assert not bus._listeners


async def test_what_is_done_next_is_done_before_the_listeners_are_told() -> None:
    bus, order = Bus(), []

    async def listen() -> None:
        with bus.listen("ear") as listener:
            await anext(listener)
            order.append("told")

    async def act() -> None:
        await acted.wait()
        order.append("acted")

    acted = asyncio.Event()
    tasks = [asyncio.create_task(listen()), asyncio.create_task(act())]
    await asyncio.sleep(0)
    bus.publish("room.command.accepted", room=ROOM)
    acted.set()
    await asyncio.gather(*tasks)
    assert order == ["acted", "told"]


async def test_a_listener_that_sleeps_is_woken_by_the_last_of_many_and_misses_none() -> None:
    bus = Bus()
    with bus.listen("ear") as listener:
        waiting = asyncio.create_task(heard(listener, QUEUE))
        await asyncio.sleep(0)
        for _ in range(QUEUE):
            bus.publish("room.state.changed", room=ROOM)
        assert len(await waiting) == QUEUE
        assert not listener.gap
        again = asyncio.create_task(heard(listener, 1))
        await asyncio.sleep(0)
        bus.publish("room.state.changed", room=ROOM)
        assert len(await again) == 1


async def test_a_listener_that_reads_nothing_is_told_of_the_gap() -> None:
    bus = Bus()
    with bus.listen("ear") as listener:
        for _ in range(QUEUE + 1):
            bus.publish("room.state.changed", room=ROOM)
        assert listener.gap


async def test_who_gave_up_waiting_may_wait_again() -> None:
    bus = Bus()
    with bus.listen("ear") as listener:
        impatient = asyncio.create_task(anext(listener))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        bus.publish("room.state.changed", room=ROOM)
        assert await heard(listener, 1) == ["room.state.changed"]


async def test_what_is_mentioned_is_told_with_the_next_event_in_one_go() -> None:
    bus, goes = Bus(), list[list[str]]()

    def at_once(events: Collection[Event]) -> bool:
        goes.append([event.kind for event in events])
        return True

    async def read() -> None:
        with bus.listen("screen", at_once=at_once) as listener:
            async for _ in listener:
                raise AssertionError("it was taken at once")

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    bus.mention("room.command.accepted")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert goes == []
    bus.publish("room.command.done")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert goes == [["room.command.accepted", "room.command.done"]]
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)


async def test_what_is_mentioned_and_followed_by_nothing_is_told_all_the_same() -> None:
    bus = Bus()
    with bus.listen("screen") as listener:
        waiting = asyncio.create_task(anext(listener))
        await asyncio.sleep(0)
        event = bus.mention("room.command.accepted", room="villefort-visio")
        async with asyncio.timeout(10):
            assert await waiting is event


async def test_what_cannot_be_taken_at_once_waits_for_its_reader_in_order() -> None:
    bus = Bus()
    with bus.listen("screen", at_once=lambda _: False) as listener:
        waiting = asyncio.create_task(anext(listener))
        await asyncio.sleep(0)
        events = [bus.mention("a"), bus.publish("b"), bus.publish("c")]
        async with asyncio.timeout(10):
            assert [await waiting, await anext(listener), await anext(listener)] == events

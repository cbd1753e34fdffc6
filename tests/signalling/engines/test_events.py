from signalling.engines.events import MOST, Events


async def test_where_nobody_listens_the_oldest_go_first() -> None:
    events: Events[int] = Events()
    for number in range(MOST + 3):
        events.say(number)
    assert [await events.get() for _ in range(MOST)] == list(range(3, MOST + 3))
    assert events.empty()

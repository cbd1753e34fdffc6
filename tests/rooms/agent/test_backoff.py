from datetime import UTC, datetime, timedelta

from rooms.agent.backoff import LONGEST, Backoff

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_it_waits_twice_as_long_each_time_up_to_the_longest() -> None:
    backoff = Backoff()
    waits = [backoff.wait(NOON, 1.0) for _ in range(9)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, LONGEST, LONGEST, LONGEST]


def test_a_whole_network_of_rooms_does_not_dial_at_once() -> None:
    assert [Backoff().wait(NOON, chance) for chance in (0.0, 0.5, 1.0)] == [0.25, 0.375, 0.5]


def test_a_line_that_was_good_for_a_minute_is_dialled_at_once_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.wait(NOON, 1.0)
    backoff.connected(NOON)
    assert backoff.wait(NOON + timedelta(seconds=59), 1.0) == 16.0
    backoff.connected(NOON)
    assert backoff.wait(NOON + timedelta(seconds=60), 1.0) == 0.5

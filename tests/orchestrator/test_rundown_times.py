"""The hours of a rundown: planned, actual, expected; over-run and what comes next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.rundown_times import Times, times

TEN = datetime(2013, 9, 19, 10, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return TEN + timedelta(minutes=minutes)


def cue(
    number: int,
    state: State = State.READY,
    minutes: float = 5,
    *,
    fixed: float | None = None,
    ran: tuple[float, float | None] | None = None,
) -> Cue:
    plan = Plan(
        kind=Kind.SPEECH,
        title=str(number),
        duration=round(minutes * 60),
        planned_at=None if fixed is None else at(fixed),
    )
    started, ended = ran or (None, None)
    return Cue(
        id=CueId(f"cu-{number}"),
        plan=plan,
        state=state,
        started_at=None if started is None else at(started),
        ended_at=None if ended is None else at(ended),
    )


def planned(found: Times) -> list[tuple[datetime, datetime]]:
    return [(row.planned_start, row.planned_end) for row in found.cues]


def expected(found: Times) -> list[datetime | None]:
    return [row.expected_start for row in found.cues]


def test_a_cue_follows_the_one_before_unless_it_has_its_hour() -> None:
    found = times([cue(1), cue(2, minutes=2), cue(3, fixed=30)], TEN, at(-10))
    assert planned(found) == [(TEN, at(5)), (at(5), at(7)), (at(30), at(35))]
    assert expected(found) == [TEN, at(5), at(30)]
    assert (found.planned_end, found.expected_end, found.late) == (at(35), at(35), 0)
    assert (found.live, found.left, found.next, found.next_in) == (None, None, "cu-1", 600)


def test_nothing_planned_ends_as_it_begins() -> None:
    found = times([], TEN, TEN)
    assert (found.cues, found.planned_end, found.expected_end) == ((), TEN, TEN)
    assert (found.next, found.next_in) == (None, None)


def test_what_has_not_begun_in_time_begins_now() -> None:
    found = times([cue(1), cue(2)], TEN, at(3))
    assert expected(found) == [at(3), at(8)]
    assert (found.late, found.next_in) == (180, 0)


def test_a_live_cue_says_what_is_left_and_what_comes_next() -> None:
    found = times([cue(1, State.LIVE, ran=(1, None)), cue(2)], TEN, at(4))
    assert (found.live, found.left, found.next, found.next_in) == ("cu-1", 120, "cu-2", 120)
    assert [row.over for row in found.cues] == [0, None]
    assert found.cues[0].expected_end == at(6)
    assert found.late == 60


def test_an_over_run_moves_what_follows_up_to_an_hour_that_is_later() -> None:
    cues = [cue(1, State.LIVE, ran=(0, None)), cue(2, minutes=2), cue(3, fixed=15)]
    found = times(cues, TEN, at(9))
    assert (found.left, found.cues[0].over, found.next_in) == (-240, 240, 0)
    assert expected(found) == [TEN, at(9), at(15)]
    assert found.late == 0
    late = times(cues, TEN, at(15))
    assert expected(late) == [TEN, at(15), at(17)]
    assert late.late == 120


def test_what_is_done_says_by_how_much_it_was_longer_or_shorter() -> None:
    cues = [
        cue(1, State.DONE, ran=(0, 6)),
        cue(2, State.DONE, ran=(6, 10)),
        cue(3, State.ABORTED, ran=(10, 11)),
        cue(4, State.SKIPPED),
        cue(5),
    ]
    found = times(cues, TEN, at(12))
    assert [row.over for row in found.cues] == [60, -60, None, None, None]
    assert expected(found) == [TEN, at(6), at(10), None, at(12)]
    assert (found.next, found.next_in) == ("cu-5", 0)


def test_after_the_last_cue_the_end_is_when_it_ended() -> None:
    found = times([cue(1, State.DONE, ran=(0, 6))], TEN, at(40))
    assert (found.expected_end, found.late, found.next) == (at(6), 60, None)


def test_begun_before_its_hour_the_rest_comes_before_its_hour_too() -> None:
    found = times([cue(1, State.DONE, ran=(-8, -4)), cue(2)], TEN, at(-3))
    assert expected(found)[1] == at(-3)


def test_what_was_passed_over_is_not_waited_for() -> None:
    cues = [cue(1), cue(2, State.LIVE, ran=(0, None)), cue(3, State.SKIPPED), cue(4)]
    found = times(cues, TEN, at(1))
    assert found.next == "cu-4"
    assert [row.expected_start is None for row in found.cues] == [True, False, True, False]


def test_a_go_that_is_yet_to_take_effect_counts_from_then() -> None:
    live = replace(cue(1, State.LIVE), started_at=at(1))
    found = times([live], TEN, TEN)
    assert (found.left, found.cues[0].over, found.expected_end) == (360, 0, at(6))

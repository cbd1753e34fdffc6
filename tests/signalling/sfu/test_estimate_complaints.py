"""When a browser's complaint of its line is believed."""

import pytest

from signalling.sfu.estimate import DEFAULT_KBPS, Estimate

Said = tuple[tuple[float, float], ...]


def lived(sent: float, rembs: Said, trips: Said = (), until: float = 9.5) -> Estimate:
    """One of a leg that sends so much all the time, with REMBs of 400 until 6 s and then these."""
    estimate = Estimate(0.0)
    estimate.tick(sent, 0.04, 0.1)
    steady = ((0.2, 400.0), (2.0, 400.0), (4.0, 400.0), (6.0, 400.0))
    told_of = [(*one, True) for one in (*steady, *rembs)] + [(*one, False) for one in trips]
    said = sorted(told_of)
    for fifth in range(1, round(5 * until) + 1):
        now = fifth / 5
        while said and said[0][0] <= now:
            at, what, is_remb = said.pop(0)
            (estimate.remb if is_remb else estimate.answered)(what, at)
        estimate.tick(sent, 0.04, now)
    return estimate


def told(estimate: Estimate, *losses: float) -> Estimate:
    for loss in losses:
        estimate.reported(loss, 0.0)
    return estimate


def trips(since: float, until: float, rtt: float) -> Said:
    """Three round trips a second."""
    count = round((until - since) * 3)
    return tuple((since + n / 3, rtt) for n in range(count + 1))


# Round trips of 40 ms, then longer ones; one of them is not; they are over before the complaint.
SHORT = trips(1.0, 7.0, 0.04)
LONGER = (*SHORT, *trips(7.5, 9.5, 0.12))
NOT_ALL = (*LONGER, (8.8, 0.05))
ONLY_JUST = (*SHORT, *trips(8.4, 9.5, 0.3))
OVER = (*SHORT, *trips(3.0, 6.0, 0.3), (6.2, 0.04))
TWICE, AGAIN_AFTER_A_RISE, FAR = (
    ((7.0, 380.0), (9.0, 340.0)),
    ((7.0, 500.0), (9.0, 340.0)),
    ((9.0, 200.0),),
)


@pytest.mark.parametrize(
    ("rembs", "told_of", "losses", "expected"),
    [
        (TWICE, LONGER, (), 340),
        (TWICE, NOT_ALL, (), DEFAULT_KBPS),
        (TWICE, ONLY_JUST, (), DEFAULT_KBPS),
        (TWICE, OVER, (), DEFAULT_KBPS),
        (TWICE, SHORT, (), DEFAULT_KBPS),
        (FAR, LONGER, (), 200),
        (FAR, SHORT, (), DEFAULT_KBPS),
        (AGAIN_AFTER_A_RISE, LONGER, (), DEFAULT_KBPS),
        # Loss bears it out at once, though it fell once and not far.
        (AGAIN_AFTER_A_RISE, SHORT, (0.0, 0.0, 0.0, 0.08, 0.08), 340),
        (((9.0, 340.0),), SHORT, (0.0, 0.1), DEFAULT_KBPS),
        # Far below, and it is not known yet what the line loses by itself.
        (FAR, SHORT, (0.0, 0.1), 200),
        (FAR, SHORT, (0.0, 0.01), DEFAULT_KBPS),
        # A radio's own loss is no reason.
        (FAR, SHORT, (0.2,) * 6, DEFAULT_KBPS),
        # Who tells no round trips is believed when it is no accident.
        (TWICE, (), (), 340),
        (AGAIN_AFTER_A_RISE, (), (), DEFAULT_KBPS),
    ],
)
def test_a_complaint_is_believed_when_something_bears_it_out(
    rembs: Said, told_of: Said, losses: tuple[float, ...], expected: float
) -> None:
    estimate = lived(400, rembs, told_of)
    if losses:
        estimate = told(lived(400, rembs, told_of, until=8.9), *losses)
        estimate.remb(rembs[-1][1], 9.0)
        estimate.tick(400, 0.04, 9.1)
    assert estimate.kbps == expected


@pytest.mark.parametrize(("late_from", "expected"), [(10.2, 200), (11.0, DEFAULT_KBPS)])
def test_a_complaint_waits_three_seconds_for_what_bears_it_out(
    late_from: float, expected: float
) -> None:
    seen = lived(400, FAR, (*SHORT, *trips(late_from, 15.0, 0.2)), until=15.0)
    assert seen.kbps == expected


def test_who_is_late_himself_does_not_judge_by_round_trips() -> None:
    estimate = lived(400, FAR, (*SHORT, *trips(8.2, 9.4, 0.2)), until=9.4)
    # The computer stood still; what had come meanwhile is read only now.
    for rtt in (0.9, 0.6, 0.3):
        estimate.answered(rtt, 10.4)
    estimate.tick(400, 0.04, 10.4)
    assert estimate.kbps == DEFAULT_KBPS


def test_who_tells_no_round_trips_is_believed_only_after_a_while() -> None:
    assert lived(400, ((2.1, 200.0),), until=3.0).kbps == DEFAULT_KBPS
    assert lived(400, ((2.1, 200.0), (4.3, 190.0)), until=4.4).kbps == 190


def test_a_remb_that_stood_still_above_what_was_sent_is_no_full_queue() -> None:
    estimate = lived(100, tuple((float(second), 400.0) for second in range(1, 9)))
    estimate.tick(450, 0.04, 9.6)
    estimate.remb(400, 9.7)
    estimate.tick(450, 0.04, 9.8)
    assert estimate.kbps == DEFAULT_KBPS


def stood_still(*ticks: float) -> Estimate:
    """REMBs of 400 to the end, where 550 is sent from 6.4 s on; looked at then and at these."""
    estimate = lived(400, (), until=6.4)
    estimate.tick(550, 0.04, 6.5)
    for now in ticks:
        # What came while nobody looked is read at once, before the clock and after it.
        estimate.remb(400, now - 0.01)
        estimate.tick(550, 0.04, now)
        estimate.remb(400, now + 0.01)
        estimate.tick(550, 0.04, now + 0.02)
    return estimate


def fifths(since: float, seconds: float) -> list[float]:
    return [since + fifth / 5 for fifth in range(1, round(seconds * 5) + 1)]


def test_a_remb_that_stands_still_below_what_is_sent_is_a_full_queue() -> None:
    assert stood_still(*fifths(6.4, 3.4)).kbps == DEFAULT_KBPS
    assert stood_still(*fifths(6.4, 4.4)).kbps == 400


def test_who_is_late_himself_takes_no_remb_for_one_that_stands_still() -> None:
    seldom = (8.4, 10.4, 12.4, 18.4)
    assert stood_still(*seldom).kbps == DEFAULT_KBPS
    # Once he looks often again he sees it stand.
    assert stood_still(*seldom, *fifths(18.4, 3.8)).kbps == DEFAULT_KBPS
    assert stood_still(*seldom, *fifths(18.4, 4.4)).kbps == 400


def burst(rtt: float, remb_after: float) -> Estimate:
    """40 kbit/s of sound, then a picture besides: 300 in all; so long after, a REMB of 60 that
    falls, while round trips are long."""
    estimate = Estimate(0.0)
    estimate.failed(0.0)  # it is not the start any more
    began, now = 12.0, 0.0
    for tenth in range(1, round((began + remb_after) * 10) + 1):
        now = tenth / 10
        estimate.tick(300.0 if now >= began else 40.0, rtt, now)
        estimate.answered(rtt if now < 1 else rtt + 0.1, now)
        if tenth % 10 == 0 and now < began:
            estimate.remb(64.0, now)
    estimate.remb(60.0, now)
    estimate.tick(300.0, rtt, now)
    return estimate


@pytest.mark.parametrize(("rtt", "after"), [(0.04, 0.3), (0.6, 0.9), (1.0, 1.3)])
def test_a_picture_that_has_just_begun_is_not_what_a_low_estimate_is_about(
    rtt: float, after: float
) -> None:
    assert burst(rtt, after).kbps == DEFAULT_KBPS


@pytest.mark.parametrize(("rtt", "after"), [(0.04, 0.6), (0.6, 1.2), (1.0, 1.6)])
def test_one_that_has_run_for_a_round_trip_is(rtt: float, after: float) -> None:
    assert burst(rtt, after).kbps == 60.0


@pytest.mark.parametrize(("rtt", "after"), [(None, 5.0), (0.6, 6.2), (1.0, 7.0), (4.0, 10.0)])
def test_a_fall_is_over_when_its_queue_is_empty(rtt: float | None, after: float) -> None:
    estimate = Estimate(0.0)
    assert estimate.settled(0.0, rtt)
    estimate.failed(20.0)
    assert not estimate.settled(20.0 + after - 0.1, rtt)
    assert estimate.settled(20.01 + after, rtt)

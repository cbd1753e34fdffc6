from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.sfu.estimate import (
    DEFAULT_KBPS,
    HIGHEST_KBPS,
    HOLD,
    KNOWN_SHARE,
    LOWEST_KBPS,
    STALE,
    Estimate,
)


@dataclass
class Viewer:
    """A leg that sends `sends` (at most what is estimated) over a line, told of each second.

    A `busy` one reads its packets late now and then: its REMB falls, and nothing else.
    """

    estimate: Estimate
    capacity: float = 1e9
    radio: float = 0.0
    rtt: float = 0.04
    rembs: bool = True
    now: float = 100.0
    remb: float = 0.0
    busy: bool = False
    queue: float = 0.0

    def watch(self, seconds: int, sends: float | None = None) -> list[float]:
        seen = []
        for _ in range(seconds):
            sent = min(self.estimate.kbps if sends is None else sends, self.estimate.kbps)
            through = min(sent, self.capacity)
            # A browser: down to 0.85 of what comes when the queue grows, else up by 8 % a second.
            self.queue = min(max(self.queue + sent / self.capacity - 1, 0.0), 0.3)
            if sent > self.capacity or (self.busy and int(self.now) % 3 == 0):
                self.remb = 0.85 * through
            else:
                self.remb = min(max(self.remb, 100.0) * 1.08, max(1.5 * through + 10, self.remb))
            if self.rembs:
                self.estimate.remb(self.remb, self.now)
            overflow = 1 - through / sent if sent else 0.0
            self.estimate.reported(self.radio + overflow, 0.0)
            for tenth in range(5):
                self.estimate.answered(self.rtt + self.queue, self.now + tenth / 5)
                self.estimate.tick(sent, self.rtt, self.now + tenth / 5)
            self.now += 1.0
            seen.append(self.estimate.kbps)
        return seen


def viewer(known: float | None = None, **line: float) -> Viewer:
    made = Viewer(Estimate(100.0, known))
    for name, value in line.items():
        setattr(made, name, value)
    return made


def told(estimate: Estimate, *losses: float) -> Estimate:
    for loss in losses:
        estimate.reported(loss, 0.0)
    return estimate


def test_it_begins_with_what_is_known_of_the_line() -> None:
    assert Estimate(0.0).kbps == DEFAULT_KBPS
    assert Estimate(0.0, 2000).kbps == 2000 * KNOWN_SHARE
    assert Estimate(0.0, 1).kbps == LOWEST_KBPS
    later = Estimate(0.0)
    later.known(2000)
    assert later.kbps == 2000 * KNOWN_SHARE
    told(later, 0.0).known(9000)
    assert later.kbps == 2000 * KNOWN_SHARE


def test_a_leg_that_sends_little_learns_nothing_whatever_its_remb_says() -> None:
    one = viewer()
    assert set(one.watch(30, sends=180)) == {DEFAULT_KBPS}
    assert one.remb < 300
    assert one.estimate.limited


def test_what_is_sent_at_the_start_and_draws_no_complaint_is_carried() -> None:
    estimate = Estimate(0.0)
    estimate.tick(1500, 0.04, 1.0)
    assert estimate.kbps == pytest.approx(1650)
    told(estimate, 0.3).tick(3000, 0.04, 1.2)
    assert estimate.kbps < 1650


def test_what_is_repeated_shows_nothing_of_the_line() -> None:
    estimate = Estimate(0.0)
    estimate.tick(3000, 0.04, 1.0, 400)
    assert estimate.kbps == DEFAULT_KBPS
    # Without a REMB what goes through is no more than what was sent once.
    told(estimate, 0.4).tick(3000, 0.04, 2.0, 400)
    assert estimate.kbps == pytest.approx(400 * 1.2 * 0.8)


def test_the_round_trip_of_the_handshake_is_one() -> None:
    estimate = Estimate(0.0)
    estimate.tick(900, 0.04, 0.1)
    estimate.remb(900, 0.2)
    # The queue was full before the first report.
    for tenth in range(3, 21):
        estimate.answered(0.3, tenth / 10)
        estimate.tick(900, 0.3, tenth / 10)
    estimate.remb(600, 2.0)
    estimate.tick(900, 0.3, 2.1)
    assert estimate.kbps == 600


def test_a_line_that_is_used_and_holds_is_trusted_more_and_more() -> None:
    one = viewer(capacity=10_000)
    seen = one.watch(12)
    assert seen[-1] > 2000
    assert not one.estimate.limited


@pytest.mark.parametrize("rtt", [0.04, 0.6])
@pytest.mark.parametrize("capacity", [400, 1500])
def test_it_settles_below_what_an_adsl_line_or_a_satellite_carries(
    capacity: float, rtt: float
) -> None:
    one = viewer(capacity=capacity, rtt=rtt)
    one.watch(30)
    seen = one.watch(60)
    assert min(seen) > 0.6 * capacity
    assert sorted(seen)[len(seen) // 2] <= capacity
    assert max(seen) < 1.15 * capacity


def test_after_a_fall_nothing_rises_for_ten_seconds() -> None:
    one = viewer(capacity=400)
    while not one.estimate.held(one.now):
        one.watch(1)
    low, fell = one.estimate.kbps, one.now
    one.capacity = 10_000
    while one.estimate.kbps <= low:
        one.watch(1)
    assert one.now - fell > HOLD - 2


def test_what_was_lost_before_a_fall_lowers_it_no_further() -> None:
    estimate = Estimate(0.0)
    told(estimate, 0.0, 0.4).tick(900, 0.04, 2.0)
    low = estimate.kbps
    assert low < DEFAULT_KBPS
    for second in (4.0, 5.0, 6.0):
        told(estimate, 0.4 if second == 4.0 else 0.0).tick(300, 0.04, second)
        assert estimate.kbps == low


@pytest.mark.parametrize("radio", [0.05, 0.2])
def test_a_radio_that_always_loses_the_same_share_costs_no_picture(radio: float) -> None:
    one = viewer(radio=radio)
    assert min(one.watch(60)) >= DEFAULT_KBPS


def test_loss_that_comes_with_our_sending_lowers_it() -> None:
    one = viewer()
    one.watch(10, sends=600)
    before = one.estimate.kbps
    one.radio = 0.3
    one.watch(8, sends=600)
    assert one.estimate.kbps < 0.9 * before


def test_without_a_remb_all_loss_counts() -> None:
    one = viewer(radio=0.2)
    one.rembs = False
    one.watch(20)
    assert one.estimate.kbps < DEFAULT_KBPS / 2


def test_what_is_asked_for_again_counts_half_and_little_without_a_loss() -> None:
    estimate = Estimate(0.0)
    estimate.reported(0.0, 0.5)
    assert estimate.amiss == pytest.approx(0.05)
    estimate.reported(0.1, 0.4)
    assert estimate.amiss == pytest.approx((0.05 + 0.2) / 2)


def test_a_queue_that_empties_is_not_taken_for_another() -> None:
    estimate = Estimate(0.0)
    estimate.answered(0.04, 0.1)
    estimate.remb(900, 0.2)
    for tenth in range(3, 21):
        estimate.answered(0.3, tenth / 10)
        estimate.tick(900, 0.04, tenth / 10)
    estimate.remb(600, 2.0)
    estimate.tick(900, 0.04, 2.1)
    assert estimate.kbps == 600
    estimate.tick(590, 0.04, 2.3)
    estimate.remb(500, 2.5)
    estimate.tick(590, 0.04, 2.6)
    assert estimate.kbps == 600
    estimate.remb(400, 2.8)
    estimate.tick(590, 0.04, 2.9)
    assert estimate.kbps == 400


@pytest.mark.parametrize("sends", [180.0, 500.0, 900.0])
def test_a_busy_receiver_is_not_a_thin_line(sends: float) -> None:
    one = viewer()
    one.busy = True
    assert min(one.watch(60, sends=sends)) >= DEFAULT_KBPS


def test_a_busy_receiver_on_a_thin_line_is_a_thin_line() -> None:
    one = viewer(capacity=400)
    one.busy = True
    one.watch(6)
    assert max(one.watch(8)) <= 400


def test_nobody_knows_what_is_amiss_before_enough_is_said() -> None:
    estimate = Estimate(0.0)
    assert estimate.amiss is None
    estimate.remb(500, 0.0)
    assert told(estimate, 0.2, 0.2, 0.2).amiss is None
    assert told(estimate, 0.2).amiss == 0.0


def test_a_first_remb_is_no_complaint() -> None:
    estimate = told(Estimate(0.0), 0.1)
    estimate.tick(500, None, 0.5)
    estimate.remb(110, 1.0)
    estimate.tick(500, None, 1.1)
    assert estimate.kbps == DEFAULT_KBPS
    estimate.remb(100, 2.0)
    estimate.tick(500, None, 2.1)
    assert estimate.kbps == 100


def test_a_remb_above_ours_lowers_nothing() -> None:
    estimate = Estimate(0.0)
    estimate.failed(-HOLD)
    estimate.tick(1500, None, 0.5)
    estimate.remb(1400, 0.8)
    estimate.remb(1200, 5.0)
    estimate.tick(1500, None, 5.1)
    assert estimate.kbps == DEFAULT_KBPS
    assert not estimate.held(5.1)


def test_a_remb_that_stays_below_what_is_sent_is_a_full_queue() -> None:
    estimate = Estimate(0.0)
    for second in range(7):
        estimate.remb(400, float(second))
        for fifth in range(5):
            estimate.tick(550, 0.04, second + 0.1 + fifth / 5)
    assert estimate.kbps == 400


def test_a_remb_that_rises_by_little_each_time_rises() -> None:
    estimate = told(Estimate(0.0), 0.1)
    for quarter in range(40):
        estimate.remb(100 * 1.015**quarter, quarter / 4)
        estimate.tick(400, 0.04, quarter / 4)
    assert estimate.kbps == DEFAULT_KBPS


def test_a_browser_that_fell_silent_is_forgotten() -> None:
    estimate = Estimate(0.0)
    estimate.remb(500, 0.0)
    assert told(estimate, 0.2).amiss is None
    estimate.tick(100, None, STALE - 1)
    assert estimate.kbps == DEFAULT_KBPS
    estimate.tick(100, None, STALE + 1)
    assert estimate.kbps < DEFAULT_KBPS


def test_a_probe_that_went_through_counts_and_one_that_did_not_holds() -> None:
    estimate = Estimate(0.0)
    estimate.proved(1900, 1.0)
    assert estimate.kbps == 1900
    estimate.proved(500, 2.0)
    assert estimate.kbps == 1900
    estimate.failed(3.0)
    assert estimate.held(4.0)
    told(estimate, 0.0, 0.0)
    estimate.tick(1900, 0.04, 6.0)
    assert estimate.kbps == 1900
    estimate.tick(1900, 0.04, 3.1 + HOLD)
    assert 1900 < estimate.kbps < 2100


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e6), st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 2) | st.none()
        ),
        max_size=60,
    )
)
def test_it_stays_within_its_limits(said: list[tuple[float, float, float, float | None]]) -> None:
    estimate, now = Estimate(0.0), 0.0
    for remb, loss, sent, rtt in said:
        now += 0.7
        estimate.remb(remb, now)
        estimate.reported(loss, loss)
        estimate.answered(rtt or 0.0, now)
        estimate.tick(sent, rtt, now)
        estimate.proved(remb, now)
        assert LOWEST_KBPS <= estimate.kbps <= HIGHEST_KBPS


def full(loss: float = 0.4) -> Estimate:
    """A line whose queue stands: round trips of a third of a second, and losses."""
    estimate = Estimate(0.0)
    estimate.tick(500, 0.04, 0.1)
    estimate.answered(0.3, 0.5)
    return told(estimate, loss, loss)


def test_what_a_full_queue_loses_is_never_taken_for_a_radio() -> None:
    estimate = full()
    assert estimate.full
    assert not Estimate(0.0).full
    estimate.remb(900, 0.6)
    for _ in range(20):
        told(estimate, 0.4)
    assert estimate.amiss == pytest.approx(0.4)
    # The same loss over short round trips is the line's own.
    estimate.answered(0.05, 1.0)
    for _ in range(20):
        told(estimate, 0.4)
    assert estimate.amiss == pytest.approx(0.1)


def test_what_goes_through_a_full_queue_is_what_the_line_carries() -> None:
    estimate = full()
    estimate.tick(800, 0.3, 1.5, 600)
    assert estimate.kbps == pytest.approx(800 * 0.6)


def test_a_first_remb_far_below_what_is_sent_counts_where_packets_are_lost() -> None:
    losing, late = full(), full(0.0)
    for estimate in (losing, late):
        estimate.remb(200, 0.6)
        assert not estimate.complains
        estimate.tick(500, 0.3, 0.8)
    assert (losing.kbps, late.kbps) == (200, DEFAULT_KBPS)


def test_who_gets_little_and_answers_late_complains() -> None:
    estimate = full(0.0)
    estimate.remb(900, 0.6)
    estimate.tick(500, 0.3, 0.7)
    estimate.remb(200, 1.0)
    assert estimate.complains
    # He answers quickly now and then: his computer is busy.
    estimate.answered(0.04, 1.1)
    assert not estimate.complains


def test_after_a_fall_the_lesser_of_two_reports_is_believed() -> None:
    estimate = full()
    estimate.tick(800, 0.3, 1.5, 600)
    assert told(estimate, 0.4).amiss is None
    assert told(estimate, 0.1).amiss == pytest.approx(0.1)


def test_padding_makes_no_line_wider_that_has_been_full() -> None:
    fresh, once = Estimate(0.0), Estimate(0.0)
    once.failed(-HOLD)
    for estimate in (fresh, once):
        told(estimate, 0.0, 0.0, 0.0)
        estimate.tick(900, 0.04, 2.0, 300)
    assert fresh.kbps > DEFAULT_KBPS == once.kbps


def test_who_complains_of_a_probe_complains_of_nothing_else() -> None:
    estimate = full()
    estimate.remb(900, 0.6)
    estimate.remb(200, 0.7)
    assert estimate.complains
    estimate.failed(0.7)
    assert not estimate.complains
    assert estimate.amiss is None
    told(estimate, 0.5)
    estimate.tick(500, 0.3, 1.9)
    assert estimate.kbps == DEFAULT_KBPS

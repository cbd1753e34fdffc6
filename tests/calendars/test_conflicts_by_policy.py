"""The judge by the policy of each room: horizon, lengths, buffers, seats, skipping, asking."""

from dataclasses import replace
from datetime import date, timedelta
from datetime import time as clock
from typing import Any

from calendars.booking import Candidate, Held, Occurrence, Slot
from calendars.conflicts import Verdict, judge
from calendars.policy import Policy, RoomRules
from rooms.centre import Closure, Opening
from rooms.ids import RoomId
from tests.fakes.bookings import MEYRUEIS, NOW, RULES, VILLEFORT, asked, held, slot
from tests.fakes.pace import calls
from tests.fakes.places import ALWAYS, a_centre

MORNING = slot("2026-11-23T09:00", "10:00")
TUESDAY = slot("2026-11-24T09:00", "10:00")
BOTH = (VILLEFORT, MEYRUEIS)


def ruled(room: RoomId = VILLEFORT, **policy: Any) -> dict[RoomId, RoomRules]:
    """The ordinary rules, one room with a policy of its own."""
    return RULES | {room: replace(RULES[room], policy=Policy(**policy))}


def judged(candidate: Candidate, *rows: Held, **policy: Any) -> Verdict:
    return judge(candidate, rows, ruled(**policy), NOW)


def keys(verdict: Verdict) -> list[str]:
    return [reason.key for reason in verdict.reasons]


def single(taken: Slot, **changed: Any) -> Candidate:
    return asked(taken, **{"occurrences": (Occurrence(taken),)} | changed)


def test_an_event_beyond_the_horizon_is_refused_and_a_series_has_its_own() -> None:
    far = slot("2027-01-20T09:00", "10:00")
    assert keys(judged(single(far), horizon_days=60)) == ["beyond-horizon"]
    assert judged(single(far), horizon_days=62).accepted
    assert judged(asked(MORNING, far), horizon_days=60).accepted
    assert keys(judged(asked(MORNING, far), series_horizon_days=60)) == ["beyond-horizon"]


def test_no_alternative_is_offered_beyond_the_horizon() -> None:
    rows = [held(slot(f"2026-11-{day}T08:00", "18:30")) for day in (23, 24)]
    assert judged(single(MORNING), *rows, horizon_days=4).alternative is None
    assert judged(single(MORNING), *rows, horizon_days=9).alternative is not None


def test_a_booking_is_as_long_as_the_room_allows() -> None:
    assert keys(judged(asked(MORNING), shortest_minutes=90)) == ["too-short"]
    verdict = judged(asked(MORNING), longest_minutes=30)
    assert keys(verdict) == ["lasts-too-long"]
    assert verdict.alternative is None
    assert judged(asked(MORNING), shortest_minutes=60, longest_minutes=60).accepted


def test_the_buffers_of_both_bookings_stay_free_between_them() -> None:
    policy = {"buffer_before_minutes": 10, "buffer_after_minutes": 20}
    near = held(slot("2026-11-23T10:29", "11:00"))
    verdict = judged(asked(MORNING), near, **policy)
    assert keys(verdict) == ["room-buffer"]
    assert verdict.reasons[0].facts["minutes"] == 30
    assert judged(asked(MORNING), held(slot("2026-11-23T10:30", "11:00")), **policy).accepted
    before = held(slot("2026-11-23T08:30", "08:31"))
    assert keys(judged(asked(MORNING), before, **policy)) == ["room-buffer"]
    assert verdict.alternative == slot("2026-11-23T08:45", "09:45")


def test_a_buffer_is_not_asked_of_what_is_already_held() -> None:
    rows = (held(slot("2026-11-23T10:00", "11:00")), held(MORNING, uid="asked"))
    assert judged(asked(MORNING), *rows, buffer_after_minutes=30).accepted


def test_the_seats_of_all_rooms_are_compared_with_the_people_announced() -> None:
    assert keys(judged(asked(MORNING, seats=9), enforce_capacity=True)) == ["too-many-people"]
    assert judged(asked(MORNING, seats=9)).accepted
    assert judged(asked(MORNING, seats=16, rooms=BOTH), enforce_capacity=True).accepted


def test_an_exceptional_opening_counts_and_a_holiday_is_of_one_room_only() -> None:
    day = date(2026, 11, 29)
    opening = Opening(first=day, last=day, opens=clock(9), closes=clock(12))
    open_centre = a_centre("villefort", openings=(opening,))
    sunday = slot("2026-11-29T09:00", "10:00")
    rules = {VILLEFORT: replace(RULES[VILLEFORT], centre=open_centre)}
    assert judge(asked(sunday), (), rules, NOW).accepted
    other = RoomId("villefort-bureau")
    holiday = Closure(first=date(2026, 11, 23), last=date(2026, 11, 23), reason="Fête")
    shut = a_centre("villefort", closures=(holiday,))
    two = RULES | {other: replace(RULES[VILLEFORT], centre=shut)}
    verdict = judge(asked(MORNING, rooms=(VILLEFORT, other)), (), two, NOW)
    assert [(found.key, found.room) for found in verdict.reasons] == [("centre-closure", other)]


def test_a_series_loses_the_dates_it_cannot_have_where_the_room_says_so() -> None:
    sunday = slot("2026-11-29T09:00", "10:00")
    verdict = judged(asked(MORNING, TUESDAY, sunday), held(TUESDAY), series="skip_conflicts")
    assert verdict.accepted
    assert verdict.skipped == (TUESDAY, sunday)
    assert keys(verdict) == ["room-taken", "centre-closed"]


def test_dates_are_skipped_for_all_rooms_only_if_every_room_says_so() -> None:
    candidate, row = asked(MORNING, TUESDAY, rooms=BOTH), held(TUESDAY, room=MEYRUEIS)
    assert not judged(candidate, row, series="skip_conflicts").accepted
    skip = Policy(series="skip_conflicts")
    rules = {room: replace(rule, policy=skip) for room, rule in RULES.items()}
    assert judge(candidate, [row], rules, NOW).skipped == (TUESDAY,)


def test_a_series_without_any_date_left_or_wrong_as_a_whole_is_refused() -> None:
    rows = (held(MORNING), held(TUESDAY))
    verdict = judged(asked(MORNING, TUESDAY), *rows, series="skip_conflicts")
    assert (verdict.accepted, len(verdict.reasons)) == (False, 2)
    verdict = judged(asked(MORNING, TUESDAY, role="guest"), series="skip_conflicts")
    assert (verdict.accepted, keys(verdict)) == (False, ["not-allowed"])


def test_a_role_that_must_ask_is_kept_waiting_and_what_it_was_given_it_keeps() -> None:
    candidate = asked(MORNING, role="booker", rooms=BOTH)
    verdict = judged(candidate, asked_of=("booker",))
    assert (verdict.accepted, verdict.tentative, verdict.asks) == (True, True, (VILLEFORT,))
    assert not judged(asked(MORNING), asked_of=("booker",)).tentative
    given = held(MORNING, uid="asked")
    assert not judged(candidate, given, asked_of=("booker",)).tentative
    waiting = replace(given, tentative=True)
    assert judged(candidate, waiting, asked_of=("booker",)).tentative


def test_a_ceremony_of_the_centre_displaces_what_has_no_priority() -> None:
    row = held(MORNING)
    ceremony = asked(MORNING, kind="ceremony", role="animateur")
    verdict = judged(ceremony, row, priority=("ceremony",))
    assert (verdict.accepted, verdict.displaced) == (True, (row,))
    assert not judged(replace(ceremony, role="trainer"), row, priority=("ceremony",)).accepted
    equal = replace(row, kind="ceremony")
    assert not judged(ceremony, equal, priority=("ceremony",)).accepted


def test_a_booking_too_near_a_ceremony_gives_way_as_well() -> None:
    near = held(slot("2026-11-23T10:00", "11:00"))
    ceremony = asked(MORNING, kind="ceremony", role="admin")
    verdict = judged(ceremony, near, priority=("ceremony",), buffer_after_minutes=10)
    assert (verdict.accepted, verdict.displaced) == (True, (near,))


def test_a_date_that_is_skipped_displaces_nothing() -> None:
    night = slot("2026-11-24T03:00", "04:00")
    ceremony = asked(MORNING, night, kind="ceremony", role="admin")
    rows = (held(MORNING), held(night))
    verdict = judged(ceremony, *rows, priority=("ceremony",), series="skip_conflicts")
    assert (verdict.skipped, verdict.displaced) == ((night,), (rows[0],))


def test_730_daily_dates_of_a_full_year_cost_a_few_calls_each() -> None:
    policy = Policy(series="skip_conflicts", series_horizon_days=800, buffer_after_minutes=10)
    centre, day = a_centre("villefort", opening_hours=ALWAYS), timedelta(days=1)
    rules = {VILLEFORT: RoomRules(centre.rooms[0], centre, policy)}
    dates = [
        Slot(MORNING.start + number * day, MORNING.end + number * day) for number in range(730)
    ]
    rows = [held(Slot(one.end, one.end + timedelta(hours=1))) for one in dates[::2]]
    verdict = judge(asked(*dates), rows, rules, NOW)
    assert (len(verdict.skipped), len(verdict.reasons)) == (365, 20)
    assert calls(lambda: judge(asked(*dates), rows, rules, NOW)) < 90 * len(dates)


def test_what_is_under_way_may_end_sooner_whatever_the_rules_are() -> None:
    running = held(slot("2026-11-20T10:30", "12:00"), uid="asked")
    cut, grown = slot("2026-11-20T10:30", "11:05"), slot("2026-11-20T10:30", "12:30")
    assert judged(asked(cut), running, shortest_minutes=60) == Verdict(accepted=True)
    assert not judged(asked(grown), running, longest_minutes=90).accepted
    # What has not begun is still bound: else a long booking would be the way to a short one.
    later = held(slot("2026-11-23T09:00", "11:00"), uid="asked")
    shorter = slot("2026-11-23T09:00", "09:30")
    assert keys(judged(asked(shorter), later, shortest_minutes=60)) == ["too-short"]

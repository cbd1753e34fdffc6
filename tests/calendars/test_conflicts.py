from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calendars.booking import Candidate, Held, Slot
from calendars.conflicts import MAX_REASONS, Reason, Verdict, judge
from calendars.policy import Policy
from rooms.centre import Closure
from rooms.ids import RoomId
from tests.fakes.bookings import (
    MEYRUEIS,
    NOW,
    RULES,
    VILLEFORT,
    asked,
    held,
    paris,
    rules_of,
    slot,
)
from tests.fakes.pace import calls
from tests.fakes.places import ALWAYS, a_centre

MORNING = slot("2026-11-23T09:00", "10:00")
ROUND_THE_CLOCK = rules_of(
    a_centre("villefort", opening_hours=ALWAYS), a_centre("meyrueis", opening_hours=ALWAYS)
)


def judged(candidate: Candidate, *rows: Held) -> Verdict:
    return judge(candidate, rows, RULES, NOW)


def keys(verdict: Verdict) -> list[str]:
    assert verdict.accepted is not bool(verdict.reasons)
    return [reason.key for reason in verdict.reasons]


def test_a_free_room_in_opening_hours_is_granted() -> None:
    assert judged(asked(MORNING)) == Verdict(accepted=True)


def test_a_taken_room_is_refused_with_who_has_it_and_until_when() -> None:
    verdict = judged(asked(MORNING), held(slot("2026-11-23T09:30", "11:00")))
    assert verdict.reasons == (
        Reason(
            "room-taken",
            VILLEFORT,
            MORNING,
            {
                "room": "Salle visio",
                "centre": "Villefort",
                "zone": "Europe/Paris",
                "from": "2026-11-23T08:30:00+00:00",
                "until": "2026-11-23T10:00:00+00:00",
                "title": "Chœur",
            },
        ),
    )


def test_a_booking_that_ends_when_the_next_begins_is_no_conflict() -> None:
    before, after = slot("2026-11-23T08:30", "09:00"), slot("2026-11-23T10:00", "11:00")
    assert judged(asked(MORNING), held(before), held(after)).accepted


def test_another_room_held_at_that_hour_is_no_conflict() -> None:
    assert judged(asked(MORNING), held(MORNING, room=MEYRUEIS)).accepted


def test_one_busy_room_of_two_refuses_both() -> None:
    verdict = judged(asked(MORNING, rooms=(VILLEFORT, MEYRUEIS)), held(MORNING, room=MEYRUEIS))
    assert [(reason.key, reason.room) for reason in verdict.reasons] == [("room-taken", MEYRUEIS)]


def test_a_clash_on_the_second_date_of_a_series_refuses_the_series() -> None:
    second = slot("2026-11-24T09:00", "10:00")
    verdict = judged(asked(MORNING, second), held(second))
    assert [(reason.key, reason.slot) for reason in verdict.reasons] == [("room-taken", second)]
    assert verdict.alternative is None


def test_a_long_booking_begun_days_before_is_still_seen() -> None:
    rows = [held(slot("2026-11-20T09:00", "2026-11-24T09:00"))]
    rows += [held(slot(f"2026-11-21T{hour:02}:00", f"{hour + 1:02}:00")) for hour in range(8, 18)]
    assert keys(judged(asked(MORNING), *rows)) == ["room-taken"]


def test_an_event_judged_again_is_not_in_its_own_way() -> None:
    assert judged(asked(slot("2026-11-23T09:30", "10:30")), held(MORNING, uid="asked")).accepted


def test_before_the_doors_open_is_refused_with_the_hours_of_the_day() -> None:
    (reason,) = judged(asked(slot("2026-11-23T08:00", "09:00"))).reasons
    assert reason.key == "centre-closed"
    assert reason.facts["hours"] == [
        "2026-11-23T07:30:00+00:00/2026-11-23T11:00:00+00:00",
        "2026-11-23T12:30:00+00:00/2026-11-23T17:00:00+00:00",
    ]


def test_a_booking_across_the_lunch_break_is_refused() -> None:
    assert keys(judged(asked(slot("2026-11-23T11:00", "14:00")))) == ["centre-closed"]


def test_a_closure_is_named_with_its_reason_even_on_the_last_day_of_a_booking() -> None:
    works = Closure(first=date(2026, 11, 24), last=date(2026, 11, 26), reason="travaux")
    rules = rules_of(a_centre("villefort", opening_hours=ALWAYS, closures=(works,)))
    candidate = asked(slot("2026-11-22T09:00", "2026-11-24T10:00"))
    (reason,) = judge(candidate, (), rules, NOW).reasons
    assert (reason.key, reason.facts["why"]) == ("centre-closure", "travaux")
    assert (reason.facts["first"], reason.facts["last"]) == ("2026-11-24", "2026-11-26")


def test_a_booking_until_midnight_does_not_touch_the_closure_of_the_next_day() -> None:
    works = Closure(first=date(2026, 11, 24), last=date(2026, 11, 26), reason="travaux")
    rules = rules_of(a_centre("villefort", opening_hours=ALWAYS, closures=(works,)))
    candidate = asked(slot("2026-11-23T22:00", "2026-11-24T00:00"))
    assert judge(candidate, (), rules, NOW).accepted


def test_a_booking_of_a_century_is_refused_without_walking_its_days() -> None:
    century = asked(slot("2026-11-23T09:00", "2126-11-23T09:00"))
    assert keys(judged(century)) == ["centre-closed"]
    assert calls(lambda: judged(century)) < 2_000


def test_a_role_that_may_not_book_is_told_so_and_offered_nothing() -> None:
    verdict = judged(asked(MORNING, role="guest"))
    assert keys(verdict) == ["not-allowed"]
    assert verdict.alternative is None


def test_an_unknown_room_is_named() -> None:
    verdict = judged(asked(MORNING, rooms=(VILLEFORT, RoomId("nowhere-visio"))))
    assert [(reason.key, reason.room) for reason in verdict.reasons] == [
        ("unknown-room", "nowhere-visio")
    ]
    assert verdict.alternative is None


def test_an_event_that_is_over_is_refused() -> None:
    verdict = judged(asked(slot("2026-11-19T09:00", "10:00")))
    assert keys(verdict) == ["past"]
    assert verdict.alternative == slot("2026-11-20T11:00", "12:00")


def test_an_event_that_has_begun_may_still_be_booked() -> None:
    assert judged(asked(slot("2026-11-20T10:30", "11:30"))).accepted


def test_the_title_of_a_booking_that_is_over_may_still_be_changed() -> None:
    over = slot("2026-11-19T09:00", "10:00")
    assert judged(asked(over), held(over, uid="asked")).accepted


def test_a_series_that_has_begun_keeps_its_past_dates_whatever_the_hours_are_now() -> None:
    past, future = slot("2026-11-15T09:00", "10:00"), slot("2026-11-23T09:00", "10:00")
    assert judged(asked(past, future)).accepted


def test_what_it_already_holds_it_keeps_when_the_hours_change() -> None:
    sunday = slot("2026-11-29T09:00", "10:00")
    assert judged(asked(sunday), held(sunday, uid="asked")).accepted
    assert keys(judged(asked(sunday))) == ["centre-closed"]


def test_an_event_without_any_length_is_refused() -> None:
    verdict = judged(asked(slot("2026-11-23T09:00", "09:00")))
    assert keys(verdict) == ["no-duration"]
    assert verdict.alternative is None


def test_a_series_that_overlaps_itself_is_refused() -> None:
    verdict = judged(asked(MORNING, slot("2026-11-23T09:30", "10:30")))
    assert keys(verdict) == ["overlaps-itself"]


def test_an_event_all_of_whose_dates_are_cancelled_holds_nothing() -> None:
    assert judged(asked()).accepted


def test_a_room_named_twice_is_one_room() -> None:
    verdict = judged(asked(MORNING, rooms=(VILLEFORT, VILLEFORT)), held(MORNING))
    assert keys(verdict) == ["room-taken"]


def test_every_reason_is_told_but_no_more_than_twenty() -> None:
    nights = [slot(f"2026-12-{day:02}T03:00", "04:00") for day in range(1, 32)]
    assert keys(judged(asked(*nights))) == ["centre-closed"] * MAX_REASONS


def test_all_reasons_against_one_room_are_told_at_once() -> None:
    verdict = judged(
        asked(slot("2026-11-29T09:00", "10:00"), role="guest"),
        held(slot("2026-11-29T09:30", "10:30")),
    )
    assert keys(verdict) == ["not-allowed", "room-taken", "centre-closed"]


def test_two_rooms_of_centres_with_other_hours_are_each_judged_by_their_own() -> None:
    rules = rules_of(a_centre("villefort"), a_centre("meyrueis", opening_hours=ALWAYS))
    candidate = asked(slot("2026-11-29T09:00", "10:00"), rooms=(MEYRUEIS, VILLEFORT))
    verdict = judge(candidate, (), rules, NOW)
    assert [(reason.key, reason.room) for reason in verdict.reasons] == [
        ("centre-closed", VILLEFORT)
    ]


def test_a_reason_is_plain_json_for_the_store() -> None:
    reason = Reason("room-taken", VILLEFORT, MORNING, {"title": "Chœur"})
    assert reason.as_json() == {
        "key": "room-taken",
        "room": "villefort-visio",
        "start": "2026-11-23T08:00:00+00:00",
        "end": "2026-11-23T09:00:00+00:00",
        "facts": {"title": "Chœur"},
    }
    assert replace(reason, slot=None).as_json()["start"] is None


def test_four_rooms_on_730_dates_against_ten_thousand_bookings_cost_a_few_calls_each() -> None:
    centres = [a_centre(name, opening_hours=ALWAYS) for name in ("a", "b", "c", "d")]
    far = Policy(series_horizon_days=800)
    rules = {room: replace(rule, policy=far) for room, rule in rules_of(*centres).items()}
    day, hour = timedelta(days=1), timedelta(hours=1)
    nine = paris("2026-11-23T09:00")
    dates = [Slot(nine + number * day, nine + number * day + hour) for number in range(730)]
    rooms, free = tuple(rules), nine + 2 * hour
    rows = [
        Held(rooms[number % 4], Slot(free + number // 4 * day, free + number // 4 * day + hour), "")
        for number in range(10_000)
    ]
    verdict = judge(asked(*dates, rooms=rooms), rows, rules, NOW)
    assert verdict.accepted
    # 30 for each of the 2,920 that are asked and 1.5 for each that is held.
    assert calls(lambda: judge(asked(*dates, rooms=rooms), rows, rules, NOW)) < 130_000


minutes = st.integers(0, 60 * 24 * 4)
slots = st.builds(
    lambda start, length: Slot(
        NOW + timedelta(minutes=start), NOW + timedelta(minutes=start + length)
    ),
    minutes,
    st.integers(1, 60 * 30),
)


@given(
    st.lists(slots, min_size=1, max_size=4),
    st.lists(st.builds(Held, st.sampled_from([VILLEFORT, MEYRUEIS]), slots, st.just("other"))),
)
def test_nothing_that_overlaps_is_ever_accepted(wanted: list[Slot], rows: list[Held]) -> None:
    candidate = asked(*wanted, rooms=(VILLEFORT, MEYRUEIS))
    verdict = judge(candidate, rows, ROUND_THE_CLOCK, NOW)
    clash = any(slot.overlaps(row.slot) for slot in wanted for row in rows)
    itself = any(a.overlaps(b) for n, a in enumerate(wanted) for b in wanted[:n])
    assert verdict.accepted is not (clash or itself)
    if verdict.alternative is not None:
        assert not any(verdict.alternative.overlaps(row.slot) for row in rows)
        assert verdict.alternative.duration == wanted[0].duration

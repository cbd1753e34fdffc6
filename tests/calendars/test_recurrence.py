import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars.booking import Occurrence
from calendars.ical import CalendarItem, parse
from calendars.recurrence import check, expand
from rooms.errors import Invalid
from tests.fakes.events import calendar_bytes, event, event_bytes, stored
from tests.fakes.pace import calls
from tests.fakes.places import PARIS

NOW = datetime(2026, 10, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=400)


def expanded(
    item: CalendarItem, since: datetime = NOW, until: datetime = LATER
) -> list[Occurrence]:
    check(item, PARIS, NOW)
    return expand(item, PARIS, since, until)


def texts(item: CalendarItem) -> list[str]:
    """`MM-DD HH:MM/HH:MM` in UTC."""
    return [f"{found.slot.start:%m-%d %H:%M}/{found.slot.end:%H:%M}" for found in expanded(item)]


def refusal(item: CalendarItem) -> Invalid:
    with pytest.raises(Invalid) as caught:
        check(item, PARIS, NOW)
    return caught.value


def in_paris(start: str, *lines: str) -> CalendarItem:
    return event(*lines, dtstart=f"DTSTART;TZID=Europe/Paris:{start}")


def test_a_single_event_has_one_date_without_a_name() -> None:
    (found,) = expanded(event("DTEND:20261123T090000Z"))
    assert found.recurrence_id == ""
    assert found.slot.end - found.slot.start == timedelta(hours=1)


def test_a_weekly_event_keeps_its_hour_on_the_wall_when_the_clocks_go_back() -> None:
    item = in_paris("20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert texts(item) == ["10-19 07:00/08:00", "10-26 08:00/09:00"]


def test_and_when_they_go_on() -> None:
    item = in_paris("20270322T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert texts(item) == ["03-22 08:00/09:00", "03-29 07:00/08:00"]


def test_an_hour_that_comes_twice_lasts_an_hour_and_is_the_first_one() -> None:
    assert texts(in_paris("20261025T023000", "DURATION:PT1H")) == ["10-25 00:30/01:30"]


def test_an_hour_that_never_comes_lasts_an_hour_all_the_same() -> None:
    assert texts(in_paris("20270328T023000", "DURATION:PT1H")) == ["03-28 01:30/02:30"]


def test_an_end_that_is_the_same_instant_that_night_still_means_an_hour() -> None:
    item = in_paris("20270328T023000", "DTEND;TZID=Europe/Paris:20270328T033000")
    assert texts(item) == ["03-28 01:30/02:30"]


def test_an_end_on_the_wall_is_an_instant_when_the_clocks_go_back() -> None:
    item = in_paris("20261025T013000", "DTEND;TZID=Europe/Paris:20261025T033000")
    assert texts(item) == ["10-24 23:30/02:30"]


def test_a_day_is_from_midnight_to_midnight_at_the_centre() -> None:
    (found,) = expanded(parse(stored("thunderbird_allday_without_tz"), PARIS))
    assert found.slot.start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert found.slot.duration == timedelta(hours=25)


def test_the_day_the_clocks_go_on_has_23_hours() -> None:
    (found,) = expanded(event(dtstart="DTSTART;VALUE=DATE:20270328"))
    assert found.slot.duration == timedelta(hours=23)
    (found,) = expanded(event("DURATION:P2D", dtstart="DTSTART;VALUE=DATE:20270327"))
    assert found.slot.duration == timedelta(hours=47)


def test_a_floating_time_is_the_time_of_the_centre() -> None:
    item = event("DTEND:20261123T100000", dtstart="DTSTART:20261123T090000")
    assert texts(item) == ["11-23 08:00/09:00"]


def test_the_same_instants_wherever_the_server_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        item = in_paris("20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
        assert texts(item) == ["10-19 07:00/08:00", "10-26 08:00/09:00"]
    monkeypatch.undo()
    time.tzset()


def test_a_series_with_moved_cancelled_excluded_and_added_dates() -> None:
    item = parse(stored("series_with_moved_and_cancelled_dates"), PARIS)
    assert [
        (found.slot.start.isoformat()[:13], found.recurrence_id) for found in expanded(item)
    ] == [
        ("2026-10-19T07", "20261019T070000Z"),
        ("2026-10-27T13", "20261026T080000Z"),
        ("2026-11-16T08", "20261116T080000Z"),
        ("2026-11-20T08", "20261120T080000Z"),
        ("2026-11-23T08", "20261123T080000Z"),
    ]


def test_a_date_listed_twice_is_one_date() -> None:
    item = event("DURATION:PT1H", "RDATE:20261123T080000Z,20261123T080000Z")
    assert len(expanded(item)) == 1


def test_listed_periods_have_their_own_length() -> None:
    item = event(
        "DURATION:PT1H",
        "RDATE;VALUE=PERIOD:20261124T080000Z/PT2H,20261125T080000Z/20261125T110000Z",
        "RDATE:",
    )
    assert texts(item) == ["11-23 08:00/09:00", "11-24 08:00/10:00", "11-25 08:00/11:00"]


def test_a_whole_day_may_be_excluded_from_a_series_of_hours() -> None:
    item = in_paris(
        "20261123T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261124"
    )
    assert texts(item) == ["11-23 08:00/09:00", "11-25 08:00/09:00"]


def test_a_series_of_days_is_named_by_days() -> None:
    item = event("RRULE:FREQ=DAILY;COUNT=2", dtstart="DTSTART;VALUE=DATE:20261123")
    assert [found.recurrence_id for found in expanded(item)] == ["20261123", "20261124"]


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "transp:transparent"])
def test_a_cancelled_or_transparent_event_holds_nothing(line: str) -> None:
    assert expanded(event("DURATION:PT1H", line)) == []


def test_a_moved_date_is_found_where_it_went_even_without_its_series() -> None:
    body = event_bytes("DURATION:PT1H", "RECURRENCE-ID:20261001T080000Z")
    (found,) = expanded(parse(body, PARIS))
    assert found.recurrence_id == "20261001T080000Z"


def test_a_task_holds_nothing() -> None:
    body = calendar_bytes("BEGIN:VTODO", "UID:a", "DUE:20261123", "END:VTODO")
    assert expanded(parse(body, PARIS)) == []


@pytest.mark.parametrize(
    ("until", "number"),
    [
        ("20261125T080000Z", 3),
        ("20261125T075959Z", 2),
        ("20261125T090000", 3),
        ("20261125", 3),
    ],
)
def test_a_rule_ends_with_its_last_moment_as_far_as_that_says(until: str, number: int) -> None:
    item = in_paris("20261123T090000", "DURATION:PT1H", f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert len(expanded(item)) == number


@pytest.mark.parametrize("until", ["20261125", "20261124T230000Z", "20261125T120000"])
def test_a_series_of_days_ends_with_a_day(until: str) -> None:
    item = event(f"RRULE:FREQ=DAILY;UNTIL={until}", dtstart="DTSTART;VALUE=DATE:20261123")
    assert len(expanded(item)) == 3


def test_an_endless_series_is_what_the_window_holds() -> None:
    item = in_paris("20260101T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    found = expanded(item)
    assert len(found) == 400
    assert found[0].slot.start == datetime(2026, 10, 1, 7, tzinfo=UTC)


def test_a_date_that_began_before_the_window_and_goes_on_in_it_is_found() -> None:
    item = in_paris("20260905T090000", "DURATION:P3W", "RRULE:FREQ=MONTHLY")
    assert expanded(item, NOW - timedelta(days=5), NOW - timedelta(days=4))
    assert not expanded(item, NOW, NOW + timedelta(days=3))


def test_a_reminder_without_length_is_found_in_the_window_where_it_is() -> None:
    assert texts(event()) == ["11-23 08:00/08:00"]


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (["RRULE:FREQ=SECONDLY"], "bad-recurrence"),
        (["RRULE:FREQ=MINUTELY;COUNT=1000000000"], "bad-recurrence"),
        (["RRULE:FREQ=DAILY;COUNT=1000000000"], "too-many-instances"),
        (["RRULE:FREQ=DAILY;UNTIL=20291231"], "too-many-instances"),
        (["RRULE:FREQ=WEEKLY;UNTIL=99991231T000000Z"], "too-many-instances"),
        (
            [
                "RRULE:FREQ=DAILY;COUNT=700",
                "RDATE:"
                + ",".join(
                    f"202612{day:02}T{hour:02}0000Z" for day in range(1, 32) for hour in range(2)
                ),
            ],
            "too-many-instances",
        ),
        (["RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"], "bad-recurrence"),
        (["EXRULE:FREQ=DAILY"], "bad-recurrence"),
        (["RECURRENCE-ID:20261123T080000Z", "RRULE:FREQ=DAILY"], "bad-recurrence"),
        (["RECURRENCE-ID:20261123T080000Z", "RDATE:20261123T080000Z"], "bad-recurrence"),
        (["RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T080000Z"], "bad-recurrence"),
        (["DURATION:-PT1H"], "bad-duration"),
        (["DTEND:20261123T070000Z"], "bad-duration"),
        (["DTEND:20261124"], "bad-duration"),
        (["DURATION:P401D"], "bad-duration"),
        (["DURATION:P32D", "RRULE:FREQ=YEARLY"], "bad-duration"),
        (["RDATE;VALUE=PERIOD:20261124T080000Z/P99999D"], "bad-duration"),
        (["DTEND:20261123T090000Z", "DURATION:PT1H"], "bad-duration"),
        (["DURATION:an hour"], "bad-calendar-data"),
        (["RDATE:tomorrow"], "bad-calendar-data"),
    ],
)
def test_what_is_not_to_be_stored_is_refused(lines: list[str], key: str) -> None:
    assert refusal(event(*lines)).key == key


@pytest.mark.parametrize("line", ["DURATION:PT1H", "DURATION:P1DT1H", "DTEND;VALUE=DATE:20261123"])
def test_a_day_that_lasts_hours_or_nothing_is_refused(line: str) -> None:
    item = event(line, dtstart="DTSTART;VALUE=DATE:20261123")
    assert refusal(item).key == "bad-duration"


def test_a_series_begins_ten_years_ahead_at_most() -> None:
    rule = "RRULE:FREQ=DAILY;COUNT=2"
    check(event(rule, dtstart="DTSTART:20360901T080000Z"), PARIS, NOW)
    assert refusal(event(rule, dtstart="DTSTART:20370901T080000Z")).key == "date-out-of-range"
    check(event(dtstart="DTSTART:20370901T080000Z"), PARIS, NOW)


def test_an_event_begins_some_day_and_a_task_only_if_it_repeats() -> None:
    assert refusal(event(dtstart="X-NO:1")).key == "bad-calendar-data"
    task = ("BEGIN:VTODO", "UID:a", "RRULE:FREQ=DAILY", "END:VTODO")
    assert refusal(parse(calendar_bytes(*task), PARIS)).key == "bad-calendar-data"


def test_a_birthday_of_long_ago_is_a_series_like_another() -> None:
    item = event("RRULE:FREQ=YEARLY", dtstart="DTSTART;VALUE=DATE:19481125")
    assert [found.recurrence_id for found in expanded(item)] == ["20261125"]


def test_moments_in_other_zones_are_compared_as_instants() -> None:
    item = in_paris("20261123T090000", "DTEND;TZID=Europe/London:20261123T083000")
    assert texts(item) == ["11-23 08:00/08:30"]
    backwards = in_paris("20261123T090000", "DTEND;TZID=Asia/Tokyo:20261123T093000")
    assert refusal(backwards).key == "bad-duration"


def test_a_heavy_but_legal_series_costs_a_few_calls_for_each_date() -> None:
    lists = ",".join(
        f"2026{month:02}{day:02}T080000Z" for month in (10, 11, 12) for day in range(1, 29)
    )
    item = in_paris(
        "20241023T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY;COUNT=600",
        f"EXDATE:{lists}",
        f"RDATE:{lists}",
    )
    assert calls(lambda: expanded(item)) < 60 * 600


pieces = st.sampled_from(
    [f"FREQ={frequency}" for frequency in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")]
    + ["INTERVAL=1", "INTERVAL=999", "COUNT=1", "COUNT=730", "WKST=SU", "UNTIL=20300101"]
    + ["UNTIL=99991231T000000Z", "BYDAY=MO", "BYDAY=-1SU", "BYDAY=53FR", "BYMONTH=2"]
    + ["BYMONTHDAY=30", "BYMONTHDAY=-31", "BYYEARDAY=366", "BYWEEKNO=53", "BYSETPOS=-1"]
)
starts = st.sampled_from(
    [
        "DTSTART:19000101T000000Z",
        "DTSTART;VALUE=DATE:20260131",
        "DTSTART:20260331T235959",
        "DTSTART;TZID=America/New_York:20260229T023000",
        "DTSTART;TZID=Europe/Paris:20270328T023000",
        "DTSTART;TZID=Asia/Kathmandu:20360101T000000",
        "DTSTART:21991231T235959Z",
    ]
)
lasts = st.sampled_from(
    [
        "DURATION:PT1H",
        "DURATION:P99999D",
        "DURATION:-P1D",
        "DTEND:20260401T000000Z",
        "X-NONE:1",
        "DTEND;VALUE=DATE:20260201",
        "DURATION:P1W",
        "DTEND:21991231T235959Z",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(pieces, min_size=1, max_size=5), starts, lasts)
def test_whatever_is_accepted_expands_to_few_dates_within_the_window(
    rule: list[str], start: str, last: str
) -> None:
    try:
        found = expanded(event(f"RRULE:{';'.join(rule)}", last, dtstart=start))
    except Invalid:
        return
    assert len(found) <= 730
    assert found == sorted(found)
    assert all(one.slot.start < LATER and one.slot.end >= NOW for one in found)

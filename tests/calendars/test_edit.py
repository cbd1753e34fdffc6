"""Events changed by hand: each line in the manner it was written, nothing else touched."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calendars import edit, ical, recurrence
from calendars.content import Component, Line
from calendars.ical import CalendarItem
from rooms.errors import Invalid
from tests.fakes.bookings import paris

PARIS = ZoneInfo("Europe/Paris")
NINE = "DTSTART;TZID=Europe/Paris:20261102T090000"
TEN = "DTEND;TZID=Europe/Paris:20261102T100000"
NOON = "DTSTART;TZID=Europe/Paris:20261103T140000"


def an_event(*more: str, overrides: tuple[str, ...] = ()) -> CalendarItem:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:a"]
    lines += ["DTSTAMP:20261101T000000Z", "SUMMARY:Chœur", *more, "END:VEVENT"]
    lines += [line for part in overrides for line in part.split("|")]
    return ical.parse("\r\n".join([*lines, "END:VCALENDAR", ""]).encode(), PARIS)


def dates(item: CalendarItem) -> list[str]:
    again = ical.parse(ical.serialise(item), PARIS)
    start, end = paris("2026-10-01T00:00"), paris("2027-01-01T00:00")
    found = recurrence.expand(again, PARIS, start, end)
    return [f"{one.slot.start.astimezone(PARIS):%m-%d %H:%M}" for one in found]


def line(item: CalendarItem, key: str) -> str:
    return str(item.parts[0].first(key))


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        (NINE, TEN, NOON),
        ("DTSTART:20261102T080000Z", "DTEND:20261102T090000Z", "DTSTART:20261103T130000Z"),
        ("DTSTART:20261102T080000", "DURATION:PT1H", NOON),
        ("DTSTART;VALUE=DATE:20261102", "DURATION:P1D", NOON),
    ],
)  # fmt: skip
def test_a_moved_event_keeps_the_manner_of_its_dates(start: str, end: str, written: str) -> None:
    item = an_event(start, end)
    edit.move(item, paris("2026-11-03T14:00"), paris("2026-11-03T15:30"), PARIS)
    assert line(item, "DTSTART") == written
    assert item.parts[0].first("DURATION") is None
    assert dates(item) == ["11-03 14:00"]


def test_a_moved_series_takes_its_exceptions_and_its_end_along() -> None:
    override = (
        "BEGIN:VEVENT|UID:a|DTSTAMP:20261101T000000Z|RECURRENCE-ID;TZID=Europe/Paris:20261116T090000"
        "|DTSTART;TZID=Europe/Paris:20261117T180000|DTEND;TZID=Europe/Paris:20261117T190000|END:VEVENT"
    )
    item = an_event(
        NINE,
        TEN,
        "RRULE:FREQ=WEEKLY;UNTIL=20261123T080000Z",
        "EXDATE;TZID=Europe/Paris:20261109T090000",
        overrides=(override,),
    )
    assert dates(item) == ["11-02 09:00", "11-17 18:00", "11-23 09:00"]
    edit.move(item, paris("2026-11-03T10:00"), paris("2026-11-03T11:00"), PARIS)
    assert dates(item) == ["11-03 10:00", "11-17 18:00", "11-24 10:00"]
    edit.move(item, paris("2026-11-03T09:00"), paris("2026-11-03T11:00"), PARIS)
    assert dates(item) == ["11-03 09:00", "11-17 18:00", "11-24 09:00"]


def test_a_series_whose_rule_names_its_days_moves_by_the_hour_only() -> None:
    item = an_event(NINE, TEN, "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2")
    edit.move(item, paris("2026-11-02T10:00"), paris("2026-11-02T11:00"), PARIS)
    assert dates(item) == ["11-02 10:00", "11-09 10:00"]
    with pytest.raises(Invalid, match="series-day-in-rule"):
        edit.move(item, paris("2026-11-03T10:00"), paris("2026-11-03T11:00"), PARIS)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        (("DTSTART;VALUE=DATE:20261102", "RRULE:FREQ=DAILY;COUNT=2"), "all-day-series"),
        ((NINE, TEN, "RDATE;VALUE=PERIOD:20261109T080000Z/PT1H"), "series-day-in-rule"),
    ],
)
def test_what_cannot_be_shifted_is_refused(lines: tuple[str, ...], key: str) -> None:
    with pytest.raises(Invalid, match=key):
        edit.move(an_event(*lines), paris("2026-11-03T10:00"), paris("2026-11-03T11:00"), PARIS)


def test_one_date_is_moved_twice_and_then_taken_out() -> None:
    item = an_event(NINE, TEN, "RRULE:FREQ=WEEKLY;COUNT=3")
    name = "20261109T080000Z"
    for hour in ("14", "16"):
        start = paris(f"2026-11-10T{hour}:00")
        edit.move_date(item, name, start, start + timedelta(hours=1), PARIS)
        item = ical.parse(ical.serialise(item), PARIS)
        assert dates(item) == ["11-02 09:00", f"11-10 {hour}:00", "11-16 09:00"]
        assert len(item.parts) == 2
    edit.drop_date(item, "20261116T080000Z", PARIS)
    assert edit.left_out(item, PARIS) == [paris("2026-11-16T09:00")]
    assert dates(item) == ["11-02 09:00", "11-10 16:00"]
    edit.drop_date(item, name, PARIS)
    assert dates(item) == ["11-02 09:00"]


def test_whole_days_have_no_date_by_the_hour() -> None:
    with pytest.raises(Invalid, match="all-day-series"):
        edit.drop_date(an_event(NINE, TEN), "20261109", PARIS)


def test_an_event_without_a_start_has_no_date() -> None:
    broken = CalendarItem(Component("VCALENDAR"), "VEVENT", "a", (Component("VEVENT"),))
    with pytest.raises(Invalid, match="no-date"):
        edit.first(broken, PARIS)


def test_the_first_date_moves_by_the_clock_on_the_wall_across_a_change_of_hour() -> None:
    item = an_event("DTSTART;TZID=Europe/Paris:20261019T090000", TEN.replace("1102", "1019"))
    first = edit.first(item, PARIS)
    assert first == datetime(2026, 10, 19, 7, tzinfo=UTC)
    moved = edit.shifted(first, paris("2026-10-26T09:00"), paris("2026-10-26T10:00"), PARIS)
    assert moved == datetime(2026, 10, 19, 8, tzinfo=UTC)


def test_a_new_version_counts_up_and_is_stamped() -> None:
    item = an_event(NINE, TEN)
    for number in ("1", "2"):
        edit.stamp(item, paris("2026-11-05T10:00"))
        assert line(item, "SEQUENCE") == f"SEQUENCE:{number}"
    assert line(item, "DTSTAMP") == "DTSTAMP:20261105T090000Z"


def test_dates_with_a_title_of_their_own_keep_it() -> None:
    override = (
        "BEGIN:VEVENT|UID:a|DTSTAMP:20261101T000000Z|RECURRENCE-ID;TZID=Europe/Paris:20261109T090000"
        "|SUMMARY:Concert|DTSTART;TZID=Europe/Paris:20261109T090000|DURATION:PT1H|END:VEVENT"
    )
    item = an_event(NINE, TEN, "RRULE:FREQ=WEEKLY;COUNT=2", overrides=(override,))
    edit.rename(item, "Orchestre; cordes")
    assert [part.value("SUMMARY") for part in item.parts] == [r"Orchestre\; cordes", "Concert"]
    edit.mark(item, edit.SEATS, "12")
    assert [part.value(edit.SEATS) for part in item.parts] == ["12", "12"]


def test_rooms_are_invited_and_let_go_and_people_stay() -> None:
    people = "ATTENDEE;CN=Zoé:mailto:zoe@lozere.example"
    item = an_event(NINE, TEN, people, "ATTENDEE;X-KEPT=1:mailto:A@x", "ATTENDEE:mailto:b@x")
    wanted = [Line("ATTENDEE", "mailto:a@x"), Line("ATTENDEE", "mailto:c@x")]
    edit.invite(item, wanted, ["mailto:b@x"])
    assert [str(found) for found in item.parts[0].lines("ATTENDEE")] == [
        people,
        "ATTENDEE;X-KEPT=1:mailto:A@x",
        "ATTENDEE:mailto:c@x",
    ]


def test_a_series_ends_with_the_day_that_was_said() -> None:
    monday = paris("2026-11-02T09:00")
    for frequency, count in (("daily", 8), ("weekdays", 6), ("weekly", 2), ("fortnightly", 1)):
        rule = edit.repeat(frequency, monday, date(2026, 11, 9), PARIS)  # type: ignore[arg-type]
        body = edit.with_lines(ical.serialise(an_event(NINE, TEN)), [rule])
        assert len(dates(ical.parse(body, PARIS))) == count


@pytest.mark.parametrize(
    ("start", "until", "key"),
    [
        ("2026-11-07T09:00", date(2026, 12, 1), "series-starts-at-weekend"),
        ("2026-11-02T09:00", date(2026, 11, 1), "bad-until"),
        ("2026-11-02T09:00", date(2028, 1, 1), "bad-until"),
    ],
)
def test_a_series_that_cannot_be_is_refused(start: str, until: date, key: str) -> None:
    with pytest.raises(Invalid, match=key):
        edit.repeat("weekdays", paris(start), until, PARIS)

"""Dates taken out of series, each written as the series writes its own."""

from datetime import UTC, datetime

import pytest

from calendars import ical, recurrence
from calendars.series import take_out
from tests.fakes.places import PARIS

FROM, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def an_event(*lines: str, more: tuple[str, ...] = ()) -> ical.CalendarItem:
    text = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//FR",
        *(("BEGIN:VEVENT", "UID:e", "DTSTAMP:20261001T000000Z", *lines, "END:VEVENT")
          if lines else ()),
        *(("BEGIN:VEVENT", "UID:e", "DTSTAMP:20261001T000000Z", *more, "END:VEVENT")
          if more else ()),
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return ical.parse("\r\n".join(text).encode(), PARIS)


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("DTSTART;TZID=Europe/Paris:20261019T090000", "PT1H",
         "EXDATE;TZID=Europe/Paris:20261026T090000"),
        ("DTSTART:20261019T070000Z", "PT1H", "EXDATE:20261026T070000Z"),
        ("DTSTART:20261019T090000", "PT1H", "EXDATE:20261026T090000"),
        ("DTSTART;VALUE=DATE:20261019", "P1D", "EXDATE;VALUE=DATE:20261026"),
    ],
)  # fmt: skip
def test_a_date_taken_out_is_written_like_the_first_one_across_the_change_of_clocks(
    start: str, duration: str, expected: str
) -> None:
    item = an_event(start, f"DURATION:{duration}", "RRULE:FREQ=WEEKLY;COUNT=4")
    dates = recurrence.expand(item, PARIS, FROM, UNTIL)
    take_out(item, [dates[1]], PARIS)
    assert expected in ical.serialise(item).decode()
    again = ical.parse(ical.serialise(item), PARIS)
    assert recurrence.expand(again, PARIS, FROM, UNTIL) == [dates[0], *dates[2:]]


def test_an_override_taken_out_is_cancelled() -> None:
    for name in ("20261026T080000Z", "20261019T070000Z"):
        item = an_event(
            "DTSTART;TZID=Europe/Paris:20261019T090000", "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            more=("RECURRENCE-ID;TZID=Europe/Paris:20261026T090000",
                  "DTSTART;TZID=Europe/Paris:20261027T100000", "DURATION:PT1H"),
        )  # fmt: skip
        dates = recurrence.expand(item, PARIS, FROM, UNTIL)
        gone = next(found for found in dates if found.recurrence_id == name)
        take_out(item, [gone], PARIS)
        left = recurrence.expand(item, PARIS, FROM, UNTIL)
        assert left == [found for found in dates if found is not gone]


def test_a_single_date_of_somebody_elses_series_is_cancelled() -> None:
    item = an_event(more=("RECURRENCE-ID;VALUE=DATE:20261026", "DTSTART;VALUE=DATE:20261027"))
    take_out(item, recurrence.expand(item, PARIS, FROM, UNTIL), PARIS)
    assert "EXDATE" not in ical.serialise(item).decode()
    assert recurrence.expand(item, PARIS, FROM, UNTIL) == []

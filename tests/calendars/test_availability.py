"""A room's hours as calendar clients read them."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from icalendar import Calendar

from calendars.availability import hours_of
from orchestrator.settings import DEMO, load_settings
from rooms.centre import Centre, Closure, Opening, OpeningHours

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def centre() -> Centre:
    found = load_settings(DEMO).network.centres[0]
    hours = (
        OpeningHours(days=(0, 2), opens=time(9), closes=time(12)),
        OpeningHours(days=(4,), opens=time(20), closes=time(0)),
    )
    return replace(found, opening_hours=hours, closures=(), openings=())


def test_weekly_hours_repeat_on_their_days() -> None:
    told = hours_of(centre(), "u", NOW).decode()
    assert told.count("BEGIN:AVAILABLE") == 2
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO,WE" in told
    assert "DTSTART;TZID=Europe/Paris:20240105T200000" in told
    assert "DTEND;TZID=Europe/Paris:20240106T000000" in told
    assert Calendar.from_ical(told)


def test_a_closed_day_covers_the_week_and_an_exceptional_opening_is_told() -> None:
    closed = Closure(first=date(2026, 12, 2), last=date(2026, 12, 3), reason="Foire")
    opening = Opening(first=date(2026, 12, 6), last=date(2026, 12, 6), opens=time(9),
                      closes=time(11))  # fmt: skip
    past = Closure(first=date(2026, 1, 1), last=date(2026, 1, 1), reason="An")
    told = hours_of(
        replace(centre(), closures=(closed, past), openings=(opening,)), "u", NOW
    ).decode()
    assert told.count("BEGIN:VAVAILABILITY") == 4
    assert told.count("PRIORITY:1") == 3
    assert "DTSTART:20261206T080000Z\r\nDTEND:20261206T100000Z" in told
    assert "20260101" not in told

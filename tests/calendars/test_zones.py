from datetime import UTC, datetime

import pytest
from icalendar import Calendar, Timezone

from calendars.content import Component, read, write
from calendars.ical import parse, serialise
from calendars.zones import ZONES, clean, olson, true_definitions
from tests.fakes.events import calendar_bytes, event, event_bytes, stored
from tests.fakes.places import PARIS


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Romance Standard Time", "Europe/Paris"),
        ("/mozilla.org/20050126_1/Europe/Paris", "Europe/Paris"),
        ("/freeassociation.sourceforge.net/America/Argentina/Salta", "America/Argentina/Salta"),
        ("UTC", "UTC"),
        ("America", None),
        ("Europe/", None),
        ("../../etc/passwd", None),
        ("/" * 10_000, None),
        ("Customized Time Zone", None),
        ("", None),
    ],
)
def test_a_zone_is_known_by_its_olson_windows_or_vendor_name(tzid: str, name: str | None) -> None:
    assert olson(tzid) == name


def test_a_false_definition_of_one_user_moves_nobody() -> None:
    start = parse(stored("outlook_false_windows_zone"), PARIS).parts[0].first("DTSTART")
    assert str(start) == "DTSTART;TZID=Europe/Paris:20261123T090000"
    later = parse(event_bytes(dtstart="DTSTART;TZID=Romance Standard Time:20261123T090000"), PARIS)
    for item in (parse(stored("outlook_false_windows_zone"), PARIS), later):
        start_read = Calendar.from_ical(serialise(item)).events[0].start
        assert start_read == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_zone_nobody_knows_is_read_as_that_of_the_centre() -> None:
    item = event(dtstart="DTSTART;TZID=Ici:20261123T090000")
    assert str(item.parts[0].first("DTSTART")) == "DTSTART;TZID=Europe/Paris:20261123T090000"


def test_a_custom_zone_may_say_where_it_lies() -> None:
    body = calendar_bytes(
        "BEGIN:VTIMEZONE",
        "TZID:Mine",
        "X-LIC-LOCATION:Asia/Tokyo",
        "END:VTIMEZONE",
        "BEGIN:VEVENT",
        "UID:a",
        "DTSTART;TZID=Mine:20261123T090000",
        "END:VEVENT",
    )
    assert parse(body, PARIS).parts[0].first("DTSTART").param("TZID") == "Asia/Tokyo"  # type: ignore[union-attr]


def test_an_instant_in_utc_has_no_zone_beside_it() -> None:
    item = event(dtstart="DTSTART;TZID=Europe/Paris:20261123T090000Z")
    assert str(item.parts[0].first("DTSTART")) == "DTSTART:20261123T090000Z"


def test_the_zone_of_a_whole_calendar_stays_only_if_it_exists() -> None:
    for name, kept in (("Europe/Paris", True), ("../../etc", False)):
        calendar = read(calendar_bytes(f"X-WR-TIMEZONE:{name}"))
        clean(calendar, PARIS)
        assert bool(calendar.lines("X-WR-TIMEZONE")) is kept


def definition(tzid: str) -> Component:
    (made,) = true_definitions(read(f"BEGIN:A\nX;TZID={tzid}:1\nEND:A".encode()))
    return made


@pytest.mark.parametrize(
    "tzid",
    [
        "Europe/Paris",
        "America/New_York",
        "Asia/Tokyo",
        "Australia/Sydney",
        "Asia/Jerusalem",
        "America/Sao_Paulo",
    ],
)
def test_the_definition_we_write_says_what_the_zone_does(tzid: str) -> None:
    component = Timezone.from_ical(write(definition(tzid)))
    assert isinstance(component, Timezone)
    claimed = component.to_tz(lookup_tzid=False)
    for month in range(12 * 12):
        local = datetime(2015 + month // 12, month % 12 + 1, 15, 12)  # noqa: DTZ001
        assert local.replace(tzinfo=claimed).utcoffset() == ZONES[tzid].utcoffset(local)


def test_the_definition_is_short_where_the_clocks_change_every_year_alike() -> None:
    text = write(definition("Europe/Paris")).decode()
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU" in text
    assert (
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU" in write(definition("America/New_York")).decode()
    )


def test_every_zone_is_written_once_and_in_the_event_only() -> None:
    item = event(
        "DTEND;TZID=Europe/Paris:20261123T100000",
        dtstart="DTSTART;TZID=Europe/Paris:20261123T090000",
    )
    assert serialise(item).count(b"BEGIN:VTIMEZONE") == 1
    assert parse(serialise(item), PARIS) == item

"""An ICS file of somebody else's, read for when it is busy."""

from datetime import UTC, datetime, timedelta

import pytest

from calendars import feed
from rooms.errors import Invalid
from tests.fakes.places import PARIS

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=400)


def ics(*events: str, more: str = "") -> bytes:
    inside = "\n".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{more}{inside}\nEND:VCALENDAR\n".encode()


COUNCIL = "UID:c\nDTSTART;TZID=Europe/Paris:20261124T180000\nDURATION:PT2H\nSUMMARY:Conseil"


def read(body: bytes) -> feed.Feed:
    return feed.read(body, PARIS, SINCE, UNTIL)


def test_a_published_calendar_of_several_events_is_read() -> None:
    lunch = "UID:d\nDTSTART;VALUE=DATE:20261125\nSUMMARY:Repas"
    found = read(ics(COUNCIL, lunch, more="METHOD:PUBLISH\n"))
    assert [one.title for one in found.busy] == ["Conseil", "Repas"]
    assert found.busy[0].slot.start == datetime(2026, 11, 24, 17, tzinfo=UTC)
    assert found.busy[1].slot.duration == timedelta(days=1)


def test_a_series_and_its_moved_date_are_one_event() -> None:
    series = f"{COUNCIL}\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = (
        "UID:c\nRECURRENCE-ID;TZID=Europe/Paris:20261201T180000\n"
        "DTSTART;TZID=Europe/Paris:20261202T180000\nDURATION:PT1H"
    )
    found = read(ics(series, moved))
    assert found.events == 1
    assert [one.slot.start.day for one in found.busy] == [24, 2, 8]


def test_events_without_a_uid_are_not_taken_for_one() -> None:
    bare = COUNCIL.removeprefix("UID:c\n")
    assert len(read(ics(bare, bare.replace("1124", "1125"))).busy) == 2


def test_cancelled_transparent_and_empty_events_take_no_time() -> None:
    empty = "UID:e\nDTSTART:20261124T180000Z"
    found = read(ics(f"{COUNCIL}\nSTATUS:CANCELLED", empty, f"{COUNCIL}x\nTRANSP:TRANSPARENT"))
    assert found.busy == ()


def test_a_bad_event_is_counted_and_does_not_open_the_room() -> None:
    found = read(ics("UID:bad\nDTSTART:tomorrow", "UID:w\nDTSTART:20261124T180000Z\nRRULE:FREQ=X",
                     COUNCIL))  # fmt: skip
    assert (len(found.busy), found.unread, found.events) == (1, 2, 3)


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"BEGIN:VEVENT\nEND:VEVENT\n"])
def test_what_is_no_calendar_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read(body)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="calendar-too-large"):
        read(b"x" * (feed.MAX_BYTES + 1))
    monkeypatch.setattr(feed, "MAX_BUSY", 2)
    with pytest.raises(Invalid, match="too-many-instances"):
        read(ics(f"{COUNCIL}\nRRULE:FREQ=DAILY"))
    monkeypatch.setattr(feed, "MAX_EVENTS", 0)
    with pytest.raises(Invalid, match="calendar-too-large"):
        read(ics(COUNCIL))

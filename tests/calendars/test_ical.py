import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from calendars.content import MAX_BYTES
from calendars.ical import MAX_ATTENDEES, CalendarItem, parse, serialise
from rooms.errors import Invalid
from tests.fakes.events import DATA, calendar_bytes, event, event_bytes, stored
from tests.fakes.pace import calls
from tests.fakes.places import PARIS


def refusal(body: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse(body, PARIS)
    return caught.value


def component(kind: str, *lines: str) -> tuple[str, ...]:
    return (f"BEGIN:{kind}", *lines, f"END:{kind}")


def test_an_event_is_known_by_its_kind_uid_and_title() -> None:
    item = event("SUMMARY:Chœur\\, répétition")
    assert (item.kind, item.uid, item.title) == ("VEVENT", "event@example", "Chœur, répétition")
    assert not item.recurring
    assert not item.private


def test_tasks_and_journals_are_kept_too() -> None:
    assert (
        parse(calendar_bytes(*component("VTODO", "UID:a", "DUE:20261123")), PARIS).kind == "VTODO"
    )
    assert parse(calendar_bytes(*component("VJOURNAL", "UID:a")), PARIS).kind == "VJOURNAL"


def test_the_main_component_comes_first_wherever_it_was_written() -> None:
    item = parse(stored("series_with_moved_and_cancelled_dates"), PARIS)
    assert item.title == "Atelier"
    assert len(item.parts) == 3
    assert item.recurring


def test_a_confidential_event_is_private() -> None:
    assert event("CLASS:Confidential").private


@pytest.mark.parametrize("line", ["RRULE:FREQ=DAILY", "RDATE:20261124T080000Z"])
def test_a_rule_or_a_list_of_dates_makes_a_series(line: str) -> None:
    assert event(line).recurring


def test_what_nobody_understands_survives() -> None:
    body = stored("unknown_properties_and_components").replace(b"\n", b"\r\n")
    item = parse(body, PARIS)
    assert sorted(serialise(item).splitlines()) == sorted(body.splitlines())
    assert serialise(parse(serialise(item), PARIS)) == serialise(item)


@pytest.mark.parametrize(
    ("body", "key", "detail"),
    [
        (b"BEGIN:VCARD\nEND:VCARD", "bad-calendar-data", "not a VCALENDAR"),
        (calendar_bytes(), "bad-calendar-data", "not one kind of component"),
        (
            calendar_bytes(*component("VEVENT", "UID:a"), *component("VTODO", "UID:a")),
            "bad-calendar-data",
            "not one kind of component",
        ),
        (calendar_bytes(*component("VEVENT")), "bad-calendar-data", "not one UID"),
        (
            calendar_bytes(*component("VEVENT", "UID:a"), *component("VEVENT", "UID:b")),
            "bad-calendar-data",
            "not one UID",
        ),
        (
            calendar_bytes(*component("VEVENT", f"UID:{'a' * 256}")),
            "bad-calendar-data",
            "not one UID",
        ),
        (
            calendar_bytes(*component("VEVENT", "UID:a"), *component("VEVENT", "UID:a")),
            "bad-calendar-data",
            "the same date twice",
        ),
        (event_bytes("DTSTART:20261123"), "bad-calendar-data", "more than one DTSTART"),
        (event_bytes("DTEND:tomorrow"), "bad-calendar-data", "not a date"),
        (event_bytes("EXDATE:20261123,"), "bad-calendar-data", "not a date"),
        (
            event_bytes("BEGIN:VALARM", "TRIGGER:soon", "END:VALARM"),
            "bad-calendar-data",
            "unreadable: ValueError",
        ),
    ],
)
def test_an_object_we_cannot_keep_is_refused_with_what_is_wrong(
    body: bytes, key: str, detail: str
) -> None:
    error = refusal(body)
    assert (error.key, error.fields.get("detail")) == (key, detail)


def test_an_invitation_message_is_not_an_event_to_store() -> None:
    assert refusal(calendar_bytes("METHOD:REQUEST", *component("VEVENT", "UID:a"))).key == (
        "calendar-method"
    )


def test_what_has_grown_by_our_answers_can_still_be_read() -> None:
    body = event_bytes(*(f"X-{number}:{'a' * 60}" for number in range(4_500)))
    assert len(body) > MAX_BYTES
    assert refusal(body).key == "calendar-too-large"
    assert parse(body, PARIS, stored=True).uid == "event@example"


def test_an_event_has_no_more_attendees_than_can_be_answered() -> None:
    many = [f"ATTENDEE:mailto:{number}@example.org" for number in range(MAX_ATTENDEES + 1)]
    assert refusal(event_bytes(*many)).key == "too-many-attendees"
    assert parse(event_bytes(*many), PARIS, stored=True).uid == "event@example"
    assert parse(event_bytes(*many[1:]), PARIS).uid == "event@example"


def moved(*dates: str) -> bytes:
    parts = (component("VEVENT", "UID:a", f"RECURRENCE-ID:{date}") for date in dates)
    return calendar_bytes(*(line for part in parts for line in part))


def listed(key: str, *dates: str) -> bytes:
    return event_bytes(f"{key}:{','.join(dates)}")


@pytest.mark.parametrize(
    "body",
    [
        moved(*["never"] * 732),
        listed("EXDATE", *["never"] * 1_001),
        listed("RDATE", *["never"] * 5_000),
    ],
)
def test_too_many_dates_are_refused_before_any_is_read(body: bytes) -> None:
    assert refusal(body).key == "too-many-instances"


def test_as_many_dates_as_a_series_may_have_are_read() -> None:
    days = [f"{date(2026, 1, 1) + timedelta(days=number):%Y%m%d}" for number in range(731)]
    assert len(parse(moved(*days), PARIS).parts) == 731
    assert parse(listed("EXDATE", *["20261123"] * 1_000), PARIS).uid == "event@example"
    assert parse(listed("EXDATE", *["20261123"] * 1_001), PARIS, stored=True).uid


def test_a_path_for_a_zone_does_not_reach_the_file_system() -> None:
    for tzid in ("America", "Europe/", "../../../etc/passwd", "/etc/localtime"):
        item = event(dtstart=f"DTSTART;TZID={tzid}:20261123T090000")
        assert b"TZID=Europe/Paris:" in serialise(item)


def test_a_name_of_a_file_is_not_a_calendar() -> None:
    assert (
        refusal(str(DATA / "thunderbird_allday_without_tz.ics").encode()).key == "bad-calendar-data"
    )


def test_the_largest_object_does_not_stop_the_house() -> None:
    lines = [
        "DESCRIPTION:" + '\\,;:"a' * 1_000,
        *(f'ATTENDEE;CN="{n}":mailto:{n}@x' for n in range(MAX_ATTENDEES)),
        *(f'CONTACT;LANGUAGE="{n}":mailto\\,{n}@x' for n in range(3_500)),
    ]
    body = event_bytes(*lines)
    assert calls(lambda: parse(body, PARIS)) < 8 * len(body)


FILES = [path.read_bytes() for path in sorted(DATA.glob("*.ics"))]


def mutated(body: bytes, seed: int) -> bytes:
    dice = random.Random(seed)
    pieces = bytearray(body)
    for _ in range(dice.randint(1, 8)):
        at, size = dice.randrange(len(pieces)), dice.randint(1, 12)
        match dice.randrange(4):
            case 0:
                pieces[at : at + size] = b""
            case 1:
                pieces[at : at + 1] = bytes([dice.choice(b':;=,"\\\r\n\tZT0129APU-\xc3\xff')])
            case 2:
                pieces[at:at] = pieces[at : at + size * 10]
            case _:
                source = dice.choice(FILES)
                start = dice.randrange(len(source))
                pieces[at : at + size] = source[start : start + size]
    return bytes(pieces)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FILES), st.integers(0, 2**32))
def test_a_damaged_object_is_read_or_refused_and_nothing_else_happens(
    body: bytes, seed: int
) -> None:
    try:
        item = parse(mutated(body, seed), PARIS)
    except Invalid:
        return
    assert isinstance(item, CalendarItem)
    Calendar.from_ical(serialise(item))

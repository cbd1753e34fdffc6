import pytest

from calendars.content import Component, Line
from calendars.ical import CalendarItem, parse, serialise
from calendars.itip import (
    Answer,
    answer,
    our_comment,
    put_comment,
    room_copy,
    room_of,
    rooms_invited,
)
from rooms.ids import RoomId
from tests.fakes.events import calendar_bytes, event
from tests.fakes.places import PARIS

DOMAIN = "visio.example.org"
VILLEFORT, MARVEJOLS = RoomId("villefort-visio"), RoomId("marvejols-visio")
ADDRESS = "mailto:salle.villefort-visio@visio.example.org"


def lines(item: CalendarItem, key: str) -> list[str]:
    return [str(line) for part in item.parts for line in part.lines(key)]


@pytest.mark.parametrize(
    ("address", "room"),
    [
        (ADDRESS, VILLEFORT),
        ("MAILTO:Salle.Villefort-Visio@VISIO.example.org", VILLEFORT),
        (" salle.villefort-visio@visio.example.org", VILLEFORT),
        ("/dav/principals/salle.villefort-visio/", VILLEFORT),
        ("https://visio.example.org/dav/principals/salle.villefort-visio", VILLEFORT),
        ("mailto:salle.villefort-visio@elsewhere.org", None),
        ("mailto:camille@visio.example.org", None),
        ("/dav/principals/camille/", None),
        ("urn:uuid:1", None),
        ("", None),
    ],
)
def test_a_room_is_known_by_its_address_in_any_spelling(address: str, room: RoomId | None) -> None:
    assert room_of(address, DOMAIN) == room


def test_the_rooms_invited_are_named_once_each_in_order_from_every_date() -> None:
    body = calendar_bytes(
        "BEGIN:VEVENT",
        "UID:a",
        "DTSTART:20261123T080000Z",
        f"ATTENDEE:{ADDRESS}",
        "ATTENDEE:mailto:camille@visio.example.org",
        f"ATTENDEE:{ADDRESS.upper()}",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:a",
        "RECURRENCE-ID:20261124T080000Z",
        "DTSTART:20261124T080000Z",
        "ATTENDEE:mailto:salle.marvejols-visio@visio.example.org",
        "END:VEVENT",
    )
    assert rooms_invited(parse(body, PARIS), DOMAIN) == (VILLEFORT, MARVEJOLS)


def test_the_answer_stands_on_the_line_of_the_room_and_nowhere_else() -> None:
    item = event(
        'ATTENDEE;CN="Salle, Villefort";RSVP=TRUE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT:'
        f"{ADDRESS}",
        "ATTENDEE;RSVP=TRUE:mailto:camille@visio.example.org",
        "ATTENDEE:mailto:salle.marvejols-visio@visio.example.org",
    )
    answer(item, {VILLEFORT: Answer.ACCEPTED}, "", DOMAIN)
    assert lines(item, "ATTENDEE") == [
        'ATTENDEE;CN="Salle, Villefort";ROLE=REQ-PARTICIPANT;CUTYPE=ROOM;PARTSTAT=ACCEPTED'
        f";SCHEDULE-STATUS=2.0:{ADDRESS}",
        "ATTENDEE;RSVP=TRUE:mailto:camille@visio.example.org",
        "ATTENDEE:mailto:salle.marvejols-visio@visio.example.org",
    ]
    assert lines(item, "COMMENT") == []


def test_a_new_reason_replaces_our_earlier_one_and_no_other_comment() -> None:
    item = event("COMMENT:Le mien", f"ATTENDEE:{ADDRESS}")
    for text in ("Salle occupée, désolé", "Centre fermé"):
        answer(item, {VILLEFORT: Answer.DECLINED}, text, DOMAIN)
    assert lines(item, "COMMENT") == [
        "COMMENT:Le mien",
        "COMMENT;X-MARGERIDE=1:Margeride — Centre fermé",
    ]
    assert "PARTSTAT=DECLINED" in lines(item, "ATTENDEE")[0]


def test_our_comment_is_known_again_after_a_client_dropped_its_parameter() -> None:
    item = event("COMMENT:Margeride — Salle occupée", f"ATTENDEE:{ADDRESS}")
    answer(item, {VILLEFORT: Answer.ACCEPTED}, "", DOMAIN)
    assert lines(item, "COMMENT") == []


def test_the_answer_survives_the_way_through_bytes() -> None:
    item = event(f"ATTENDEE:{ADDRESS}")
    answer(item, {VILLEFORT: Answer.TENTATIVE}, "Peut-être; à voir\nbientôt", DOMAIN)
    assert parse(serialise(item), PARIS, stored=True) == item


def test_the_copy_in_a_rooms_calendar_shows_dates_title_and_rooms_only() -> None:
    item = event(
        "SUMMARY:Inauguration",
        "DESCRIPTION:entre nous",
        "LOCATION:chez moi",
        f"ATTENDEE:{ADDRESS}",
        "ATTENDEE:mailto:guest@elsewhere.org",
        "ORGANIZER:mailto:camille@visio.example.org",
        "RRULE:FREQ=DAILY;COUNT=2",
        "X-SECRET:1",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "END:VALARM",
    )
    copy = room_copy(item, DOMAIN, "Réservé")
    text = serialise(copy).decode()
    assert (copy.uid, copy.title) == ("event@example", "Inauguration")
    for shown in ("PRODID", "RRULE:FREQ=DAILY;COUNT=2", ADDRESS, "ORGANIZER"):
        assert shown in text
    for hidden in ("entre nous", "chez moi", "elsewhere", "SECRET", "VALARM"):
        assert hidden not in text
    assert parse(serialise(copy), PARIS) == copy
    assert "entre nous" in serialise(item).decode()


def test_a_private_event_lends_the_room_no_title() -> None:
    item = event("SUMMARY:Entretien", "CLASS:PRIVATE", f"ATTENDEE:{ADDRESS}")
    assert room_copy(item, DOMAIN, "Réservé").title == "Réservé"
    assert item.title == "Entretien"


def test_our_comment_is_read_back_without_its_signature() -> None:
    part = Component("VEVENT", [Line("COMMENT", "La leur")])
    assert our_comment(part) == ""
    put_comment(part, "Salle prise; demain, oui")
    assert our_comment(part) == "Salle prise; demain, oui"

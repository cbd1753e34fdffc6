from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from calendars import ical, imip
from calendars.content import Line, write
from calendars.ical import CalendarItem
from rooms.errors import Invalid
from rooms.ids import RoomId

PARIS = ZoneInfo("Europe/Paris")
DOMAIN = "visio.example.org"
ROOM = RoomId("villefort-visio")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def part(*more: str, uid: str = "u1", start: str = "20261201T090000Z") -> list[str]:
    return ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{start}", "DURATION:PT1H", *more, "END:VEVENT"]


def calendar(*parts: Iterable[str], method: str = "", zone: bool = False) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"METHOD:{method}"] if method else [])]
    for one in parts:
        lines += one
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def message(*parts: Iterable[str], method: str = "REQUEST") -> imip.Message:
    return imip.read_message(calendar(*parts, method=method))


def stored(*parts: Iterable[str]) -> CalendarItem:
    return ical.parse(calendar(*parts), PARIS)


@pytest.mark.parametrize(
    ("body", "declared", "key"),
    [
        (calendar(part(), method="COUNTER"), "", "mail-method"),
        (calendar(part()), "", "mail-method"),
        (calendar(part(), method="REQUEST"), "CANCEL", "bad-calendar-data"),
        (calendar(part(), method="REQUEST\r\nMETHOD:CANCEL"), "", "bad-calendar-data"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "REQUEST", "bad-calendar-data"),
        (calendar(method="REQUEST"), "", "not-an-event"),
        (calendar(["BEGIN:VTODO", "UID:x", "END:VTODO"], method="REQUEST"), "", "not-an-event"),
    ],
)
def test_what_is_no_invitation_is_refused(body: bytes, declared: str, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        imip.read_message(body, declared)
    assert refused.value.key == key


def test_the_method_may_stand_in_the_mail_alone() -> None:
    found = imip.read_message(calendar(part("ORGANIZER;CN=Le maire:mailto:M@x.fr")), "request")
    assert (found.method, found.uid, found.whole) == ("REQUEST", "u1", True)
    assert (found.organiser, found.organiser_name) == ("m@x.fr", "Le maire")


def test_an_event_of_two_organisers_has_none() -> None:
    two = message(
        part("ORGANIZER:mailto:a@x.fr"),
        part("ORGANIZER:mailto:b@x.fr", "RECURRENCE-ID:20261202T090000Z"),
    )
    assert two.organiser is None
    assert message(part()).organiser_name == ""


@pytest.mark.parametrize(
    ("sent", "kept", "age"),
    [
        (["SEQUENCE:1"], ["SEQUENCE:0"], 1),
        (["SEQUENCE:0"], ["SEQUENCE:1"], -1),
        (["SEQUENCE:many"], [], 1),
        (["DTSTAMP:20261101T000000Z"], ["DTSTAMP:20261101T000000Z"], 0),
        (["DTSTAMP:20261102T000000Z"], ["DTSTAMP:20261101T000000Z"], 1),
        (["DTSTAMP:20261101T000000Z"], ["DTSTAMP:20261102T000000Z"], -1),
        ([], ["DTSTAMP:20261102T000000Z"], 1),
    ],
)
def test_the_later_sequence_then_the_later_stamp_is_news(
    sent: list[str], kept: list[str], age: int
) -> None:
    assert imip.age_of(message(part(*sent)), stored(part(*kept))) == age


def test_a_first_message_is_news_and_a_date_is_compared_with_its_own() -> None:
    assert imip.age_of(message(part()), None) == 1
    series = stored(
        part("RRULE:FREQ=DAILY;COUNT=3", "SEQUENCE:5"),
        part("RECURRENCE-ID:20261202T090000Z", "SEQUENCE:7", start="20261202T100000Z"),
    )
    date = "RECURRENCE-ID:20261202T090000Z"
    assert imip.age_of(message(part(date, "SEQUENCE:6")), series) == -1
    assert imip.age_of(message(part("RECURRENCE-ID:20261203T090000Z", "SEQUENCE:6")), series) == 1
    assert imip.age_of(message(part(date, "SEQUENCE:7")), series) == 1


def merged(found: imip.Message, item: CalendarItem | None) -> str:
    tree = imip.merged(found, item, PARIS)
    assert tree is not None
    return write(tree).decode()


def test_a_whole_event_takes_the_place_of_the_old_one() -> None:
    assert "SUMMARY:new" in merged(message(part("SUMMARY:new")), stored(part("SUMMARY:old")))
    alone = message(part("RECURRENCE-ID:20261202T090000Z"))
    assert "RECURRENCE-ID" in merged(alone, None)


def test_one_date_is_changed_the_others_stay() -> None:
    series = stored(
        part("RRULE:FREQ=DAILY;COUNT=3"),
        part("RECURRENCE-ID:20261202T090000Z", "SUMMARY:old", start="20261202T100000Z"),
    )
    date = "RECURRENCE-ID;TZID=Europe/Paris:20261202T100000"  # the same instant, in other words
    text = merged(message(part(date, "SUMMARY:new", start="20261202T110000Z")), series)
    assert "SUMMARY:old" not in text
    assert "SUMMARY:new" in text
    assert "RRULE" in text


def test_the_end_of_an_event_is_kept_as_cancelled() -> None:
    text = merged(
        message(part("SEQUENCE:3", "DTSTAMP:20261105T000000Z"), method="CANCEL"),
        stored(part("SEQUENCE:1", "DTSTAMP:20261101T000000Z")),
    )
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:3" in text
    assert "DTSTAMP:20261105T000000Z" in text
    assert imip.merged(message(part(), method="CANCEL"), None, PARIS) is None
    assert "DTSTAMP" not in merged(message(part(), method="CANCEL"), stored(part()))


def test_the_end_of_one_date_takes_it_out_of_the_series_once() -> None:
    date = part("RECURRENCE-ID:20261202T090000Z")
    series = stored(part("RRULE:FREQ=DAILY;COUNT=3"), date)
    text = merged(message(date, method="CANCEL"), series)
    assert text.count("EXDATE:20261202T090000Z") == 1
    assert "RECURRENCE-ID" not in text
    again = stored(part("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261202T090000Z"))
    assert merged(message(date, method="CANCEL"), again).count("EXDATE") == 1


def test_the_end_of_the_only_date_known_is_the_end() -> None:
    date = part("RECURRENCE-ID:20261202T090000Z")
    assert "STATUS:CANCELLED" in merged(message(date, method="CANCEL"), stored(date))


ANSWERED = (
    f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;SCHEDULE-STATUS=2.0:mailto:salle.{ROOM}@{DOMAIN}",
    "ATTENDEE:mailto:pia@x.fr",
    "ORGANIZER:mailto:m@x.fr",
    "COMMENT;X-MARGERIDE=1:Margeride — Libre à 10 h\\, dit-on",
    "URL:https://visio.test/join/abc",
)


def test_a_room_replies_for_itself_alone() -> None:
    item = stored(part(*ANSWERED, "SEQUENCE:2"))
    text = imip.reply(item, ROOM, DOMAIN, NOW).decode().replace("\r\n ", "")
    assert "METHOD:REPLY" in text
    assert text.count("ATTENDEE") == 1
    assert "SCHEDULE-STATUS" not in text
    assert "COMMENT:Libre à 10 h\\, dit-on" in text
    assert "URL:https://visio.test/join/abc" in text
    assert "SEQUENCE:2" in text
    assert "REQUEST-STATUS:2.0;Success" in text
    declined = stored(part(*(line.replace("ACCEPTED", "DECLINED") for line in ANSWERED)))
    assert "URL" not in imip.reply(declined, ROOM, DOMAIN, NOW).decode()


def test_the_answer_and_our_comment_are_found_again() -> None:
    item = stored(part(*ANSWERED))
    assert imip.answer_in(item, ROOM, DOMAIN) == "ACCEPTED"
    assert imip.answer_in(item, RoomId("murat-formation"), DOMAIN) == ""
    assert imip.comment_in(item) == "Libre à 10 h, dit-on"
    assert imip.comment_in(stored(part("COMMENT;X-MARGERIDE=1:bare"))) == "bare"
    assert imip.comment_in(stored(part("COMMENT:of a person"))) == ""


def test_people_are_told_the_event_without_what_is_between_servers() -> None:
    organiser = Line("ORGANIZER", "mailto:tom@x.fr")
    item = stored(part(*ANSWERED, "SEQUENCE:2", "X-SECRET:1", "SUMMARY:Conseil"))
    text = imip.told(item, "REQUEST", organiser, 5, NOW).decode().replace("\r\n ", "")
    assert "METHOD:REQUEST" in text
    assert "SEQUENCE:5" in text
    assert "ORGANIZER:mailto:tom@x.fr" in text
    assert "X-SECRET" not in text
    assert "SCHEDULE-STATUS" not in text
    ended = imip.told(item, "CANCEL", organiser, 0, NOW).decode()
    assert "STATUS:CANCELLED" in ended
    assert "SEQUENCE:2" in ended


def test_two_events_that_read_the_same_have_one_digest() -> None:
    one = stored(part())
    assert imip.digest(one) == imip.digest(
        stored(part("PRIORITY:3", "ATTENDEE:mailto:x@y.example"))
    )
    assert imip.digest(one) != imip.digest(stored(part("LOCATION:Mairie")))


def test_a_guest_answers_for_himself_on_the_dates_he_is_invited_to() -> None:
    me = "ATTENDEE;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:me@x.example"
    item = stored(
        part(me, "ATTENDEE:mailto:you@x.example", "SEQUENCE:3", "DESCRIPTION:x"),
        part("RECURRENCE-ID:20261202T090000Z", "ATTENDEE:mailto:you@x.example"),
    )
    told = imip.answer(item, lambda address: address.startswith("mailto:me@"), NOW).decode()
    assert "METHOD:REPLY" in told
    assert "ATTENDEE;PARTSTAT=ACCEPTED:mailto:me@x.example" in told
    assert "SEQUENCE:3" in told
    assert told.count("BEGIN:VEVENT") == 1
    assert "you@" not in told
    assert "DESCRIPTION" not in told

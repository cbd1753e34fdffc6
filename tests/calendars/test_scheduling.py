"""What invitations between people say, line by line."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from calendars import ical, scheduling
from calendars.ical import CalendarItem

PARIS = ZoneInfo("Europe/Paris")
BEA, TOM = "mailto:bea@x.example", "mailto:tom@x.example"


def item(*lines: str, start: str = "20261201T090000Z", more: tuple[str, ...] = ()) -> CalendarItem:
    text = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//", "BEGIN:VEVENT", "UID:u",
        "DTSTAMP:20260101T000000Z", f"DTSTART:{start}", *lines, "END:VEVENT", *more,
        "END:VCALENDAR", "",
    ]  # fmt: skip
    return ical.parse("\r\n".join(text).encode(), PARIS)


def text(found: CalendarItem) -> str:
    return ical.serialise(found).decode().replace("\r\n ", "")


def is_bea(address: str) -> bool:
    return address == BEA


def test_only_those_left_to_the_server_are_delivered_to() -> None:
    found = item(
        f"ATTENDEE:{BEA}", f"ATTENDEE;SCHEDULE-AGENT=CLIENT:{TOM}", f"ATTENDEE;RSVP=TRUE:{BEA}"
    )
    assert scheduling.invited(found) == [BEA]


def test_an_answer_is_read_and_written_on_one_s_own_lines() -> None:
    found = item(f"ATTENDEE:{TOM}", f"ATTENDEE;RSVP=TRUE:{BEA}")
    assert scheduling.partstat(found.parts[0], is_bea) == "NEEDS-ACTION"
    scheduling.answer(found, is_bea, "DECLINED")
    assert scheduling.partstat(found.parts[0], is_bea) == "DECLINED"
    assert f"ATTENDEE:{TOM}" in text(found)
    assert scheduling.partstat(found.parts[0], lambda _: False) == ""


def test_known_answers_are_kept_while_the_dates_stay() -> None:
    before = item(f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}", f"ATTENDEE:{TOM}")
    same = item(f"ATTENDEE:{BEA}", f"ATTENDEE;PARTSTAT=DECLINED:{TOM}", "ATTENDEE:mailto:new@x")
    scheduling.keep_answers(same, before, lambda one: one in (BEA, TOM))
    assert f"PARTSTAT=ACCEPTED:{BEA}" in text(same)
    assert f"PARTSTAT=DECLINED:{TOM}" in text(same)
    moved = item(f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}", start="20261202T090000Z")
    scheduling.keep_answers(moved, before, is_bea)
    assert f"PARTSTAT=NEEDS-ACTION;RSVP=TRUE:{BEA}" in text(moved)
    fresh = item(f"ATTENDEE:{BEA}", start="20261202T090000Z")
    scheduling.keep_answers(fresh, item(f"ATTENDEE:{TOM}"), is_bea)
    assert f"ATTENDEE:{BEA}" in text(fresh)


def test_an_instance_that_was_not_there_has_nothing_to_keep() -> None:
    override = (
        "BEGIN:VEVENT", "UID:u", "DTSTAMP:20260101T000000Z", "RECURRENCE-ID:20261202T090000Z",
        "DTSTART:20261202T100000Z", f"ATTENDEE:{BEA}", "END:VEVENT",
    )  # fmt: skip
    after = item("RRULE:FREQ=DAILY;COUNT=3", f"ATTENDEE:{BEA}", more=override)
    scheduling.keep_answers(after, item(f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}"), is_bea)
    assert "PARTSTAT=NEEDS-ACTION" in text(after)  # the rule is new: asked again
    mine = item("RRULE:FREQ=DAILY;COUNT=3")
    scheduling.keep_own(after, mine)
    assert "VALARM" not in text(after)
    assert scheduling.take_answers(after, item(f"ATTENDEE;PARTSTAT=TENTATIVE:{BEA}"), is_bea)
    assert text(after).count("PARTSTAT=TENTATIVE;SCHEDULE-STATUS=2.0") == 1


def test_delivery_is_noted_where_it_is_the_server_s_to_deliver() -> None:
    found = item(
        f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}", f"ATTENDEE:{TOM}",
        "ATTENDEE;SCHEDULE-AGENT=NONE:mailto:c@x", "ATTENDEE:mailto:room@x",
    )  # fmt: skip
    status = {BEA: "1.2", TOM: "5.3"}.get
    assert scheduling.note_delivery(found, status)
    assert f"SCHEDULE-STATUS=2.0:{BEA}" in text(found)
    assert f"SCHEDULE-STATUS=5.3:{TOM}" in text(found)
    assert text(found).count("SCHEDULE-STATUS") == 2
    assert not scheduling.note_delivery(item("SUMMARY:alone"), status)


def test_a_copy_has_neither_alarms_nor_delivery_notes_and_keeps_what_is_one_s_own() -> None:
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT5M", "END:VALARM"]
    copy = scheduling.copy_for(item(f"ATTENDEE;SCHEDULE-STATUS=1.2:{BEA}", "X-A:1", *alarm))
    assert "SCHEDULE-STATUS" not in text(copy)
    assert "VALARM" not in text(copy)
    assert "X-A:1" in text(copy)
    scheduling.keep_own(copy, item("TRANSP:TRANSPARENT", *alarm))
    assert "VALARM" in text(copy)
    assert "TRANSP:TRANSPARENT" in text(copy)


def test_an_answer_alone_is_no_other_event() -> None:
    before = item(f"ATTENDEE:{BEA}", "SUMMARY:a", "SEQUENCE:0")
    answered = item(f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}", "SUMMARY:a", "SEQUENCE:1")
    assert scheduling.only_answers_differ(before, answered)
    assert not scheduling.only_answers_differ(before, item(f"ATTENDEE:{BEA}", "SUMMARY:b"))


def test_a_reply_names_who_answers_and_a_stranger_s_is_not_taken() -> None:
    found = item(f"ATTENDEE;PARTSTAT=ACCEPTED:{BEA}", f"ATTENDEE:{TOM}", "STATUS:CANCELLED")
    assert scheduling.called_off(found)
    now = datetime(2026, 12, 1, tzinfo=UTC)
    reply = scheduling.written(scheduling.message("REPLY", found, is_bea), now).decode()
    assert "METHOD:REPLY" in reply
    assert TOM not in reply
    assert "DTSTAMP:20261201T000000Z" in reply
    whole = scheduling.written(scheduling.message("REQUEST", found), now).decode()
    assert TOM in whole
    assert not scheduling.take_answers(item(f"ATTENDEE:{TOM}"), found, is_bea)


def test_an_event_is_called_off_once_as_a_later_version() -> None:
    found = item("SEQUENCE:2", f"ATTENDEE:{BEA}")
    assert not scheduling.called_off(found)
    assert scheduling.call_off(found)
    assert scheduling.called_off(found)
    assert "SEQUENCE:3" in text(found)
    assert not scheduling.call_off(found)
    assert "SEQUENCE:3" in text(found)


def test_changed_dates_are_a_later_version_unless_they_are_numbered_so_already() -> None:
    series = "RRULE:FREQ=DAILY;COUNT=3"
    before = item("SEQUENCE:4", series)
    for changed in (
        item("SEQUENCE:4", series, "EXDATE:20261202T090000Z"),
        item("SEQUENCE:4", series, "STATUS:CANCELLED"),
        item(series, start="20261201T100000Z"),
    ):
        assert scheduling.raise_sequence(changed, before)
        assert "SEQUENCE:5" in text(changed)
    for same in (item("SEQUENCE:4", series, "SUMMARY:x"), item("SEQUENCE:9", "STATUS:CANCELLED")):
        assert not scheduling.raise_sequence(same, before)
    override = (
        "BEGIN:VEVENT", "UID:u", "DTSTAMP:20260101T000000Z", "RECURRENCE-ID:20261202T090000Z",
        "DTSTART:20261202T100000Z", "END:VEVENT",
    )  # fmt: skip
    assert not scheduling.raise_sequence(item("SEQUENCE:4", series, more=override), before)

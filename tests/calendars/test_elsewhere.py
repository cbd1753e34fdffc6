"""An event written to another server, and read from it."""

from datetime import UTC, datetime, timedelta

import pytest

from calendars import elsewhere
from tests.fakes.places import PARIS

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


def an_event(*lines: str, uid: str = "e1", start: str = "DTSTART:20261123T090000Z") -> bytes:
    body = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//FR", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20261101T000000Z", start, *lines, "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(body).encode()


PLAIN = an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil")


def digest(body: bytes) -> str:
    return elsewhere.read(body, PARIS, NOW).digest


def test_nobody_is_written_to_by_another_server() -> None:
    body = an_event(
        "DTEND:20261123T100000Z", "ORGANIZER:mailto:a@b.example", "ATTENDEE:mailto:c@d.example",
        "X-OURS:kept", "SUMMARY:Conseil",
    )  # fmt: skip
    sent = elsewhere.outgoing(body, "bk-1@x", PARIS, "visio.test", "Privé").decode()
    assert "UID:bk-1@x" in sent
    assert "X-OURS:kept" in sent
    assert "ORGANIZER" not in sent
    assert "ATTENDEE" not in sent


def test_a_private_event_says_only_its_hours() -> None:
    body = an_event("DTEND:20261123T100000Z", "CLASS:PRIVATE", "SUMMARY:Secret", "DESCRIPTION:x")
    sent = elsewhere.outgoing(body, "bk-1@x", PARIS, "visio.test", "Privé").decode()
    assert "Secret" not in sent
    assert "DESCRIPTION" not in sent
    assert "SUMMARY:Privé" in sent


def test_a_change_made_there_keeps_who_was_invited_here() -> None:
    here = an_event("DTEND:20261123T100000Z", "ATTENDEE:mailto:c@d.example")
    there = an_event("DTEND:20261123T110000Z", "SUMMARY:Plus long", uid="bk-1@x")
    change = elsewhere.incoming(there, here, PARIS).decode()
    assert "UID:e1" in change
    assert "ATTENDEE:mailto:c@d.example" in change
    assert "SUMMARY:Plus long" in change


@pytest.mark.parametrize(
    "other",
    [
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", "X-SERVER:1", "SEQUENCE:4"),
        an_event("DTEND;TZID=Europe/Paris:20261123T110000", "SUMMARY: Conseil",
                 start="DTSTART;TZID=Europe/Paris:20261123T100000"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", "STATUS:CONFIRMED", "TRANSP:OPAQUE"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", uid="other"),
    ],
)  # fmt: skip
def test_another_spelling_says_the_same(other: bytes) -> None:
    assert digest(other) == digest(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        an_event("DTEND:20261123T103000Z", "SUMMARY:Conseil"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil!"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", "TRANSP:TRANSPARENT"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", "RRULE:FREQ=WEEKLY;COUNT=2"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil", "RRULE:FREQ=WEEKLY;COUNT=2",
                 "EXDATE:20261130T090000Z"),
        an_event("DTEND:20261123T100000Z", "SUMMARY:Conseil",
                 "RDATE;VALUE=PERIOD:20261124T090000Z/PT1H"),
    ],
)  # fmt: skip
def test_another_hour_title_or_rule_does_not(other: bytes) -> None:
    assert digest(other) not in ("", digest(PLAIN))


def test_rules_are_compared_whatever_the_order_of_their_parts() -> None:
    end = "DTEND:20261123T100000Z"
    one = an_event(end, "RRULE:FREQ=WEEKLY;COUNT=2;INTERVAL=1")
    two = an_event(end, "RRULE:count=2;freq=weekly")
    assert digest(one) == digest(two)


def test_what_it_takes_and_when() -> None:
    there = elsewhere.read(PLAIN, PARIS, NOW)
    assert (there.uid, there.holds, there.to_come) == ("e1", True, True)
    over = elsewhere.read(PLAIN, PARIS, NOW + timedelta(days=30))
    assert (over.holds, over.to_come) == (True, False)
    off = elsewhere.read(an_event("DTEND:20261123T100000Z", "STATUS:CANCELLED"), PARIS, NOW)
    assert (off.holds, off.to_come) == (False, False)
    far = an_event("DTEND:20280301T100000Z", start="DTSTART:20280301T090000Z")
    assert elsewhere.read(far, PARIS, NOW).to_come
    assert not elsewhere.read(b"rubbish", PARIS, NOW).digest
    task = PLAIN.replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE")
    assert not elsewhere.read(task, PARIS, NOW).digest

"""The question of an outbox POST, and its answers."""

from datetime import UTC, datetime

import pytest

from calendars.server.freebusy import read_request, reply
from rooms.errors import Invalid

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
GOOD = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\n"
    "UID:q\r\nDTSTAMP:20261201T000000Z\r\nDTSTART:20261201T080000Z\r\nDTEND:20261201T180000Z\r\n"
    "ORGANIZER:mailto:a@x\r\nATTENDEE;CN=B:mailto:b@x\r\nATTENDEE:mailto:c@x\r\n"
    "END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)


def test_a_question_is_read_and_answered_for_each() -> None:
    asked = read_request(GOOD.encode())
    assert asked.organiser == "mailto:a@x"
    assert asked.attendees == ("mailto:b@x", "mailto:c@x")
    busy = [(NOW, NOW.replace(hour=9), "BUSY")]
    told = reply(asked, "mailto:b@x", busy, NOW)
    assert "ATTENDEE;CN=B:mailto:b@x\r\n" in told
    assert "mailto:c@x" not in told
    assert "FREEBUSY;FBTYPE=BUSY:20261201T080000Z/20261201T090000Z" in told
    assert "METHOD:REPLY" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("METHOD:REQUEST\r\n", ""),
        ("VFREEBUSY", "VEVENT"),
        ("UID:q\r\n", ""),
        ("ORGANIZER:mailto:a@x\r\n", ""),
        ("DTSTART:20261201T080000Z\r\n", ""),
        ("DTEND:20261201T180000Z", "DTEND:20261201T080000Z"),
        ("DTEND:20261201T180000Z", "DTEND:tomorrow"),
        ("ATTENDEE;CN=B:mailto:b@x\r\nATTENDEE:mailto:c@x\r\n", ""),
        ("ATTENDEE:mailto:c@x\r\n", "ATTENDEE:mailto:c@x\r\n" * 100),
    ],
)
def test_a_bad_question_is_refused(old: str, new: str) -> None:
    with pytest.raises(Invalid):
        read_request(GOOD.replace(old, new).encode())

"""A message as it came over the wire: who says he wrote it, and the calendar it carries.

Bytes of strangers: the number of parts and the length of header lines are bounded before the
MIME parser sees them, and whatever it stumbles over is one refusal.
"""

import re
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses

from calendars import imip
from calendars.addresses import mail_address
from calendars.content import MAX_BYTES
from rooms.errors import Invalid

LARGEST = 1024 * 1024
MOST_PARTS = 40
LONGEST_HEADER = 16 * 1024
MOST_HEADER_BYTES = 128 * 1024
_PART = re.compile(rb"^content-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<[^<>\s]{3,250}>")
_AUTOMATIC = ("auto-replied", "auto-notified")
_CALENDARS = ("text/calendar", "application/ics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What a room's mailbox was brought."""

    message_id: str
    sender: str
    automatic: bool
    calendar: imip.Message | None


def read_received(content: bytes) -> Received:
    """Read a message; `Invalid` with a key that has words for its sender."""
    _check_size(content)
    try:
        letter = BytesParser(policy=policy.compat32).parsebytes(content)
        parts = [part for part in letter.walk() if not part.is_multipart()]
        carried = [part for part in parts if part.get_content_type() in _CALENDARS]
        sender, message_id = _sender(letter), _message_id(letter)
        automatic = _automatic(letter)
        bodies = [(_body(part), str(part.get_param("method") or "")) for part in carried]
    except Invalid:
        raise
    except Exception as error:  # the library has many kinds of its own; here they are one
        raise Invalid("mail-refuse-unreadable", detail=type(error).__name__) from error
    calendar = None
    if bodies and not automatic:
        body, method = next((found for found in bodies if found[1]), bodies[0])
        calendar = imip.read_message(body, method)
    return Received(message_id=message_id, sender=sender, automatic=automatic, calendar=calendar)


def _check_size(content: bytes) -> None:
    head = content.partition(b"\r\n\r\n")[0]
    longest = max((len(line) for line in re.split(rb"\r?\n(?![ \t])", head)), default=0)
    if len(content) > LARGEST or len(head) > MOST_HEADER_BYTES or longest > LONGEST_HEADER:
        raise Invalid("mail-refuse-unreadable", detail="too large")
    if len(_PART.findall(content)) > MOST_PARTS:
        raise Invalid("mail-refuse-unreadable", detail="too many parts")


def _sender(letter: Message) -> str:
    """The one address of the one From."""
    lines = letter.get_all("From", [])
    found = getaddresses([str(line) for line in lines])
    if len(lines) != 1 or len(found) != 1:
        raise Invalid("mail-refuse-unreadable", detail="not one From")
    try:
        return mail_address(found[0][1])
    except ValueError as error:
        raise Invalid("mail-refuse-unreadable", detail="From is no address") from error


def _message_id(letter: Message) -> str:
    found = _ID.search(str(letter.get("Message-ID", "")))
    if found is None:
        raise Invalid("mail-refuse-unreadable", detail="no Message-ID")
    return found[0]


def _automatic(letter: Message) -> bool:
    """Whether it is an answer by a machine. Calendar servers say auto-generated of invitations."""
    said = re.split(r"[;(\s]", str(letter.get("Auto-Submitted", "")).strip())[0].lower()
    report = letter.get_content_type() == "multipart/report"
    return said in _AUTOMATIC or report or str(letter.get("Return-Path", "")).strip() == "<>"


def _body(part: Message) -> bytes:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes) or len(body) > 2 * MAX_BYTES:
        raise Invalid("calendar-too-large", limit=MAX_BYTES)
    charset = str(part.get_param("charset") or "utf-8").lower()
    if charset in ("utf-8", "utf8", "us-ascii"):
        return body
    return body.decode(charset).encode()

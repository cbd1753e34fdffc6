"""A letter of ours: plain text for people, the calendar message for their program."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from calendars.addresses import mail_address, one_line

GENERATED, REPLIED = "auto-generated", "auto-replied"
SEQUENCE = "X-Margeride-Sequence"
DIGEST = "X-Margeride-Digest"
WRITTEN = policy.SMTP.clone(max_line_length=78)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a letter says. Names and texts may hold anything; addresses are checked."""

    sender: str
    sender_name: str
    recipient: str
    subject: str
    text: str
    calendar: bytes = b""
    method: str = ""
    reply_to: str = ""
    submitted: str = GENERATED
    in_reply_to: str = ""
    sequence: int = 0
    digest: str = ""


def written(draft: Draft, message_id: str, now: datetime) -> bytes:
    """The letter as it goes over the wire: 7-bit, one header for each, nothing to inject.

    `message_id` is the same whenever the same letter is written: whoever gets it twice after
    all (from a server between) can tell.
    """
    letter = EmailMessage(policy=WRITTEN)
    letter["From"] = _address(draft.sender, draft.sender_name)
    letter["To"] = _address(draft.recipient)
    if draft.reply_to:
        letter["Reply-To"] = _address(draft.reply_to)
    letter["Subject"] = one_line(draft.subject)
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = f"<{message_id}>"
    if draft.in_reply_to:
        letter["In-Reply-To"] = draft.in_reply_to
        letter["References"] = draft.in_reply_to
    letter["Auto-Submitted"] = draft.submitted
    letter["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # Exchange knows no Auto-Submitted
    letter[SEQUENCE] = str(draft.sequence)
    if draft.digest:
        letter[DIGEST] = draft.digest
    letter.set_content(_printable(draft.text), cte="base64")
    if draft.calendar:
        letter.add_alternative(
            draft.calendar,
            maintype="text",
            subtype="calendar",
            cte="base64",
            params={"charset": "utf-8", "method": draft.method, "name": "invite.ics"},
        )
    return letter.as_bytes()


def _address(address: str, name: str = "") -> Address:
    return Address(display_name=one_line(name, 60), addr_spec=mail_address(address))


def _printable(text: str) -> str:
    return "".join(c for c in text if c == "\n" or c.isprintable())

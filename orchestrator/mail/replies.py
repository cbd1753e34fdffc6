"""A room answers an invitation that came by mail: METHOD:REPLY, from its own address."""

import hashlib
from datetime import datetime

from sqlalchemy import Connection

from calendars import imip
from calendars.addresses import address_in
from orchestrator.mail.compose import REPLIED, Draft, written
from orchestrator.mail.story import Office, Story, organiser_of, title_of, when
from orchestrator.store import mails
from rooms.ids import RoomId


def write(
    conn: Connection,
    now: datetime,
    office: Office,
    story: Story,
    key: str,
    *,
    rooms: tuple[RoomId, ...] | None = None,
    in_reply_to: str = "",
) -> None:
    """One letter of each room whose answer stands in the event."""
    organiser = organiser_of(story)
    if organiser is None or story.item is None:
        return
    domain = office.network.mail_domain
    for room in story.rooms if rooms is None else rooms:
        answer = imip.answer_in(story.item, room, domain)
        dedupe = f"{key}/{room}/{organiser.address}"
        if not answer or mails.known(conn, dedupe):
            continue
        own = address_in(office.network.address_of(room))
        assert own is not None
        name = office.network.room(room).name
        locale = organiser.locale
        facts = {
            "title": title_of(office, story, locale),
            "when": when(office, story, locale),
            "room": name,
            "link": story.link,
            "network": office.network.name,
        }
        link = story.link and answer == "ACCEPTED"
        comment = imip.comment_in(story.item)
        lines = [
            office.words(f"mail-text-reply-{answer}", locale, facts),
            *([comment] if comment else []),
            "",
            office.words("mail-what", locale, facts),
            office.words("mail-when", locale, facts),
            *([office.words("mail-link", locale, facts)] if link else []),
            "",
            "-- ",
            office.words("mail-signature-organiser", locale, facts),
        ]
        draft = Draft(
            sender=own,
            sender_name=name,
            recipient=organiser.address,
            subject=office.words(f"mail-subject-reply-{answer}", locale, facts),
            text="\n".join(lines) + "\n",
            calendar=imip.reply(story.item, room, domain, now),
            method="REPLY",
            submitted=REPLIED,
            in_reply_to=in_reply_to,
        )
        message = written(draft, message_id(dedupe, office), now)
        mails.add(
            conn, now, dedupe=dedupe, recipient=organiser.address, kind=f"reply-{answer}",
            booking=story.booking.id, message=message,
        )  # fmt: skip


def message_id(dedupe: str, office: Office) -> str:
    """The same letter always has the same one."""
    digest = hashlib.sha256(dedupe.encode()).hexdigest()[:32]
    return f"{digest}@{office.network.mail_domain}"

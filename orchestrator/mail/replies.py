"""Rooms answer invitations that came by mail, and our people those of organisers elsewhere."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from calendars import ical, imip
from calendars.addresses import address_in, one_line
from calendars.wording import slot_text
from orchestrator.mail.compose import REPLIED, Draft, written
from orchestrator.mail.story import (
    Office,
    Story,
    first_slot,
    organiser_of,
    title_of,
    when,
    without_method,
)
from orchestrator.store import mails, people
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


def write_answer(
    conn: Connection, now: datetime, office: Office, payload: dict[str, Any], key: str
) -> None:
    """One letter to an organiser elsewhere: what a person of ours answers to his invitation."""
    person, calendar = people.by_id(conn, payload["person"]), str(payload["reply"]).encode()
    dedupe = f"{key}/{payload['to']}"
    if person is None or not person.active or mails.known(conn, dedupe):
        return
    item = ical.parse(without_method(calendar), office.network.zone, stored=True)
    slot = slot_text(first_slot(item, office.network.zone), office.network.zone, office.locale,
                     office.words)  # fmt: skip
    facts = {
        "title": one_line(item.title, 120) or office.words("mail-no-title", office.locale, {}),
        "when": slot,
        "name": one_line(person.name, 60),
        "network": office.network.name,
    }
    said = payload["given"]
    lines = [office.words(f"mail-text-guest-{said}", office.locale, facts)]
    lines += [office.words(word, office.locale, facts) for word in ("mail-what", "mail-when")]
    lines += ["", "-- ", office.words("mail-signature", office.locale, facts)]
    draft = Draft(
        sender=office.mail.sender,
        sender_name=facts["name"],
        recipient=payload["to"],
        subject=office.words(f"mail-subject-reply-{said}", office.locale, facts),
        text="\n".join(lines) + "\n",
        calendar=calendar,
        method="REPLY",
        reply_to=person.email,
        submitted=REPLIED,
    )
    message = written(draft, message_id(dedupe, office), now)
    mails.add(
        conn, now, dedupe=dedupe, recipient=payload["to"], kind=f"answer-{said}",
        booking=None, message=message,
    )  # fmt: skip


def message_id(dedupe: str, office: Office) -> str:
    """The same letter always has the same one."""
    digest = hashlib.sha256(dedupe.encode()).hexdigest()[:32]
    return f"{digest}@{office.network.mail_domain}"

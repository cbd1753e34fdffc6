"""Who is told what of a booking: written with the outbox row that says it, sent later.

`Notices.write` is a scribe of the outbox: its letters are stored in the transaction that marks
the row done, each under a key made of the row and its reader, so that a kill between neither
loses nor doubles one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from calendars import imip
from calendars.addresses import one_line
from calendars.content import Line
from orchestrator.booking.outsiders import ANSWERED, CHANGED
from orchestrator.mail import replies
from orchestrator.mail.compose import Draft, written
from orchestrator.mail.story import (
    Office,
    Reader,
    Story,
    invited_to,
    named_in,
    organiser_of,
    read_event,
    read_story,
    room_names,
    sequence_before,
    title_of,
    when,
)
from orchestrator.store import bookings, mails

REQUESTED = "requested"
RELEASED = "released"
CLOSED, REOPENED = "closed", "reopened"
KINDS = {
    "booking.made": ("accepted", (bookings.CONFIRMED,)),
    "booking.approved": ("accepted", (bookings.CONFIRMED,)),
    "booking.requested": (REQUESTED, (REQUESTED,)),
    "booking.moved": ("moved", (bookings.CONFIRMED,)),
    "booking.changed": ("changed", (bookings.CONFIRMED,)),
    "booking.refused": ("refused", (bookings.DECLINED,)),
    "booking.displaced": ("displaced", (bookings.DECLINED, bookings.CANCELLED, bookings.CONFIRMED)),
    "booking.cancelled": ("cancelled", (bookings.CANCELLED,)),
    "booking.released": (RELEASED, (RELEASED, bookings.CANCELLED, bookings.CONFIRMED)),
    "booking.clash": ("clash", (bookings.CONFIRMED,)),
    "booking.closed": (CLOSED, bookings.HOLDING),
    "booking.reopened": (REOPENED, bookings.HOLDING),
}
ENDS = ("booking.displaced", "booking.released", "booking.refused")  # say more than "cancelled"
FOR_ORGANISER_ALONE = ("refused", REQUESTED, RELEASED, CLOSED, REOPENED)
SOME_DATES = ("clash", "some-displaced")  # the organiser is told which, the others what is left
FOR_INVITED_ALONE = ("changed",)
ENDED = ("cancelled", "displaced")  # of the rooms; the event itself may stand
GUESTS = "guests"  # what is told to guests of an event without a booking to tell of
_INVITING = ("invited", "moved", "changed")


@dataclass(frozen=True, slots=True)
class Notices:
    """The scribe."""

    office: Office

    def write(
        self, conn: Connection, now: datetime, row: int, topic: str, payload: dict[str, Any]
    ) -> None:
        """Write the letters of one outbox row."""
        if topic == CHANGED:
            event = read_event(conn, self.office, payload)
            if event is not None:
                self._tell_invited(conn, now, event, GUESTS, f"{event.booking.id}/{row}/{GUESTS}")
        if topic == ANSWERED:
            replies.write_answer(conn, now, self.office, payload, f"answer/{row}")
        if topic not in KINDS:
            return
        kind, states = KINDS[topic]
        story = read_story(conn, self.office, payload["booking"], payload.get("rooms", ()))
        if story is None or story.booking.state not in states:
            return  # it has changed again since: a later row says what counts
        if topic == "booking.cancelled" and mails.said_later(conn, row, story.booking.id, ENDS):
            return
        if kind == CLOSED and mails.said_later(conn, row, story.booking.id, ("booking.reopened",)):
            return
        if kind == REOPENED and CLOSED not in [one.kind for one in story.before.values()]:
            return
        if topic == "booking.displaced" and story.booking.state == bookings.CONFIRMED:
            kind = "some-displaced"
        key = f"{story.booking.id}/{row}/{kind}"
        if story.booking.door == bookings.MAIL and kind not in (CLOSED, REOPENED):
            if payload.get("by") != story.booking.organiser_id:
                replies.write(conn, now, self.office, story, key)
            return
        self.tell(conn, now, story, kind, key)

    def tell(self, conn: Connection, now: datetime, story: Story, kind: str, key: str) -> None:
        """Write to everybody whom this kind of news concerns."""
        organiser = organiser_of(story)
        if organiser is not None and kind not in FOR_INVITED_ALONE:
            method = "" if story.booking.door == bookings.MAIL else "PUBLISH"  # his is elsewhere
            self.letter(conn, now, story, kind, organiser, method, key)
        if kind not in FOR_ORGANISER_ALONE:
            self._tell_invited(conn, now, story, kind, key)

    def _tell_invited(
        self, conn: Connection, now: datetime, story: Story, kind: str, key: str
    ) -> None:
        for reader in invited_to(conn, self.office, story):
            before = story.before.get(reader.address)
            if before is None or before.kind == "cancelled":
                if kind not in ENDED and not story.gone and (reader.outside or kind != GUESTS):
                    self.letter(conn, now, story, "invited", reader, "REQUEST", key)
            elif story.gone:
                self.letter(conn, now, story, "cancelled", reader, "CANCEL", key)
            elif kind in (*ENDED, "moved") or story.digest.encode() not in before.message:
                said = "moved" if kind == "moved" else "changed"
                self.letter(conn, now, story, said, reader, "REQUEST", key)
        self._tell_put_out(conn, now, story, key)

    def _tell_put_out(self, conn: Connection, now: datetime, story: Story, key: str) -> None:
        """Those who were invited and are not any more."""
        kept = named_in(conn, self.office, story)
        for address, row in story.before.items():
            told = row.kind in _INVITING and b'method="REQUEST"' in row.message
            if told and address not in kept:
                reader = Reader(address=address, locale=self.office.locale)
                self.letter(conn, now, story, "cancelled", reader, "CANCEL", key)

    def letter(
        self,
        conn: Connection,
        now: datetime,
        story: Story,
        kind: str,
        reader: Reader,
        method: str,
        key: str,
    ) -> None:
        """Write one letter, once."""
        dedupe = f"{key}/{reader.address}"
        if mails.known(conn, dedupe):
            return
        before = story.before.get(reader.address)
        fresh = int(before is not None and kind != "reminder")
        sequence = sequence_before(before) + fresh
        calendar = b""
        if story.item is not None and method:
            sequence = max(sequence, imip.sequence_of(story.item.parts[0]))
            calendar = imip.told(story.item, method, self._organiser(story), sequence, now)
        say, locale = self.office.words, reader.locale
        facts = self._facts(story, locale)
        draft = Draft(
            sender=self.office.mail.sender,
            sender_name=self.office.network.name,
            recipient=reader.address,
            subject=say(f"mail-subject-{kind}", locale, facts),
            text=self._text(story, kind, reader, facts),
            calendar=calendar,
            method=method,
            reply_to="" if reader.organises else _address_of(story),
            sequence=sequence,
            digest=story.digest,
        )
        message = written(draft, replies.message_id(dedupe, self.office), now)
        mails.add(
            conn, now, dedupe=dedupe, recipient=reader.address, kind=kind,
            booking=story.booking.id, message=message,
        )  # fmt: skip

    def _facts(self, story: Story, locale: str) -> dict[str, object]:
        return {
            "title": title_of(self.office, story, locale),
            "when": when(self.office, story, locale),
            "name": one_line(story.organiser.name, 60),
            "network": self.office.network.name,
            "link": story.link,
        }

    def _text(self, story: Story, kind: str, reader: Reader, facts: dict[str, object]) -> str:
        def say(key: str, **more: object) -> str:
            return self.office.words(key, reader.locale, facts | more)

        dates = "mail-when-series" if story.booking.recurring else "mail-when"
        lines = [
            say("mail-hello-name", name=reader.name) if reader.name else say("mail-hello"),
            "",
            say(f"mail-text-{kind}"),
            *_reason(story, kind),
            "",
            say("mail-what"),
            say("mail-when" if kind == "reminder" else dates),
            *(say("mail-where", room=name) for name in room_names(self.office, story)),
            *([] if reader.organises else [say("mail-who")]),
            *([say("mail-link")] if story.link and kind in _WITH_LINK else []),
            "",
            "-- ",
            say("mail-signature-organiser" if reader.organises else "mail-signature"),
        ]
        return "\n".join(lines) + "\n"

    def _organiser(self, story: Story) -> Line:
        """Where answers go: to our door, if there is one."""
        ours = f"{story.organiser.login}@{self.office.network.mail_domain}"
        own = "" if self.office.mail.door else _address_of(story)
        line = Line("ORGANIZER", f"mailto:{own or ours}")
        return line.with_param("CN", one_line(story.organiser.name, 60))


_WITH_REASON = (
    "refused",
    "displaced",
    "cancelled",
    *SOME_DATES,
    "moved",
    "accepted",
    REQUESTED,
    CLOSED,
)
_WITH_LINK = ("accepted", "invited", "moved", "changed", "reminder")


def _address_of(story: Story) -> str:
    found = organiser_of(story)
    return found.address if found else ""


def _reason(story: Story, kind: str) -> list[str]:
    if kind not in _WITH_REASON:
        return []
    comment = imip.comment_in(story.item) if story.item else ""
    return ["", comment] if comment else []

"""Letters to whoever runs a centre: something is wrong in a room that is about to be needed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from calendars.addresses import address_in
from calendars.booking import Slot
from calendars.wording import slot_text
from orchestrator import roles
from orchestrator.alerts.seen import Alert, Need, Standing
from orchestrator.mail import replies
from orchestrator.mail.compose import Draft, written
from orchestrator.mail.story import Office, Reader
from orchestrator.store import mails, people
from orchestrator.store.people import PersonRow
from rooms.ids import CentreId

KIND = "alert"


@dataclass(frozen=True, slots=True)
class AlertLetters:
    """Writes to the animateurs of the room's centre who are on duty; when nobody is, to all of
    them; where there is none, to the administrators."""

    office: Office

    def write(self, conn: Connection, now: datetime, standing: Standing) -> None:
        """One letter to each of them, once for the session that needs the room, whoever comes on
        duty later: who was told is said on the page."""
        alert, need = standing.alert, standing.need
        centre = self.office.network.centre_of(alert.room).id
        if need is None or told_of(conn, centre, alert, need):
            return
        for reader in staff_of(conn, centre, standing.duty):
            self._letter(conn, now, _key(alert, need, reader), alert, need, reader)

    def _letter(
        self, conn: Connection, now: datetime, key: str, alert: Alert, need: Need, reader: Reader
    ) -> None:
        facts = self._facts(alert, need, reader.locale)
        draft = Draft(
            sender=self.office.mail.sender,
            sender_name=self.office.network.name,
            recipient=reader.address,
            subject=self.office.words("mail-subject-alert", reader.locale, facts),
            text=self._text(alert, reader, facts),
        )
        message = written(draft, replies.message_id(key, self.office), now)
        mails.add(
            conn, now, dedupe=key, recipient=reader.address, kind=KIND, booking=None,
            message=message,
        )  # fmt: skip

    def _facts(self, alert: Alert, need: Need, locale: str) -> dict[str, object]:
        network = self.office.network
        centre = network.centre_of(alert.room)
        return {
            "title": need.title or self.office.words("mail-no-title", locale, {}),
            "when": slot_text(
                Slot(need.starts_at, need.ends_at), centre.zone, locale, self.office.words
            ),
            "room": network.room(alert.room).name,
            "centre": centre.name,
            "network": network.name,
            "link": f"{self.office.public_url.rstrip('/')}/centres/{centre.id}",
        }

    def _text(self, alert: Alert, reader: Reader, facts: dict[str, object]) -> str:
        def say(key: str, **more: object) -> str:
            return self.office.words(key, reader.locale, facts | more)

        wrong, remedy = alert.said(self.office.words, reader.locale)
        lines = [
            say("mail-hello-name", name=reader.name),
            "",
            say("mail-text-alert"),
            wrong,
            "",
            remedy,
            "",
            say("mail-what"),
            say("mail-when"),
            say("mail-alert-link"),
            "",
            "-- ",
            say("mail-signature-organiser"),
        ]
        return "\n".join(lines) + "\n"


def staff_of(
    conn: Connection, centre: CentreId, duty: frozenset[str] = frozenset()
) -> list[Reader]:
    """Those who run the centre, are on `duty` (by their logins) and have an address; without any,
    those who run it; without any of these, the administrators."""
    known = [one for one in people.everyone(conn) if one.active and _address(one)]
    mine = [one for one in known if _runs(one, centre)]
    present = [one for one in mine if one.login in duty]
    return _readers(present or mine or [one for one in known if one.role == roles.ADMIN])


def told_of(conn: Connection, centre: CentreId, alert: Alert, need: Need) -> list[str]:
    """The names of those to whom a letter of this alert was written."""
    return [
        reader.name
        for reader in staff_of(conn, centre)
        if mails.known(conn, _key(alert, need, reader))
    ]


def animateur_told(conn: Connection, centre: CentreId, alert: Alert, need: Need) -> bool:
    """Whether a letter of this alert has left for somebody who runs the centre himself."""
    mine = [one for one in people.everyone(conn) if _runs(one, centre)]
    return any(mails.sent(conn, _key(alert, need, reader)) for reader in _readers(mine))


def _runs(person: PersonRow, centre: CentreId) -> bool:
    return person.active and person.role == roles.ANIMATEUR and centre in person.centres


def _readers(people_: list[PersonRow]) -> list[Reader]:
    return [Reader(address=_address(one), locale=one.locale, name=one.name) for one in people_]


def _key(alert: Alert, need: Need, reader: Reader) -> str:
    parts = (KIND, need.session, alert.room, alert.key, alert.device or "", reader.address)
    return "/".join(parts)


def _address(person: PersonRow) -> str:
    return address_in(f"mailto:{person.email}") or ""

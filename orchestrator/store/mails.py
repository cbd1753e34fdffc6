"""Letters that wait, leave and have left; and what came in."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from orchestrator.store.instants import seconds
from orchestrator.store.tables import outbox
from orchestrator.store.tables_outside import mails, mails_received, outside_letters
from rooms.ids import new_id

EVENT = "ev-"
WAITING, SENDING, SENT, FAILED, UNSURE = "waiting", "sending", "sent", "failed", "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """One letter to one person."""

    id: str
    dedupe: str
    recipient: str
    kind: str
    booking_id: str | None
    message: bytes
    state: str
    tries: int
    created_at: int
    error: str | None = None


_COLUMNS = tuple(mails.c[name] for name in MailRow.__dataclass_fields__)


def add(
    conn: Connection,
    now: datetime,
    *,
    dedupe: str,
    recipient: str,
    kind: str,
    booking: str | None,
    message: bytes,
) -> bool:
    """Let a letter wait; False when the same one was written before."""
    values = {
        "id": new_id(f"ml-{time.time_ns():016x}"),  # in the order written
        "dedupe": dedupe,
        "recipient": recipient,
        "kind": kind,
        "booking_id": booking,
        "message": message,
        "state": WAITING,
        "tries": 0,
        "next_at": seconds(now),
        "created_at": seconds(now),
    }
    done = conn.execute(insert(mails).values(**values).on_conflict_do_nothing())
    return done.rowcount == 1


def known(conn: Connection, dedupe: str) -> bool:
    """Whether this very letter was written before."""
    return conn.execute(select(mails.c.id).where(mails.c.dedupe == dedupe)).first() is not None


def sent(conn: Connection, dedupe: str) -> bool:
    """Whether a mail server has taken this very letter."""
    query = select(mails.c.id).where(mails.c.dedupe == dedupe, mails.c.state == SENT)
    return conn.execute(query).first() is not None


def begun_with(conn: Connection, prefix: str) -> bool:
    """Whether a letter was written whose key begins so."""
    column = mails.c.dedupe
    return (
        conn.execute(
            select(mails.c.id).where(column >= prefix, column < prefix + "\uffff").limit(1)
        ).first()
        is not None
    )


def due(conn: Connection, now: datetime, most: int) -> list[MailRow]:
    """What may leave now, the oldest first."""
    query = (
        select(*_COLUMNS)
        .where(mails.c.state == WAITING, mails.c.next_at <= seconds(now))
        .order_by(mails.c.next_at, mails.c.created_at, mails.c.id)
        .limit(most)
    )
    return [MailRow(**row._mapping) for row in conn.execute(query)]


def begin(conn: Connection, mail: str) -> bool:
    """From now on nobody may send it again: its last dot may leave at any moment."""
    done = conn.execute(
        update(mails).where(mails.c.id == mail, mails.c.state == WAITING).values(state=SENDING)
    )
    return done.rowcount == 1


def settle(
    conn: Connection,
    now: datetime,
    mail: str,
    state: str,
    *,
    error: str | None = None,
    again: datetime | None = None,
) -> None:
    """What became of it."""
    values = {
        "state": state,
        "error": error,
        "tries": mails.c.tries + 1,
        "sent_at": seconds(now) if state == SENT else None,
    }
    if again is not None:
        values["next_at"] = seconds(again)
    conn.execute(update(mails).where(mails.c.id == mail).values(**values))


def left_sending(conn: Connection) -> list[str]:
    """After a kill: letters whose last dot may have left are not sent again. Their ids."""
    ids = list(conn.execute(select(mails.c.id).where(mails.c.state == SENDING)).scalars())
    if ids:
        conn.execute(update(mails).where(mails.c.id.in_(ids)).values(state=UNSURE, error="killed"))
    return ids


def last_of(conn: Connection, *abouts: str) -> dict[str, MailRow]:
    """The newest letter of an event to each of its recipients, reminders apart.

    An event has had several bookings, or none (then `event_key`).
    """
    query = (
        select(*_COLUMNS)
        .where(mails.c.booking_id.in_(abouts), mails.c.kind != "reminder")
        .order_by(mails.c.created_at, mails.c.id)
    )
    return {row.recipient: MailRow(**row._mapping) for row in conn.execute(query)}


def event_key(organiser: str, uid: str) -> str:
    """What letters of an event are filed under that has no booking."""
    return f"{EVENT}{organiser}-{hashlib.sha256(uid.encode()).hexdigest()[:20]}"


def asked_for(conn: Connection, person: str, since: datetime) -> int:
    """How many letters to people outside somebody asked for since."""
    query = select(func.coalesce(func.sum(outside_letters.c.number), 0)).where(
        outside_letters.c.person_id == person, outside_letters.c.at > seconds(since)
    )
    return int(conn.execute(query).scalar_one())


def ask_for(conn: Connection, person: str, now: datetime, number: int) -> None:
    """Note that he asked for some more."""
    values = {"person_id": person, "at": seconds(now), "number": number}
    conn.execute(insert(outside_letters).values(**values))


def counts(conn: Connection) -> dict[str, int]:
    """How many letters there are in each state."""
    query = select(mails.c.state, func.count()).group_by(mails.c.state)
    return {row[0]: row[1] for row in conn.execute(query)}


def forget(conn: Connection, before: datetime) -> int:
    """Letters of long ago, whatever became of them: how many."""
    old = mails.c.created_at < seconds(before)
    done = conn.execute(delete(mails).where(old, mails.c.state.not_in((WAITING, SENDING))))
    conn.execute(delete(mails_received).where(mails_received.c.at < seconds(before)))
    conn.execute(delete(outside_letters).where(outside_letters.c.at < seconds(before)))
    return done.rowcount


def said_later(conn: Connection, row: int, booking: str, topics: Sequence[str]) -> bool:
    """Whether an open outbox row after this one says one of these of the booking."""
    query = select(outbox.c.payload).where(
        outbox.c.id > row, outbox.c.done_at.is_(None), outbox.c.topic.in_(topics)
    )
    return any(found.payload.get("booking") == booking for found in conn.execute(query))


# --- what came in -----------------------------------------------------------


def outcome_of(conn: Connection, message_id: str) -> str | None:
    """What was done with a message that came before."""
    query = select(mails_received.c.outcome).where(mails_received.c.message_id == message_id)
    return conn.execute(query).scalar_one_or_none()


def last_outcome(conn: Connection, sender: str, prefix: str) -> str | None:
    """The greatest of a sender's outcomes that begins so."""
    column = mails_received.c.outcome
    query = select(func.max(column)).where(
        mails_received.c.sender == sender, column >= prefix, column < prefix + "\uffff"
    )
    return conn.execute(query).scalar_one_or_none()


def receive(
    conn: Connection, now: datetime, message_ids: Sequence[str], sender: str, outcome: str
) -> None:
    """Remember that these were answered."""
    for message_id in message_ids:
        conn.execute(
            insert(mails_received)
            .values(message_id=message_id, sender=sender, outcome=outcome, at=seconds(now))
            .on_conflict_do_nothing()
        )

"""Invitations between people of the network (RFC 6638), in the transaction of the write.

What an organiser writes reaches the calendars and inboxes of the people he invites; what they
answer, by changing or deleting their copy, reaches his event and his inbox. Nobody's client sends
anything.
"""

from dataclasses import dataclass, field, replace

from calendars import ical, itip, scheduling
from calendars.ical import CalendarItem
from calendars.server.port import Stored
from orchestrator.booking import outsiders
from orchestrator.booking.event import Prepared
from orchestrator.booking.invited import Post
from orchestrator.booking.ledger import Entry
from orchestrator.store import calendar_items as items
from orchestrator.store.calendar_items import CalendarRow, ItemRow

DECLINED = "DECLINED"
GIVEN = ("ACCEPTED", "TENTATIVE", DECLINED)


@dataclass(slots=True, kw_only=True)
class Invitations:
    """The post of one entry, in the name of its person."""

    entry: Entry
    post: Post = field(init=False)  # what he delivers as an organiser

    def __post_init__(self) -> None:
        """For the person of the entry."""
        self.post = Post(books=self.entry, owner=self.entry.person.id)

    def keep_answers(self, item: CalendarItem, before: ItemRow | None) -> None:
        """What people answered stays, though the organiser's client did not know of it yet."""
        if before is not None and self.post.organises(item):
            scheduling.keep_answers(item, self.post.read(before.body), self._may_answer)

    def _may_answer(self, address: str) -> bool:
        """People, here or elsewhere; what rooms answer is the ledger's."""
        return itip.room_of(address, self.post.domain) is None

    def after_put(
        self, home: CalendarRow, name: str, before: ItemRow | None, event: Prepared
    ) -> Stored | None:
        """Deliver what was stored; the event as it is then, if that changed it."""
        if home.owner_kind == items.INBOX:
            return None
        stored = items.item(self.entry.conn, home.id, name)
        if stored is None:
            return None
        item = self.entry.written.pop(stored.etag, None) or self.post.read(stored.body)
        if not item.parts[0].lines("ORGANIZER") and not item.parts[0].lines("ATTENDEE"):
            return None
        if self.post.organises(item):
            self.entry.events.pop((home.id, name), None)
            old = self.post.read(before.body) if before else None
            stored = self.post.deliver(home, stored, item, old)
            tag = stored.schedule_tag or stored.etag
        else:
            stored = self._reply_outside(home, stored, item, before) or stored
            self._reply(item)
            if scheduling.partstat(item.parts[0], self.post.is_owner) == DECLINED:
                items.place(self.entry.conn, home.id, name, ())
            tag = self._tag(item, before) or stored.etag
            items.tag(self.entry.conn, home.id, name, tag)
        rewritten = stored.body != event.sent
        return Stored(etag=stored.etag, rewritten=rewritten, schedule_tag=tag)

    def _tag(self, item: CalendarItem, before: ItemRow | None) -> str | None:
        """The tag it had, if a guest only answered."""
        if before is None:
            return None
        same = scheduling.only_answers_differ(item, self.post.read(before.body))
        return before.schedule_tag if same else None

    def after_delete(self, home: CalendarRow, gone: ItemRow, *, tell: bool) -> None:
        """Call off what an organiser deletes; decline what an invited person deletes."""
        item = self.post.read(gone.body)
        if self.post.organises(item):
            self.entry.events.pop((home.id, gone.name), None)
            self.post.call_off(item, home, gone.name)
        elif tell and not scheduling.called_off(item):
            said = scheduling.partstat(item.parts[0], self.post.is_owner)
            scheduling.answer(item, self.post.is_owner, DECLINED)
            self._reply(item)
            if said not in ("", DECLINED) and self._is_organised_outside(item):
                outsiders.answer(
                    self.entry, self.entry.person.id, item, self.post.is_owner, DECLINED
                )

    def _reply_outside(
        self, home: CalendarRow, stored: ItemRow, item: CalendarItem, before: ItemRow | None
    ) -> ItemRow | None:
        """Tell an organiser elsewhere of a new answer; the copy as it is stored then."""
        post = self.post
        given = scheduling.partstat(item.parts[0], post.is_owner)
        old = post.read(before.body) if before else None
        known = scheduling.partstat(old.parts[0], post.is_owner) if old else ""
        if given not in GIVEN or given == known or not self._is_organised_outside(item):
            return None
        status = outsiders.answer(self.entry, post.owner, item, post.is_owner, given)
        if not status:
            return None
        for part in item.parts:
            for line in part.lines("ORGANIZER"):
                part.replace(line, line.with_param("SCHEDULE-STATUS", status))
        body = ical.serialise(item)
        post.save(home, stored.name, stored.uid, body)
        return replace(stored, body=body, etag=items.etag_of(body))

    def _is_organised_outside(self, item: CalendarItem) -> bool:
        address = item.parts[0].value("ORGANIZER").strip()
        ours = address.lower().endswith(f"@{self.post.domain.lower()}")
        return bool(address) and not ours and self.post.person(address) is None

    def _reply(self, item: CalendarItem) -> None:
        """Write a guest's answer into the organiser's event."""
        post = self.post
        organiser = post.person(item.parts[0].value("ORGANIZER"))
        found = post.copy_of(organiser.id, item.uid) if organiser else None
        if organiser is None or found is None:
            return
        home, theirs = found
        event_there = post.read(theirs.body)
        if post.person(event_there.parts[0].value("ORGANIZER")) != organiser:
            return
        if not scheduling.take_answers(event_there, item, post.is_owner):
            return
        body = ical.serialise(event_there)
        if body == theirs.body:
            return
        tag = theirs.schedule_tag or theirs.etag
        post.save(home, theirs.name, theirs.uid, body)
        items.tag(self.entry.conn, home.id, theirs.name, tag)
        post.drop_in(organiser.id, scheduling.message("REPLY", item, post.is_owner))

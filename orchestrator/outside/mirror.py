"""One room's calendar, here and on another server, brought together.

Each round looks there, compares (`calendars.reconcile`) and does what is to be done; what is
noted is noted in the transaction of what it notes. There is no queue of writes to lose: what the
room's calendar says here, committed with the booking, is what is to stand there. Before a write
its place is noted, so that one whose answer never came is known as ours.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from calendars import elsewhere
from calendars.reconcile import Action, Do, Link, Theirs, There, reconcile
from calendars.remote import Changed, Changes, RemoteCalendar, RemoteError
from orchestrator.booking import Bookings
from orchestrator.booking.event import Prepared, prepare
from orchestrator.booking.guest import guest_of
from orchestrator.booking.ledger import Entry
from orchestrator.outside.shelf import hashed, ours_of, uid_of
from orchestrator.store import remotes
from orchestrator.store.bookings import REMOTE
from orchestrator.store.calendar_items import item
from orchestrator.store.remotes import Shelved
from rooms.errors import MargerideError
from rooms.ids import RoomId

log = logging.getLogger(__name__)
DOOR = REMOTE
LONGEST_ERROR = 300
ROUNDS = 4  # what a write of ours made of the other side is looked at again at once


@dataclass(slots=True, kw_only=True)
class Seen:
    """What stands there, as far as it is known."""

    changes: Changes
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    theirs: dict[str, Theirs] = field(default_factory=dict)
    short: bool = False  # an object that changed could not be had


class Mirror:
    """One room. `bring_together` is not to be run twice at once."""

    def __init__(self, bookings: Bookings, room: RoomId) -> None:
        network = bookings.rules.network
        centre = network.centre_of(room)
        self._bookings = bookings
        self._database = bookings.database
        self._room = room
        self._zone = centre.zone
        self._domain = network.mail_domain
        self._looks = 0
        self._guest = guest_of(network, room)

    async def bring_together(self, there: RemoteCalendar, list_every: int, now: datetime) -> None:
        """Until nothing is left to do. RemoteError when the other server does not let us."""
        troubles: list[str] = []
        for number in range(ROUNDS):
            row = await self._database.read(lambda conn: remotes.get(conn, self._room))
            if row is None:
                return
            # A token that is still good says that the calendar is the one we knew: asked first.
            everything = number == 0 and self._looks > 0 and self._looks % list_every == 0
            changes = await there.look(row.token or "", everything=everything)
            seen = await self._seen(there, changes, now)
            actions = await self._plan(seen, now)
            done = [await self._do(action, there, seen, now) for action in actions]
            troubles = [trouble for trouble in done if trouble]
            await self._agree(None if troubles or seen.short else changes.token, now)
            if not actions or troubles:
                break
        self._looks += 1
        if troubles:
            raise RemoteError("remote-refused-some", number=len(troubles), detail=troubles[0])

    async def _agree(self, token: str | None, now: datetime) -> None:
        await self._database.write(lambda conn: remotes.looked(conn, now, self._room, token))

    # what stands on both sides

    async def _seen(self, there: RemoteCalendar, changes: Changes, now: datetime) -> Seen:
        links = {link.href: link for link in await self._links()}
        etags = dict(changes.etags)
        if not changes.complete:
            known = {h: link.etag for h, link in links.items() if h not in changes.gone}
            etags = {href: etag for href, etag in known.items() if etag} | etags
            # A write whose answer never came is in no list of ours: look where it would stand.
            unsure = [href for href, link in links.items() if link.etag is None]
            changed = [*etags.keys() & changes.etags.keys(), *unsure]
        else:
            changed = list(etags)
        fetch = [
            href
            for href in dict.fromkeys(changed)
            if href not in links or etags.get(href) != links[href].etag
        ]
        bodies = await there.bodies(fetch) if fetch else {}
        theirs = await asyncio.to_thread(self._read, etags, bodies, links, now)
        short = any(href not in bodies for href in fetch if href in etags)
        return Seen(changes=changes, bodies=bodies, theirs=theirs, short=short)

    def _read(
        self,
        etags: Mapping[str, str],
        bodies: Mapping[str, tuple[str, bytes]],
        links: Mapping[str, Link],
        now: datetime,
    ) -> dict[str, Theirs]:
        theirs = {}
        for href in etags.keys() - bodies.keys() & links.keys():
            link = links[href]  # as it was; also when what it became could not be had
            if link.etag is not None:
                theirs[href] = Theirs(
                    href=href, etag=link.etag, uid=link.uid, digest=link.seen or ""
                )
        for href, (etag, body) in bodies.items():
            said = elsewhere.read(body, self._zone, now)
            theirs[href] = Theirs(
                href=href, etag=etag, uid=said.uid, digest=said.digest,
                holds=said.holds, to_come=said.to_come,
            )  # fmt: skip
        return theirs

    async def _plan(self, seen: Seen, now: datetime) -> list[Action]:
        links = await self._links()
        shelf = await self._database.read(lambda conn: remotes.shelf(conn, self._room))
        known = {link.name: link for link in links}
        doubtful = [one for one in shelf if _is_doubtful(one, known.get(one.name))]
        digests = await asyncio.to_thread(self._digests, doubtful)
        ours = [
            ours_of(one, self._room, self._domain, now, digests.get(one.name, "")) for one in shelf
        ]
        there = There(objects=seen.theirs, forgot=seen.changes.forgot)
        return reconcile(ours, there, links)

    def _digests(self, shelf: list[Shelved]) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            one.name: elsewhere.read(self._outgoing(one), self._zone, now).digest for one in shelf
        }

    def _outgoing(self, one: Shelved) -> bytes:
        say = self._bookings.rules.say
        private = say("calendar-private-title", self._guest.locale)
        return elsewhere.outgoing(
            one.body, uid_of(one, self._room, self._domain), self._zone, self._domain, private
        )

    # what is done

    async def _do(self, action: Action, there: RemoteCalendar, seen: Seen, now: datetime) -> str:
        """Do it; a short word when it could not be done."""
        theirs = seen.theirs.get(action.href)
        try:
            match action.do:
                case Do.BOOK:
                    await self._book(action, seen, now)
                case Do.FREE:
                    await self._free(action, now)
                case Do.ADOPT:
                    await self._adopt(action, theirs)
                case Do.LEAVE:
                    await self._leave(action.href, theirs)
                case Do.FORGET:
                    await self._forget(action.href)
                case Do.DELETE:
                    await there.delete(action.href, action.etag or "")
                    await self._forget(action.href)
                case Do.UPDATE | Do.WRITE:
                    await self._write(action, there, theirs, now)
        except Changed:
            return ""  # the next round sees what it became
        except MargerideError as error:
            if isinstance(error, RemoteError) and error.key != "remote-refused":
                raise
            log.warning("%s: %s of %s: %s", self._room, action.do, action.href, error)
            told = self._worded(error)[:LONGEST_ERROR]
            await self._database.write(
                lambda conn: remotes.complain(conn, self._room, action.href, told)
            )
            return str(error.fields.get("status", error.key))
        return ""

    async def _book(self, action: Action, seen: Seen, now: datetime) -> None:
        """Put what stands there in the room's calendar here: judged, and marked if it lost."""
        theirs = seen.theirs[action.href]
        body = seen.bodies[action.href][1]
        known = {link.href: link for link in await self._links()}.get(action.href)
        name = action.name or f"{DOOR}-{hashed(action.href)}.ics"
        network = self._bookings.rules.network
        try:
            if known is not None and known.ours:
                mine = await self._database.read(lambda conn: remotes.shelf(conn, self._room, name))
                if mine:
                    body = elsewhere.incoming(body, mine[0].body, self._zone)
            event = await asyncio.to_thread(prepare, network, body, self._room, now)
            link = Link(
                href=action.href, name=name, uid=theirs.uid, etag=theirs.etag, seen=theirs.digest,
                ours=known is not None and known.ours,
            )  # fmt: skip
            await self._bookings.write(
                self._guest, now, lambda entry: self._put(entry, name, event, link), DOOR
            )
        except MargerideError as error:
            log.warning("%s: %s is not booked: %s", self._room, action.href, error)
            await self._leave(action.href, theirs, self._worded(error))

    def _worded(self, error: MargerideError) -> str:
        said = error.fields.get("sentence")
        words = self._bookings.rules.words
        return str(said or words(error.key, self._guest.locale, error.fields))

    def _put(self, entry: Entry, name: str, event: Prepared, link: Link) -> None:
        shelf = entry.rules.room_calendar(entry.conn, self._room)
        stored = entry.put(shelf, name, event)
        kept = item(entry.conn, shelf.id, name)
        sent = kept.etag if kept is not None and not stored.rewritten else None
        remotes.link(entry.conn, self._room, replace(link, sent=sent))

    async def _free(self, action: Action, now: datetime) -> None:
        def work(entry: Entry) -> None:
            shelf = entry.rules.room_calendar(entry.conn, self._room)
            entry.delete(shelf, action.name)
            remotes.forget(entry.conn, self._room, action.href)

        await self._bookings.write(self._guest, now, work, DOOR)

    async def _adopt(self, action: Action, theirs: Theirs | None) -> None:
        """Both are the same already: note it."""
        if theirs is None:
            return
        known = {link.name: link for link in await self._links()}.get(action.name)
        ours = known.ours if known is not None else True

        def work(conn: Connection) -> None:
            for one in remotes.shelf(conn, self._room, action.name):
                sent = one.etag if known is None or known.etag is None else known.sent
                remotes.link(
                    conn, self._room,
                    Link(href=theirs.href, name=one.name, uid=theirs.uid, etag=theirs.etag,
                         seen=theirs.digest, sent=sent, ours=ours),
                )  # fmt: skip

        await self._database.write(work)

    async def _leave(self, href: str, theirs: Theirs | None, error: str | None = None) -> None:
        if theirs is not None:
            link = Link(href=href, uid=theirs.uid, etag=theirs.etag, seen=theirs.digest)
            await self._database.write(
                lambda conn: remotes.link(conn, self._room, link, error and error[:LONGEST_ERROR])
            )

    async def _forget(self, href: str) -> None:
        await self._database.write(lambda conn: remotes.forget(conn, self._room, href))

    async def _write(
        self, action: Action, there: RemoteCalendar, theirs: Theirs | None, now: datetime
    ) -> None:
        shelf = await self._database.read(lambda conn: remotes.shelf(conn, self._room, action.name))
        if not shelf:
            return
        known = {link.href: link for link in await self._links()}.get(action.href)
        one, ours = shelf[0], known is None or known.ours
        body = self._outgoing(one) if ours else one.body
        if known is None:  # ours from now on, whether or not the answer reaches us
            uid = uid_of(one, self._room, self._domain)
            await self._note(Link(href=action.href, name=one.name, uid=uid, ours=True))
        if action.do is Do.WRITE:
            etag = await there.create(action.href, body)
        else:
            etag = await there.update(action.href, body, action.etag or "")
        await self._written(there, action.href, one, etag, body, ours, now)

    async def _written(
        self, there: RemoteCalendar, href: str, one: Shelved, etag: str, body: bytes,
        ours: bool, now: datetime,
    ) -> None:  # fmt: skip
        """Note what stands there now, as the server keeps it."""
        sent = elsewhere.read(body, self._zone, now)
        found = await there.get(href)
        kept = elsewhere.read(found[1], self._zone, now) if found else sent
        # Without this ETag in the answer it may be somebody else's change that stands there.
        certain = found is not None and etag and found[0] == etag
        seen = kept.digest if certain else sent.digest
        await self._note(
            Link(href=href, name=one.name, uid=kept.uid, sent=one.etag, seen=seen, ours=ours,
                 etag=found[0] if found and (certain or kept.digest == sent.digest) else etag),
        )  # fmt: skip

    async def _note(self, link: Link) -> None:
        await self._database.write(lambda conn: remotes.link(conn, self._room, link))

    async def _links(self) -> list[Link]:
        return await self._database.read(lambda conn: remotes.links(conn, self._room))


def _is_doubtful(one: Shelved, link: Link | None) -> bool:
    """Whether it must be compared with what stands there by what it says."""
    return one.held and (link is None or link.etag is None)

"""A room's calendar kept here and on another server: what is to be done so that both agree.

Pure: what stands here, what stands there, and what both were when they last agreed go in; actions
come out. Nothing depends on how the two came apart (a server away for a day, a process killed
between a request and its answer, a restored backup), for only the states are compared.

Our judge decides: whatever appears or changes there is to be booked here, and what it refuses is
written back there, marked. Of a change on both sides, what was accepted here stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

ALL_AT_ONCE = 2
"""From so many on, objects that are all gone at once were lost, not deleted one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """An object of the room's calendar here."""

    name: str
    etag: str
    href: str  # where it is written there: made of the booking's id
    uid: str  # under which it is written there
    digest: str  # of its facts, as they are written there
    held: bool  # it holds the room, so that it belongs there
    at_home: bool  # the event of record is here, so that a change there may change it
    to_come: bool = True  # it has a date ahead; what is over is not written any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """An object of the calendar there."""

    href: str
    etag: str
    uid: str = ""
    digest: str = ""  # of its facts; empty for what cannot be read
    holds: bool = False  # it takes time: something to judge
    to_come: bool = True  # it has a date ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What both sides were when they last agreed on one object."""

    href: str
    name: str = ""  # ours; empty for what is left alone
    uid: str = ""
    etag: str | None = None  # theirs; None: we were about to write it
    seen: str | None = None  # digest of theirs
    sent: str | None = None  # etag of ours
    ours: bool = False  # we put it there


class Do(StrEnum):
    """What is done about one object, in this order: what frees a slot comes first."""

    FREE = "free"  # gone or called off there: delete it here
    BOOK = "book"  # new or changed there: put it in the room's calendar here, through the judge
    ADOPT = "adopt"  # already the same on both sides: note it
    LEAVE = "leave"  # nothing to judge: note that it was seen
    FORGET = "forget"  # gone on both sides
    DELETE = "delete"  # gone here: delete it there
    UPDATE = "update"  # write ours over theirs (If-Match)
    WRITE = "write"  # write ours anew (If-None-Match)


ORDER = tuple(Do)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do. `etag` is what stands there now, for If-Match."""

    do: Do
    href: str
    name: str = ""
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """The whole calendar there. `forgot`: its history is broken, so that an absence says nothing
    about what people did (an invalid sync token after a restored backup, a calendar made anew)."""

    objects: Mapping[str, Theirs]  # by href
    forgot: bool = False


def reconcile(ours: Iterable[Ours], there: There, links: Iterable[Link]) -> list[Action]:
    """Everything to do, once; nothing when both sides agree."""
    return _Case(list(ours), there, list(links)).actions()


WRITES = frozenset({Do.DELETE, Do.UPDATE, Do.WRITE})


def unwritten(ours: Iterable[Ours], links: Iterable[Link]) -> int:
    """How many writes are still to be made there, as far as is known without looking."""
    known = list(links)
    there = {
        link.href: Theirs(href=link.href, etag=link.etag, uid=link.uid, digest=link.seen or "")
        for link in known
        if link.etag is not None
    }
    return sum(action.do in WRITES for action in reconcile(ours, There(objects=there), known))


class _Case:
    def __init__(self, ours: list[Ours], there: There, links: list[Link]) -> None:
        self.ours = {mine.name: mine for mine in ours}
        self.theirs = there.objects
        self.links = links
        placed = [link for link in links if link.name and link.etag is not None]
        gone = [link for link in placed if link.href not in self.theirs]
        emptied = len(placed) >= ALL_AT_ONCE and len(gone) == len(placed)
        self.forgot = there.forgot or emptied

    def actions(self) -> list[Action]:
        known_here = {link.name for link in self.links}
        known_there = {link.href for link in self.links}
        found = [action for link in self.links for action in self._linked(link)]
        for mine in self.ours.values():
            if mine.name not in known_here and mine.held and mine.to_come:
                action = self._unlinked_here(mine, known_there)
                known_there.add(action.href)
                found.append(action)
        for theirs in self.theirs.values():
            if theirs.href not in known_there:
                found.append(_unlinked_there(theirs))
        return sorted(found, key=lambda action: (ORDER.index(action.do), action.href))

    def _linked(self, link: Link) -> Iterator[Action]:
        mine, theirs = self.ours.get(link.name), self.theirs.get(link.href)
        if mine is not None and theirs is not None:
            yield from self._both(link, mine, theirs)
        elif mine is not None:
            yield self._only_here(link, mine)
        elif theirs is not None:
            yield from _only_there(link, theirs)
        else:
            yield Action(do=Do.FORGET, href=link.href)

    def _both(self, link: Link, mine: Ours, theirs: Theirs) -> Iterator[Action]:
        def act(do: Do) -> Action:
            return Action(do=do, href=link.href, name=mine.name, etag=theirs.etag)

        if link.ours and not mine.held and not mine.at_home:
            yield act(Do.DELETE)
        elif link.etag is None:  # killed, perhaps, between the request and its answer
            yield act(Do.ADOPT if theirs.digest == mine.digest else Do.UPDATE)
        elif mine.etag != link.sent:
            yield act(Do.UPDATE)
        elif _changed(link, theirs):
            yield act(_follow(mine, theirs))
        elif theirs.etag != link.etag:
            yield act(Do.ADOPT)

    def _only_here(self, link: Link, mine: Ours) -> Action:
        deleted_there = link.etag is not None and mine.etag == link.sent and not self.forgot
        if deleted_there:
            return Action(do=Do.FREE, href=link.href, name=mine.name)
        if mine.held:
            return Action(do=Do.WRITE, href=link.href, name=mine.name)
        return Action(do=Do.FORGET, href=link.href)

    def _unlinked_here(self, mine: Ours, taken: set[str]) -> Action:
        by_uid = (theirs for theirs in self.theirs.values() if theirs.uid == mine.uid)
        theirs = self.theirs.get(mine.href) or next(by_uid, None)
        if theirs is None or theirs.href in taken:
            return Action(do=Do.WRITE, href=mine.href, name=mine.name)
        do = Do.ADOPT if theirs.digest == mine.digest else Do.UPDATE
        return Action(do=do, href=theirs.href, name=mine.name, etag=theirs.etag)


def _follow(mine: Ours, theirs: Theirs) -> Do:
    """What becomes of a change made there."""
    if theirs.digest and not theirs.holds:
        return Do.FREE  # called off: what is left there is left alone from then on
    return Do.BOOK if mine.at_home else Do.UPDATE


def _only_there(link: Link, theirs: Theirs) -> Iterator[Action]:
    changed = _changed(link, theirs)
    if link.name and (link.ours or not changed):
        yield Action(do=Do.DELETE, href=link.href, etag=theirs.etag)
    elif changed:
        yield _unlinked_there(theirs)


def _unlinked_there(theirs: Theirs) -> Action:
    do = Do.BOOK if theirs.holds and theirs.to_come else Do.LEAVE
    return Action(do=do, href=theirs.href, etag=theirs.etag)


def _changed(link: Link, theirs: Theirs) -> bool:
    """Whether people changed it: a server may rewrite an object without changing what it says."""
    return theirs.etag != link.etag and theirs.digest != link.seen

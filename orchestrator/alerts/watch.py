"""Looks at every room, says what opened and what closed, and lets letters be written."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.agents import Agents
from orchestrator.alerts import alerts_of
from orchestrator.alerts.help_wanted import KEY as HELP
from orchestrator.alerts.lines import Lines
from orchestrator.alerts.seen import SILENT_FOR, Alert, Need, Seen, Standing
from orchestrator.events import Listener
from orchestrator.means import Hand, Means
from orchestrator.session import State
from orchestrator.settings.targets import Target
from orchestrator.store import devices, help_calls, participants, rooms, sessions
from orchestrator.store.devices import AGENT, SCREEN
from orchestrator.store.help_calls import HelpCall
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from rooms.ids import CentreId, RoomId, SessionId

log = logging.getLogger(__name__)
LOOK = 5.0
REST = 0.25  # seconds between two looks, however much happens
NEEDED_BEFORE = timedelta(minutes=30)
NEEDED_AFTER = timedelta(minutes=30)
LONGEST = timedelta(hours=24)  # of a session, and its overtime
KINDS = ("room.help.", "room.health.", "room.agent.", "room.presence.", "session.", "participant.")
Write = Callable[[Connection, datetime, Standing], None]
Duty = Mapping[CentreId, frozenset[str]]
OnDuty = Callable[[Connection, datetime], Duty]
Told = tuple[SessionId, RoomId, str, str | None]
_Stands = dict[tuple[str, str | None], Standing]
_Words = set[tuple[RoomId, str]]
_Around = tuple[_Words, _Words, list[Stored], list[Participant]]
Coming = Callable[[Connection, datetime], Sequence[Any]]
Unready = Callable[[Any, datetime], Mapping[RoomId, tuple[str, ...]]]
Tell = Callable[[datetime, list[Standing]], Awaitable[None]]
Unreached = Callable[[RoomId], tuple[str, ...]]
Posted = Callable[[Alert], tuple[Target, ...]]


@dataclass(slots=True)
class Alerts:
    """The task. `write` writes the letters of an alert about a room that is needed; None: no mail.
    `tell` is shown all that stands at each look, and only writes down what is to be posted;
    `coming` reads the ceremonies of the next hour, `unready` says of one what is not ready where;
    `posted` says where an alert was. `on_duty` are those of each centre who are, by their logins.

    A letter is written once for a session, a room, a condition and a device: `write` sees to that,
    also after a restart; `_told` only spares it the asking.
    """

    means: Means
    hub: Agents
    write: Write | None = None
    tell: Tell | None = None
    unreached: Unreached = lambda _: ()
    posted: Posted = lambda _: ()
    on_duty: OnDuty = lambda _, __: {}
    lines: Lines = field(default_factory=Lines)
    coming: Coming = lambda _, __: ()
    unready: Unready = lambda _, __: {}
    version: str = ""
    _standing: dict[RoomId, _Stands] = field(default_factory=dict)
    _gone: dict[tuple[RoomId, str], datetime] = field(default_factory=dict)
    _lacks: dict[tuple[RoomId, str], datetime] = field(default_factory=dict)
    _duty: Duty = field(default_factory=dict)
    _told: set[Told] = field(default_factory=set)
    _calling: dict[RoomId, HelpCall] = field(default_factory=dict)
    _coming: Sequence[Any] = ()
    _unready: dict[RoomId, tuple[str, ...]] = field(default_factory=dict)
    _kicked: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, rooms: Iterable[RoomId]) -> list[Standing]:
        """What is wrong in these rooms now."""
        return [one for room in rooms for one in self._standing.get(room, {}).values()]

    async def run(self) -> None:
        """Look until cancelled."""
        with self.means.bus.listen("alerts") as listener:
            heard = asyncio.create_task(self._listen(listener), name="alerts: bus")
            try:
                while True:
                    self._kicked.clear()
                    await self.look()
                    await asyncio.sleep(REST)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._kicked.wait(), LOOK)
            finally:
                heard.cancel()
                await asyncio.gather(heard, return_exceptions=True)

    async def _listen(self, listener: Listener) -> None:
        async for event in listener:
            if event.kind.startswith(KINDS):
                self._kicked.set()

    async def look(self) -> None:
        """See every room; tell what changed."""
        now = self.means.clock()

        def read(conn: Connection) -> _Around:
            around = sessions.between(conn, now - NEEDED_AFTER - LONGEST, now + NEEDED_BEFORE)
            self.lines.read(conn, self.means.network, now)
            self._calling = help_calls.every(conn, now)
            self._duty = self.on_duty(conn, now)
            said = rooms.unwell(conn)
            self._coming = self.coming(conn, now)
            return devices.paired(conn), said, around, participants.here(conn)

        paired, said, around, here = await self.means.database.read(read)
        self._note_gone(paired, now)
        self._note_lacks(paired, said, now)
        self.lines.note(self.means.network, here)
        self._unready = {
            room: keys for one in self._coming for room, keys in self.unready(one, now).items()
        }
        rooms_ = [room.id for room in self.means.network.rooms]
        changed = [room for room in rooms_ if self._changes(self._seen(room, around, now))]
        try:
            await self._write(now)
            if self.tell is not None:
                await self.tell(now, self.of(self._standing))
        finally:  # whoever hears of it and asks is told who was told
            for room in changed:
                self._publish(room)

    def _note_gone(self, paired: set[tuple[RoomId, str]], now: datetime) -> None:
        here: dict[str, Hand] = {AGENT: self.means.agents, SCREEN: self.means.wire}
        gone = {
            (room, kind)
            for room, kind in paired
            if kind in here and not here[kind].screen_connected(room)
        }
        self._gone = {one: self._gone.get(one, now) for one in gone}

    def _note_lacks(self, paired: _Words, said: _Words, now: datetime) -> None:
        """A screen that is long away says nothing; one that comes back may begin anew."""
        self._lacks = {
            (room, word): self._lacks.get((room, word), now)
            for room, word in said
            if (room, SCREEN) in paired and now - self._gone.get((room, SCREEN), now) < SILENT_FOR
        }

    def _seen(self, room: RoomId, around: list[Stored], now: datetime) -> Seen:
        line, tests = self.lines.of(self.means.network, room, now)
        return Seen(
            room=room,
            now=now,
            report=self.hub.report_of(room),
            agent_gone=self._gone.get((room, AGENT)),
            screen_gone=self._gone.get((room, SCREEN)),
            need=need_of(room, around, now),
            help=_help(self._calling.get(room)),
            line=line,
            tests=tests,
            strained=self.lines.strained(room, now),
            service=self.version,
            unreached=self.unreached(room),
            unready=self._unready.get(room, ()),
            lacks={word: since for (one, word), since in self._lacks.items() if one == room},
        )

    def _changes(self, seen: Seen) -> bool:
        """Note what stands in the room; whether it is something else than before."""
        room = seen.room
        before = self._standing.get(room, {})
        duty = self._duty.get(self.means.network.centre_of(room).id, frozenset())
        after: _Stands = {}
        for alert in alerts_of(seen):
            name = alert.key, alert.device
            since = self._since(alert, before.get(name), seen)
            after[name] = Standing(alert, since, seen.need, duty)
        self._standing[room] = after
        return _ages(before) != _ages(after)

    def _publish(self, room: RoomId) -> None:
        keys = sorted({key for key, _ in self._standing[room]})
        log.info("%s: %s", room, ", ".join(keys) or "nothing is wrong any more")
        self.means.bus.publish("room.alerts.changed", room=room, alerts=keys)

    def _since(self, alert: Alert, before: Standing | None, seen: Seen) -> datetime:
        """Since it was seen; a call for help since it was made: the next one is another."""
        if alert.key == HELP and (calling := self._calling.get(alert.room)) is not None:
            return calling.asked_at
        return seen.now if before is None else before.since

    async def _write(self, now: datetime) -> None:
        write = self.write
        if write is None:
            return
        news: dict[Told, Standing] = {}
        for one in self.of(self._standing):
            if one.need is not None and one.alert.pressing:
                alert = one.alert
                told = one.need.session, alert.room, alert.key, alert.device
                news[told] = one
        fresh = [news[told] for told in news.keys() - self._told]
        if fresh:

            def keep(conn: Connection) -> None:
                for one in fresh:
                    write(conn, now, one)

            await self.means.database.write(keep)
        self._told = set(news) | {told for told in self._told if told[0] in _sessions(news)}


ALERTS: web.AppKey[Alerts] = web.AppKey("alerts", Alerts)


def _ages(standing: _Stands) -> dict[tuple[str, str | None], datetime]:
    return {name: one.since for name, one in standing.items()}


def _help(calling: HelpCall | None) -> Literal["asked", "answered"] | None:
    if calling is None:
        return None
    return "answered" if calling.answered else "asked"


def need_of(room: RoomId, around: list[Stored], now: datetime) -> Need | None:
    """The session the room is needed for: the one that goes on or comes, else the last one."""
    needs = [one for one in around if room in one.centres and _needed(one, now)]
    if not needs:
        return None
    coming = [one for one in needs if _end(one) > now]
    stored = coming[0] if coming else needs[-1]
    return Need(
        session=stored.id,
        title=stored.title,
        starts_at=stored.session.starts_at,
        ends_at=stored.session.ends_at,
        state=stored.session.state,
        site=stored.session.site(room).state,
    )


def _needed(stored: Stored, now: datetime) -> bool:
    begun = stored.session.starts_at - NEEDED_BEFORE <= now
    return begun and stored.session.state is not State.DRAFT and now < _end(stored) + NEEDED_AFTER


def _end(stored: Stored) -> datetime:
    return stored.session.ended_at or stored.session.ends_at


def _sessions(news: Iterable[Told]) -> set[SessionId]:
    return {told[0] for told in news}

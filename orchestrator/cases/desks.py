"""The reception desks: the rules of `orchestrator.desk` on the store, with rights, media, events.

Who is at a desk or on duty is known from the pages themselves, which ask again and again: what is
not heard of for a while is not there. An answered call is a session of two like any other. What the
animateur sends to the desk's screen stays in memory, and goes with the call.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import desk as hall_rules
from orchestrator import roles
from orchestrator.auth import accounts
from orchestrator.auth.people import Person
from orchestrator.booking.rules import public_holidays
from orchestrator.cases import moves
from orchestrator.cases.conductor import Conductor
from orchestrator.cases.desks_papers import Papers
from orchestrator.cases.desks_rights import (
    Caller,
    attending,
    desk_at,
    open_or_over,
    own,
    session_is_over,
)
from orchestrator.desk import OPEN, Agent, Call, CallId, Hall, Rules, Standing, State
from orchestrator.desk_hours import is_open, next_opening, with_holidays
from orchestrator.desk_table import BARE, Table
from orchestrator.session import Act
from orchestrator.store import audit, closures, participants
from orchestrator.store import desks as store
from orchestrator.store.desks import Meeting
from rooms.centre import Centre
from rooms.errors import Conflict, Forbidden, MargerideError
from rooms.ids import CentreId, ParticipantId, PersonId, new_id
from rooms.room import Desk, DeskId

log = logging.getLogger(__name__)
LOOK = 1.0
SILENT = timedelta(seconds=15)
"""After which a page that asks nothing any more is taken to be gone, and its call to be over."""
SHOWN = timedelta(seconds=60)
"""How long a desk is told of the call that is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """A desk as its screen shows it. `opens_at`: the next opening, None when none is known."""

    desk: Desk
    centre: Centre
    is_open: bool
    opens_at: datetime | None
    call: Call | None = None
    position: int = 0
    table: Table = BARE


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyView:
    """An animateur as his page shows him: what rings for him, and the call he is in."""

    standing: Standing
    misses: int
    rings: tuple[Call, ...]
    call: Call | None
    table: Table = BARE


Step = Callable[[Connection, Hall, datetime], Hall]


class Desks:
    """Every desk of the network."""

    def __init__(self, conductor: Conductor, rules: Rules = hall_rules.RULES) -> None:
        self._conductor = conductor
        self._means = conductor.means
        self._rules = rules
        self._people: dict[PersonId, tuple[datetime, datetime]] = {}  # page open since, last heard
        self._screens: dict[DeskId, datetime] = {}
        self.papers = Papers(self._means, self._told)
        self._began = self._means.clock()

    # --- the desk ---------------------------------------------------------------

    async def look(self, caller: Caller, desk: str) -> DeskView:
        """How a desk stands, for its own screen and for animateurs."""
        place = desk_at(self._means.network, desk)
        now = self._means.clock()
        if caller.desk == place.id:
            self._screens[place.id] = now
        elif caller.desk is not None or caller.person is None:
            raise Forbidden("not-your-desk", desk=desk)

        def read(conn: Connection) -> DeskView:
            if caller.person is not None:
                attending(conn, caller.person)
            return self._view(conn, place, now)

        return await self._means.database.read(read)

    async def press(self, caller: Caller, desk: str) -> CallId:
        """The button: a new call, or the one that goes on already."""
        place = desk_at(self._means.network, desk)
        if caller.desk != place.id:
            raise Forbidden("not-your-desk", desk=desk)
        self._screens[place.id] = self._means.clock()
        new = CallId(new_id("dc"))

        def step(conn: Connection, hall: Hall, now: datetime) -> Hall:
            if hall.of_desk(place.id) is not None:
                return hall
            store.forget(conn, now)
            call = Call(id=new, desk=place.id, centre=place.centre, asked_at=now)
            opened = is_open(self._centre(conn, place, now), now)
            return hall_rules.press(hall, call, now, is_open=opened, rules=self._rules)

        after = await self._change(step)
        known = after.of_desk(place.id)
        return new if known is None else known.id

    # --- the animateur ----------------------------------------------------------

    async def on_duty(self, person: Person) -> DutyView:
        """His page asks: he is there."""
        now = self._means.clock()
        since, heard = self._people.get(person.id, (now, now))
        came = person.id not in self._people or now - heard > SILENT
        await self._means.database.read(lambda conn: attending(conn, person))
        self._people[person.id] = (now if came else since, now)
        if came:  # he may be waited for
            await self._change(self._tick)

        def read(conn: Connection) -> DutyView:
            hall = self._hall(conn, now)
            agent = hall.agent(person.id)
            mine = next((call for call in hall.calls if call.by == person.id), None)
            return DutyView(
                standing=hall.standing(agent, now),
                misses=agent.misses,
                rings=tuple(call for call in hall.calls if call.rings_at(person.id)),
                call=mine,
                table=BARE if mine is None else self.papers.table(mine.id),
            )

        return await self._means.database.read(read)

    def at_the_centres(self, conn: Connection, now: datetime) -> Mapping[CentreId, frozenset[str]]:
        """The logins of the animateurs on duty now, away or in a call or not, by their centres."""
        found: defaultdict[CentreId, set[str]] = defaultdict(set)
        for agent in self._hall(conn, now).agents:
            known = accounts.by_id(conn, agent.person)
            if known is None or not agent.here or agent.away or known.role != roles.ANIMATEUR:
                continue
            for centre in agent.centres:
                found[centre].add(known.login)
        return {centre: frozenset(logins) for centre, logins in found.items()}

    async def set_away(self, person: Person, *, away: bool) -> DutyView:
        """He goes, or is back."""
        await self.on_duty(person)

        def step(conn: Connection, hall: Hall, now: datetime) -> Hall:
            attending(conn, person)
            return hall_rules.set_away(hall, person.id, now, away=away, rules=self._rules)

        await self._change(step)
        return await self.on_duty(person)

    async def answer(self, person: Person, call: str) -> None:
        """The first who answers has it; the session of the two opens."""

        def step(conn: Connection, hall: Hall, now: datetime) -> Hall:
            attending(conn, person)
            before = open_or_over(conn, hall, call, person)
            after = hall_rules.answer(hall, before.id, person.id, now)
            if before.state is not State.ANSWERED:
                self._meet(conn, before, person, now)
            return after

        await self._change(step)

    async def decline(self, person: Person, call: str) -> None:
        """The next one rings."""

        def step(conn: Connection, hall: Hall, now: datetime) -> Hall:
            attending(conn, person)
            known = open_or_over(conn, hall, call, person)
            return hall_rules.decline(hall, known.id, person.id, now, self._rules)

        await self._change(step)

    # --- both -------------------------------------------------------------------

    async def hang_up(self, caller: Caller, call: str) -> None:
        """Either of the two ends it, or the visitor gives up."""

        def step(conn: Connection, hall: Hall, now: datetime) -> Hall:
            known, _ = own(conn, caller, call)
            if known.state not in OPEN:
                return hall
            return hall_rules.hang_up(hall, known.id, now, self._rules)

        await self._change(step)

    async def join(self, caller: Caller, call: str) -> str:
        """The caller's own token in the session of an answered call; the former one is void."""

        def write(conn: Connection) -> str:
            known, meeting = own(conn, caller, call)
            if known.state is not State.ANSWERED or meeting is None:
                raise Conflict("not-answered", call=call)
            place = meeting.visitor if caller.person is None else meeting.animateur
            return participants.renew(conn, place)

        return await self._means.database.write(write)

    # --- the clock --------------------------------------------------------------

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.tick()
            await asyncio.sleep(LOOK)

    async def tick(self) -> None:
        """Do what is due now; writes only when something is."""
        now = self._means.clock()

        held = self.papers.held()

        def read(conn: Connection) -> tuple[bool, set[CallId]]:
            hall = self._hall(conn, now)
            return self._tick(conn, hall, now) != hall, {call.id for call in hall.calls}

        due, going_on = await self._means.database.read(read)
        for call in held - going_on:  # laid there in the very moment the call ended
            self.papers.forget(call)
        if due:
            await self._change(self._tick)

    def _tick(self, conn: Connection, hall: Hall, now: datetime) -> Hall:
        for call in hall.calls:
            if self._is_deserted(call, now) or session_is_over(conn, call):
                hall = hall_rules.hang_up(hall, call.id, now, self._rules)
        return hall_rules.tick(hall, now, self._rules)

    def _is_deserted(self, call: Call, now: datetime) -> bool:
        if now - self._screens.get(call.desk, self._began) > SILENT:
            return True
        if call.by is None:
            return False
        _, heard = self._people.get(call.by, (self._began, self._began))
        return now - heard > SILENT

    # --- inside -----------------------------------------------------------------

    async def _change(self, step: Step) -> Hall:
        """Apply a step to what is kept, then do and tell what it changed."""
        now = self._means.clock()

        def write(conn: Connection) -> tuple[Hall, Hall]:
            before = self._hall(conn, now)
            after = step(conn, before, now)
            store.keep(conn, before, after)
            return before, after

        before, after = await self._means.database.write(write)
        known = {call.id: call for call in before.calls}
        for call in after.calls:
            former = known.get(call.id)
            if former != call:
                await self._follow(call, None if former is None else former.state)
        if before.agents != after.agents:
            self._means.bus.publish("desk.agent.changed")
        return after

    async def _follow(self, call: Call, former: State | None) -> None:
        if call.state not in OPEN:
            self.papers.forget(call.id)
        if call.state is State.ANSWERED and former is not State.ANSWERED:
            await self._act(call, Act.START)
        if call.state is State.ENDED:
            await self._act(call, Act.END)
        self._told(call)

    async def _act(self, call: Call, act: Act) -> None:
        _, meeting = await self._means.database.read(lambda conn: store.get(conn, call.id))
        if meeting is None:
            return
        try:
            await moves.act(self._conductor, meeting.session, act, call.by or call.desk)
        except MargerideError as error:  # the clock of the house was quicker
            log.info("session %s: %s", meeting.session, error)

    def _told(self, call: Call) -> None:
        self._means.bus.publish(
            "desk.call.changed",
            call=call.id,
            desk=call.desk,
            centre=call.centre,
            state=call.state.value,
        )

    def _hall(self, conn: Connection, now: datetime) -> Hall:
        calls = store.open_calls(conn)
        kept = store.agents(conn)
        agents = []
        for name, (since, heard) in list(self._people.items()):
            known = accounts.by_id(conn, name)
            if known is None or not roles.may_attend(known):
                continue
            away, misses, free_at = kept.get(name, (False, 0, since))
            agents.append(
                Agent(
                    person=name,
                    centres=known.centres,
                    free_at=max(free_at, since),
                    here=now - heard <= SILENT,
                    away=away,
                    misses=misses,
                )
            )
        return Hall(calls=calls, agents=tuple(agents))

    def _meet(self, conn: Connection, call: Call, person: Person, now: datetime) -> None:
        place = desk_at(self._means.network, call.desk)
        session = store.add_session(conn, now, person.id, place.name)

        def seat(name: str, kind: str, who: PersonId | None) -> ParticipantId:
            seated, _ = participants.add(conn, now, session, name=name, kind=kind, person=who)
            return seated

        meeting = Meeting(
            session=session,
            visitor=seat(place.name, "guest", None),
            animateur=seat(person.name, "person", person.id),
        )
        store.meet(conn, call.id, meeting)
        audit.record(conn, now, person.id, "desk.answered", call.id, {"desk": call.desk})

    def _view(self, conn: Connection, place: Desk, now: datetime) -> DeskView:
        centre = self._centre(conn, place, now)
        calls = store.open_calls(conn)
        call = Hall(calls=calls).of_desk(place.id)
        if call is None:
            last = store.last_of(conn, place.id)
            ended = None if last is None else last.ended_at
            call = last if ended is not None and now - ended <= SHOWN else None
        return DeskView(
            desk=place,
            centre=centre,
            is_open=is_open(centre, now),
            opens_at=next_opening(centre, now),
            call=call,
            position=0 if call is None else Hall(calls=calls).position(call.id),
            table=BARE if call is None else self.papers.table(call.id),
        )

    def _centre(self, conn: Connection, place: Desk, now: datetime) -> Centre:
        centre = closures.effective(conn, self._means.network.centre(place.centre))
        return with_holidays(centre, public_holidays((now.year, now.year + 1)))

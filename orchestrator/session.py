"""A session and its sites, from booking to archive: tables, and two functions that read them.

A session waits (`draft`, `booked`), may be rehearsed, opens its doors to people, may count down,
is on air, may pause, ends, and is archived. `book` puts it back to waiting when its booking moves.
A site is a room within the session. What it shows is what is known, never what is hoped:
`checked_in` when its screen has joined, `ready` when sound and picture flow before the session is
on air, `live` on air, `dropped` while nothing is heard of it, `recovering` from its return until
its sound and picture flow again. Late or repeated reports change nothing.

Nothing here waits, stores or sends: the effects say what is to be done once the new state is kept.
The drawings of docs/states.md are made from the tables (`orchestrator.states`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from rooms.errors import Conflict, NotFound
from rooms.ids import RoomId, SessionId


class State(StrEnum):
    """Where a session stands."""

    DRAFT = "draft"
    BOOKED = "booked"
    REHEARSAL = "rehearsal"
    DOORS = "doors"
    COUNTDOWN = "countdown"
    ON_AIR = "on_air"
    PAUSED = "paused"
    ENDED = "ended"
    ARCHIVED = "archived"


class Act(StrEnum):
    """What is done to a session, by somebody or by the hour."""

    BOOK = "book"
    REHEARSE = "rehearse"
    OPEN = "open"
    COUNT_DOWN = "count_down"
    HOLD = "hold"
    START = "start"
    PAUSE = "pause"
    END = "end"
    CANCEL = "cancel"
    LAPSE = "lapse"
    ARCHIVE = "archive"


class SiteState(StrEnum):
    """Where a site stands."""

    EXPECTED = "expected"
    CHECKED_IN = "checked_in"
    TESTED = "tested"
    READY = "ready"
    LIVE = "live"
    DEGRADED = "degraded"
    DROPPED = "dropped"
    RECOVERING = "recovering"
    LEFT = "left"


class Step(StrEnum):
    """What is learnt about a site."""

    JOINED = "joined"
    TESTED = "tested"
    FLOWING = "flowing"
    AIRED = "aired"
    WEAK = "weak"
    LOST = "lost"
    LEFT = "left"


class Effect(StrEnum):
    """What is to be done, in this order, once the new state is kept."""

    OPEN_MEDIA = "open_media"
    CALL_ROOMS = "call_rooms"
    RELEASE_ROOMS = "release_rooms"
    TELL = "tell"
    CLOSE_MEDIA = "close_media"
    CHECK_READINESS = "check_readiness"


SESSION: Mapping[State, Mapping[Act, State]] = {
    State.DRAFT: {Act.BOOK: State.BOOKED, Act.CANCEL: State.ENDED, Act.LAPSE: State.ENDED},
    State.BOOKED: {
        Act.REHEARSE: State.REHEARSAL,
        Act.OPEN: State.DOORS,
        Act.START: State.ON_AIR,
        Act.CANCEL: State.ENDED,
        Act.LAPSE: State.ENDED,
    },
    State.REHEARSAL: {
        Act.BOOK: State.BOOKED,
        Act.OPEN: State.DOORS,
        Act.START: State.ON_AIR,
        Act.CANCEL: State.ENDED,
    },
    State.DOORS: {
        Act.BOOK: State.BOOKED,
        Act.COUNT_DOWN: State.COUNTDOWN,
        Act.START: State.ON_AIR,
        Act.END: State.ENDED,
        Act.CANCEL: State.ENDED,
    },
    State.COUNTDOWN: {
        Act.BOOK: State.BOOKED,
        Act.HOLD: State.DOORS,
        Act.START: State.ON_AIR,
        Act.END: State.ENDED,
        Act.CANCEL: State.ENDED,
    },
    State.ON_AIR: {
        Act.BOOK: State.BOOKED,
        Act.PAUSE: State.PAUSED,
        Act.END: State.ENDED,
        Act.CANCEL: State.ENDED,
    },
    State.PAUSED: {
        Act.BOOK: State.BOOKED,
        Act.START: State.ON_AIR,
        Act.END: State.ENDED,
        Act.CANCEL: State.ENDED,
    },
    State.ENDED: {Act.BOOK: State.BOOKED, Act.ARCHIVE: State.ARCHIVED},
    State.ARCHIVED: {},
}

_ON_AIR = {Step.AIRED: SiteState.LIVE, Step.LOST: SiteState.DROPPED, Step.LEFT: SiteState.LEFT}
_IN_THE_WINGS = {Step.FLOWING: SiteState.READY} | _ON_AIR
SITE: Mapping[SiteState, Mapping[Step, SiteState]] = {
    SiteState.EXPECTED: {Step.JOINED: SiteState.CHECKED_IN},
    SiteState.CHECKED_IN: {Step.TESTED: SiteState.TESTED} | _IN_THE_WINGS,
    SiteState.TESTED: _IN_THE_WINGS,
    SiteState.READY: _ON_AIR,
    SiteState.LIVE: {
        Step.WEAK: SiteState.DEGRADED,
        Step.LOST: SiteState.DROPPED,
        Step.LEFT: SiteState.LEFT,
    },
    SiteState.DEGRADED: _ON_AIR,
    SiteState.DROPPED: {Step.JOINED: SiteState.RECOVERING, Step.LEFT: SiteState.LEFT},
    SiteState.RECOVERING: _IN_THE_WINGS,
    SiteState.LEFT: {Step.JOINED: SiteState.CHECKED_IN},
}

CEREMONY = "ceremony"
"""The kind of session that has a run of show and may have a stage."""
RUNNING = frozenset(
    {State.REHEARSAL, State.DOORS, State.COUNTDOWN, State.ON_AIR, State.PAUSED}
)  # its media is open and its people may be in
AIRING = frozenset({State.ON_AIR, State.PAUSED})
OVER = frozenset({State.ENDED, State.ARCHIVED})
PRESENT = frozenset(SiteState) - {SiteState.EXPECTED, SiteState.DROPPED, SiteState.LEFT}
_WAITING_IN = (SiteState.CHECKED_IN, SiteState.TESTED, SiteState.READY)

_FAREWELL = (Effect.RELEASE_ROOMS, Effect.TELL, Effect.CLOSE_MEDIA)
EFFECTS: Mapping[Act, tuple[Effect, ...]] = {
    Act.BOOK: _FAREWELL,
    Act.REHEARSE: (Effect.OPEN_MEDIA, Effect.CALL_ROOMS, Effect.TELL),
    Act.OPEN: (Effect.OPEN_MEDIA, Effect.TELL, Effect.CHECK_READINESS),
    Act.COUNT_DOWN: (Effect.TELL,),
    Act.HOLD: (Effect.TELL,),
    Act.START: (Effect.OPEN_MEDIA, Effect.CALL_ROOMS, Effect.TELL),
    Act.PAUSE: (Effect.TELL,),
    Act.END: _FAREWELL,
    Act.CANCEL: _FAREWELL,
    Act.LAPSE: (),
    Act.ARCHIVE: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A room within a session."""

    room: RoomId
    role: str
    state: SiteState = SiteState.EXPECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as the tables see it."""

    id: SessionId
    state: State
    starts_at: datetime
    ends_at: datetime
    opened_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    sites: tuple[Site, ...] = ()

    @property
    def running(self) -> bool:
        """Whether its media is open."""
        return self.state in RUNNING

    def site(self, room: RoomId) -> Site:
        """The site of a room; NotFound("no-site")."""
        for site in self.sites:
            if site.room == room:
                return site
        raise NotFound("no-site", session=self.id, room=room)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something was done to the session."""

    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Something was learnt about a site."""

    room: RoomId
    step: Step


Event = Done | Learnt


def apply(session: Session, event: Event, now: datetime) -> tuple[Session, tuple[Effect, ...]]:
    """The session after the event, and what is then to be done."""
    if isinstance(event, Done):
        return _done(session, event.act, now)
    return _learnt(session, event.room, event.step)


def _done(session: Session, act: Act, now: datetime) -> tuple[Session, tuple[Effect, ...]]:
    state = SESSION[session.state].get(act)
    if state is None:
        raise Conflict("illegal-transition", state=session.state.value, act=act.value)
    effects = EFFECTS[act] if session.running or state in RUNNING else ()
    session = _stamped(replace(session, state=state), now)
    return replace(session, sites=_sites_after(session, act)), effects


def _stamped(session: Session, now: datetime) -> Session:
    if session.state is State.BOOKED:
        return replace(session, opened_at=None, started_at=None, ended_at=None)
    if session.state is State.ENDED:
        return replace(session, ended_at=now)
    if session.running and session.opened_at is None:
        session = replace(session, opened_at=now)
    if session.state is State.ON_AIR and session.started_at is None:
        session = replace(session, started_at=now)
    return session


def _sites_after(session: Session, act: Act) -> tuple[Site, ...]:
    if act is Act.BOOK:
        return tuple(replace(site, state=SiteState.EXPECTED) for site in session.sites)
    if act is Act.START:
        return tuple(
            _stepped(site, Step.AIRED) if site.state in _WAITING_IN else site
            for site in session.sites
        )
    if session.state is State.ENDED:
        return tuple(_stepped(site, Step.LEFT) for site in session.sites)
    return session.sites


def _learnt(session: Session, room: RoomId, step: Step) -> tuple[Session, tuple[Effect, ...]]:
    before = session.site(room)
    if not session.running:
        return session, ()
    if step is Step.FLOWING and session.state in AIRING:
        step = Step.AIRED
    after = _stepped(before, step)
    if after == before:
        return session, ()
    sites = tuple(after if site.room == room else site for site in session.sites)
    return replace(session, sites=sites), (Effect.TELL,)


def _stepped(site: Site, step: Step) -> Site:
    return replace(site, state=SITE[site.state].get(step, site.state))

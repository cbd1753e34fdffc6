"""A ceremony planned from the template, by whoever may book its rooms (docs/rehearsal.md)."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from calendars.booking import Slot
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route, Shape
from orchestrator.api.if_match import version_of
from orchestrator.api.interval import Instant
from orchestrator.api.once import once_of, replayed_if
from orchestrator.api.problems import locale_of
from orchestrator.cases import ceremonies
from orchestrator.cases.ceremonies import Shown
from orchestrator.cases.conductor import Conductor
from orchestrator.ceremony import MOST_PEOPLE, MOST_SITES, Invited, Part, SiteRole, Wish, day_before
from orchestrator.ceremony_lines import Bearing
from orchestrator.keys import BOOKINGS, HOUSE
from orchestrator.store import idempotency
from orchestrator.store.instants import iso
from orchestrator.words import words
from rooms.ids import RoomId, SessionId

Room = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Rooms = Annotated[list[Room], Field(max_length=MOST_SITES)]
Line = r"^[^\x00-\x1f\x7f]*$"
PartIn = Literal["speaker", "animateur", "press", "public"]


class SpanIn(Body):
    """From an instant to a later one."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: Annotated[Instant, Field(alias="from")]
    end: Annotated[Instant, Field(alias="to")]


class PersonIn(Body):
    """Somebody who is named beforehand; without a room he comes from somewhere else."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=Line)]
    part: PartIn
    room: Room | None = None
    email: Annotated[str, Field(max_length=254, pattern=Line)] = ""


class CeremonyIn(SpanIn):
    """A ceremony: who receives, who takes part, who watches, when, and when it is rehearsed."""

    title: Annotated[str, Field(min_length=1, max_length=200, pattern=Line)]
    template: Literal["inauguration"] = "inauguration"
    host: Room
    remotes: Rooms = []
    viewers: Rooms = []
    rehearsal: SpanIn | Literal["day_before"] | None = "day_before"
    doors: Annotated[int, Field(ge=0, le=240)] = 15
    people: Annotated[list[PersonIn], Field(max_length=MOST_PEOPLE)] = []


class PeopleIn(Body):
    """Who is named, instead of who was."""

    people: Annotated[list[PersonIn], Field(max_length=MOST_PEOPLE)]


class SiteOut(Shape):
    """A site with its role, and what its line says to that; `remedy` is what to do."""

    room: str
    name: str
    role: str
    line: str
    up_kbps: int
    down_kbps: int
    text: str
    remedy: str


class PersonOut(Shape):
    """Somebody with his own link; none before the rooms are given."""

    name: str
    part: str
    room: str | None
    email: str
    link: str | None


class SpanOut(Shape):
    """From an instant to a later one."""

    start: Annotated[AwareDatetime, Field(alias="from")]
    end: Annotated[AwareDatetime, Field(alias="to")]


class RehearsalOut(Shape):
    """`state` none, kept or lost; `text` says what became of its slot."""

    state: str
    slot: SpanOut | None
    booking: str | None
    text: str


class CeremonyOut(Shape):
    """A plan as it stands; `session` None while an animateur has to agree to the rooms."""

    id: str
    version: int
    session: str | None
    booking: str | None
    title: str
    doors: int
    sites: list[SiteOut]
    people: list[PersonOut]
    rehearsal: RehearsalOut


class CeremonyAnswer(Shape):
    """One ceremony."""

    ceremony: CeremonyOut


async def plan(call: Call) -> Answer:
    """Book all of it, or nothing."""
    sent = call.body(CeremonyIn)
    once = once_of(call, "ceremonies", sent)
    if once is not None:
        key = once
        known = await call.database.read(lambda conn: idempotency.find(conn, key, call.now))
        if known is not None:
            return _made(known, replayed=True)
    shown = await ceremonies.plan(
        call.app[HOUSE].conductor, call.app[BOOKINGS], call.person, _wish(call, sent)
    )
    document = {"ceremony": _document(call, shown, sent.title)}
    if once is not None:
        key = once
        await call.database.write(
            lambda conn: idempotency.keep(conn, key, call.now, document, status=201)
        )
    return _made(document, replayed=False)


def _made(document: dict[str, Any], *, replayed: bool) -> Answer:
    session = document["ceremony"]["session"]
    where = {} if session is None else {"Location": f"{PREFIX}/sessions/{session}/ceremony"}
    return Answer(status=201, headers={**where, **replayed_if(replayed)}, body=document)


async def check(call: Call) -> Answer:
    """What would be had, with nothing booked."""
    sent = call.body(CeremonyIn)
    shown = await ceremonies.plan(
        call.app[HOUSE].conductor, call.app[BOOKINGS], call.person, _wish(call, sent), only_ask=True
    )
    return Answer(body={"ceremony": _document(call, shown, sent.title)})


async def see(call: Call) -> Answer:
    """The plan of a session."""
    return _shown(call, await ceremonies.see(_conductor(call), call.person, _session(call)))


async def invite(call: Call) -> Answer:
    """Name people; who stays keeps his link."""
    session = _session(call)
    version = version_of(call, "ceremony-changed", session=session)
    people = [_invited(one) for one in call.body(PeopleIn).people]
    return _shown(
        call, await ceremonies.invite(_conductor(call), call.person, session, people, version)
    )


def _conductor(call: Call) -> Conductor:
    return call.app[HOUSE].conductor


def _session(call: Call) -> SessionId:
    return SessionId(call.path("session"))


def _shown(call: Call, shown: Shown) -> Answer:
    title = "" if shown.stored is None else shown.stored.title
    return Answer(
        headers={"ETag": f'"{shown.planned.version}"'},
        body={"ceremony": _document(call, shown, title)},
    )


def _wish(call: Call, sent: CeremonyIn) -> Wish:
    roles = (
        (SiteRole.HOST, [sent.host]),
        (SiteRole.REMOTE, sent.remotes),
        (SiteRole.VIEWER, sent.viewers),
    )
    return Wish(
        title=sent.title.strip(),
        sites=tuple((RoomId(room), role) for role, rooms in roles for room in rooms),
        slot=Slot(sent.start, sent.end),
        rehearsal=_rehearsed(call, sent),
        doors=timedelta(minutes=sent.doors),
        people=tuple(_invited(one) for one in sent.people),
    )


def _rehearsed(call: Call, sent: CeremonyIn) -> Slot | None:
    """When it is rehearsed; unless something else is said, at the same hours of the day before."""
    if isinstance(sent.rehearsal, SpanIn):
        return Slot(sent.rehearsal.start, sent.rehearsal.end)
    if sent.rehearsal is None:
        return None
    zone = call.app[HOUSE].means.network.centre_of(RoomId(sent.host)).zone
    return day_before(Slot(sent.start, sent.end), zone)


def _invited(one: PersonIn) -> Invited:
    room = None if one.room is None else RoomId(one.room)
    return Invited(name=one.name.strip(), part=Part(one.part), room=room, email=one.email.strip())


def _document(call: Call, shown: Shown, title: str) -> dict[str, Any]:
    means, planned = call.app[HOUSE].means, shown.planned
    among = frozenset(planned.ceremony.roles)
    base = f"{means.public_url}/join/"
    return {
        "id": planned.id,
        "version": planned.version,
        "session": planned.session,
        "booking": planned.booking,
        "title": title,
        "doors": planned.ceremony.doors,
        "sites": [_site(call, one, among) for one in shown.lines],
        "people": [
            {
                "name": one.who.name,
                "part": one.who.part.value,
                "room": one.who.room,
                "email": one.who.email,
                "link": None if planned.session is None else base + one.code,
            }
            for one in shown.guests
        ],
        "rehearsal": _rehearsal(call, shown),
    }


def _site(call: Call, one: Bearing, among: frozenset[RoomId]) -> dict[str, Any]:
    means = call.app[HOUSE].means
    text, remedy = ceremonies.told(means, one, locale_of(call.request))
    return {
        "room": one.room,
        "name": means.label(one.room, among),
        "role": one.role.value,
        "line": one.bears.value,
        "up_kbps": one.up_kbps,
        "down_kbps": one.down_kbps,
        "text": text,
        "remedy": remedy,
    }


def _rehearsal(call: Call, shown: Shown) -> dict[str, Any]:
    slot, row = shown.slot, shown.rehearsal
    state, why = shown.fate
    zone = call.app[HOUSE].means.network.zone
    when: datetime | None = None if slot is None else slot.start.astimezone(zone)
    facts = {"when": "" if when is None else when.strftime("%d/%m/%Y %H:%M")}
    return {
        "state": state,
        "slot": None if slot is None else {"from": iso(slot.start), "to": iso(slot.end)},
        "booking": None if row is None else row.id,
        "text": words(why, locale_of(call.request), facts),
    }


ROUTES = (
    Route(
        method="POST",
        path="/ceremonies",
        handler=plan,
        summary="Plan a ceremony: its rooms and those of its rehearsal, all or none",
        person=True,
        body=CeremonyIn,
        answer=CeremonyAnswer,
        ok=201,
        errors=(404, 409, 422),
        idempotent=True,
    ),
    Route(
        method="POST",
        path="/ceremonies/check",
        handler=check,
        summary="Whether a ceremony could be had like this; nothing is booked",
        person=True,
        body=CeremonyIn,
        answer=CeremonyAnswer,
        errors=(404, 409, 422),
    ),
    Route(
        method="GET",
        path="/sessions/{session}/ceremony",
        handler=see,
        summary="The plan of a ceremony",
        person=True,
        answer=CeremonyAnswer,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/sessions/{session}/ceremony/people",
        handler=invite,
        summary="Name the people of a ceremony, each with a link of his own",
        person=True,
        body=PeopleIn,
        answer=CeremonyAnswer,
        errors=(404, 412, 422, 428),
        if_match=True,
    ),
)

"""Exceptional closings and openings of a centre, said by its animateur; the judge applies them."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route
from orchestrator.keys import BUS, SETTINGS
from orchestrator.store import audit, closures
from orchestrator.store.busy import busy_between
from orchestrator.store.closures import ClosureRow
from rooms.centre import Centre
from rooms.errors import Conflict, Forbidden, Invalid, NotFound
from rooms.ids import CentreId, is_slug, new_id

MOST = 200
LONGEST = 400
Clock = Annotated[time, Field(strict=False)]
Day = Annotated[date, Field(strict=False)]


class ClosureIn(Body):
    """Whole days, the last one included; `opens` and `closes` (HH:MM) for kind `open`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    kind: Literal["closed", "open"] = "closed"
    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    opens: Clock | None = None
    closes: Clock | None = None
    reason: Annotated[str, Field(max_length=200)] = ""


class ClosureOut(BaseModel):
    """One, as it was said; those of the file have no id and are changed there."""

    id: str | None
    kind: str
    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    opens: str | None
    closes: str | None
    reason: str


class ClosuresOut(BaseModel):
    """All that a centre has."""

    closures: list[ClosureOut]


class MadeOut(BaseModel):
    """The new one, and the bookings it falls upon: they stay, their people have to be told."""

    closure: ClosureOut
    bookings: list[str]


async def every(call: Call) -> Answer:
    """What is said of a centre: in the file, and since."""
    centre = _centre(call)
    rows = await call.database.read(lambda conn: closures.of_centre(conn, centre.id))
    return Answer(body={"closures": [*map(_of_file, centre.closures), *map(_shown, rows)]})


def _of_file(found: Any) -> dict[str, Any]:
    days = {"from": found.first.isoformat(), "to": found.last.isoformat()}
    hours = {"opens": None, "closes": None}
    return {"id": None, "kind": "closed", **days, **hours, "reason": found.reason}


def _shown(row: ClosureRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "from": row.first.isoformat(),
        "to": row.last.isoformat(),
        "opens": row.opens and f"{row.opens:%H:%M}",
        "closes": row.closes and f"{row.closes:%H:%M}",
        "reason": row.reason,
    }


async def add(call: Call) -> Answer:
    """Close or open a centre on some days."""
    centre, sent = _own_centre(call), call.body(ClosureIn)
    _check(sent)
    row = ClosureRow(
        id=new_id("cl"),
        centre=centre.id,
        kind=sent.kind,
        first=sent.first,
        last=sent.last,
        opens=sent.opens if sent.kind == "open" else None,
        closes=sent.closes if sent.kind == "open" else None,
        reason=sent.reason.strip(),
        created_by=call.person.id,
    )

    def work(conn: Connection) -> list[str]:
        if len(closures.of_centre(conn, centre.id)) >= MOST:
            raise Conflict("too-many-closures", most=MOST)
        closures.add(conn, call.now, row)
        detail = _shown(row)
        audit.record(conn, call.now, call.person.id, "closure.added", centre.id, detail)
        return _fallen_upon(conn, centre, row)

    bookings = await call.database.write(work)
    call.app[BUS].publish("room.closures.changed", centre=centre.id)
    where = {"Location": f"{PREFIX}/centres/{centre.id}/closures/{row.id}"}
    return Answer(status=201, headers=where, body={"closure": _shown(row), "bookings": bookings})


async def remove(call: Call) -> Answer:
    """Take one back."""
    centre, closure = _own_centre(call), call.path("closure")

    def work(conn: Connection) -> None:
        if closure not in [row.id for row in closures.of_centre(conn, centre.id)]:
            raise NotFound("no-closure", closure=closure)
        closures.remove(conn, closure)
        detail = {"centre": centre.id}
        audit.record(conn, call.now, call.person.id, "closure.removed", closure, detail)

    await call.database.write(work)
    call.app[BUS].publish("room.closures.changed", centre=centre.id)
    return Answer(status=204)


def _check(sent: ClosureIn) -> None:
    if not 0 <= (sent.last - sent.first).days <= LONGEST or not sent.reason.isprintable():
        raise Invalid("bad-closure")
    hours = sent.opens is not None and sent.closes is not None
    if sent.kind == "open" and not hours:
        raise Invalid("bad-closure")
    if sent.opens and sent.closes and time(0) < sent.closes <= sent.opens:
        raise Invalid("bad-closure")


def _fallen_upon(conn: Connection, centre: Centre, row: ClosureRow) -> list[str]:
    if row.kind == "open":
        return []
    start, end = _midnight(row.first, centre.zone, 0), _midnight(row.last, centre.zone, 1)
    rooms = {room.id for room in centre.rooms}
    found = [one for one in busy_between(conn, start, end) if one.room in rooms]
    return list(dict.fromkeys(one.booking for one in found if is_slug(one.booking)))  # no feeds


def _midnight(day: date, zone: ZoneInfo, ahead: int) -> datetime:
    return datetime.combine(date.fromordinal(day.toordinal() + ahead), time(0), zone)


def _centre(call: Call) -> Centre:
    return call.app[SETTINGS].network.centre(call.path("centre"))


def _own_centre(call: Call) -> Centre:
    centre = _centre(call)
    if not roles.may_pair(call.person, CentreId(centre.id)):
        raise Forbidden("not-your-centre", centre=centre.id)
    return centre


ROUTES = (
    Route(
        method="GET",
        path="/centres/{centre}/closures",
        handler=every,
        summary="When a centre is closed or open beside its hours",
        answer=ClosuresOut,
        errors=(404,),
    ),
    Route(
        method="POST",
        path="/centres/{centre}/closures",
        handler=add,
        summary="Close or open a centre on some days",
        person=True,
        body=ClosureIn,
        ok=201,
        answer=MadeOut,
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="DELETE",
        path="/centres/{centre}/closures/{closure}",
        handler=remove,
        summary="Take a closing or an opening back",
        person=True,
        ok=204,
        errors=(403, 404),
    ),
)

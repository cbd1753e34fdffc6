"""Exceptional closings and openings of a centre, said by its animateur; the judge applies them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from orchestrator import roles
from orchestrator.api.endpoint import PREFIX, Answer, Body, Call, Route, Shape
from orchestrator.booking import closing
from orchestrator.booking.ledger import Entry
from orchestrator.keys import BOOKINGS, BUS, SETTINGS
from orchestrator.store import audit, closures
from orchestrator.store.closures import ClosureRow
from rooms.centre import Centre
from rooms.errors import Conflict, Forbidden, Invalid, NotFound
from rooms.ids import CentreId, new_id

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


class ClosureOut(Shape):
    """One, as it was said; those of the file have no id and are changed there."""

    id: str | None
    kind: str
    first: Annotated[str, Field(alias="from")]
    last: Annotated[str, Field(alias="to")]
    opens: str | None
    closes: str | None
    reason: str


class ClosuresOut(Shape):
    """All that a centre has."""

    closures: list[ClosureOut]


class MadeOut(Shape):
    """The new one, and the bookings it shuts out: they stay, their organisers are told."""

    closure: ClosureOut
    bookings: list[str]


class RemovedOut(Shape):
    """The bookings for which the centre is open again, or not open any more: they are told."""

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

    def work(entry: Entry) -> Sequence[str]:
        if len(closures.of_centre(entry.conn, centre.id)) >= MOST:
            raise Conflict("too-many-closures", most=MOST)
        detail = _shown(row)
        audit.record(entry.conn, call.now, call.person.id, "closure.added", centre.id, detail)
        return closing.close(entry, centre, row)

    bookings = await call.app[BOOKINGS].write(call.person, call.now, work)
    call.app[BUS].publish("room.closures.changed", centre=centre.id)
    where = {"Location": f"{PREFIX}/centres/{centre.id}/closures/{row.id}"}
    body = {"closure": _shown(row), "bookings": list(bookings)}
    return Answer(status=201, headers=where, body=body)


async def remove(call: Call) -> Answer:
    """Take one back."""
    centre, closure = _own_centre(call), call.path("closure")

    def work(entry: Entry) -> Sequence[str]:
        known = {row.id: row for row in closures.of_centre(entry.conn, centre.id)}
        if closure not in known:
            raise NotFound("no-closure", closure=closure)
        detail = {"centre": centre.id}
        audit.record(entry.conn, call.now, call.person.id, "closure.removed", closure, detail)
        return closing.reopen(entry, centre, known[closure])

    bookings = await call.app[BOOKINGS].write(call.person, call.now, work)
    call.app[BUS].publish("room.closures.changed", centre=centre.id)
    return Answer(body={"bookings": list(bookings)})


def _check(sent: ClosureIn) -> None:
    if not 0 <= (sent.last - sent.first).days <= LONGEST or not sent.reason.isprintable():
        raise Invalid("bad-closure")
    hours = sent.opens is not None and sent.closes is not None
    if sent.kind == "open" and not hours:
        raise Invalid("bad-closure")
    if sent.opens and sent.closes and time(0) < sent.closes <= sent.opens:
        raise Invalid("bad-closure")


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
        answer=RemovedOut,
        errors=(403, 404),
    ),
)

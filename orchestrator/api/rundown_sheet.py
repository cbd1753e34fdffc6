"""The rundown as a CSV sheet, both ways."""

from collections.abc import Sequence
from contextlib import suppress
from zoneinfo import ZoneInfo

from aiohttp import web

from orchestrator.api import problems
from orchestrator.api.endpoint import Answer, Call, Route, read_body
from orchestrator.api.if_match import version_of
from orchestrator.api.rundown import RUNDOWN, session_of, shown
from orchestrator.api.rundown_models import RundownOut
from orchestrator.cases import rundowns
from orchestrator.cases.rundowns import Shown
from orchestrator.keys import HOUSE
from orchestrator.means import Means
from orchestrator.rundown_cells import Places
from orchestrator.rundown_csv import LARGEST, read, written
from rooms.errors import NotFound
from rooms.ids import RoomId

CSV = "text/csv"


def places_of(means: Means, found: Shown) -> Places:
    """The names of the sites; the hours are those of the host."""
    sites, among = found.rundown.sites, frozenset(found.rundown.sites)
    return Places(
        sites={room: means.label(room, among) for room in sites},
        starts_at=found.stored.session.starts_at,
        zone=_zone(means, sites),
    )


def _zone(means: Means, sites: Sequence[RoomId]) -> ZoneInfo:
    """Of the first site that is still in the network."""
    for room in sites:
        with suppress(NotFound):
            return means.network.centre_of(room).zone
    return means.network.centres[0].zone


async def fetch(call: Call) -> web.StreamResponse:
    """The sheet, for a spreadsheet."""
    conductor = call.app[HOUSE].conductor
    found = await rundowns.read(conductor, call.person, session_of(call))
    body = written(found.rundown.cues, places_of(conductor.means, found))
    name = f"conducteur-{found.stored.session.starts_at:%Y-%m-%d}.csv"
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{name}"',
        "ETag": f'"{found.version}"',
    }
    return web.Response(body=body, content_type=CSV, charset="utf-8", headers=headers)


async def bring(call: Call) -> Answer:
    """Replace the rundown by a sheet, if nobody else has changed it since it was read."""
    session, conductor = session_of(call), call.app[HOUSE].conductor
    version = version_of(call, "rundown-changed", session=session)
    if call.request.content_type != CSV:
        raise problems.WrongMediaType("not-csv", content_type=call.request.content_type[:100])
    found = await rundowns.read(conductor, call.person, session)
    body = await read_body(call.request, LARGEST)
    entries = read(body, places_of(conductor.means, found))
    return shown(await rundowns.write(conductor, call.person, session, entries, version))


ROUTES = (
    Route(
        method="GET",
        path=f"{RUNDOWN}/csv",
        handler=fetch,
        summary="The run of show as a CSV sheet",
        person=True,
        gives=(CSV,),
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=f"{RUNDOWN}/csv",
        handler=bring,
        summary="Write the run of show from a CSV sheet",
        person=True,
        takes=(CSV,),
        answer=RundownOut,
        errors=(404, 408, 409, 412, 413, 415, 422, 428),
        if_match=True,
    ),
)

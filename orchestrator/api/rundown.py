"""The rundown (conducteur) of a ceremony, by whoever runs the session."""

from datetime import timedelta

from orchestrator.api.endpoint import Answer, Call, Route
from orchestrator.api.if_match import version_of
from orchestrator.api.rundown_models import (
    ActIn,
    OrderIn,
    ReadyIn,
    RundownIn,
    RundownOut,
    document,
)
from orchestrator.cases import rundowns
from orchestrator.cases.rundowns import Shown
from orchestrator.cue import Act
from orchestrator.keys import HOUSE
from rooms.ids import RoomId, SessionId


def session_of(call: Call) -> SessionId:
    """The session in the address."""
    return SessionId(call.path("session"))


def shown(found: Shown) -> Answer:
    """A rundown with its version."""
    return Answer(headers={"ETag": f'"{found.version}"'}, body=document(found))


async def read(call: Call) -> Answer:
    """The rundown as it is now; an empty one is version 0."""
    return shown(await rundowns.read(call.app[HOUSE].conductor, call.person, session_of(call)))


async def write(call: Call) -> Answer:
    """Replace it, if nobody else has changed it since it was read."""
    session = session_of(call)
    version = version_of(call, "rundown-changed", session=session)
    entries = [one.entry() for one in call.body(RundownIn).cues]
    conductor = call.app[HOUSE].conductor
    return shown(await rundowns.write(conductor, call.person, session, entries, version))


async def reorder(call: Call) -> Answer:
    """Another order."""
    conductor, order = call.app[HOUSE].conductor, call.body(OrderIn).order
    return shown(await rundowns.reorder(conductor, call.person, session_of(call), order))


async def act(call: Call) -> Answer:
    """One of the director's acts."""
    asked, conductor = call.body(ActIn), call.app[HOUSE].conductor
    cue, ahead = call.path("cue"), timedelta(seconds=asked.lead)
    return shown(
        await rundowns.act(conductor, call.person, session_of(call), cue, Act(asked.act), ahead)
    )


async def acknowledge(call: Call) -> Answer:
    """A site is ready, or is no more: as told by telephone."""
    conductor, room = call.app[HOUSE].conductor, RoomId(call.path("room"))
    edition = call.body(ReadyIn).edition
    return shown(
        await rundowns.acknowledge(
            conductor, call.person, session_of(call), call.path("cue"), room, edition
        )
    )


async def reset(call: Call) -> Answer:
    """As before the rehearsal."""
    return shown(await rundowns.reset(call.app[HOUSE].conductor, call.person, session_of(call)))


RUNDOWN = "/sessions/{session}/rundown"
ROUTES = (
    Route(
        method="GET",
        path=RUNDOWN,
        handler=read,
        summary="The run of show of a ceremony",
        person=True,
        answer=RundownOut,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path=RUNDOWN,
        handler=write,
        summary="Write the run of show",
        person=True,
        body=RundownIn,
        answer=RundownOut,
        errors=(404, 409, 412, 422, 428),
        if_match=True,
    ),
    Route(
        method="POST",
        path=f"{RUNDOWN}/order",
        handler=reorder,
        summary="Put the cues in another order",
        person=True,
        body=OrderIn,
        answer=RundownOut,
        errors=(404, 409),
    ),
    Route(
        method="POST",
        path=f"{RUNDOWN}/cues/{{cue}}",
        handler=act,
        summary="Arm a cue, say GO, end it, skip it",
        person=True,
        body=ActIn,
        answer=RundownOut,
        errors=(403, 404, 409),
    ),
    Route(
        method="PUT",
        path=f"{RUNDOWN}/cues/{{cue}}/sites/{{room}}",
        handler=acknowledge,
        summary="Say for a site that it is ready for a cue, or no more",
        person=True,
        body=ReadyIn,
        answer=RundownOut,
        errors=(404, 409),
    ),
    Route(
        method="POST",
        path=f"{RUNDOWN}/reset",
        handler=reset,
        summary="Make all cues as they were before the rehearsal",
        person=True,
        answer=RundownOut,
        errors=(404, 409),
    ),
)

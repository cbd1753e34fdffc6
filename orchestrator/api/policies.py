"""How each room is booked: read by people of the house, changed by the animateur of its centre."""

from typing import Any

from sqlalchemy import Connection

from calendars.policy import CHOICES, FLAGS, LISTS, NUMBERS
from orchestrator import roles
from orchestrator.api.endpoint import Answer, Body, Call, Route, Shape
from orchestrator.api.if_match import version_of
from orchestrator.keys import BUS, SETTINGS
from orchestrator.settings import Network
from orchestrator.store import audit, policies
from rooms.errors import Forbidden
from rooms.room import Room


class PolicyIn(Body):
    """What differs from the file; what is not named is as the file says."""

    settings: dict[str, Any]


class PolicyOut(Shape):
    """All settings in force, those changed here, and what the file says; `accepted` is what each
    of them may be: a number from `least` to `most`, `one_of` some values, or a list of `some_of`.
    """

    room: str
    settings: dict[str, Any]
    changed: dict[str, Any]
    configured: dict[str, Any]
    accepted: dict[str, dict[str, Any]]


ACCEPTED: dict[str, dict[str, Any]] = {
    **{name: {"least": least, "most": most} for name, (least, most) in NUMBERS.items()},
    **{name: {"one_of": [False, True]} for name in FLAGS},
    **{name: {"one_of": list(words)} for name, words in CHOICES.items()},
    **{name: {"some_of": list(words)} for name, words in LISTS.items()},
}


def _document(
    network: Network, room: Room, settings: dict[str, Any], changed: dict[str, Any]
) -> dict[str, Any]:
    return {
        "room": room.id,
        "settings": settings,
        "changed": changed,
        "configured": network.policy_of(room).as_json(),
        "accepted": ACCEPTED,
    }


def _tag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


async def read(call: Call) -> Answer:
    """How a room is booked now."""
    network = call.app[SETTINGS].network
    room = network.room(call.path("room"))

    def find(conn: Connection) -> tuple[int, dict[str, Any], dict[str, Any]]:
        version, changed = policies.changes(conn, room.id)
        return version, policies.effective(conn, network, room.id).as_json(), changed

    version, settings, changed = await call.database.read(find)
    return Answer(headers=_tag(version), body=_document(network, room, settings, changed))


async def write(call: Call) -> Answer:
    """Change it, if nobody else did since it was read."""
    network, sent = call.app[SETTINGS].network, call.body(PolicyIn).settings
    room = network.room(call.path("room"))
    if not roles.may_pair(call.person, room.centre):
        raise Forbidden("not-your-room", room=room.id)
    version = version_of(call, "policy-changed", room=room.id)

    def work(conn: Connection) -> tuple[int, dict[str, Any]]:
        who = call.person.id
        made, policy = policies.save(conn, call.now, network, room.id, sent, who, version)
        audit.record(conn, call.now, who, "policy.changed", room.id, sent)
        return made, policy.as_json()

    made, settings = await call.database.write(work)
    call.app[BUS].publish("room.settings.changed", room=room.id)
    return Answer(headers=_tag(made), body=_document(network, room, settings, sent))


ROUTES = (
    Route(
        method="GET",
        path="/rooms/{room}/settings",
        handler=read,
        summary="How a room is booked",
        person=True,
        answer=PolicyOut,
        errors=(404,),
    ),
    Route(
        method="PUT",
        path="/rooms/{room}/settings",
        handler=write,
        summary="Change how a room is booked",
        person=True,
        body=PolicyIn,
        answer=PolicyOut,
        errors=(403, 404, 412, 422, 428),
        if_match=True,
    ),
)

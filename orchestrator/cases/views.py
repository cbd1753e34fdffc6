"""Sessions as JSON: what the wire and the API show."""

from typing import Any

from orchestrator.cases.conductor import Conductor
from orchestrator.means import Means
from orchestrator.store import people
from orchestrator.store.instants import iso
from orchestrator.store.participants import Participant
from orchestrator.store.sessions import Stored
from signalling.ports import Json


def on_the_wire(means: Means, stored: Stored) -> Json:
    """The `session` object of docs/protocol.md."""
    session, among = stored.session, frozenset(stored.centres)
    return {
        "id": session.id,
        "title": stored.title,
        "kind": stored.kind,
        "state": session.state.value,
        "starts_at": iso(session.starts_at),
        "ends_at": iso(session.ends_at),
        "sites": [
            {
                "room": site.room,
                "centre": stored.centres[site.room],
                "name": means.label(site.room, among),
                "role": site.role,
                "state": site.state.value,
            }
            for site in session.sites
        ],
    }


def in_the_api(means: Means, stored: Stored) -> dict[str, Any]:
    """As above, with the link for people."""
    return {
        **on_the_wire(means, stored),
        "booking": stored.booking,
        "join_url": join_url(means, stored),
    }


def join_url(means: Means, stored: Stored) -> str:
    """Where people come in."""
    return f"{means.public_url}/join/{stored.join_code}"


def participant(one: Participant) -> dict[str, Any]:
    """A participant for whoever runs the session."""
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "room": one.room,
        "state": one.state,
    }


async def organiser_name(conductor: Conductor, stored: Stored) -> str:
    """Who invites, by name; nothing when his account is gone."""
    row = await conductor.means.database.read(lambda conn: people.by_id(conn, stored.organiser))
    return "" if row is None else row.name

"""What the run of show changes is told to every screen of its session: what is on, what comes."""

from orchestrator.means import Means
from rooms.errors import NotFound
from rooms.ids import SessionId

HEARD = "session.rundown.changed"


async def tell_screens(means: Means) -> None:
    """Tell them whenever it changes, until cancelled."""
    with means.bus.listen("screens") as heard:
        async for event in heard:
            if event.kind == HEARD:
                await _told(means, SessionId(event.facts["session"]))


async def _told(means: Means, session: SessionId) -> None:
    try:
        await means.wire.session_changed(session)
    except NotFound:  # it was taken out meanwhile
        return

"""What a cue wishes outside of the stage: kept with its GO, carried out from the outbox.

On record stand `recording.start`, `broadcast.stop` … with who said GO, and the cue; where it was
refused also `….refused` with why.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from orchestrator.cue import Cue
from orchestrator.effects import OF_CUES, Effect
from orchestrator.means import Means
from orchestrator.session import Session, State
from orchestrator.store import audit, bookings
from rooms.errors import MargerideError
from rooms.ids import SessionId


def keep(conn: Connection, now: datetime, session: Session, cue: Cue, by: str) -> bool:
    """Wish what this cue is for, in the transaction of what brings it about; False when that is
    nothing, as in every rehearsal."""
    effect = OF_CUES.get(cue.plan.kind)
    if effect is None or session.state is State.REHEARSAL:
        return False
    audit.record(conn, now, by, effect.value, session.id, {"cue": cue.id})
    bookings.tell(conn, now, effect.value, {"session": session.id, "by": by, "cue": cue.id})
    return True


async def carry_out(means: Means, topic: str, payload: dict[str, Any]) -> None:
    """The listener of the outbox; a refusal is on record, any other failure is tried again."""
    if topic not in frozenset(Effect):
        return
    session, by = SessionId(payload["session"]), str(payload["by"])
    does = means.recordings if topic.startswith("recording.") else means.broadcasts
    try:
        await (does.start if topic.endswith(".start") else does.stop)(session, by)
    except MargerideError as refusal:
        why, now = refusal.key, means.clock()
        detail = {"cue": payload["cue"], "why": why}
        await means.database.write(
            lambda conn: audit.record(conn, now, by, f"{topic}.refused", session, detail)
        )

"""The rundown of a session: one document, and a version that grows with every change of it."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from orchestrator import rundown_document
from orchestrator.rundown import Rundown, seated
from orchestrator.session import Session
from orchestrator.store.instants import seconds
from orchestrator.store.tables_rundowns import rundowns


def get(conn: Connection, session: Session) -> tuple[int, Rundown]:
    """(version, rundown) of a session, among the sites it has now; (0, empty) when none is kept."""
    sites = [site.room for site in session.sites]
    row = conn.execute(select(rundowns).where(rundowns.c.session_id == session.id)).one_or_none()
    if row is None:
        return 0, Rundown(sites=tuple(sites))
    cues = rundown_document.read(row.document, session.starts_at)
    return row.version, seated(Rundown(sites=(), cues=cues), sites)


def keep(
    conn: Connection, now: datetime, session: Session, rundown: Rundown, version: int, who: str
) -> None:
    """The rundown, instead of the one there was."""
    values = {
        "version": version,
        "document": rundown_document.stored(rundown.cues, session.starts_at),
        "updated_by": who,
        "updated_at": seconds(now),
    }
    conn.execute(
        upsert(rundowns)
        .values(session_id=session.id, **values)
        .on_conflict_do_update(index_elements=["session_id"], set_=values)
    )

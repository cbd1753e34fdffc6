"""The end of a rehearsal, in the transaction that ends it: the report, and all as it was before.

The run of show goes back to its beginning, the stage to what it was, what was shown is not shown
any more, and who was there has not been at the ceremony.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator import rehearsal as rules
from orchestrator import rundown as runs
from orchestrator.cases import rundown_screens
from orchestrator.cues import Reports
from orchestrator.rehearsal import INCIDENTS, MOST_INCIDENTS, Incident, Report, Site
from orchestrator.store import audit, cues, rehearsals, rundowns, stagings
from orchestrator.store.rehearsals import Rehearsal
from orchestrator.store.sessions import Stored
from rooms.ids import SessionId

TESTED_BEFORE = timedelta(hours=2)
"""A test of a site that was made so long before the rehearsal counts for it."""
MARK = timedelta(seconds=1)


def close(
    conn: Connection, now: datetime, stored: Stored, by: str, reports: Reports | None
) -> None:
    """Of a session that is being rehearsed, and as it still was."""
    running = rehearsals.running(conn, stored.id)
    if running is None:
        return
    report = _report(conn, now, stored, running, _spreads(reports))
    audit.record(conn, now, by, "rehearsal.ended", stored.id, {"cues": len(report.cues)})
    rehearsals.end(conn, now, running.id, report)
    stagings.put_back(conn, now, stored.id, running.staging)
    _unfire(conn, stored.id)
    version, rundown = rundowns.get(conn, stored.session)
    if version:
        anew = runs.reset(rundown)
        rundowns.keep(conn, now, stored.session, anew, version + 1, by)
        rundown_screens.keep(conn, stored.id, rundown, anew, version + 1)


def _report(
    conn: Connection,
    now: datetime,
    stored: Stored,
    running: Rehearsal,
    spreads: Mapping[str, int],
) -> Report:
    _, rundown = rundowns.get(conn, stored.session)
    since = running.began_at - TESTED_BEFORE
    tests = rehearsals.latest_tests(conn, stored.centres, since, now + MARK)
    incidents = rehearsals.happened(conn, stored.id, running.id, INCIDENTS, MOST_INCIDENTS)
    return Report(
        began_at=running.began_at,
        ended_at=now,
        sites=tuple(
            Site(
                room=site.room,
                role=site.role,
                state=site.state.value,
                measured=tests[site.room].measured if site.room in tests else None,
            )
            for site in stored.session.sites
        ),
        cues=rules.played(rundown.cues, stored.session.starts_at, now, spreads),
        unplayed=rules.unplayed(rundown.cues),
        incidents=tuple(
            Incident(at=at, action=action, source=source) for at, action, source in incidents
        ),
    )


def _spreads(reports: Reports | None) -> dict[str, int]:
    found = {}
    for cue, of in (reports.of if reports is not None else {}).items():
        spread = rules.spread(kept.fired_at for _, kept in of.values())
        if spread is not None:
            found[cue] = spread
    return found


def _unfire(conn: Connection, session: SessionId) -> None:
    for cue in cues.of_session(conn, session):
        if cue.execute_at is not None:
            cues.keep(conn, session, replace(cue, version=cue.version + 1, execute_at=None))

"""The program made of a recording afterwards: asked for, followed, given up, approved, shown."""

from sqlalchemy import Connection

from orchestrator.cases.recordings import put_on_record, tell, within
from orchestrator.cases.rights import SessionCheck
from orchestrator.means import Means
from orchestrator.store import broadcasts, recordings
from orchestrator.store.recordings import (
    CANCELLED,
    DONE,
    FAILED,
    OPEN,
    RUNNING,
    WAITING,
    Mix,
    Recording,
)
from rooms.errors import Conflict, NotFound
from rooms.ids import SessionId

STEP = 0.01


async def ask(
    means: Means, session: SessionId, recording: str, by: str, check: SessionCheck
) -> Mix:
    """Make it, (again) from the beginning; one that is being made is the answer.

    Raises:
        Conflict: "recording-runs", "recording-empty".
    """
    now = means.clock()

    def wish(conn: Connection, one: Recording) -> None:
        if one.state in OPEN:
            raise Conflict("recording-runs", session=session)
        known = recordings.mix(conn, recording)
        if known is not None and known.state in (WAITING, RUNNING):
            return
        if not recordings.parts(conn, recording):
            raise Conflict("recording-empty", recording=recording)
        recordings.ask_mix(conn, now, recording, by)

    one = await within(means, session, recording, check, by=by, act="mix", then=wish)
    await tell(means, one)
    return await see(means, session, recording, check)


async def see(means: Means, session: SessionId, recording: str, check: SessionCheck) -> Mix:
    """How far it is; NotFound("no-recording-mix")."""
    await within(means, session, recording, check)
    return _known(await means.database.read(lambda conn: recordings.mix(conn, recording)))


async def give_up(
    means: Means, session: SessionId, recording: str, by: str, check: SessionCheck
) -> None:
    """Make it no further. Conflict("recording-mix-not-ready") when it is not being made."""

    def stop(conn: Connection, _: Recording) -> None:
        known = _known(recordings.mix(conn, recording))
        if known.state not in (WAITING, RUNNING):
            raise Conflict("recording-mix-not-ready", state=known.state)
        recordings.note_mix(conn, recording, state=CANCELLED)

    one = await within(means, session, recording, check, by=by, act="mix.cancelled", then=stop)
    await tell(means, one)


async def approve(
    means: Means, session: SessionId, recording: str, by: str, check: SessionCheck, *, may: bool
) -> Mix:
    """Whether everybody may see it, where the public page has a replay."""
    now = means.clock()

    def mark(conn: Connection, _: Recording) -> None:
        ready(recordings.mix(conn, recording))
        if may:
            recordings.approve_mix(conn, now, recording, by)
        else:
            recordings.withdraw_mix(conn, recording)

    act = "approved" if may else "withdrawn"
    await within(means, session, recording, check, by=by, act=act, then=mark)
    return await see(means, session, recording, check)


def ready(mix: Mix | None) -> Mix:
    """NotFound("no-recording-mix"), Conflict("recording-mix-not-ready")."""
    known = _known(mix)
    if known.state != DONE:
        raise Conflict("recording-mix-not-ready", state=known.state)
    return known


def _known(mix: Mix | None) -> Mix:
    if mix is None:
        raise NotFound("no-recording-mix")
    return mix


async def replay(means: Means, code: str) -> str | None:
    """The recording whose mix everybody may see again under this code; None: nothing."""

    def look(conn: Connection) -> str | None:
        page = broadcasts.by_code(conn, code)
        if page is None or not page.replay or not page.is_open(means.clock()):
            return None
        found = recordings.replay(conn, page.session)
        return None if found is None else found.recording

    return await means.database.read(look)


# --- what its process reports


async def began(means: Means, mix: Mix) -> None:
    """It is being made."""
    await _note(means, mix, state=RUNNING, progress=0.0)


async def progressed(means: Means, mix: Mix, progress: float) -> None:
    """So far, from 0 to 1."""
    if abs(progress - mix.progress) >= STEP:
        await _note(means, mix, progress=progress)


async def made(means: Means, mix: Mix, size: int) -> None:
    """It is whole."""
    await _note(means, mix, state=DONE, progress=1.0, size=size)
    await _ended(means, mix, "mixed", size)


async def failed(means: Means, mix: Mix, why: str) -> None:
    """It cannot be made."""
    await _note(means, mix, state=FAILED, why=why)
    await _ended(means, mix, "mix.failed", 0, why)


async def _note(means: Means, mix: Mix, **values: object) -> None:
    def keep(conn: Connection) -> None:
        known = recordings.mix(conn, mix.recording)
        if known is not None and known.state in (WAITING, RUNNING):  # nobody gave it up meanwhile
            recordings.note_mix(conn, mix.recording, **values)

    await means.database.write(keep)


async def _ended(means: Means, mix: Mix, what: str, size: int, why: str = "") -> None:
    now = means.clock()
    facts = {name: value for name, value in (("bytes", size), ("why", why)) if value}

    def keep(conn: Connection) -> Recording | None:
        one = recordings.find(conn, mix.recording)
        if one is not None:
            put_on_record(conn, now, one, "clock", what, facts)
        return one

    one = await means.database.write(keep)
    if one is not None:
        await tell(means, one)

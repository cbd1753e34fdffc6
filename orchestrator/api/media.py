"""The media workers, for administrators: what each carries, and emptying one before it is ended."""

from typing import Literal

from sqlalchemy import Connection

from orchestrator import roles
from orchestrator.api.endpoint import Answer, Call, Route, Shape
from orchestrator.keys import ENGINE
from orchestrator.store import audit
from rooms.errors import Forbidden, NotFound
from signalling.engines.pool import Pool


class Worker(Shape):
    """One worker; `draining` takes no new session and is `retired` when its last one has ended."""

    number: int
    state: Literal["running", "absent", "draining", "retired"]
    sessions: int
    people: int


class Workers(Shape):
    """All of them. `drained`: each was told to drain, and none carries anything any more."""

    workers: list[Worker]
    drained: bool


async def look(call: Call) -> Answer:
    """What there is."""
    return _told(_pool(call))


async def drain(call: Call) -> Answer:
    """No new session for this one."""
    pool = _pool(call)
    pool.drain(_number(call, pool))
    await _record(call, "media.drained")
    return _told(pool)


async def resume(call: Call) -> Answer:
    """It takes sessions again."""
    pool = _pool(call)
    await pool.resume(_number(call, pool))
    await _record(call, "media.resumed")
    return _told(pool)


async def drain_all(call: Call) -> Answer:
    """No new session anywhere."""
    pool = _pool(call)
    pool.drain_all()
    await _record(call, "media.drained")
    return _told(pool)


async def _record(call: Call, action: str) -> None:
    target = call.request.match_info.get("worker", "all")

    def work(conn: Connection) -> None:
        audit.record(conn, call.now, call.person.id, action, target)

    await call.database.write(work)


def _pool(call: Call) -> Pool:
    if not roles.may_audit(call.person):
        raise Forbidden("admin-only")
    engine = call.app[ENGINE]
    if not isinstance(engine, Pool):
        raise NotFound("no-worker", worker="")
    return engine


def _number(call: Call, pool: Pool) -> int:
    word = call.path("worker")
    known = {str(view.number) for view in pool.views()}
    if word not in known:
        raise NotFound("no-worker", worker=word)
    return int(word)


def _told(pool: Pool) -> Answer:
    workers = [
        {
            "number": view.number,
            "state": view.state.value,
            "sessions": view.sessions,
            "people": view.people,
        }
        for view in pool.views()
    ]
    return Answer(body={"workers": workers, "drained": pool.drained})


ROUTES = (
    Route(
        method="GET",
        path="/media/workers",
        handler=look,
        summary="The media workers and what they carry",
        person=True,
        answer=Workers,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/media/drain",
        handler=drain_all,
        summary="No new session on any media worker",
        person=True,
        answer=Workers,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/media/workers/{worker}/drain",
        handler=drain,
        summary="No new session on a media worker; it ends with its last one",
        person=True,
        answer=Workers,
        errors=(403, 404),
    ),
    Route(
        method="POST",
        path="/media/workers/{worker}/resume",
        handler=resume,
        summary="Let a media worker take sessions again",
        person=True,
        answer=Workers,
        errors=(403, 404),
    ),
)

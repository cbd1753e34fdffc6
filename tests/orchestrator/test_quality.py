"""How media flowed is kept for whoever ran the session, and counted without naming anybody."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.metrics_media import MediaFigures
from orchestrator.quality import QUALITY, Quality, ails, taken
from orchestrator.store import participants
from orchestrator.store import quality as kept
from orchestrator.store.quality import Sample
from rooms.ids import LegId, ParticipantId, RoomId, SessionId, TrackId
from signalling.engine import (
    Choice,
    EngineState,
    Kind,
    Leg,
    LegState,
    Member,
    Role,
    Track,
    Transport,
    Why,
)
from signalling.engine import (
    Path as LegPath,
)
from signalling.engines.silent import SilentEngine
from tests.fakes.service import Browser, RunningService, running_service

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SESSION, ANNE = SessionId("se-1"), ParticipantId("pa-anne")
CHOICES = tuple(
    Choice(track=TrackId(f"tr-{n}"), layer=None, temporal=3, kbps=0.0, why=why)
    for n, why in enumerate((Why.LINE, Why.LINE, Why.FULL))
)


def leg(**changed: Any) -> Leg:
    facts: dict[str, Any] = {
        "id": LegId("lg-1"),
        "role": Role.SUBSCRIBE,
        "state": LegState.CONNECTED,
        "kbps": 480.04,
        "loss": 0.02,
        "rtt_ms": 60.0,
        "available_kbps": 510.0,
        "choices": CHOICES,
        "counts": {"packets": 100, "nacked": 3},
        "path": LegPath(transport=Transport.TCP, family=4),
    }
    return Leg(**facts | changed)


def carrying(*legs: Leg) -> EngineState:
    track = Track(id=TrackId("tr-9"), participant=ANNE, kind=Kind.AUDIO, source="microphone")
    member = Member(participant=ANNE, tracks=(track,), legs=legs)
    return EngineState(sessions={SESSION: (member,)})


class Measuring(SilentEngine):
    """An engine whose state the test says."""

    def __init__(self, state: EngineState) -> None:
        super().__init__()
        self.said = state

    async def state(self) -> EngineState:
        self._called("state")
        return self.said


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


async def booked(browser: Browser) -> SessionId:
    start = datetime.now(UTC) + timedelta(minutes=10)
    sent = {"title": "Conseil", "kind": "meeting", "rooms": ["villefort-visio"]}
    sent |= {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    async with browser.post("/api/v1/bookings", sent) as answer:
        return SessionId((await answer.json())["booking"]["session"])


def test_worker_and_page_each_say_what_they_know() -> None:
    reported = [
        {
            "role": "subscribe",
            "kbps": 1.0,
            "fps": 12.0,
            "frozen": 0.1,
            "concealed": 0.02,
            "rtt_ms": 9.0,
        }
    ]
    [sample] = taken(carrying(leg()), {(SESSION, ANNE): reported}, NOW)
    assert sample.legs == {
        "subscribe": {
            "kbps": 480.0,
            "loss": 0.02,
            "rtt_ms": 60.0,
            "fps": 12.0,
            "frozen": 0.1,
            "concealed": 0.02,
            "available_kbps": 510.0,
            "why": {"line": 2, "full": 1},
            "path": "tcp",
        }
    }
    [sample] = taken(carrying(leg(rtt_ms=None)), {(SESSION, ANNE): reported}, NOW)
    assert sample.legs["subscribe"]["rtt_ms"] == 9.0


def test_who_is_not_connected_has_no_quality() -> None:
    assert taken(carrying(leg(state=LegState.NEW)), {}, NOW) == []
    assert taken(carrying(), {}, NOW) == []


async def test_the_timeline_is_for_whoever_runs_the_session(service: RunningService) -> None:
    tom, bea = await service.log_in("tom"), await service.log_in("marc")
    session = await booked(tom)
    state = carrying(leg())
    engine = Measuring(EngineState(sessions={session: state.sessions[SESSION]}))
    shown: list[EngineState] = []
    database = service.app[keys.DATABASE]
    clock = iter([NOW, NOW + timedelta(seconds=15)])
    timer = Quality(database, engine, dict, shown.append, lambda: next(clock))
    await timer.look()
    await timer.look()
    assert shown == [engine.said] * 2
    async with tom.get(f"/api/v1/sessions/{session}/quality") as answer:
        samples = (await answer.json())["samples"]
    assert [(one["participant"], one["at"]) for one in samples] == [
        (ANNE, "2026-11-22T09:00:00Z"),
        (ANNE, "2026-11-22T09:00:15Z"),
    ]
    assert samples[0]["legs"]["subscribe"]["why"] == {"line": 2, "full": 1}
    async with bea.get(f"/api/v1/sessions/{session}/quality") as answer:
        assert answer.status == 404
    async with service.browser().get(f"/api/v1/sessions/{session}/quality") as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("legs", "told"),
    [
        ([leg(choices=CHOICES[2:])], None),
        ([leg()], ("line-lowers", {"kbps": 510})),
        ([leg(available_kbps=None)], None),
        ([leg(loss=0.07)], ("line-loses", {"percent": 7})),
        ([leg(role=Role.PUBLISH, loss=0.2, choices=())], ("line-loses", {"percent": 20})),
        ([], None),
    ],
)
def test_what_is_wrong_with_a_line_is_told_loss_first(legs: list[Leg], told: object) -> None:
    found = taken(carrying(*legs), {}, NOW)
    assert ails(found[0].legs if found else {}) == told


async def test_a_room_in_a_call_says_what_is_wrong_with_its_line(service: RunningService) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne)

    def join(conn: Connection) -> ParticipantId:
        now = datetime.now(UTC)
        room = RoomId("villefort-visio")
        made, _ = participants.add(conn, now, session, name="Villefort", kind="room", room=room)
        participants.become(conn, now, made, participants.JOINED)
        return made

    joined = await service.app[keys.DATABASE].write(join)
    member = Member(participant=joined, legs=(leg(),))
    clock = [NOW]
    engine = Measuring(EngineState(sessions={session: (member,)}))
    timer = Quality(service.app[keys.DATABASE], engine, dict, lambda _: None, lambda: clock[0])
    assert timer.ails(joined) is None
    await timer.look()
    assert timer.ails(joined) == ("line-lowers", {"kbps": 510})
    running = service.app[QUALITY]
    running._last, running._clock = timer._last, lambda: clock[0]
    for words in ("The line carries only 510 kbit/s: pictures are made smaller.", None):
        async with anne.get("/api/v1/rooms/villefort-visio/state") as answer:
            assert (await answer.json())["line"] == words
        clock[0] = NOW + timedelta(minutes=1)  # nothing was heard since


async def test_what_is_too_old_goes_and_a_worker_that_is_away_is_no_fault(
    service: RunningService,
) -> None:
    session = await booked(await service.log_in("tom"))
    old = Sample(session=session, participant=ANNE, at=NOW - timedelta(days=31), legs={})
    database = service.app[keys.DATABASE]
    await database.write(lambda conn: kept.keep(conn, [old]))
    engine = SilentEngine()
    engine.absent = True
    await Quality(database, engine, dict, lambda _: None, lambda: NOW).look()
    assert await database.read(lambda conn: kept.timeline(conn, session, 10)) == []


def test_legs_are_counted_by_role_and_path_and_their_totals_grow() -> None:
    registry = CollectorRegistry()
    figures = MediaFigures(registry)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"margeride_media_{name}", labels)

    figures.show(carrying(leg(), leg(id=LegId("lg-2"), role=Role.PUBLISH, path=None)))
    assert value("legs", role="subscribe", path="tcp") == 1
    assert value("legs", role="publish", path="unknown") == 1
    assert value("legs", role="publish", path="udp") == 0
    assert (value("tracks", kind="audio"), value("sessions")) == (1, 1)
    figures.sample(carrying(leg()))
    figures.sample(carrying(leg(counts={"packets": 150, "nacked": 2, "no such": 9}, rtt_ms=None)))
    counted = {"role": "subscribe", "what": "packets"}
    assert value("leg_events_total", **counted) == 150
    assert value("leg_events_total", **counted | {"what": "nacked"}) == 3
    assert value("leg_events_total", **counted | {"what": "no such"}) is None
    figures.sample(carrying())
    assert value("leg_events_total", **counted) == 150
    assert value("rtt_seconds_count", role="subscribe") == 1
    assert value("loss_count", role="subscribe") == 2
    figures.sample(carrying(leg(state=LegState.FAILED)))
    assert value("loss_count", role="subscribe") == 2

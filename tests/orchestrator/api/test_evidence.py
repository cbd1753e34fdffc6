"""The report of a ceremony over REST: what is in it, who may read it, what it outlives."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys, witness
from orchestrator.cases import cues, evidences, stagings
from orchestrator.cues import Cue
from orchestrator.staging import Fact
from orchestrator.store import cues as cue_rows
from orchestrator.store import evidence, participants, quality
from orchestrator.store.instants import iso
from orchestrator.store.quality import Sample
from orchestrator.witness import Witness
from rooms.ids import ParticipantId, RoomId, SessionId
from signalling.messages_cues import CueFired, CueKind, CueReady
from signalling.ports import Json, Place
from tests.fakes.service import Browser, RunningService, running_service
from tests.orchestrator.api.test_stage import OTHER, ROOM, asked

LEG = {"kbps": 300.0, "loss": 0.01, "rtt_ms": 45, "fps": 15, "frozen": 0, "why": {}}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def ceremony(who: Browser, kind: str = "ceremony") -> str:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=10)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Inauguration", "kind": kind, "rooms": [ROOM, OTHER], "seats": 40, **span}
    status, made = await asked(who, "POST", "/bookings", wish)
    assert status == 201, made
    return str(made["booking"]["session"])


async def joined(service: RunningService, session: str, room: str) -> Place:
    """A room's screen that is in."""
    now = datetime.now(UTC) - timedelta(seconds=1)
    name, of = RoomId(room), SessionId(session)

    def add(conn: Any) -> ParticipantId:
        made, _ = participants.add(conn, now, of, name=room, kind="room", room=name)
        participants.become(conn, now, made, participants.JOINED)
        return made

    made = await service.app[keys.DATABASE].write(add)
    return Place(session=of, participant=made, name=room, kind="room", room=name)


async def report(who: Browser, session: str) -> Json:
    status, found = await asked(who, "GET", f"/sessions/{session}/evidence")
    assert status == 200, found
    return found


async def do(who: Browser, session: str, *acts: str) -> None:
    for act in acts:
        status, said = await asked(who, "POST", f"/sessions/{session}/{act}")
        assert status == 200, said


async def test_a_ceremony_is_told_as_it_was(service: RunningService) -> None:
    admin = await service.log_in("admin")
    session = await ceremony(admin)
    await do(admin, session, "open")
    await asked(admin, "PUT", f"/sessions/{session}/stage")
    conductor, of = service.app[keys.HOUSE].conductor, SessionId(session)
    await stagings.learn(conductor, of, {ROOM: Fact(flows=True)}, frozenset())
    for act in ({"act": "prepare", "layout": "one", "sources": [ROOM]}, {"act": "take"}):
        assert (await asked(admin, "POST", f"/sessions/{session}/stage", act))[0] == 200
    silent = Fact(silent_since=datetime.now(UTC) - timedelta(seconds=4))
    await stagings.learn(conductor, of, {ROOM: silent}, frozenset())
    await stagings.learn(conductor, of, {ROOM: Fact(flows=True)}, frozenset())
    back = {"act": "restore", "source": ROOM}
    assert (await asked(admin, "POST", f"/sessions/{session}/stage", back))[0] == 200
    place = await joined(service, session, ROOM)
    sample = Sample(
        session=of, participant=place.participant, at=datetime.now(UTC), legs={"x": LEG}
    )
    await service.app[keys.DATABASE].write(lambda conn: quality.keep(conn, [sample]))
    await do(admin, session, "start", "end")
    found = await report(admin, session)
    assert (found["title"], found["final"], found["people"]["announced"]) == (
        *("Inauguration", True),
        40,
    )
    assert found["people"]["connections"] == {"room": 1}
    assert found["people"]["most_at_once"]["count"] == 1
    sites = {site["room"]: site for site in found["sites"]}
    assert sites[ROOM]["quality"]["samples"] == 1
    assert sites[OTHER]["quality"] is None
    assert sites[ROOM]["line"]["technology"] == "adsl"
    cut = next(deed for deed in found["deeds"] if deed["action"] == "stage.take")
    assert (cut["by"], cut["about"]) == ("director", ["Villefort", "one"])
    [air] = [one for one in found["incidents"] if one["kind"] == "air"]
    assert air["place"] == "Villefort"
    assert [one["what"] for one in air["measures"]] == ["slate", "restore"]
    assert "heads" in found["not_measured"]
    assert "Administration" not in str(found)


async def test_it_does_not_exist_for_who_does_not_run_it(service: RunningService) -> None:
    admin, tom = await service.log_in("admin"), await service.log_in("tom")
    session = await ceremony(admin)
    path = f"/sessions/{session}/evidence"
    assert (await asked(tom, "GET", path))[0] == 404
    assert (await asked(service.browser(), "GET", path))[0] == 401
    assert (await asked(await service.log_in("anne"), "GET", path))[0] == 200
    meeting = await ceremony_of_kind(admin, "meeting")
    status, said = await asked(admin, "GET", f"/sessions/{meeting}/evidence")
    assert (status, said["type"].split("/")[-1]) == (404, "no-evidence")


async def ceremony_of_kind(who: Browser, kind: str) -> str:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Réunion", "kind": kind, "rooms": [ROOM], **span}
    return str((await asked(who, "POST", "/bookings", wish))[1]["booking"]["session"])


async def test_it_is_kept_when_the_ceremony_is_over_and_outlives_its_figures(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "SETTLES", timedelta(seconds=-5))
    admin = await service.log_in("admin")
    session, means = await ceremony(admin), service.app[keys.HOUSE].means
    of, now = SessionId(session), datetime.now(UTC)
    place = await joined(service, session, ROOM)
    sample = Sample(session=of, participant=place.participant, at=now, legs={"subscribe": LEG})
    await do(admin, session, "open", "start")
    await means.database.write(lambda conn: quality.keep(conn, [sample]))
    await do(admin, session, "end")
    assert await means.database.read(
        lambda conn: evidence.unkept(conn, now + timedelta(minutes=1), now - timedelta(days=1))
    ) in ([of], [])  # the service's own witness may have been quicker
    await Witness(means).look()
    kept = await report(admin, session)
    later = now + timedelta(days=31)
    await means.database.write(lambda conn: quality.drop(conn, later))
    assert (await report(admin, session)) == kept
    assert [site["quality"] is None for site in kept["sites"]] == [False, True]
    await evidences.keep(means, of)
    assert (await report(admin, session))["sites"][0]["quality"] is None, "made anew it is lost"


async def test_what_endpoints_say_of_a_fired_cue_outlives_the_process(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    session = await ceremony(admin)
    await do(admin, session, "open")
    conductor, of = service.app[keys.HOUSE].conductor, SessionId(session)
    places = [await joined(service, session, room) for room in (ROOM, OTHER)]
    at = datetime.now(UTC) + timedelta(seconds=3)
    cue = Cue(id="cu-ruban", kind=CueKind.MESSAGE, title="Ruban", text="Coupez !", execute_at=at)
    await conductor.means.database.write(lambda conn: cue_rows.keep(conn, of, cue))
    for late, place in enumerate(places):
        ready = CueReady(cue=cue.id, version=1, sha256=(), rtt_ms=40, error_ms=6)
        shown = at + timedelta(milliseconds=30 * late)
        await cues.heard(conductor, place, ready)
        for word in (shown, shown + timedelta(seconds=9)):  # said again, it changes nothing
            await cues.heard(conductor, place, CueFired(cue=cue.id, version=1, at=iso(word)))
    conductor.reports.clear()
    found = await conductor.means.database.read(lambda conn: evidence.firings(conn, of))
    spread = max(one.at for one in found) - min(one.at for one in found)
    assert len(found) == 2
    assert timedelta(milliseconds=25) < spread < timedelta(milliseconds=35)
    assert {one.error_ms for one in found} == {6}


class Scripted:
    """A wire of which the test says who has a leg."""

    def __init__(self) -> None:
        self.seats: list[Json] = []

    async def figures(self, session: SessionId) -> Json:
        return {"participants": self.seats}


async def test_a_lost_worker_and_the_absence_of_the_service_are_read_afterwards(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await service.log_in("admin")
    session, means = await ceremony(admin), service.app[keys.HOUSE].means
    await do(admin, session, "open", "start")
    wire, now = Scripted(), datetime.now(UTC)
    monkeypatch.setattr(means, "wire", wire)
    monkeypatch.setattr(means, "clock", lambda: now)
    legged, bare = [{"id": "pa-1", "publish": {"id": "l"}}], [{"id": "pa-1", "publish": None}]
    comes = [{"id": "pa-2", "publish": None}]
    before = Witness(means)
    for seats in (bare, legged, legged, comes, legged):
        wire.seats = seats
        assert await before.look()
    assert (await report(admin, session))["incidents"] == []  # who has just come has no leg yet
    wire.seats = bare
    assert await before.look()
    now += timedelta(seconds=40)  # killed, and begun again
    after = Witness(means)
    for seats in (bare, legged):
        wire.seats = seats
        await after.look()
    monkeypatch.setattr(means, "clock", lambda: now + timedelta(seconds=1))
    found = {one["kind"]: one for one in (await report(admin, session))["incidents"]}
    assert found["media"]["seconds"] == 40
    assert 38 <= found["service"]["seconds"] <= 42


async def test_a_deputy_who_takes_over_from_a_lost_director_is_on_record(
    service: RunningService,
) -> None:
    admin, anne = await service.log_in("admin"), await service.log_in("anne")
    session = await ceremony(admin)
    await do(admin, session, "open")
    path = f"/sessions/{session}/stage"
    await asked(admin, "PUT", path)
    deputy, director = await service.person("anne"), await service.person("admin")
    named = {"act": "deputies", "deputies": [deputy.id]}
    assert (await asked(admin, "POST", path, named))[0] == 200
    assert (await asked(anne, "POST", path, {"act": "here"}))[0] == 200
    conductor = service.app[keys.HOUSE].conductor
    await stagings.learn(conductor, SessionId(session), {}, frozenset({director.id}))
    [desk] = [one for one in (await report(admin, session))["incidents"] if one["kind"] == "desk"]
    assert [(one["what"], one["to"]) for one in desk["measures"]] == [("taken_over", "by_deputy")]

"""Recordings by REST: on what terms, who may, what everybody is told, and when they are deleted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.recording import shelf
from orchestrator.recording.names import folder_of
from orchestrator.session import State
from orchestrator.store import audit, broadcasts, participants, recordings
from orchestrator.store.broadcasts import Broadcast
from orchestrator.store.tables import sessions
from rooms.errors import Conflict
from rooms.ids import SessionId
from tests.fakes.recordings import write_part, write_source
from tests.fakes.service import Browser, RunningService, running_service

TERMS = {"keeper": "Département", "purpose": "Archives", "basis": "public_task", "days": 30}
ROOM = "meyrueis-visio"
OPEN = ("waiting", "running")


@dataclass
class Ceremony:
    """A session of Tom's that has been booked."""

    service: RunningService
    tom: Browser
    session: str
    code: str

    def path(self, rest: str = "recordings") -> str:
        return f"/api/v1/sessions/{self.session}/{rest}"

    async def ask(self, method: str, rest: str = "recordings", json: Any = None) -> tuple[int, Any]:
        async with self.tom.request(method, self.path(rest), json=json) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def open(self) -> None:
        assert (await self.ask("POST", "open"))[0] == 200

    async def begun(self) -> str:
        await self.open()
        assert await self.ask("PUT", "recording-terms", TERMS) == (200, TERMS)
        status, made = await self.ask("POST")
        assert status == 201, made
        return str(made["recording"])

    async def kept(self, recording: str) -> None:
        """Its recorder, a process, has closed its files."""
        async with asyncio.timeout(40):
            while (await self.one(recording))["state"] in recordings.OPEN:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def one(self, recording: str) -> Any:
        _, told = await self.ask("GET")
        return next(one for one in told["recordings"] if one["recording"] == recording)

    async def stopped(self, recording: str) -> None:
        assert (await self.ask("POST", f"recordings/{recording}/stop"))[0] == 200
        await self.kept(recording)

    async def become(self, state: State) -> None:
        change = sessions.update().where(sessions.c.id == self.session).values(state=state)
        await self.service.app[keys.DATABASE].write(lambda conn: conn.execute(change))

    async def record(self) -> list[str]:
        lines = await self.service.app[keys.DATABASE].read(audit.latest)
        named = [line["action"] for line in lines if line["target"] == self.session]
        return [action for action in reversed(named) if action.startswith("recording.")]

    @property
    def folder(self) -> Path:
        return folder_of(self.service.app[keys.DATA], "")


@pytest.fixture
async def ceremony(tmp_path: Path) -> AsyncIterator[Ceremony]:
    async with running_service(tmp_path) as service:
        tom, now = await service.log_in("tom"), datetime.now(UTC)
        begins, ends = (now + timedelta(minutes=m) for m in (60, 120))
        sent = {"title": "Ruban", "kind": "ceremony", "rooms": [ROOM]}
        sent |= {"from": begins.isoformat(), "to": ends.isoformat()}
        async with tom.post("/api/v1/bookings", sent) as answer:
            made = (await answer.json())["booking"]
        code = made["join_url"].rpartition("/")[2]
        yield Ceremony(service, tom, made["session"], code)


async def test_nothing_is_recorded_before_its_terms_are_said_and_the_doors_are_open(
    ceremony: Ceremony,
) -> None:
    status, problem = await ceremony.ask("POST")
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-not-running")
    assert (await ceremony.ask("GET", "recording-terms"))[0] == 404
    await ceremony.open()
    status, problem = await ceremony.ask("POST")
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-no-terms")
    assert "legal basis" in problem["title"]
    for wrong in ({"days": 0}, {"basis": "because"}, {"purpose": ""}, {"keeper": "\n"}):
        assert (await ceremony.ask("PUT", "recording-terms", TERMS | wrong))[0] == 422
    assert await ceremony.ask("GET") == (200, {"terms": None, "recordings": []})


async def test_a_rehearsal_is_never_recorded(ceremony: Ceremony) -> None:
    await ceremony.ask("PUT", "recording-terms", TERMS)
    await ceremony.become(State.REHEARSAL)
    status, problem = await ceremony.ask("POST")
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-in-rehearsal")
    with pytest.raises(Conflict):
        await ceremony.service.app[keys.KEEPER].start(SessionId(ceremony.session), "tom")
    assert not (await asyncio.to_thread(ceremony.folder.exists))


async def test_everybody_is_told_before_joining_and_while_it_runs(ceremony: Ceremony) -> None:
    house, session = ceremony.service.app[keys.HOUSE], SessionId(ceremony.session)

    async def told_before() -> Any:
        asked = ceremony.service.browser().get(f"/api/v1/join/{ceremony.code}")
        async with asked as answer:
            return (await answer.json())["recording"]

    assert await told_before() is None
    await ceremony.ask("PUT", "recording-terms", TERMS)
    assert await told_before() == {**TERMS, "on": False, "until": None}
    recording = await ceremony.begun()
    until = (await ceremony.one(recording))["delete_at"]
    assert await told_before() == {**TERMS, "on": True, "until": until}
    assert (await house.session(session))["recording"]["on"] is True
    status, problem = await ceremony.ask("PUT", "recording-terms", TERMS | {"days": 9})
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-runs")
    assert (await ceremony.ask("POST"))[1]["recording"] == recording  # once more is the same
    assert (
        await ceremony.service.app[keys.DATABASE].read(
            lambda conn: participants.count(conn, datetime.now(UTC), session)
        )
        == 0
    )
    async with ceremony.tom.get(f"/api/v1/sessions/{session}") as answer:
        assert (await answer.json())["session"]["participants"] == []
    await ceremony.stopped(recording)
    assert (await told_before())["on"] is False
    assert await ceremony.record() == [
        f"recording.{what}" for what in ("terms", "terms", "begun", "ended", "kept")
    ]


async def test_it_ends_with_the_session(ceremony: Ceremony) -> None:
    recording = await ceremony.begun()
    assert (await ceremony.ask("POST", "start"))[0] == 200
    assert (await ceremony.ask("POST", "end"))[0] == 200
    await ceremony.kept(recording)
    assert (await ceremony.one(recording))["stopped_at"] is not None


async def test_recordings_are_for_whoever_runs_the_session(ceremony: Ceremony) -> None:
    recording = await ceremony.begun()
    asked = (
        ("GET", "recordings"), ("POST", "recordings"), ("GET", "recording-terms"),
        ("POST", f"recordings/{recording}/stop"), ("DELETE", f"recordings/{recording}"),
        ("GET", f"recordings/{recording}/file?number=1"),
    )  # fmt: skip
    for who, status in (
        (await ceremony.service.log_in("bea"), 404),
        (ceremony.service.browser(), 401),
    ):
        for method, rest in asked:
            async with who.request(method, ceremony.path(rest)) as answer:
                assert answer.status == status, (method, rest)
    assert (await ceremony.ask("DELETE", f"recordings/{recording}"))[0] == 409
    assert (await ceremony.ask("GET", f"recordings/{recording}/file?number=1"))[0] == 409
    await ceremony.stopped(recording)


async def test_its_files_are_fetched_and_deleted(ceremony: Ceremony) -> None:
    recording = await ceremony.begun()
    path = await asyncio.to_thread(write_part, ceremony.folder / recording, ended=False)
    await ceremony.stopped(recording)
    (part,) = (await ceremony.one(recording))["parts"]
    assert (part["name"], part["source"], part["frames"]) == ("Léa", "microphone", 50)
    assert (part["began_at"], part["ended_at"]) == ("2013-09-19T09:00:00Z", "2013-09-19T09:00:01Z")
    asked = ceremony.tom.get(ceremony.path(f"recordings/{recording}/file?number=1"))
    async with asked as answer:
        assert (answer.status, answer.content_type) == (200, "audio/webm")
        assert await answer.read() == await asyncio.to_thread(path.read_bytes)
    assert (await ceremony.ask("GET", f"recordings/{recording}/file?number=2"))[0] == 404
    assert (await ceremony.ask("DELETE", f"recordings/{recording}"))[0] == 204
    assert not await asyncio.to_thread(path.exists)
    assert (await ceremony.ask("DELETE", f"recordings/{recording}"))[0] == 404
    assert (await ceremony.record())[-2:] == ["recording.fetched", "recording.deleted"]


async def test_it_is_deleted_when_its_time_is_over_and_what_nobody_knows_of_too(
    ceremony: Ceremony,
) -> None:
    recording = await ceremony.begun()
    await asyncio.to_thread(write_part, ceremony.folder / recording)
    await asyncio.to_thread(write_part, ceremony.folder / "rc-of-nobody")
    await ceremony.stopped(recording)
    keeper, now = ceremony.service.app[keys.KEEPER], datetime.now(UTC)
    await keeper.sweep(now + timedelta(days=29))
    left = await asyncio.to_thread(lambda: [path.name for path in ceremony.folder.iterdir()])
    assert left == [recording]
    await keeper.sweep(now + timedelta(days=31))
    assert not await asyncio.to_thread(lambda: list(ceremony.folder.iterdir()))
    assert (await ceremony.ask("GET"))[1]["recordings"] == []
    assert (await ceremony.record())[-1] == "recording.deleted"


def test_what_a_kill_left_behind_is_put_right(tmp_path: Path) -> None:
    path = write_part(tmp_path, ended=False)
    path.write_bytes(path.read_bytes()[:-2])
    (tmp_path / "0002-camera.webm").write_bytes(b"")  # killed before its first word
    (before,) = shelf.look(tmp_path)
    (after,) = shelf.mend(tmp_path)
    assert (before, after.frames) == (after, 49)
    assert path.stat().st_size == after.size
    assert shelf.mend(tmp_path) == [after]


async def kept(ceremony: Ceremony) -> str:
    """A recording of two seconds of somebody."""
    recording = await ceremony.begun()
    folder = ceremony.folder / recording
    for number, of in enumerate(("camera", "microphone"), 50):
        about = {"began": 1_379_581_200.0, "seconds": 2.0}
        await asyncio.to_thread(write_source, folder, number, "lea", of, **about)
    await ceremony.stopped(recording)
    return recording


async def test_its_program_is_made_afterwards_and_shown_once_it_is_approved(
    ceremony: Ceremony,
) -> None:
    recording = await kept(ceremony)
    path = f"recordings/{recording}/mix"
    assert (await ceremony.ask("GET", path))[0] == 404
    async with ceremony.tom.post(ceremony.path(path)) as answer:
        assert (answer.status, answer.headers["Location"]) == (202, ceremony.path(path))
    async with asyncio.timeout(50):
        while (mix := (await ceremony.ask("GET", path))[1])["state"] in OPEN:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert (mix["state"], mix["progress"], mix["approved_at"]) == ("done", 1.0, None)
    async with ceremony.tom.get(ceremony.path(f"{path}/file")) as answer:
        assert (answer.status, answer.content_type) == (200, "video/mp4")
        assert len(await answer.read()) == mix["bytes"]

    everybody = ceremony.service.browser()
    page = await ceremony.service.app[keys.DATABASE].write(
        lambda conn: public_page(conn, SessionId(ceremony.session))
    )
    for approved, status in ((False, 404), (True, 200), (False, 404)):
        assert (await ceremony.ask("POST", f"{path}/approve", {"approved": approved}))[0] == 200
        async with everybody.get(f"/live/{page}/replay") as answer:
            assert answer.status == status
    async with everybody.get("/live/nothing/replay") as answer:
        assert answer.status == 404
    assert (await ceremony.ask("DELETE", f"recordings/{recording}"))[0] == 204
    assert not await asyncio.to_thread((ceremony.folder / recording).exists)
    record = await ceremony.record()
    assert record.index("recording.mixed") < record.index("recording.approved")


def public_page(conn: Connection, session: SessionId) -> str:
    broadcasts.keep(conn, Broadcast(session=session, code="lapage", replay=True))
    return "lapage"


async def test_a_mix_can_be_given_up_and_is_nobody_elses(ceremony: Ceremony) -> None:
    recording = await kept(ceremony)
    path = f"recordings/{recording}/mix"
    assert (await ceremony.ask("POST", path))[0] == 202
    assert (await ceremony.ask("POST", path))[0] == 202
    assert (await ceremony.ask("GET", f"{path}/file"))[0] == 409
    assert (await ceremony.ask("POST", f"{path}/approve", {"approved": True}))[0] == 409
    assert (await ceremony.ask("DELETE", path))[0] == 204
    assert (await ceremony.ask("GET", path))[1]["state"] == "cancelled"
    assert (await ceremony.ask("DELETE", path))[0] == 409
    bea = await ceremony.service.log_in("bea")
    for method, rest in (("POST", ""), ("GET", ""), ("DELETE", ""), ("GET", "/file")):
        async with bea.request(method, ceremony.path(path + rest)) as answer:
            assert answer.status == 404
    async with bea.post(ceremony.path(f"{path}/approve"), {"approved": True}) as answer:
        assert answer.status == 404
    assert (await ceremony.ask("DELETE", f"recordings/{recording}"))[0] == 204


async def test_nothing_is_made_of_nothing(ceremony: Ceremony) -> None:
    recording = await ceremony.begun()
    status, problem = await ceremony.ask("POST", f"recordings/{recording}/mix")
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-runs")
    await ceremony.stopped(recording)
    status, problem = await ceremony.ask("POST", f"recordings/{recording}/mix")
    assert (status, problem["type"].rpartition("/")[2]) == (409, "recording-empty")

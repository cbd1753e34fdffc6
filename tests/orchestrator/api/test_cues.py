"""Contents and cues of a session by REST: who may, what is refused, what survives."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.api import cues as api
from orchestrator.cases import contents
from orchestrator.cases import cues as cases
from orchestrator.contents import MOST
from orchestrator.store import cues as rows
from orchestrator.store import participants
from rooms.ids import ParticipantId, SessionId
from signalling.messages_cues import CueFired, CueKind, CueLoad, CueReady
from signalling.ports import Place
from tests.fakes.service import Browser, RunningService, running_service

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000  # three parts
HASH = hashlib.sha256(PNG).hexdigest()
WORDS = {"kind": "message", "title": "Bonjour", "text": "À tous"}
ROOM = "meyrueis-visio"


@dataclass
class Stage:
    """A session of Tom's with open doors, and a guest's place in it."""

    service: RunningService
    tom: Browser
    session: str
    guest: ParticipantId
    token: str

    def path(self, rest: str) -> str:
        return f"/api/v1/sessions/{self.session}/{rest}"

    async def bring(self, body: bytes = PNG, kind: str = "image/png") -> tuple[int, Any]:
        headers = {"Content-Type": kind}
        asked = self.tom.request("POST", self.path("contents?name=Ruban"), data=body,
                                 headers=headers)  # fmt: skip
        async with asked as answer:
            return answer.status, await answer.json()

    async def load(self, cue: str, sent: dict[str, Any]) -> tuple[int, Any]:
        async with self.tom.request("PUT", self.path(f"cues/{cue}"), json=sent) as answer:
            return answer.status, await answer.json()

    async def fire(self, cue: str, **sent: Any) -> tuple[int, Any]:
        async with self.tom.post(self.path(f"cues/{cue}/fire"), sent) as answer:
            return answer.status, await answer.json()

    async def delete(self, rest: str) -> int:
        async with self.tom.delete(self.path(rest)) as answer:
            return answer.status

    async def cues(self) -> Any:
        async with self.tom.get(self.path("cues")) as answer:
            return (await answer.json())["cues"]

    async def fetch(self, content: str, token: str = "") -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.service.browser().get(
            self.path(f"contents/{content}"), headers=headers
        ) as answer:
            return answer.status, await answer.read()

    @property
    def conductor(self) -> Any:
        return self.service.app[keys.HOUSE].conductor

    @property
    def place(self) -> Place:
        name = SessionId(self.session)
        return Place(session=name, participant=self.guest, name="Léa", kind="guest", room=None)

    async def joined(self) -> None:
        await self.service.app[keys.HOUSE].joined(self.place)

    async def hear(self, message: CueReady | CueFired) -> None:
        await self.service.app[keys.HOUSE].heard_of_cue(self.place, message)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with running_service(tmp_path) as service:
        tom, now = await service.log_in("tom"), datetime.now(UTC)
        ends = (now + timedelta(minutes=70)).isoformat()
        begins = (now + timedelta(minutes=10)).isoformat()
        sent = {"title": "Ruban", "kind": "ceremony", "rooms": [ROOM], "from": begins, "to": ends}
        async with tom.post("/api/v1/bookings", sent) as answer:
            made = (await answer.json())["booking"]
        name = SessionId(made["session"])
        guest, token = await service.app[keys.DATABASE].write(
            lambda conn: participants.add(conn, now, name, name="Léa", kind="guest")
        )
        yield Stage(service, tom, made["session"], guest, token)


async def test_contents_are_kept_once_and_fetched_as_they_were_brought(stage: Stage) -> None:
    status, made = await stage.bring()
    assert (status, made["sha256"], made["size"]) == (201, HASH, len(PNG))
    assert await stage.bring() == (201, made)
    assert await stage.fetch(made["content"], stage.token) == (200, PNG)
    weight = await stage.service.app[keys.DATABASE].read(
        lambda conn: rows.weight(conn, SessionId(stage.session))
    )
    assert weight == (1, len(PNG))


async def test_contents_are_for_who_takes_part(stage: Stage) -> None:
    _, made = await stage.bring()
    content = made["content"]
    for room, status in ((ROOM, 200), ("villefort-visio", 404)):
        assert (await stage.fetch(content, await stage.service.screen(room)))[0] == status
    assert (await stage.fetch(content))[0] == 401
    assert (await stage.fetch(content, "x" * 20))[0] == 401
    assert (await stage.fetch("ct-" + "0" * 40, stage.token))[0] == 404
    bea = await stage.service.log_in("bea")
    async with bea.get(stage.path(f"contents/{content}")) as answer:
        assert answer.status == 404
    async with bea.get(stage.path("cues")) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("body", "kind", "status", "key"),
    [
        (b"<html>", "image/png", 422, "bad-content"),
        (b"<html>", "text/html", 415, "bad-content"),
        (PNG, "image/png", 413, "body-too-large"),
    ],
)
async def test_what_is_no_picture_or_too_long_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, body: bytes, kind: str, status: int, key: str
) -> None:
    monkeypatch.setattr(api, "LARGEST", 1000)
    told, problem = await stage.bring(body, kind)
    assert told == status
    assert problem["type"].endswith(key)


async def test_a_session_has_so_many_contents_and_no_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST", 1)
    assert MOST > 1
    await stage.bring()
    assert (await stage.bring(PNG + b"x"))[0] == 429


async def test_a_cue_is_loaded_acknowledged_fired_and_recalled(stage: Stage) -> None:
    await stage.bring()
    await stage.joined()
    picture = {"kind": "picture", "title": "Ruban", "contents": [HASH], "lead": 3.0}
    status, made = await stage.load("cu-ruban", picture)
    assert (status, made["version"], made["execute_at"]) == (200, 1, None)
    assert (await stage.cues())[0]["kept"][0]["standing"] == "waited"
    await stage.hear(CueReady(cue="cu-ruban", version=1, sha256=(HASH,), rtt_ms=1_200, error_ms=30))
    assert (await stage.cues())[0]["kept"][0]["standing"] == "ready"
    before = datetime.now(UTC)
    status, fired = await stage.fire("cu-ruban")
    at = datetime.fromisoformat(fired["execute_at"])
    assert status == 202
    assert at - before >= timedelta(seconds=2.43)  # two round trips, and what is not known
    await stage.hear(CueFired(cue="cu-ruban", version=1, at=at.strftime(cases.INSTANT)))
    kept = (await stage.cues())[0]["kept"][0]
    assert kept["standing"] == "fired"
    assert abs(datetime.fromisoformat(kept["fired_at"]) - at) < timedelta(seconds=1)
    assert await stage.delete("cues/cu-ruban") == 204
    assert await stage.cues() == []
    assert (await stage.fetch(cases.name_of(HASH), stage.token))[0] == 404


async def test_who_joins_is_told_all_that_is_loaded_also_after_a_restart(stage: Stage) -> None:
    await stage.load("cu-mot", WORDS)
    await stage.fire("cu-mot")
    stage.conductor.reports.clear()
    load, fire = await stage.service.app[keys.HOUSE].cues(stage.place)
    assert isinstance(load, CueLoad)
    assert (load.kind, load.text, fire.cue) == (CueKind.MESSAGE, "À tous", "cu-mot")


async def test_a_changed_cue_is_to_be_acknowledged_again(stage: Stage) -> None:
    await stage.joined()
    await stage.load("cu-mot", WORDS)
    said = CueReady(cue="cu-mot", version=1, sha256=(), rtt_ms=1, error_ms=1)
    await stage.hear(said)
    assert (await stage.load("cu-mot", WORDS))[1]["version"] == 1
    assert (await stage.load("cu-mot", {**WORDS, "text": "À vous"}))[1]["version"] == 2
    assert (await stage.cues())[0]["kept"][0]["standing"] == "waited"
    await stage.hear(said)
    assert (await stage.cues())[0]["kept"][0]["standing"] == "waited"


async def test_who_has_left_is_not_waited_for(stage: Stage) -> None:
    await stage.joined()
    await stage.load("cu-mot", WORDS)
    await stage.service.app[keys.HOUSE].left(stage.place, "left")
    assert (await stage.cues())[0]["kept"] == []


async def test_what_cannot_be_is_refused_in_words(stage: Stage) -> None:
    assert (await stage.load("mot", WORDS))[0] == 422
    assert (await stage.load("cu-r", {**WORDS, "kind": "picture", "contents": [HASH]}))[0] == 422
    assert (await stage.fire("cu-mot"))[0] == 404
    assert await stage.delete("cues/cu-mot") == 404
    assert await stage.delete("contents/ct-0") == 404
    await stage.load("cu-mot", WORDS)
    late = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    status, problem = await stage.fire("cu-mot", at=late)
    assert (status, problem["title"]) == (422, "A cue is fired 24 hours ahead at most.")


async def test_contents_that_are_shown_are_not_dropped(stage: Stage) -> None:
    _, made = await stage.bring()
    picture = {"kind": "picture", "title": "Ruban", "contents": [HASH]}
    await stage.load("cu-ruban", picture)
    assert await stage.delete(f"contents/{made['content']}") == 409
    await stage.load("cu-ruban", WORDS)
    assert await stage.delete(f"contents/{made['content']}") == 204


async def test_an_endpoint_cannot_spoil_what_is_known(stage: Stage) -> None:
    await stage.hear(CueReady(cue="cu-no", version=1, sha256=(), rtt_ms=1, error_ms=1))
    await stage.load("cu-mot", WORDS)
    with pytest.raises(Exception, match="bad-message"):
        await stage.hear(CueFired(cue="cu-mot", version=1, at="2026-02-31T00:00:00Z"))

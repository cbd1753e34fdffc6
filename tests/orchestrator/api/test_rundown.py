"""The rundown by REST: written with its version, run cue by cue, refused in words."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.service import Browser, RunningService, running_service

WELCOME = {"kind": "speech", "title": " Accueil ", "on_air": ["villefort-visio"], "duration": 300}
RIBBON = {"kind": "simultaneous_action", "title": "Le ruban", "duration": 20}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def ceremony(anne: Browser, *rooms: str) -> str:
    """Where the rundown of a ceremony is that begins in five minutes."""
    start = datetime.now(UTC) + timedelta(minutes=5)
    wish = {
        "title": "Inauguration",
        "kind": "ceremony",
        "rooms": list(rooms or ("villefort-visio", "meyrueis-visio")),
        "from": start.isoformat(timespec="seconds"),
        "to": (start + timedelta(hours=1)).isoformat(timespec="seconds"),
    }
    async with anne.post("/api/v1/bookings", json=wish) as answer:
        assert answer.status == 201, await answer.text()
        session = (await answer.json())["booking"]["session"]
    async with anne.post(f"/api/v1/sessions/{session}/open") as answer:
        assert answer.status == 200
    return f"/api/v1/sessions/{session}/rundown"


async def ask(
    who: Browser, method: str, path: str, status: int, sent: Any = None, **more: Any
) -> Any:
    if sent is not None:
        more["json"] = sent
    async with who.request(method, path, **more) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def write(who: Browser, path: str, match: str, *cues: Any, status: int = 200) -> Any:
    headers = {"If-Match": match}
    return await ask(who, "PUT", path, status, {"cues": list(cues)}, headers=headers)


async def test_it_is_written_read_and_run(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    async with anne.get(path) as answer:
        assert answer.headers["ETag"] == '"0"'
    made = await write(anne, path, '"0"', WELCOME, RIBBON)
    welcome, ribbon = made["cues"]
    assert (welcome["title"], welcome["state"]) == ("Accueil", "draft")
    assert ribbon["missing"] == ["villefort-visio", "meyrueis-visio"]
    for room in ribbon["missing"]:
        one = f"{path}/cues/{ribbon['id']}/sites/{room}"
        made = await ask(anne, "PUT", one, 200, {"edition": 1})
    assert [cue["state"] for cue in made["cues"]] == ["draft", "ready"]
    order = {"order": [ribbon["id"], welcome["id"]]}
    await ask(anne, "POST", f"{path}/order", 200, order)
    one = f"{path}/cues/{ribbon['id']}"
    await ask(anne, "POST", one, 200, {"act": "arm"})
    live = await ask(anne, "POST", one, 200, {"act": "go", "lead": 2.0})
    began = datetime.fromisoformat(live["cues"][0]["started_at"])
    assert began - datetime.fromisoformat(live["now"]) == timedelta(seconds=2)
    assert (live["live"], live["next"]) == (ribbon["id"], welcome["id"])
    assert (live["left"], live["next_in"], live["version"]) == (22, 22, 6)
    assert (await ask(anne, "GET", path, 200))["cues"] == live["cues"]
    again = await ask(anne, "POST", f"{path}/reset", 200)
    assert [cue["state"] for cue in again["cues"]] == ["ready", "draft"]


async def test_it_is_written_by_who_has_read_it(service: RunningService) -> None:
    anne, marc = await service.log_in("anne"), await service.log_in("marc")
    path = await ceremony(anne)
    await write(anne, path, '"0"', WELCOME)
    refused = await write(marc, path, '"0"', RIBBON, status=412)
    assert refused["type"].endswith("/rundown-changed")
    await write(marc, path, '"1"', WELCOME, RIBBON)
    await ask(marc, "PUT", path, 428, {"cues": []})


async def test_refusals_say_what_is_wrong(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    made = await write(anne, path, "*", WELCOME, RIBBON)
    one = f"{path}/cues/{made['cues'][1]['id']}"
    french = {"headers": {"Accept-Language": "fr"}}
    refused = await ask(anne, "POST", one, 409, {"act": "arm"}, **french)
    assert refused["missing"] == ["villefort-visio", "meyrueis-visio"]
    assert "quand même" in refused["title"]
    refused = await ask(anne, "POST", one, 409, {"act": "go"}, **french)
    assert refused["type"].endswith("/illegal-cue-act")
    await ask(anne, "POST", f"{path}/cues/cu-9", 404, {"act": "skip"})
    await ask(anne, "POST", f"{path}/order", 409, {"order": []})
    await ask(anne, "PUT", f"{one}/sites/langogne-visio", 404, {"edition": 1})
    await ask(anne, "PUT", f"{one}/sites/villefort-visio", 409, {"edition": 2})
    away = {**WELCOME, "on_air": ["langogne-visio"]}
    refused = await write(anne, path, "*", away, status=422)
    assert refused["room"] == "langogne-visio"


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "dance"},
        {"title": ""},
        {"title": "x" * 121},
        {"duration": -1},
        {"duration": "5"},
        {"planned_at": "2026-11-26T09:00:00"},
        {"planned_at": "9999-12-31T23:59:59Z"},
        {"layout": "mosaic"},
        {"contents": "ct-1"},
        {"on_air": ["a b"]},
        {"colour": "red"},
    ],
)
async def test_a_wrong_line_is_refused(service: RunningService, wrong: dict[str, Any]) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    await write(anne, path, "*", {**WELCOME, **wrong}, status=422)
    assert (await ask(anne, "GET", path, 200))["version"] == 0


async def test_for_others_there_is_nothing(service: RunningService) -> None:
    anne, tom = await service.log_in("anne"), await service.log_in("tom")
    path = await ceremony(anne, "villefort-visio")
    made = await write(anne, path, "*", WELCOME)
    one = f"{path}/cues/{made['cues'][0]['id']}"
    await ask(tom, "GET", path, 404)
    await write(tom, path, "*", status=404)
    await ask(tom, "POST", f"{path}/order", 404, {"order": []})
    await ask(tom, "POST", one, 404, {"act": "skip"})
    await ask(tom, "PUT", f"{one}/sites/villefort-visio", 404, {"edition": 1})
    await ask(tom, "POST", f"{path}/reset", 404)
    await ask(service.browser(), "GET", path, 401)
    assert (await ask(anne, "GET", path, 200))["version"] == made["version"]


async def test_who_listens_is_told(service: RunningService) -> None:
    anne = await service.log_in("anne")
    path = await ceremony(anne)
    url = service.url.replace("http", "ws", 1) + "/api/v1/events"
    async with anne.http.ws_connect(url, origin=service.url) as socket:
        assert (await socket.receive_json())["kind"] == "hello"
        made = await write(anne, path, "*", WELCOME)
        cue = made["cues"][0]["id"]
        await ask(anne, "POST", f"{path}/cues/{cue}", 200, {"act": "skip"})
        told = [await socket.receive_json() for _ in range(2)]
    assert [(one["version"], one.get("cue"), one.get("state")) for one in told] == [
        (1, None, None),
        (2, cue, "skipped"),
    ]
    assert {one["kind"] for one in told} == {"session.rundown.changed"}

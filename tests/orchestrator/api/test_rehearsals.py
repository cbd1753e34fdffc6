"""A rehearsal over REST: isolated, reset at its end, reported, and compared on the day."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.store import audit
from rooms.errors import Forbidden
from rooms.ids import RoomId, SessionId
from signalling.ports import Identity
from tests.fakes.service import Browser, RunningService, running_service

HOST, REMOTE = "meyrueis-visio", "st-chely-d-apcher-visio"
PEOPLE = [
    {"name": "Mme Rey", "part": "speaker", "room": HOST},
    {"name": "Un habitant", "part": "public"},
    {"name": "Lozère Nouvelle", "part": "press"},
]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def asked(
    who: Browser, method: str, path: str, sent: Any = None
) -> tuple[int, dict[str, Any]]:
    async with who.request(method, f"/api/v1{path}", json=sent) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


async def planned(who: Browser, days: int = 3) -> dict[str, Any]:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Inauguration", "host": HOST, "remotes": [REMOTE], "people": PEOPLE, **span}
    status, made = await asked(who, "POST", "/ceremonies", wish)
    assert status == 201, made
    found: dict[str, Any] = made["ceremony"]
    return found


def codes(ceremony: dict[str, Any]) -> dict[str, str]:
    return {one["part"]: one["link"].rpartition("/")[2] for one in ceremony["people"]}


async def lines(service: RunningService, session: str) -> list[dict[str, Any]]:
    found = await service.app[keys.DATABASE].read(lambda conn: audit.latest(conn, 100))
    return [one for one in reversed(found) if one["target"] == session]


async def test_the_public_and_the_press_are_not_let_in_and_speakers_are(
    service: RunningService,
) -> None:
    admin, stranger = await service.log_in("admin"), service.browser()
    ceremony = await planned(admin)
    code, session = codes(ceremony), ceremony["session"]
    status, said = await asked(stranger, "POST", "/join", {"code": code["speaker"], "name": "Rey"})
    assert said["type"].endswith("not-open-yet")
    status, said = await asked(admin, "POST", f"/sessions/{session}/rehearse")
    assert (status, said["session"]["state"]) == (200, "rehearsal")
    whole = said["session"]["join_url"].rpartition("/")[2]
    for refused in (code["public"], code["press"], whole):
        for name in ({"name": "X"}, {}):
            status, said = await asked(stranger, "POST", "/join", {"code": refused, **name})
            assert (status, said["type"].rpartition("/")[2]) == (403, "rehearsing")
    for let_in in (stranger, admin):
        link = code["speaker"] if let_in is stranger else whole
        assert (await asked(let_in, "POST", "/join", {"code": link, "name": "R"}))[0] == 200
    tom = await service.log_in("tom")  # of the network, but he does not run it
    assert (await asked(tom, "POST", "/join", {"code": whole, "name": "Tom"}))[0] == 403


async def test_a_token_of_the_public_opens_nothing_while_it_is_rehearsed(
    service: RunningService,
) -> None:
    """He has one from before: the session was open, and was put off by its booking."""
    admin, stranger = await service.log_in("admin"), service.browser()
    ceremony = await planned(admin)
    session, link = ceremony["session"], codes(ceremony)["public"]
    assert (await asked(admin, "POST", f"/sessions/{session}/open"))[0] == 200
    status, place = await asked(stranger, "POST", "/join", {"code": link, "name": "X"})
    assert status == 200
    await service.app[keys.DATABASE].write(
        lambda conn: conn.exec_driver_sql(
            "UPDATE sessions SET state = 'rehearsal' WHERE id = ?", (session,)
        )
    )
    house = service.app[keys.HOUSE]
    identity = await house.identify(place["token"])
    assert isinstance(identity, Identity)
    with pytest.raises(Forbidden) as refused:
        await house.enter(identity, SessionId(session), None)
    assert refused.value.key == "rehearsing"


async def test_at_the_end_the_ceremony_begins_as_written_and_the_report_is_kept_apart(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    session = (await planned(admin))["session"]
    path = f"/sessions/{session}"
    before = (await asked(admin, "GET", f"{path}/rundown"))[1]["cues"]
    await asked(admin, "PUT", f"{path}/stage")
    stage = (await asked(admin, "GET", f"{path}/stage"))[1]["stage"]
    assert (await asked(admin, "POST", f"{path}/rehearse"))[0] == 200
    scene = {"act": "prepare", "layout": "two", "sources": [HOST, REMOTE]}
    assert (await asked(admin, "POST", f"{path}/stage", scene))[0] == 200
    cue = f"{path}/rundown/cues/{before[1]['id']}"
    assert (await asked(admin, "POST", cue, {"act": "arm_anyway"}))[0] == 200
    assert (await asked(admin, "POST", cue, {"act": "go_anyway", "lead": 0}))[0] == 200
    assert (await asked(admin, "POST", cue, {"act": "finish"}))[0] == 200
    status, said = await asked(admin, "POST", f"{path}/end")
    assert (status, said["session"]["state"]) == (200, "booked")
    after = (await asked(admin, "GET", f"{path}/rundown"))[1]["cues"]
    assert [(one["id"], one["state"], one["started_at"]) for one in after] == [
        (one["id"], one["state"], None) for one in before
    ]
    back = (await asked(admin, "GET", f"{path}/stage"))[1]["stage"]
    assert back["preview"] == stage["preview"]
    assert (await asked(admin, "GET", path))[1]["session"]["participants"] == []
    status, said = await asked(admin, "GET", f"{path}/rehearsals")
    (rehearsal,) = said["rehearsals"]
    assert [one["title"] for one in rehearsal["report"]["cues"]] == [before[1]["title"]]
    assert rehearsal["report"]["cues"][0]["without"] == ["Meyrueis"]
    assert len(rehearsal["report"]["unplayed"]) == len(before) - 1
    # What happened in it bears its name; what happened before and after does not.
    kept = await lines(service, session)
    found = [(one["action"], one["detail"].get("rehearsal")) for one in kept]
    assert ("rundown.cue-go_anyway", rehearsal["id"]) in found
    assert [of for action, of in found if action in ("ceremony.planned", "session.book")] == [
        None,
        None,
    ]


async def test_a_rehearsal_may_be_repeated_and_ends_when_the_doors_open(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    path = f"/sessions/{(await planned(admin))['session']}"
    for _ in range(2):
        assert (await asked(admin, "POST", f"{path}/rehearse"))[0] == 200
        assert (await asked(admin, "POST", f"{path}/rehearse"))[0] == 409
        status, said = await asked(admin, "POST", f"{path}/end")
        assert (status, said["session"]["state"]) == (200, "booked")
    assert (await asked(admin, "POST", f"{path}/rehearse"))[0] == 200
    status, said = await asked(admin, "POST", f"{path}/open")
    assert (status, said["session"]["state"]) == (200, "doors")
    found = (await asked(admin, "GET", f"{path}/rehearsals"))[1]["rehearsals"]
    assert [one["report"] is not None for one in found] == [True, True, True]


async def test_a_room_that_another_session_holds_is_not_called_away(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    first, second = await planned(admin), await planned(admin, days=6)
    assert (await asked(admin, "POST", f"/sessions/{first['session']}/rehearse"))[0] == 200
    status, said = await asked(admin, "POST", f"/sessions/{second['session']}/rehearse")
    assert (status, said["type"].rpartition("/")[2]) == (409, "rehearsal-room-held")
    assert "Meyrueis" in said["rooms"]


async def test_who_does_not_run_it_rehearses_nothing_and_a_meeting_is_not_rehearsed(
    service: RunningService,
) -> None:
    admin, tom = await service.log_in("admin"), await service.log_in("tom")
    path = f"/sessions/{(await planned(admin))['session']}"
    assert (await asked(tom, "POST", f"{path}/rehearse"))[0] == 404
    assert (await asked(tom, "GET", f"{path}/rehearsals"))[0] == 404
    assert (await asked(service.browser(), "GET", f"{path}/rehearsals"))[0] == 401
    start = datetime.now(UTC) + timedelta(days=9)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Conseil", "rooms": [HOST], **span}
    made = (await asked(admin, "POST", "/bookings", wish))[1]["booking"]
    status, said = await asked(admin, "POST", f"/sessions/{made['session']}/rehearse")
    assert (status, said["type"].rpartition("/")[2]) == (409, "not-a-ceremony")


MEASURED = {
    "camera": {"present": True, "changes": True, "brightness": 90.0},
    "microphone": {"present": True, "level_db": -20.0},
    "speaker": {"heard_db": 20.0},
    "line": {"up_kbps": 2400, "down_kbps": 8000, "loss": 0.0, "rtt_ms": 45},
    "clock": {"offset_ms": 12, "error_ms": 30},
}


async def test_a_site_is_tested_from_its_screen_and_compared_on_the_day(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    session = (await planned(admin))["session"]
    screen = {"Authorization": f"Bearer {await service.screen(HOST)}"}
    tests, nobody = f"/api/v1/rooms/{HOST}/site-tests", service.browser()

    async def test(measured: dict[str, Any]) -> dict[str, Any]:
        async with nobody.post(tests, measured, headers=screen) as answer:
            assert answer.status == 201, await answer.text()
            found: dict[str, Any] = (await answer.json())["site_test"]
            return found

    async with nobody.get(tests, headers=screen) as answer:
        assert (await answer.json())["site_test"]["at"] is None
    await asked(admin, "POST", f"/sessions/{session}/rehearse")
    outcomes = {one["part"]: one["outcome"] for one in (await test(MEASURED))["results"]}
    assert outcomes == {
        "camera": "passed", "microphone": "passed", "speaker": "passed", "line": "passed",
        "clock": "passed", "contents": "untried",
    }  # fmt: skip
    await asked(admin, "POST", f"/sessions/{session}/end")
    worse = MEASURED | {
        "camera": {"present": True, "changes": False, "brightness": 90.0},
        "line": {"up_kbps": 900, "down_kbps": 8000, "loss": 0.0, "rtt_ms": 45},
    }
    await test(worse)
    said = (await asked(admin, "GET", f"/sessions/{session}/rehearsals"))[1]
    host = said["rehearsals"][0]["report"]["sites"][0]
    assert host["results"][0]["outcome"] == "passed"
    assert [one["text"] for one in said["today"]["worse"]] == [
        "Meyrueis: Camera: the picture is frozen.",
        "Meyrueis: the line now sends 900 kbit/s only, instead of 2400 at the rehearsal.",
    ]
    other = {"Authorization": f"Bearer {await service.screen(REMOTE)}"}
    async with nobody.post(tests, MEASURED, headers=other) as answer:
        assert answer.status == 403
    async with nobody.post(tests, MEASURED) as answer:
        assert answer.status == 401


async def test_a_rehearsal_is_ended_by_the_clock_and_never_reaches_into_the_doors(
    service: RunningService,
) -> None:
    from orchestrator.punctual import Punctual
    from orchestrator.store import rehearsals

    admin = await service.log_in("admin")
    session = SessionId((await planned(admin))["session"])
    await asked(admin, "POST", f"/sessions/{session}/rehearse")
    house = service.app[keys.HOUSE]
    read = house.means.database.read
    running = await read(lambda conn: rehearsals.running(conn, session))
    assert running is not None
    now = [running.until - timedelta(seconds=1)]
    house.means.clock = lambda: now[0]
    clock = Punctual(house)
    await clock.look()
    assert (await house.stored(session)).session.state == "rehearsal"
    now[0] = running.until
    await clock.look()
    assert (await house.stored(session)).session.state == "booked"
    assert await read(lambda conn: rehearsals.running(conn, session)) is None
    assert RoomId(HOST) in (await house.stored(session)).centres

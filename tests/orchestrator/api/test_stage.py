"""The stage and the floor over REST: the acts, the refusals, and who may."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.cases import stagings
from orchestrator.quality import QUALITY
from orchestrator.staging import Fact
from orchestrator.store import participants, rooms
from orchestrator.store.quality import Sample
from rooms.ids import ParticipantId, RoomId, SessionId
from tests.fakes.service import Browser, RunningService, running_service

ROOM, OTHER = "villefort-visio", "meyrueis-visio"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def asked(
    who: Browser, method: str, path: str, sent: Any = None
) -> tuple[int, dict[str, Any]]:
    async with who.request(method, f"/api/v1{path}", json=sent) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


async def booked(who: Browser, kind: str = "ceremony") -> str:
    """The session of an inauguration that begins soon."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    wish = {"title": "Inauguration", "kind": kind, "rooms": [ROOM], **span}
    status, made = await asked(who, "POST", "/bookings", wish)
    assert status == 201, made
    return str(made["booking"]["session"])


async def there(service: RunningService, session: str) -> None:
    """The room is seen on the line, as the watch would tell it."""
    conductor = service.app[keys.HOUSE].conductor
    facts = {ROOM: Fact(flows=True)}
    await stagings.learn(conductor, SessionId(session), facts, frozenset())


async def test_a_director_sets_up_prepares_and_is_refused_in_words(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    path = f"/sessions/{await booked(anne)}/stage"
    assert (await asked(anne, "GET", path))[0] == 404
    status, said = await asked(anne, "PUT", path)
    stage = said["stage"]
    assert (status, stage["program"]) == (200, {"layout": "slate", "spots": []})
    assert [(one["id"], one["state"], one["name"]) for one in stage["sources"]] == [
        (ROOM, "absent", "Villefort")
    ]
    assert stage["desk"]["holder"] == (await service.person("anne")).id
    scene = {"act": "prepare", "layout": "one", "sources": [ROOM]}
    status, said = await asked(anne, "POST", path, scene)
    assert said["stage"]["preview"] == {"layout": "one", "sources": [ROOM]}
    status, said = await asked(anne, "POST", path, {"act": "take"})
    assert (status, said["type"].rpartition("/")[2]) == (409, "illegal-on-stage")
    assert (said["source"], said["state"]) == (ROOM, "absent")
    assert await asked(anne, "PUT", path) == (
        200,
        {"stage": (await asked(anne, "GET", path))[1]["stage"]},
    )
    assert (await asked(anne, "DELETE", path))[0] == 204
    assert (await asked(anne, "GET", path))[0] == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"act": "explode"}, 422),
        ({"act": "prepare"}, 422),
        ({"act": "prepare", "layout": "one", "sources": [ROOM, OTHER]}, 422),
        ({"act": "prepare", "layout": "one", "sources": [OTHER]}, 404),
        ({"act": "prepare", "layout": "one", "sources": ["../x"]}, 422),
        ({"act": "arm", "source": ROOM, "substitute": ROOM}, 422),
        ({"act": "hold", "source": ROOM}, 409),
        ({"act": "release", "source": ROOM}, 409),
        ({"act": "take", "unknown": 1}, 422),
        ({"act": "hand_over", "person": "pe-nobody"}, 422),
    ],
)
async def test_what_is_not_possible_is_refused(
    service: RunningService, sent: dict[str, Any], status: int
) -> None:
    anne = await service.log_in("anne")
    path = f"/sessions/{await booked(anne)}/stage"
    await asked(anne, "PUT", path)
    found, said = await asked(anne, "POST", path, sent)
    assert found == status, said
    assert said["title"]


async def test_hands_are_raised_and_the_floor_is_given(service: RunningService) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne)
    await asked(anne, "PUT", f"/sessions/{session}/stage")
    path = f"/sessions/{session}/floor"
    hand = {"source": ROOM, "name": "Mme Rey"}
    assert (await asked(anne, "POST", path, {"act": "raise", **hand}))[0] == 409  # absent
    await there(service, session)
    assert (await asked(anne, "POST", path, {"act": "mode", "mode": "director"}))[0] == 200
    said = (await asked(anne, "POST", path, {"act": "raise", **hand}))[1]["floor"]
    assert [one["name"] for one in said["queue"]] == ["Mme Rey"]
    said = (await asked(anne, "POST", path, {"act": "grant", **hand}))[1]["floor"]
    assert (len(said["holders"]), said["queue"], said["heard"]) == (1, [], [])
    assert (await asked(anne, "POST", path, {"act": "lower", **hand}))[0] == 409
    assert (await asked(anne, "POST", path, {"act": "pass", **hand}))[0] == 422
    assert (await asked(anne, "GET", path))[1]["floor"] == said


async def test_only_a_ceremony_has_a_stage(service: RunningService) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne, kind="meeting")
    assert (await asked(anne, "PUT", f"/sessions/{session}/stage"))[0] == 409


async def test_the_desk_has_a_place_that_nobody_is_told_of_and_gives_orders(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne)
    path = f"/sessions/{session}/stage"
    assert (await asked(anne, "POST", f"{path}/place"))[0] == 404
    await asked(anne, "PUT", path)
    status, made = await asked(anne, "POST", f"{path}/place")
    assert (status, sorted(made)) == (201, ["participant", "token"])
    assert (await asked(anne, "GET", f"/sessions/{session}"))[1]["session"]["participants"] == []
    talk = {"act": "talk", "sources": [ROOM]}
    said = (await asked(anne, "POST", path, talk))[1]["stage"]["talk"]
    assert said == {"to": [ROOM], "wings": False, "hear": [ROOM]}
    assert (await asked(anne, "POST", path, {"act": "talk"}))[1]["stage"]["talk"] is None
    assert (await asked(anne, "POST", path, {"act": "slate"}))[0] == 200
    assert (await asked(anne, "POST", path, {"act": "talk", "sources": [OTHER]}))[0] == 404


async def test_the_desk_sees_how_each_source_comes_in(service: RunningService) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne)
    await asked(anne, "PUT", f"/sessions/{session}/stage")
    now = datetime.now(UTC)

    def told(conn: Connection) -> ParticipantId:
        document = {"audio": {"mic_level": 3}}
        assert rooms.keep_state(conn, now, RoomId(ROOM), 1, document)
        of = SessionId(session)
        return participants.add(conn, now, of, name="V", kind="room", room=RoomId(ROOM))[0]

    who = await service.app[keys.DATABASE].write(told)
    flow = {"kbps": 400.0, "loss": 0.2, "rtt_ms": 40.0}
    legs: dict[str, Any] = {
        "publish": {
            **flow,
            "fps": None,
            "frozen": None,
            "concealed": None,
            "available_kbps": None,
            "why": {},
        }
    }
    sample = Sample(session=SessionId(session), participant=who, at=now, legs=legs)
    service.app[QUALITY]._last = {who: sample}
    lines = (await asked(anne, "GET", f"/sessions/{session}/stage/lines"))[1]["lines"]
    assert [one.pop("trouble") for one in lines] == [
        "The line loses 20% of what is sent: the sound may break up."
    ]
    assert lines == [{"source": ROOM, "level": 3, **flow}]


CALLS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "stage/lines", None),
    ("POST", "stage/place", None),
    ("GET", "stage", None),
    ("PUT", "stage", None),
    ("POST", "stage", {"act": "take"}),
    ("GET", "floor", None),
    ("POST", "floor", {"act": "mode", "mode": "free"}),
    ("POST", "floor", {"act": "raise", "source": ROOM}),
    ("DELETE", "stage", None),
)


@pytest.mark.parametrize("who", ["tom", "marc", "bea", "nobody"])
async def test_for_who_does_not_run_the_session_there_is_none(
    service: RunningService, who: str
) -> None:
    anne = await service.log_in("anne")
    session = await booked(anne)
    await asked(anne, "PUT", f"/sessions/{session}/stage")
    other = service.browser() if who == "nobody" else await service.log_in(who)
    for method, what, sent in CALLS:
        status, _ = await asked(other, method, f"/sessions/{session}/{what}", sent)
        assert status == (401 if who == "nobody" else 404), (method, what)


async def test_who_runs_the_session_and_has_not_the_desk_sees_and_raises_hands_only(
    service: RunningService,
) -> None:
    anne, admin = await service.log_in("anne"), await service.log_in("admin")
    session = await booked(anne)
    await asked(anne, "PUT", f"/sessions/{session}/stage")
    await there(service, session)
    found = [
        (method, what, (await asked(admin, method, f"/sessions/{session}/{what}", sent))[0])
        for method, what, sent in CALLS
    ]
    assert [status for _, _, status in found] == [200, 201, 200, 200, 403, 200, 403, 200, 403]

"""A ceremony planned over REST: every room, for the day and for the rehearsal, or none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.cases import ceremonies
from orchestrator.store import line_tests
from orchestrator.store.line_tests import Kept
from orchestrator.store.tables import bookings
from rooms.ids import CentreId
from rooms.line import LineTest
from tests.fakes.service import Browser, RunningService, running_service

HOST, REMOTE, VIEWER = "meyrueis-visio", "st-chely-d-apcher-visio", "villefort-visio"
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def asked(
    who: Browser, method: str, path: str, sent: Any = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    async with who.request(method, f"/api/v1{path}", json=sent, headers=headers) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


def span(start: datetime, hours: float = 1) -> dict[str, str]:
    return {"from": start.isoformat(), "to": (start + timedelta(hours=hours)).isoformat()}


def wish(**more: Any) -> dict[str, Any]:
    return {
        "title": "Inauguration de Meyrueis",
        "host": HOST,
        "remotes": [REMOTE],
        "viewers": [VIEWER],
        **span(START),
        "doors": 30,
        "people": [
            {"name": "Mme la Présidente", "part": "speaker", "room": HOST},
            {"name": "Lozère Nouvelle", "part": "press", "email": "p@example.org"},
        ],
        **more,
    }


async def measured(service: RunningService, up_kbps: int) -> None:
    """The line of the host was tested, and carries so much."""
    test = LineTest(
        path="udp", down_kbps=2000, up_kbps=up_kbps, rtt_ms=45, jitter_ms=4, loss=0.0,
        taken_at=datetime.now(UTC),
    )  # fmt: skip
    kept = Kept(id="lt-1", centre=CentreId("meyrueis"), by="admin", test=test)
    await service.app[keys.DATABASE].write(lambda conn: line_tests.add(conn, kept))


async def held(service: RunningService) -> list[str]:
    """The titles of all that holds rooms."""
    query = bookings.select().where(bookings.c.state.in_(("confirmed", "requested")))
    read = service.app[keys.DATABASE].read
    return sorted(await read(lambda conn: [row.title for row in conn.execute(query)]))


async def followed(service: RunningService, booking: str) -> None:
    await ceremonies.follow(service.app[keys.HOUSE].conductor, service.app[keys.BOOKINGS], booking)


async def test_all_rooms_of_both_days_are_booked_with_roles_people_and_a_run_of_show(
    service: RunningService,
) -> None:
    anne = await service.log_in("admin")
    status, made = await asked(anne, "POST", "/ceremonies", wish())
    assert status == 201, made
    found = made["ceremony"]
    assert [(one["room"], one["role"], one["line"]) for one in found["sites"]] == [
        (HOST, "host", "carried"),
        (REMOTE, "remote", "carried"),
        (VIEWER, "viewer", "carried"),
    ]
    assert found["rehearsal"]["state"] == "kept"
    assert len({one["link"] for one in found["people"]}) == 2
    assert await held(service) == [
        "Inauguration de Meyrueis",
        "Répétition : Inauguration de Meyrueis",
    ]
    path = f"/sessions/{found['session']}"
    status, said = await asked(anne, "GET", path)
    assert [(one["room"], one["role"]) for one in said["session"]["sites"]] == [
        (HOST, "host"),
        (REMOTE, "remote"),
        (VIEWER, "viewer"),
    ]
    status, said = await asked(anne, "GET", f"{path}/rundown")
    assert [one["kind"] for one in said["cues"]] == [
        "countdown", "speech", "speech", "simultaneous_action", "q_and_a", "speech", "slate",
    ]  # fmt: skip
    loaded = (await asked(anne, "GET", f"{path}/cues"))[1]["cues"]
    assert {one["cue"] for one in loaded} >= {said["cues"][0]["id"], said["cues"][3]["id"]}
    assert said["cues"][1]["people"] == "Mme la Présidente"
    assert said["cues"][3]["on_air"] == [HOST, REMOTE]  # who only watches is not shown
    code = found["people"][0]["link"].rpartition("/")[2]
    status, said = await asked(service.browser(), "GET", f"/join/{code}")
    assert (status, said["name"]) == (200, "Mme la Présidente")
    opens = datetime.fromisoformat(said["open_from"])
    assert START - opens == timedelta(minutes=30)
    # Once more: the same link leads there, and the rehearsal has no session of its own.
    status, said = await asked(anne, "GET", f"{path}/ceremony")
    assert said["ceremony"]["people"] == found["people"]
    assert (await asked(anne, "GET", f"/bookings/{found['rehearsal']['booking']}"))[1]["booking"][
        "session"
    ] is None


async def test_nothing_is_booked_when_the_rehearsal_clashes_and_a_free_hour_is_told(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    other = {"title": "Conseil", "rooms": [REMOTE], **span(START - timedelta(days=1))}
    assert (await asked(admin, "POST", "/bookings", other))[0] == 201
    status, said = await asked(admin, "POST", "/ceremonies", wish())
    assert (status, said["type"].rpartition("/")[2]) == (409, "ceremony-refused")
    assert said["day"] == []
    assert "Saint-Chély-d'Apcher" in said["rehearsal"][0]
    free, until = (datetime.fromisoformat(one) for one in said["rehearsal_free"])
    assert until - free == timedelta(hours=1)
    assert abs(free - (START - timedelta(days=1))) >= timedelta(hours=1)
    assert await held(service) == ["Conseil"]
    status, said = await asked(admin, "POST", "/ceremonies/check", wish(rehearsal=None))
    assert (status, said["ceremony"]["rehearsal"]["state"]) == (200, "none")
    assert await held(service) == ["Conseil"]  # a check books nothing


async def test_a_line_that_cannot_bear_the_host_refuses_with_a_remedy(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    await measured(service, up_kbps=100)
    status, said = await asked(admin, "POST", "/ceremonies", wish())
    assert status == 409
    assert "100 kbit/s" in said["lines"][0]
    assert "un autre lieu d'accueil" in said["lines"][0]
    assert await held(service) == []
    # As a site that greets it is lowered, and that is told.
    other = wish(host=REMOTE, remotes=[HOST])
    status, said = await asked(admin, "POST", "/ceremonies/check", other)
    lowered = next(one for one in said["ceremony"]["sites"] if one["room"] == HOST)
    assert (lowered["line"], bool(lowered["remedy"])) == ("lowered", True)


async def test_a_rehearsal_keeps_its_slot_when_the_day_moves_and_loses_it_when_it_is_too_late(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    made = (await asked(admin, "POST", "/ceremonies", wish()))[1]["ceremony"]
    path = f"/sessions/{made['session']}/ceremony"
    booking = f"/bookings/{made['booking']}"
    later = {**span(START + timedelta(hours=3))}
    assert (await asked(admin, "PATCH", booking, later))[0] == 200
    await followed(service, made["booking"])
    said = (await asked(admin, "GET", path))[1]["ceremony"]
    assert said["rehearsal"]["state"] == "kept"
    assert "keeps its slot" in said["rehearsal"]["text"]
    assert [one["role"] for one in said["sites"]] == ["host", "remote", "viewer"]
    earlier = {**span(START - timedelta(days=1, hours=2))}
    assert (await asked(admin, "PATCH", booking, earlier))[0] == 200
    await followed(service, made["booking"])
    said = (await asked(admin, "GET", path))[1]["ceremony"]
    assert (said["rehearsal"]["state"], said["rehearsal"]["slot"]) == ("lost", None)
    assert "given back" in said["rehearsal"]["text"]
    assert await held(service) == ["Inauguration de Meyrueis"]


async def test_who_stays_keeps_his_link_and_a_stranger_sees_no_plan(
    service: RunningService,
) -> None:
    admin = await service.log_in("admin")
    made = (await asked(admin, "POST", "/ceremonies", wish()))[1]["ceremony"]
    path = f"/sessions/{made['session']}/ceremony"
    link = made["people"][0]["link"]
    people = [
        {"name": "Mme la Présidente", "part": "speaker", "room": HOST},
        {"name": "Le maire", "part": "speaker", "room": REMOTE},
    ]
    status, said = await asked(admin, "PUT", f"{path}/people", {"people": people})
    assert status == 428
    status, said = await asked(
        admin, "PUT", f"{path}/people", {"people": people}, **{"If-Match": '"1"'}
    )
    assert (status, said["ceremony"]["people"][0]["link"]) == (200, link)
    status, _ = await asked(
        admin, "PUT", f"{path}/people", {"people": people}, **{"If-Match": '"1"'}
    )
    assert status == 412
    gone = made["people"][1]["link"].rpartition("/")[2]
    assert (await asked(service.browser(), "GET", f"/join/{gone}"))[0] == 404
    bea = await service.log_in("tom")
    assert (await asked(bea, "GET", path))[0] == 404
    assert (await asked(service.browser(), "GET", path))[0] == 401


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"remotes": [HOST]}, "bad-rooms"),
        ({"rehearsal": span(START - timedelta(minutes=30), 0.25)}, "ceremony-rehearsal-hour"),
        (span(START - timedelta(days=9)), "ceremony-hour"),
        (
            {"people": [{"name": "X", "part": "press", "room": "marvejols-visio"}]},
            "ceremony-person-elsewhere",
        ),
        ({"people": [{"name": "X", "part": "king"}]}, "bad-body"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused_in_words(
    service: RunningService, more: dict[str, Any], key: str
) -> None:
    admin = await service.log_in("admin")
    status, said = await asked(admin, "POST", "/ceremonies", wish(**more))
    assert (status, said["type"].rpartition("/")[2]) == (422, key)
    assert await held(service) == []

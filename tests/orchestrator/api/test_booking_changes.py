"""Bookings moved, cut, extended, checked in and released by REST, on a whole service."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from orchestrator import keys
from orchestrator.noshow import NoShow
from orchestrator.store import policies, tables
from rooms.ids import RoomId
from tests.fakes.service import Browser, RunningService, running_service

VILLEFORT, MEYRUEIS = "villefort-visio", "meyrueis-visio"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


def at(minutes: float, days: int = 0) -> str:
    moment = datetime.now(UTC).replace(second=0, microsecond=0)
    moment += timedelta(minutes=minutes, days=days)
    return moment.isoformat().replace("+00:00", "Z")


async def book(browser: Browser, start: float = 60, **more: Any) -> dict[str, Any]:
    sent = {
        "title": "Atelier",
        "rooms": [VILLEFORT],
        "from": at(start),
        "to": at(start + 60),
        **more,
    }
    async with browser.post("/api/v1/bookings", sent) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, Any] = (await answer.json())["booking"]
        return made


async def ask(
    browser: Browser, method: str, path: str, json: Any = None, status: int = 200, **more: Any
) -> Any:
    async with browser.request(method, f"/api/v1{path}", json=json, **more) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if status != 204 else None


async def busy(service: RunningService, days: int = 30) -> list[tuple[str, str, str]]:
    asked = {"from": at(-600), "to": at(0, days)}
    found = await ask(service.browser(), "GET", "/rooms/availability", params=asked)
    return [(one["room"], one["from"], one["to"]) for one in found["busy"]]


async def topics(service: RunningService) -> list[str]:
    query = select(tables.outbox.c.topic).order_by(tables.outbox.c.id)
    found = await service.app[keys.DATABASE].read(lambda conn: conn.execute(query).scalars().all())
    return list(found)


async def test_a_booking_is_moved_renamed_and_given_other_rooms(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom)
    path = f"/bookings/{made['id']}"
    moved = await ask(tom, "PATCH", path, {"from": at(180)})
    assert (moved["booking"]["from"], moved["booking"]["to"]) == (at(180), at(240))
    assert moved["booking"]["session"] == made["session"]
    sent = {"title": "Autre", "rooms": [MEYRUEIS], "seats": 9}
    changed = (await ask(tom, "PATCH", path, sent))["booking"]
    assert (changed["title"], changed["rooms"], changed["seats"]) == ("Autre", [MEYRUEIS], 9)
    assert await busy(service) == [(MEYRUEIS, at(180), at(240))]
    whole = {"title": "Tout", "kind": "training", "rooms": [VILLEFORT], "from": at(60)}
    await ask(tom, "PUT", path, {**whole, "to": at(90)})
    assert await busy(service) == [(VILLEFORT, at(60), at(90))]
    assert "booking.moved" in await topics(service)


async def test_a_move_onto_somebody_else_is_refused_and_leaves_all_as_it_was(
    service: RunningService,
) -> None:
    tom, anne = await service.log_in("tom"), await service.log_in("anne")
    made, _ = await book(tom), await book(anne, 180)
    refused = await ask(tom, "PATCH", f"/bookings/{made['id']}", {"from": at(200)}, 409)
    assert refused["type"].endswith("/rooms-refused")
    assert refused["reasons"]
    assert (VILLEFORT, at(60), at(120)) in await busy(service)


async def test_only_its_organiser_and_the_animateurs_of_its_centres_change_it(
    service: RunningService,
) -> None:
    tom, anne = await service.log_in("tom"), await service.log_in("anne")
    marc = await service.log_in("marc")
    made = await book(tom)
    path = f"/bookings/{made['id']}"
    await ask(marc, "PATCH", path, {"from": at(180)}, 403)
    moved = (await ask(anne, "PATCH", path, {"from": at(180)}))["booking"]
    assert (moved["from"], moved["organiser"]) == (at(180), made["organiser"])
    assert await busy(service) == [(VILLEFORT, at(180), at(240))]
    await ask(anne, "PATCH", "/bookings/bk-nothing", {"from": at(180)}, 404)


@pytest.mark.parametrize(
    "wrong",
    [{"title": " "}, {"rooms": [VILLEFORT, VILLEFORT]}, {"from": at(60), "to": at(30)}, {"x": 1}],
)
async def test_a_change_that_cannot_be_is_refused(
    service: RunningService, wrong: dict[str, Any]
) -> None:
    tom = await service.log_in("tom")
    made = await book(tom)
    await ask(tom, "PATCH", f"/bookings/{made['id']}", wrong, 422)


async def test_a_series_is_booked_moved_and_loses_one_date(service: RunningService) -> None:
    tom = await service.log_in("tom")
    until = (datetime.now(UTC) + timedelta(days=22)).date().isoformat()
    made = await book(tom, repeat={"frequency": "weekly", "until": until})
    assert made["recurring"] is True
    dates = [one[1] for one in await busy(service)]
    assert dates == [at(60, 7 * week) for week in range(4)]
    path = f"/bookings/{made['id']}"
    await ask(tom, "PATCH", path, {"occurrence": dates[1], "from": at(120, 7)})
    assert [one[1] for one in await busy(service)] == [dates[0], at(120, 7), *dates[2:]]
    await ask(tom, "DELETE", path, status=204, params={"occurrence": dates[2]})
    assert [one[1] for one in await busy(service)] == [dates[0], at(120, 7), dates[3]]
    await ask(tom, "PATCH", path, {"from": at(90)})
    assert [one[1] for one in await busy(service)] == [at(90), at(120, 7), at(90, 21)]
    await ask(tom, "DELETE", path, status=404, params={"occurrence": at(5, 7)})
    await ask(tom, "PATCH", path, {"occurrence": dates[0], "title": "Une"}, 422)


async def test_one_clash_refuses_the_whole_series(service: RunningService) -> None:
    tom, anne = await service.log_in("tom"), await service.log_in("anne")
    when: dict[str, Any] = {"from": at(60, 7), "to": at(120, 7)}
    await book(anne, **when)
    until = (datetime.now(UTC) + timedelta(days=22)).date().isoformat()
    sent: dict[str, Any] = {"title": "Atelier", "rooms": [VILLEFORT]}
    sent |= {"from": at(60), "to": at(120)}
    sent |= {"repeat": {"frequency": "weekly", "until": until}}
    await ask(tom, "POST", "/bookings", sent, 409)
    assert len(await busy(service)) == 1


async def test_where_the_rooms_allow_it_a_series_leaves_the_clashing_date_out_and_says_so(
    service: RunningService,
) -> None:
    tom, anne = await service.log_in("tom"), await service.log_in("anne")
    network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
    policy = {"series": "skip_conflicts"}
    await service.app[keys.DATABASE].write(
        lambda conn: policies.save(conn, now, network, RoomId(VILLEFORT), policy, "test")
    )
    when: dict[str, Any] = {"from": at(60, 7), "to": at(120, 7)}
    await book(anne, **when)
    until = (datetime.now(UTC) + timedelta(days=15)).date().isoformat()
    sent: dict[str, Any] = {"title": "Atelier", "rooms": [VILLEFORT]}
    sent |= {"from": at(60), "to": at(120)}
    sent |= {"repeat": {"frequency": "weekly", "until": until}}
    made = await ask(tom, "POST", "/bookings", sent, 201)
    assert made["left_out"] == [at(60, 7)]
    assert len(await busy(service)) == 3


async def test_people_check_in_stay_longer_and_leave_early(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, 10)
    path = f"/bookings/{made['id']}"
    await ask(tom, "POST", f"{path}/check-in", {}, 204)
    await ask(tom, "POST", f"{path}/check-in", {}, 204)
    found = (await ask(tom, "GET", path))["booking"]
    assert found["checked_in_at"] is not None
    longer = (await ask(tom, "POST", f"{path}/extend", {"minutes": 30}))["booking"]
    kept = datetime.fromisoformat(longer["to"]) - datetime.fromisoformat(made["to"])
    assert kept == timedelta(minutes=30)
    await ask(tom, "POST", f"{path}/release", {}, 204)
    released = (await ask(tom, "GET", path))["booking"]
    assert (released["state"], await busy(service)) == ("released", [])
    told = await topics(service)
    assert "booking.released" in told
    assert told.count("booking.checked-in") == 1
    await ask(tom, "POST", f"{path}/release", {}, 409)


async def test_a_room_screen_checks_its_own_booking_in_and_no_other(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    made, token = await book(tom, 10), await service.screen(VILLEFORT)
    other, nobody = await service.screen(MEYRUEIS), service.browser()
    path = f"/bookings/{made['id']}/check-in"
    await ask(nobody, "POST", path, {}, 401)
    for bearer, status in ((other, 403), (token, 204)):
        headers = {"Authorization": f"Bearer {bearer}"}
        await ask(nobody, "POST", path, {}, status, headers=headers)


async def test_it_is_too_early_to_check_in_hours_before(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, 300)
    await ask(tom, "POST", f"/bookings/{made['id']}/check-in", {}, 409)
    await ask(tom, "POST", f"/bookings/{made['id']}/extend", {"minutes": 30}, 409)


async def set_patience(service: RunningService, room: str, minutes: int) -> None:
    network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
    sent = {"no_show_minutes": minutes}
    await service.app[keys.DATABASE].write(
        lambda conn: policies.save(conn, now, network, RoomId(room), sent, "test")
    )


def no_show(service: RunningService, minutes: float) -> NoShow:
    """The timer as it looks some minutes from now."""
    return NoShow(
        service.app[keys.BOOKINGS], lambda: datetime.now(UTC) + timedelta(minutes=minutes)
    )


async def test_a_room_nobody_came_to_is_free_again(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, 1)
    await set_patience(service, VILLEFORT, 15)
    assert await no_show(service, 14).look() == 0
    assert await no_show(service, 17).look() == 1
    assert await busy(service) == []
    assert (await ask(tom, "GET", f"/bookings/{made['id']}"))["booking"]["state"] == "released"
    assert (await topics(service))[-1] == "booking.released"
    assert await no_show(service, 18).look() == 0


async def test_a_series_loses_only_the_date_nobody_came_to(service: RunningService) -> None:
    tom = await service.log_in("tom")
    until = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    await book(tom, 1, repeat={"frequency": "weekly", "until": until})
    await set_patience(service, VILLEFORT, 15)
    assert await no_show(service, 17).look() == 1
    assert await busy(service) == [(VILLEFORT, at(1, 7), at(61, 7))]
    assert (await topics(service))[-1] == "booking.released"


@pytest.mark.parametrize("kept_by", ["check-in", "training", "patient room", "session"])
async def test_a_room_is_not_taken_from_those_who_came_or_may_come(
    service: RunningService, kept_by: str
) -> None:
    tom = await service.log_in("tom")
    kind = "training" if kept_by == "training" else "meeting"
    rooms = [VILLEFORT, MEYRUEIS] if kept_by == "patient room" else [VILLEFORT]
    made = await book(tom, 1, kind=kind, rooms=rooms)
    await set_patience(service, VILLEFORT, 15)
    if kept_by == "check-in":
        await ask(tom, "POST", f"/bookings/{made['id']}/check-in", {}, 204)
    if kept_by == "session":
        row = {
            "id": "pa-1", "session_id": made["session"], "name": "Salle", "kind": "room",
            "room_id": VILLEFORT, "token_hash": "x", "state": "left", "created_at": 1,
            "joined_at": 1,
        }  # fmt: skip
        await service.app[keys.DATABASE].write(
            lambda conn: conn.execute(tables.participants.insert().values(**row))
        )
    assert await no_show(service, 30).look() == 0
    assert len(await busy(service)) == len(rooms)


async def test_what_runs_ends_now_when_it_is_released(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, 1)
    start = int(datetime.now(UTC).timestamp()) - 1800
    table = tables.occurrences
    await service.app[keys.DATABASE].write(
        lambda conn: conn.execute(update(table).values(starts_at=start))
    )
    await ask(tom, "POST", f"/bookings/{made['id']}/release", {}, 204)
    [(_, _, end)] = await busy(service)
    assert end <= at(1)


@pytest.mark.parametrize(("decision", "state"), [("approve", "confirmed"), ("refuse", "declined")])
async def test_what_was_asked_of_an_animateur_is_answered_by_him(
    service: RunningService, decision: str, state: str
) -> None:
    tom, anne = await service.log_in("tom"), await service.log_in("anne")
    network, now = service.app[keys.SETTINGS].network, datetime.now(UTC)
    sent = {"asked_of": ["trainer"]}
    await service.app[keys.DATABASE].write(
        lambda conn: policies.save(conn, now, network, RoomId(VILLEFORT), sent, "test")
    )
    made = await book(tom)
    assert made["state"] == "requested"
    path, answer = f"/bookings/{made['id']}/decide", {"decision": decision, "note": "Travaux"}
    await ask(tom, "POST", path, answer, 403)
    decided = await ask(anne, "POST", path, answer)
    assert decided["booking"]["state"] == state
    await ask(anne, "POST", path, answer, 409)

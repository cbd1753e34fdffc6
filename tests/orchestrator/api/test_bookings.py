"""Bookings, sessions and links by REST, on a whole service."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.auth import limits
from tests.fakes.service import Browser, RunningService, running_service

ROOMS = ["meyrueis-visio", "villefort-visio"]


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as service:
        yield service


def at(minutes: int) -> str:
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    return moment.isoformat().replace("+00:00", "Z")


def wish(start: int = 60, rooms: list[str] = ROOMS, **more: Any) -> dict[str, Any]:
    return {
        "title": "Inauguration",
        "kind": "ceremony",
        "rooms": rooms,
        "from": at(start),
        "to": at(start + 60),
        **more,
    }


async def book(browser: Browser, **more: Any) -> dict[str, Any]:
    async with browser.post("/api/v1/bookings", wish(**more)) as answer:
        assert answer.status == 201, await answer.text()
        made: dict[str, Any] = (await answer.json())["booking"]
        assert answer.headers["Location"] == f"/api/v1/bookings/{made['id']}"
    return made


async def read(
    browser: Browser, path: str, params: dict[str, str] | None = None, status: int = 200
) -> Any:
    async with browser.get(path, params=params) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_a_booking_makes_a_session_with_its_sites_and_its_link(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    made = await book(tom)
    assert (made["state"], made["rooms"]) == ("confirmed", ROOMS)
    session = (await read(tom, f"/api/v1/sessions/{made['session']}"))["session"]
    assert (session["state"], session["kind"]) == ("booked", "ceremony")
    assert [(s["room"], s["role"], s["state"]) for s in session["sites"]] == [
        ("meyrueis-visio", "host", "expected"),
        ("villefort-visio", "remote", "expected"),
    ]
    assert session["join_url"] == made["join_url"]
    assert (await read(tom, f"/api/v1/bookings/{made['id']}"))["booking"] == made
    held = await read(tom, "/api/v1/bookings", {"from": at(0), "to": at(600)})
    assert held["bookings"] == [made]
    listed = await read(tom, "/api/v1/sessions", {"from": at(0), "to": at(600)})
    assert [one["id"] for one in listed["sessions"]] == [session["id"]]


async def test_a_second_booking_of_the_same_rooms_is_refused_with_reasons(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    await book(tom)
    async with tom.post("/api/v1/bookings", wish(start=90)) as answer:
        problem = await answer.json()
    assert answer.status == 409
    assert problem["type"].endswith("/rooms-refused")
    assert len(problem["reasons"]) >= 2


async def test_the_same_booking_sent_twice_under_one_key_is_made_once(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    sent, headers = wish(), {"Idempotency-Key": "book-me-once"}
    async with tom.post("/api/v1/bookings", sent, headers=headers) as answer:
        first = await answer.json()
    async with tom.post("/api/v1/bookings", sent, headers=headers) as answer:
        assert (answer.status, answer.headers["Idempotent-Replayed"]) == (201, "true")
        assert await answer.json() == first
    async with tom.post("/api/v1/bookings", wish(start=300), headers=headers) as answer:
        assert answer.status == 422


async def test_a_cancelled_booking_is_free_again_and_its_session_is_gone(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    made = await book(tom)
    async with tom.delete(f"/api/v1/bookings/{made['id']}") as answer:
        assert answer.status == 204
    await read(tom, f"/api/v1/sessions/{made['session']}", status=404)
    await book(tom)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rooms": []},
        {"rooms": ["rodez-visio"]},
        {"title": ""},
        {"kind": "party"},
        {"from": "yesterday"},
        {"from": "2026-11-26T09:00:00"},
        {"to": "2020-01-01T00:00:00Z"},
        {"colour": "red"},
    ],
)
async def test_a_wish_that_cannot_be_is_refused_with_a_problem(
    service: RunningService, wrong: dict[str, Any]
) -> None:
    tom = await service.log_in("tom")
    async with tom.post("/api/v1/bookings", {**wish(), **wrong}) as answer:
        assert answer.status in (404, 422)
        assert answer.content_type == "application/problem+json"


async def test_availability_is_for_everybody_and_titles_are_not(service: RunningService) -> None:
    tom, nobody = await service.log_in("tom"), service.browser()
    anne, marc = await service.log_in("anne"), await service.log_in("marc")
    made = await book(tom, rooms=["villefort-visio"])
    asked = {"from": at(0), "to": at(600)}
    for reader, sees in ((nobody, False), (marc, False), (anne, True), (tom, True)):
        found = await read(reader, "/api/v1/rooms/availability", asked)
        assert [busy["room"] for busy in found["busy"]] == ["villefort-visio"]
        assert found["busy"][0].get("title") == ("Inauguration" if sees else None)
        assert found["busy"][0].get("session") == (made["session"] if sees else None)
    for room, sees in (("villefort-visio", True), ("meyrueis-visio", False)):
        bearer = {"Authorization": f"Bearer {await service.screen(room)}"}
        path = "/api/v1/rooms/availability"
        async with nobody.get(path, params=asked, headers=bearer) as answer:
            shown = (await answer.json())["busy"][0]
        assert (shown.get("title"), shown.get("booking")) == (
            "Inauguration" if sees else None,
            None,
        )
    await read(nobody, "/api/v1/rooms/availability", {"from": at(60), "to": at(0)}, 422)
    await read(nobody, "/api/v1/rooms/availability", {"from": "now", "to": at(0)}, 400)


async def test_a_session_is_opened_started_paused_and_ended_by_who_runs_it(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    path = f"/api/v1/sessions/{(await book(tom))['session']}"
    async with tom.post(f"{path}/open") as answer:
        opened = await answer.json()
    assert (answer.status, opened["session"]["state"]) == (200, "doors")
    assert {issue["room"] for issue in opened["issues"]} == set(ROOMS)
    assert "screen" in opened["issues"][0]["text"]
    for act, state in (("start", "on_air"), ("pause", "paused"), ("end", "ended")):
        async with tom.post(f"{path}/{act}") as answer:
            assert (await answer.json())["session"]["state"] == state
    async with tom.post(f"{path}/start") as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"].rpartition("/")[2]) == (409, "illegal-transition")


async def test_a_session_does_not_exist_for_strangers(service: RunningService) -> None:
    made = await book(await service.log_in("tom"), rooms=["meyrueis-visio"])
    anne = await service.log_in("anne")
    await read(anne, f"/api/v1/sessions/{made['session']}", status=404)
    async with anne.post(f"/api/v1/sessions/{made['session']}/end") as answer:
        assert answer.status == 404
    nobody = service.browser()
    await read(nobody, f"/api/v1/sessions/{made['session']}", status=401)


# --- links -------------------------------------------------------------------------


def code_of(made: dict[str, Any]) -> str:
    code: str = made["join_url"].rpartition("/")[2]
    return code


async def test_a_link_shows_what_it_leads_to_and_lets_in_when_the_doors_are_open(
    service: RunningService,
) -> None:
    made = await book(await service.log_in("tom"), start=10)
    guest, code = service.browser(), code_of(made)
    shown = await read(guest, f"/api/v1/join/{code}")
    assert (shown["title"], shown["organiser"]) == ("Inauguration", "Tom")
    async with guest.post("/api/v1/join", {"code": code, "name": "Paul"}) as answer:
        let_in = await answer.json()
    assert answer.status == 200
    assert let_in["session"]["id"] == made["session"]
    async with guest.http.ws_connect(f"{service.url}/ws/v1", origin=service.url) as wire:
        await wire.send_json(
            {"type": "hello", "versions": [1], "token": let_in["token"], "client": "test"}
        )
        assert (await wire.receive_json(timeout=5))["type"] == "welcome"
        await wire.send_json({"type": "join"})
        joined = await wire.receive_json(timeout=5)
    assert (joined["type"], joined["you"]) == ("joined", let_in["participant"])


async def test_a_link_is_not_open_long_before_the_hour(service: RunningService) -> None:
    made = await book(await service.log_in("tom"), start=120)
    guest = service.browser()
    async with guest.post("/api/v1/join", {"code": code_of(made), "name": "Paul"}) as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"].rpartition("/")[2]) == (403, "not-open-yet")
    assert problem["open_from"] == (await read(guest, f"/api/v1/join/{code_of(made)}"))["open_from"]


async def test_guessing_links_is_limited_and_using_one_is_not(service: RunningService) -> None:
    made = await book(await service.log_in("tom"), start=10)
    guest, code = service.browser(), code_of(made)
    for _ in range(15):
        await read(guest, f"/api/v1/join/{code}")
    shapes = set()
    for guess in ("x", "A" * 32, code[:-1], "..%2F..", "é"):
        problem = await read(guest, f"/api/v1/join/{guess}", status=404)
        shapes.add((problem["type"], problem["title"]))
    assert len(shapes) == 1
    for number in range(5):
        sent = {"code": f"guess-{number}", "name": "Paul"}
        async with guest.post("/api/v1/join", sent) as answer:
            assert answer.status == 404
    problem = await read(guest, "/api/v1/join/one-more", status=429)
    assert problem["retry_after"] >= 1
    await read(guest, f"/api/v1/join/{code}", status=429)


async def test_a_roomful_of_people_comes_in_at_once_behind_one_address(
    service: RunningService,
) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, start=10)
    async with tom.post(f"/api/v1/sessions/{made['session']}/open") as opened:
        assert opened.status in (200, 409)  # the clock may have been quicker

    async def come_in(number: int) -> int:
        sent = {"code": code_of(made), "name": f"Paul {number}"}
        async with service.browser().post("/api/v1/join", sent) as answer:
            return int(answer.status)

    assert await asyncio.gather(*(come_in(number) for number in range(30))) == [200] * 30


async def test_one_address_does_not_take_every_place(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    [most] = limits.admission_limits("x")
    assert (most.times, most.within) == (60, timedelta(minutes=10))
    few = replace(most, times=2)
    monkeypatch.setattr(limits, "admission_limits", lambda address: (few,))
    made = await book(await service.log_in("tom"), start=10)
    guest, sent = service.browser(), {"code": code_of(made), "name": "Paul"}
    statuses = []
    for name in ("Paul", "", "Zoé", "Ana"):  # who is refused for another reason takes no place
        async with guest.post("/api/v1/join", {**sent, "name": name or "\u200b"}) as answer:
            statuses.append(answer.status)
    assert statuses == [200, 422, 200, 429]
    async with guest.post("/api/v1/join", sent) as answer:
        assert 0 < int(answer.headers["Retry-After"]) <= 600


async def test_a_hundred_wrong_links_at_once_are_ten_tries(service: RunningService) -> None:
    guest = service.browser()

    async def guess(number: int) -> int:
        async with guest.get(f"/api/v1/join/guess-{number}") as answer:
            return int(answer.status)

    statuses = await asyncio.gather(*(guess(number) for number in range(100)))
    assert sorted(statuses) == [404] * 10 + [429] * 90


async def test_an_ended_session_says_so_to_who_comes_late(service: RunningService) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, start=10)
    for act in ("open", "end"):
        async with tom.post(f"/api/v1/sessions/{made['session']}/{act}") as answer:
            assert answer.status in (200, 409), "the clock may have been quicker"
    sent = {"code": code_of(made), "name": "Paul"}
    async with service.browser().post("/api/v1/join", sent) as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"].rpartition("/")[2]) == (410, "session-over")


async def test_a_page_waits_in_the_lobby_before_anybody_has_said_his_name(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    tom = await service.log_in("tom")
    made = await book(tom, start=10)
    guest, sent = service.browser(), {"code": code_of(made)}
    async with guest.post("/api/v1/join", sent) as answer:
        assert answer.status == 200
        token = (await answer.json())["token"]
    shown = await read(tom, f"/api/v1/sessions/{made['session']}")
    assert shown["session"]["participants"] == []
    async with guest.http.ws_connect(f"{service.url}/ws/v1", origin=service.url) as wire:
        hello = {"type": "hello", "versions": [1], "token": token, "client": "test"}
        for said in (hello, {"type": "lobby"}, {"type": "join"}, {"type": "join", "name": "Ève"}):
            await wire.send_json(said)
        told = [await wire.receive_json(timeout=5) for _ in range(4)]
    assert [each["type"] for each in told] == ["welcome", "waiting", "error", "joined"]
    assert told[2]["code"] == "bad-name"
    assert [one["name"] for one in told[3]["participants"]] == ["Ève"]
    few = replace(limits.lobby_limits("x")[0], times=1)
    monkeypatch.setattr(limits, "lobby_limits", lambda address: (few,))
    for asked, status in ((sent, 200), (sent, 429), ({**sent, "name": "Paul"}, 200)):
        async with guest.post("/api/v1/join", asked) as answer:
            assert answer.status == status

"""Pairing a screen: who may ask for a code, what it is worth, what a revoked screen is worth."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.auth import pairing
from orchestrator.settings import DEMO, Settings, load_settings
from orchestrator.store import devices
from rooms.ids import CentreId, RoomId
from rooms.room import Desk, DeskId
from tests.fakes.service import Browser, RunningService, running_service

ROOM = "villefort-visio"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def code_for(browser: Browser, room: str = ROOM) -> str:
    async with browser.post("/api/v1/pairings", {"room": room}) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["code"])


async def claim(service: RunningService, code: str, room: str = ROOM) -> tuple[int, Any]:
    sent = {"room": room, "code": code}
    async with service.browser().post("/api/v1/pairings/claim", sent) as answer:
        return answer.status, await answer.json()


def other(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**8:08d}"


async def device_of(service: RunningService, token: str) -> devices.Device | None:
    return await service.app[keys.DATABASE].read(lambda conn: devices.by_token(conn, token))


async def test_a_screen_is_paired_by_the_code_of_its_animateur(service: RunningService) -> None:
    code = await code_for(await service.log_in("anne"))
    status, paired = await claim(service, code)
    assert (status, paired["room"]) == (201, ROOM)
    device = await device_of(service, paired["token"])
    assert device is not None
    assert device.room == ROOM


async def test_a_code_pairs_once(service: RunningService) -> None:
    code = await code_for(await service.log_in("anne"))
    both = await asyncio.gather(claim(service, code), claim(service, code))
    assert sorted(status for status, _ in both) == [201, 403]


async def test_a_code_pairs_no_other_room(service: RunningService) -> None:
    code = await code_for(await service.log_in("admin"))
    assert (await claim(service, code, "marvejols-visio"))[0] == 403


async def test_wrong_code_wrong_room_and_no_room_are_one_answer(service: RunningService) -> None:
    code = await code_for(await service.log_in("anne"))
    answers = [
        await claim(service, other(code)),
        await claim(service, code, "marvejols-visio"),
        await claim(service, code, "no-such-room"),
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 403


async def test_five_wrong_codes_burn_the_right_one(service: RunningService) -> None:
    code = await code_for(await service.log_in("anne"))
    for step in range(1, 6):
        assert (await claim(service, other(code, step)))[0] == 403
    assert (await claim(service, code))[0] == 403


async def test_the_eleventh_wrong_code_of_an_address_waits(service: RunningService) -> None:
    statuses = [(await claim(service, f"{number:08d}", "r"))[0] for number in range(11)]
    assert statuses == [403] * 10 + [429]


async def test_an_old_code_pairs_nothing(service: RunningService) -> None:
    app, now = service.app, datetime.now(UTC)
    before = now - pairing.LASTS - timedelta(seconds=1)
    code = await app[keys.DATABASE].write(
        lambda conn: pairing.new_code(conn, app[keys.KEYRING], RoomId(ROOM), "test", before)
    )
    assert (await claim(service, code))[0] == 403


@pytest.mark.parametrize("login", ["marc", "tom", "bea"])
async def test_who_does_not_run_the_room_gets_no_code(service: RunningService, login: str) -> None:
    browser = await service.log_in(login)
    async with browser.post("/api/v1/pairings", {"room": ROOM}) as answer:
        assert answer.status == 403


async def test_nobody_gets_no_code(service: RunningService) -> None:
    async with service.browser().post("/api/v1/pairings", {"room": ROOM}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("code", ["1234567", "123456789", "abcdefgh", "１２３４５６７８", 12345678])
async def test_what_is_not_eight_digits_is_not_tried(service: RunningService, code: object) -> None:
    sent = {"room": ROOM, "code": code}
    async with service.browser().post("/api/v1/pairings/claim", sent) as answer:
        assert answer.status == 422


async def test_a_revoked_screen_is_nobody(service: RunningService) -> None:
    token = await service.screen(ROOM)
    device = await device_of(service, token)
    assert device is not None
    anne = await service.log_in("anne")
    async with anne.delete(f"/api/v1/devices/{device.id}") as answer:
        assert answer.status == 204
    assert await device_of(service, token) is None
    async with anne.delete(f"/api/v1/devices/{device.id}") as answer:
        assert answer.status == 404


async def test_the_screen_of_another_centre_does_not_exist(service: RunningService) -> None:
    device = await device_of(service, await service.screen(ROOM))
    assert device is not None
    marc = await service.log_in("marc")
    async with marc.delete(f"/api/v1/devices/{device.id}") as answer:
        assert answer.status == 404


async def test_what_was_done_is_on_record_for_the_administrator(service: RunningService) -> None:
    await code_for(await service.log_in("anne"))
    admin = await service.log_in("admin")
    async with admin.get("/api/v1/audit") as answer:
        entries = (await answer.json())["entries"]
    assert "pairing.made" in [entry["action"] for entry in entries]
    anne = await service.log_in("anne")
    async with anne.get("/api/v1/audit") as answer:
        assert answer.status == 403


async def test_wrong_codes_are_on_record_with_where_they_came_from(service: RunningService) -> None:
    code = await code_for(await service.log_in("anne"))
    await claim(service, other(code))
    desk = {"code": other(code)}
    async with service.browser().post(
        "/api/v1/desks/villefort-accueil/pairings/claim", desk
    ) as answer:
        assert answer.status == 403
    async with (await service.log_in("admin")).get("/api/v1/audit") as answer:
        entries = (await answer.json())["entries"]
    refused = [one for one in entries if one["action"] == "pairing.refused"]
    assert {one["target"] for one in refused} == {ROOM, "villefort-accueil"}
    assert all(one["detail"]["address"] == "127.0.0.1" for one in refused)
    assert {one["who"] for one in refused} == {"nobody"}


def with_a_desk() -> Settings:
    settings = load_settings(DEMO)
    desk = Desk(id=DeskId("villefort-accueil"), centre=CentreId("villefort"), name="Accueil")
    return replace(settings, network=replace(settings.network, desks=(desk,)))


@pytest.fixture
async def at_a_desk(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path, settings=with_a_desk) as running:
        yield running


async def paired_at(browser: Browser, centre: str = "villefort") -> tuple[int, Any]:
    async with browser.get(f"/api/v1/centres/{centre}/devices") as answer:
        return answer.status, await answer.json()


async def test_an_animateur_sees_all_that_is_paired_in_his_centre_and_nobody_elses(
    at_a_desk: RunningService,
) -> None:
    service = at_a_desk
    anne = await service.log_in("anne")
    await claim(service, await code_for(anne))
    desk = "/api/v1/desks/villefort-accueil/pairings"
    async with anne.post(desk) as answer:
        code = (await answer.json())["code"]
    async with service.browser().post(f"{desk}/claim", {"code": code}) as answer:
        assert answer.status == 201
    status, found = await paired_at(anne)
    assert status == 200
    assert [(one["kind"], one["room"], one["desk"]) for one in found["devices"]] == [
        ("kiosk", ROOM, None),
        ("desk", None, "villefort-accueil"),
    ]
    assert [one["id"] for one in found["desks"]] == ["villefort-accueil"]
    assert found["devices"][0]["seen_at"] is None
    assert (await paired_at(anne, "marvejols"))[0] == 403
    assert (await paired_at(service.browser()))[0] == 401
    assert (await paired_at(anne, "nowhere"))[0] == 404


async def test_the_screen_of_a_desk_is_put_out_by_the_animateur_of_its_centre(
    at_a_desk: RunningService,
) -> None:
    service = at_a_desk
    anne = await service.log_in("anne")
    desk = "/api/v1/desks/villefort-accueil/pairings"
    async with anne.post(desk) as answer:
        code = (await answer.json())["code"]
    async with service.browser().post(f"{desk}/claim", {"code": code}) as answer:
        token = (await answer.json())["token"]
    ((device,), _) = (await paired_at(anne))[1].values()
    async with service.browser().delete(f"/api/v1/devices/{device['id']}") as answer:
        assert answer.status == 401
    async with anne.delete(f"/api/v1/devices/{device['id']}") as answer:
        assert answer.status == 204
    assert (await paired_at(anne))[1]["devices"] == []
    path, bearer = "/api/v1/desks/villefort-accueil", {"Authorization": f"Bearer {token}"}
    async with service.browser().get(path, headers=bearer) as answer:
        assert answer.status in (401, 403)

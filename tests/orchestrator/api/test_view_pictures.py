"""Pictures of stored views: taken when somebody asked, by the room's own screen, seen by few."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from orchestrator import keys
from orchestrator.room_control import Wish
from orchestrator.store import view_pictures
from orchestrator.store.commands import Order
from rooms.control import Command, parse_command
from rooms.ids import RoomId
from tests.fakes.service import RunningService, running_service
from tests.orchestrator.api.test_phones import AFAR, HERE, asked, paired, screen_of

VIEWS = f"/api/v1/rooms/{HERE}/views"
JPEG = b"\xff\xd8\xff\xe0" + bytes(200) + b"\xff\xd9"


class Screen:
    """A screen that takes every command and is slow about it."""

    def screen_connected(self, room: RoomId) -> bool:
        return True

    def able(self, room: RoomId) -> frozenset[str] | None:
        return frozenset({"video.picture.keep", "camera.preset.store", "camera.preset.delete"})

    async def command(self, *what: Any) -> bool:
        return True

    async def cancel_command(self, *what: Any) -> None:
        return None


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        running.app[keys.HOUSE].means.agents = Screen()
        yield running


async def ask(service: RunningService, name: str, preset: int) -> Order:
    """Somebody who may asks this of the room."""
    command: Command = parse_command(name, {"preset": preset})
    wish = Wish(room=HERE, command=command, by="test")
    return (await service.app[keys.HOUSE].control.submit(wish))[0]


async def bring(
    service: RunningService, token: str, jpeg: bytes = JPEG, preset: str = "1", **headers: str
) -> int:
    """The screen brings its picture."""
    sent = {"Content-Type": "image/jpeg", "Authorization": f"Bearer {token}", **headers}
    browser = service.browser()
    async with browser.request("PUT", f"{VIEWS}/{preset}", data=jpeg, headers=sent) as answer:
        return answer.status


async def kept(service: RunningService) -> list[int]:
    """The views that have a picture."""
    found = await service.app[keys.DATABASE].read(lambda conn: view_pictures.of_room(conn, HERE))
    return [preset for preset, _ in found]


async def test_the_screen_brings_the_picture_it_was_asked_for(service: RunningService) -> None:
    screen = await screen_of(service)
    await ask(service, "video.picture.keep", 1)
    assert await bring(service, screen) == 204
    anne, phone = await service.log_in("anne"), await paired(service)
    async with anne.get(VIEWS) as answer:
        assert [one["preset"] for one in (await answer.json())["views"]] == [1]
    async with anne.get(f"{VIEWS}/1") as answer:
        assert (answer.content_type, await answer.read()) == ("image/jpeg", JPEG)
    headers = {"Authorization": f"Bearer {phone}"}
    async with service.browser().get(f"{VIEWS}/1", headers=headers) as answer:
        assert await answer.read() == JPEG
    newer = JPEG[:-2] + b"\x01\xff\xd9"
    assert await bring(service, screen, newer) == 204
    async with anne.get(f"{VIEWS}/1") as answer:
        assert await answer.read() == newer


async def test_a_picture_nobody_asked_for_is_not_kept(service: RunningService) -> None:
    screen = await screen_of(service)
    assert await bring(service, screen) == 409
    order = await ask(service, "video.picture.keep", 2)
    assert await bring(service, screen) == 409  # of another view
    await service.app[keys.HOUSE].control.done(HERE, order.id)
    assert await bring(service, screen, preset="2") == 409  # and that one is over
    assert await kept(service) == []


async def test_nobody_but_the_rooms_screen_brings_pictures(service: RunningService) -> None:
    await ask(service, "video.picture.keep", 1)
    assert await bring(service, await screen_of(service, AFAR)) == 403
    assert await bring(service, await paired(service)) == 401
    assert await bring(service, "x") == 401
    assert await kept(service) == []


async def test_what_is_no_small_jpeg_is_refused(service: RunningService) -> None:
    screen = await screen_of(service)
    await ask(service, "video.picture.keep", 1)
    assert await bring(service, screen, b"<svg onload=1>") == 422
    assert await bring(service, screen, JPEG[:-2]) == 422
    assert await bring(service, screen, JPEG, **{"Content-Type": "image/svg+xml"}) == 415
    assert await bring(service, screen, JPEG[:-2] + bytes(32 * 1024) + b"\xff\xd9") == 413
    for preset in ("128", "x", "0001", "²"):
        assert await bring(service, screen, preset=preset) == 404
    assert await kept(service) == []


async def test_only_who_may_command_the_room_sees_its_views(service: RunningService) -> None:
    now = datetime.now(UTC)
    write = service.app[keys.DATABASE].write
    await write(lambda conn: view_pictures.keep(conn, HERE, 1, JPEG, now))
    phone = await paired(service, AFAR)
    for path in (VIEWS, f"{VIEWS}/1"):
        assert (await asked(service, "GET", path))[0] == 401
        assert (await asked(service, "GET", path, phone))[0] == 403
        for login in ("marc", "tom"):
            async with (await service.log_in(login)).get(path) as answer:
                assert answer.status == 403
    async with (await service.log_in("anne")).get(f"{VIEWS}/2") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("name", ["camera.preset.store", "camera.preset.delete"])
async def test_a_picture_goes_when_its_view_is_stored_anew_or_deleted(
    service: RunningService, name: str
) -> None:
    now = datetime.now(UTC)

    def keep(conn: Connection) -> None:
        for preset in (1, 2):
            view_pictures.keep(conn, HERE, preset, JPEG, now)

    await service.app[keys.DATABASE].write(keep)
    order = await ask(service, name, 1)
    assert await kept(service) == [1, 2]  # the camera has not done it yet
    await service.app[keys.HOUSE].control.failed(HERE, order.id, "device_failure")
    assert await kept(service) == [1, 2]
    order = await ask(service, name, 1)
    await service.app[keys.HOUSE].control.done(HERE, order.id)
    assert await kept(service) == [2]

"""The panel at a door: what its token opens, what it does not, and what it may do to bookings."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator import keys
from orchestrator.cases import panel as cases
from orchestrator.noshow import NoShow
from orchestrator.store import devices
from rooms.errors import NotFound
from rooms.ids import RoomId
from tests.fakes.service import Browser, RunningService, running_service

ROOM = "villefort-visio"
PANEL = f"/api/v1/rooms/{ROOM}/panel"
NOWHERE = "bk-00000000000000000009"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def paired(service: RunningService, kind: str = "panel") -> str:
    """The token of a panel, got as its browser gets it."""
    anne = await service.log_in("anne")
    async with anne.post("/api/v1/pairings", {"room": ROOM}) as answer:
        code = (await answer.json())["code"]
    sent = {"room": ROOM, "code": code, "kind": kind}
    async with service.browser().post("/api/v1/pairings/claim", sent) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["token"])


class AtTheDoor:
    """Whoever stands before a panel."""

    def __init__(self, service: RunningService, token: str) -> None:
        self.browser = service.browser()
        self.token = token

    async def ask(
        self, method: str, path: str = PANEL, sent: Any = None, status: int = 200
    ) -> dict[str, Any]:
        """One request with the panel's token; the document answered."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.browser.request(method, path, json=sent, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def held(self) -> list[dict[str, Any]]:
        """What the panel shows."""
        return list((await self.ask("GET"))["held"])


@pytest.fixture
async def door(service: RunningService) -> AtTheDoor:
    return AtTheDoor(service, await paired(service))


async def book(browser: Browser, start: int, minutes: int, *rooms: str) -> str:
    """A booking of a person, in minutes from now."""
    begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=start)
    end = begin + timedelta(minutes=minutes)
    wish = {"title": "Conseil", "rooms": list(rooms or (ROOM,)),
            "from": begin.isoformat(), "to": end.isoformat()}  # fmt: skip
    async with browser.post("/api/v1/bookings", wish) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["booking"]["id"])


async def kept(service: RunningService, booking: str) -> Any:
    """The booking as its organiser sees it."""
    admin = await service.log_in("admin")
    async with admin.get(f"/api/v1/bookings/{booking}") as answer:
        return await answer.json()


def minutes_of(held: dict[str, Any]) -> float:
    begin, end = (datetime.fromisoformat(held[name]) for name in ("from", "to"))
    return (end - begin) / timedelta(minutes=1)


async def test_a_free_room_is_held_at_once_and_people_count_as_here(
    service: RunningService, door: AtTheDoor
) -> None:
    assert await door.held() == []
    made = await door.ask("POST", f"{PANEL}/bookings", {"minutes": 30}, 201)
    (held,) = made["held"]
    assert held["booking"] == made["booking"]
    assert minutes_of(held) == 30
    assert (held["title"], held["own"], held["checked_in"]) == ("Réservé à la porte", True, True)
    assert datetime.fromisoformat(held["from"]) <= datetime.now(UTC)
    anne = await service.log_in("anne")
    async with anne.get(f"/api/v1/bookings/{made['booking']}") as answer:
        assert (await answer.json())["booking"]["state"] == "confirmed"


async def test_a_second_hand_at_the_door_is_told_that_the_room_is_taken(door: AtTheDoor) -> None:
    await door.ask("POST", f"{PANEL}/bookings", {"minutes": 60}, 201)
    refused = await door.ask("POST", f"{PANEL}/bookings", {"minutes": 15}, 409)
    assert refused["type"].endswith("rooms-refused")
    assert refused["reasons"]
    assert len(await door.held()) == 1


async def test_what_comes_next_is_not_run_over(service: RunningService, door: AtTheDoor) -> None:
    await book(await service.log_in("tom"), 40, 30)
    await door.ask("POST", f"{PANEL}/bookings", {"minutes": 60}, 409)
    made = await door.ask("POST", f"{PANEL}/bookings", {"minutes": 30}, 201)
    first = f"{PANEL}/bookings/{made['booking']}"
    await door.ask("POST", f"{first}/extend", {"minutes": 30}, 409)
    assert [minutes_of(one) for one in await door.held()] == [30, 30]


async def test_a_room_booked_and_given_back_at_once_may_be_booked_again(
    service: RunningService, door: AtTheDoor
) -> None:
    bookings, database = service.app[keys.BOOKINGS], service.app[keys.DATABASE]
    panel = await database.read(lambda conn: devices.panel_of(conn, door.token))
    assert panel is not None
    now = datetime.now(UTC).replace(second=5, microsecond=0) + timedelta(minutes=1)
    first = await cases.book(bookings, panel, 15, now)
    await cases.end(bookings, panel, first, now + timedelta(seconds=20))
    assert await database.read(lambda conn: cases.plan(conn, bookings, panel, now)) == []
    second = await cases.book(bookings, panel, 15, now + timedelta(seconds=25))
    await cases.extend(bookings, panel, second, timedelta(minutes=30), now + timedelta(minutes=1))
    later = now + timedelta(minutes=5)
    await cases.end(bookings, panel, second, later)
    (left,) = await database.read(lambda conn: cases.plan(conn, bookings, panel, later))
    assert left.end == later.replace(second=0) + timedelta(minutes=1)
    with pytest.raises(NotFound):
        await cases.end(bookings, panel, first, later)


async def test_a_booking_of_a_person_is_checked_in_extended_and_ended_at_the_door(
    service: RunningService, door: AtTheDoor
) -> None:
    booking = await book(await service.log_in("tom"), -5, 60)
    mine = f"{PANEL}/bookings/{booking}"
    (held,) = await door.held()
    assert (held["checked_in"], held["own"], held["title"]) == (False, True, "Conseil")
    (held,) = (await door.ask("POST", f"{mine}/check-in"))["held"]
    assert held["checked_in"]
    (held,) = (await door.ask("POST", f"{mine}/extend", {"minutes": 15}))["held"]
    assert minutes_of(held) == 75
    await door.ask("POST", f"{mine}/release")
    admin = await service.log_in("admin")
    async with admin.get("/api/v1/audit") as answer:
        entries = (await answer.json())["entries"]
    actions = {entry["action"]: entry["who"] for entry in entries if entry["target"] == booking}
    assert actions["booking.ended-at-the-door"].startswith("dv-")
    assert actions["booking.check-in"] == actions["booking.extend"]


async def test_a_ceremony_in_several_rooms_is_not_ended_from_one_corridor(
    service: RunningService, door: AtTheDoor
) -> None:
    booking = await book(await service.log_in("admin"), -5, 60, ROOM, "marvejols-visio")
    mine = f"{PANEL}/bookings/{booking}"
    (held,) = await door.held()
    assert held["own"] is False
    await door.ask("POST", f"{mine}/check-in")
    refused = await door.ask("POST", f"{mine}/release", status=403)
    assert refused["type"].endswith("not-at-the-door")
    await door.ask("POST", f"{mine}/extend", {"minutes": 15}, 403)


async def test_what_has_not_begun_is_not_ended_at_the_door(
    service: RunningService, door: AtTheDoor
) -> None:
    booking = await book(await service.log_in("tom"), 20, 60)
    refused = await door.ask("POST", f"{PANEL}/bookings/{booking}/release", status=409)
    assert refused["type"].endswith("not-going-on")
    assert len(await door.held()) == 1


async def test_a_booking_of_another_room_does_not_exist_at_this_door(
    service: RunningService, door: AtTheDoor
) -> None:
    booking = await book(await service.log_in("admin"), -5, 60, "marvejols-visio")
    mine = f"{PANEL}/bookings/{booking}"
    before = await kept(service, booking)
    refused = await door.ask("POST", f"{mine}/check-in", status=403)
    assert refused["type"].endswith("not-your-booking")
    for name, sent in (("release", None), ("extend", {"minutes": 15})):
        unknown = await door.ask("POST", f"{PANEL}/bookings/{NOWHERE}/{name}", sent, 404)
        elsewhere = await door.ask("POST", f"{mine}/{name}", sent, 404)
        assert elsewhere == {**unknown, "booking": booking}
    assert await kept(service, booking) == before
    assert await door.held() == []


@pytest.mark.parametrize("minutes", [0, 20, 600, "15", None])
async def test_only_the_lengths_on_the_panel_are_taken(door: AtTheDoor, minutes: object) -> None:
    refused = await door.ask("POST", f"{PANEL}/bookings", {"minutes": minutes}, 422)
    assert [fault["pointer"] for fault in refused["errors"]] == ["/minutes"]
    assert await door.held() == []


async def test_a_panel_opens_no_other_room_and_no_socket(
    service: RunningService, door: AtTheDoor
) -> None:
    await door.ask("GET", "/api/v1/rooms/marvejols-visio/panel", status=403)
    await door.ask("GET", f"/api/v1/rooms/{ROOM}/state", status=401)
    await door.ask("GET", "/api/v1/bookings?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z",
                   status=401)  # fmt: skip
    sent = {"command": "call.leave"}
    await door.ask("POST", f"/api/v1/rooms/{ROOM}/commands", sent, 401)
    database = service.app[keys.DATABASE]
    assert await database.read(lambda conn: devices.by_token(conn, door.token)) is None


async def test_the_token_of_a_screen_is_no_panel(service: RunningService) -> None:
    screen = AtTheDoor(service, await paired(service, "kiosk"))
    refused = await screen.ask("GET", status=401)
    assert refused["type"].endswith("login-required")
    assert await AtTheDoor(service, "nobody").ask("GET", status=401) == refused


async def test_a_panel_put_out_is_nobody_and_the_screen_of_its_room_goes_on(
    service: RunningService, door: AtTheDoor
) -> None:
    database, screen = service.app[keys.DATABASE], await service.screen(ROOM)
    panel = await database.read(lambda conn: devices.panel_of(conn, door.token))
    assert panel is not None
    anne = await service.log_in("anne")
    async with anne.delete(f"/api/v1/devices/{panel.id}") as answer:
        assert answer.status == 204
    await door.ask("GET", status=401)
    assert await database.read(lambda conn: devices.by_token(conn, screen)) is not None
    of_room = await database.read(lambda conn: devices.of_room(conn, RoomId(ROOM)))
    assert len(of_room) == 1


async def test_titles_stay_off_the_corridor_where_the_room_says_so(
    service: RunningService, door: AtTheDoor
) -> None:
    await book(await service.log_in("tom"), -5, 60)
    anne = await service.log_in("anne")
    async with anne.get(f"/api/v1/rooms/{ROOM}/settings") as answer:
        tag = answer.headers["ETag"]
    headers = {"If-Match": tag}
    sent = {"settings": {"visibility": "busy"}}
    path = f"/api/v1/rooms/{ROOM}/settings"
    async with anne.request("PUT", path, json=sent, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    assert [one["title"] for one in await door.held()] == [""]


async def test_nobody_who_came_by_the_door_is_given_back_as_a_no_show(
    service: RunningService, door: AtTheDoor
) -> None:
    await door.ask("POST", f"{PANEL}/bookings", {"minutes": 60}, 201)
    later = datetime.now(UTC) + timedelta(minutes=50)
    timer = NoShow(service.app[keys.BOOKINGS], lambda: later)
    assert await timer.look() == 0
    assert len(await door.held()) == 1

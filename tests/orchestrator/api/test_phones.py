"""A phone as the remote of a room: how it becomes one, what it opens, and every way not to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest
from sqlalchemy import Connection, update

from orchestrator import keys
from orchestrator.cases import phones as cases
from orchestrator.store import audit, devices
from orchestrator.store.busy import Busy
from orchestrator.store.tables import devices as device_rows
from orchestrator.store.tables import pairings
from rooms.ids import BookingId, PersonId, RoomId
from tests.fakes.service import Browser, RunningService, running_service

HERE, AFAR = RoomId("villefort-visio"), RoomId("meyrueis-visio")
REMOTE = f"/api/v1/rooms/{HERE}/remote"
PHONES = f"/api/v1/rooms/{HERE}/phones"
MIC = {"command": "audio.mic.set", "on": False}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running


async def screen_of(service: RunningService, room: RoomId = HERE) -> str:
    """The token of a paired screen."""
    now = datetime.now(UTC)
    write = service.app[keys.DATABASE].write
    return (await write(lambda conn: devices.add(conn, room, now)))[1]


async def asked(
    service: RunningService, method: str, path: str, token: str = "", sent: Any = None
) -> tuple[int, dict[str, Any]]:
    """The status of a device's request, and the document answered."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    browser = service.browser()
    async with browser.request(method, path, json=sent, headers=headers) as answer:
        return answer.status, {} if answer.status == 204 else await answer.json()


async def code_of(service: RunningService, screen: str, room: RoomId = HERE) -> str:
    """The digits on the screen."""
    status, shown = await asked(service, "POST", f"/api/v1/rooms/{room}/phones/code", screen)
    assert status == 201, shown
    return str(shown["code"])


async def paired(service: RunningService, room: RoomId = HERE) -> str:
    """The token of a phone that has read the code on the room's screen."""
    code = await code_of(service, await screen_of(service, room), room)
    path = f"/api/v1/rooms/{room}/phones/claim"
    status, made = await asked(service, "POST", path, sent={"code": code})
    assert status == 201, made
    return str(made["token"])


async def lines(service: RunningService, action: str) -> list[dict[str, Any]]:
    """What the record says of it."""
    found = await service.app[keys.DATABASE].read(audit.latest)
    return [one for one in found if one["action"] == action]


async def over(service: RunningService) -> None:
    """The time of every phone is over."""
    past = int(datetime.now(UTC).timestamp()) - 1
    ended = update(device_rows).where(device_rows.c.kind == "phone").values(expires_at=past)
    await service.app[keys.DATABASE].write(lambda conn: conn.execute(ended).rowcount)


async def book(browser: Browser, start: int, minutes: int) -> datetime:
    """A booking of the room, in minutes from now; when it ends."""
    begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=start)
    end = begin + timedelta(minutes=minutes)
    wish = {"title": "Conseil", "rooms": [HERE], "from": begin.isoformat(), "to": end.isoformat()}
    async with browser.post("/api/v1/bookings", wish) as answer:
        assert answer.status == 201, await answer.text()
    return end


# --- the code -----------------------------------------------------------------


async def test_the_code_is_for_the_rooms_own_screen_and_for_nobody_else(
    service: RunningService,
) -> None:
    screen = await screen_of(service)
    status, shown = await asked(service, "POST", f"{PHONES}/code", screen)
    assert status == 201
    assert shown["url"] == f"{service.url}/rooms/{HERE}/remote#code={shown['code']}"
    assert shown["qr"].startswith("data:image/svg+xml")
    assert "<svg" in unquote(shown["qr"])
    assert (await asked(service, "POST", f"{PHONES}/code"))[0] == 401
    afar = await screen_of(service, AFAR)
    assert (await asked(service, "POST", f"{PHONES}/code", afar))[0] == 403
    phone = await paired(service)
    assert (await asked(service, "POST", f"{PHONES}/code", phone))[0] == 401
    anne = await service.log_in("anne")
    async with anne.post(f"{PHONES}/code") as answer:
        assert answer.status == 401  # an animateur commands the room by his account


async def test_a_code_is_used_once_and_soon(service: RunningService) -> None:
    screen = await screen_of(service)
    code = await code_of(service, screen)
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": code}))[0] == 201
    status, said = await asked(service, "POST", f"{PHONES}/claim", sent={"code": code})
    assert (status, "used" in said["title"]) == (403, True)
    late = await code_of(service, screen)
    now = int(datetime.now(UTC).timestamp())
    old = update(pairings).values(expires_at=now)
    await service.app[keys.DATABASE].write(lambda conn: conn.execute(old).rowcount)
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": late}))[0] == 403
    assert timedelta(minutes=2) >= cases.CODE_LASTS


async def test_a_code_for_phones_pairs_no_screen_no_agent_and_no_other_room(
    service: RunningService,
) -> None:
    code = await code_of(service, await screen_of(service))
    for kind in ("kiosk", "panel", "agent"):
        sent = {"room": HERE, "code": code, "kind": kind}
        assert (await asked(service, "POST", "/api/v1/pairings/claim", sent=sent))[0] == 403
    path = f"/api/v1/rooms/{AFAR}/phones/claim"
    assert (await asked(service, "POST", path, sent={"code": code}))[0] == 403
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": code}))[0] == 201


async def test_the_code_of_an_animateur_for_a_screen_makes_no_phone_of_anything(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    async with anne.post("/api/v1/pairings", {"room": HERE}) as answer:
        code = (await answer.json())["code"]
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": code}))[0] == 403


async def test_who_guesses_is_stopped_put_on_record_and_burns_the_code(
    service: RunningService,
) -> None:
    screen = await screen_of(service)
    code = await code_of(service, screen)
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(5):
        assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": wrong}))[0] == 403
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": code}))[0] == 403
    assert sum(one["detail"]["times"] for one in await lines(service, "phone.refused")) == 6
    assert len(await lines(service, "phone.refused")) <= 2  # one a minute
    for _ in range(4):
        assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": wrong}))[0] == 403
    status, said = await asked(service, "POST", f"{PHONES}/claim", sent={"code": wrong})
    assert status == 429
    assert "seconds" in said["title"]
    good = await code_of(service, screen)
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": good}))[0] == 429


async def test_a_room_has_so_many_phones_and_no_more(service: RunningService) -> None:
    for _ in range(cases.MOST):
        await paired(service)
    code = await code_of(service, await screen_of(service))
    status, said = await asked(service, "POST", f"{PHONES}/claim", sent={"code": code})
    assert (status, said["most"]) == (409, cases.MOST)
    anne = await service.log_in("anne")
    async with anne.delete(PHONES) as answer:
        assert await answer.json() == {"phones": cases.MOST}
    assert (await asked(service, "POST", f"{PHONES}/claim", sent={"code": code}))[0] == 201


async def test_a_screen_gone_mad_gets_no_codes_without_end(service: RunningService) -> None:
    screen = await screen_of(service)
    for _ in range(40):
        await code_of(service, screen)
    assert (await asked(service, "POST", f"{PHONES}/code", screen))[0] == 429


# --- the token ----------------------------------------------------------------


async def test_a_phone_drives_its_room_and_follows_what_it_asked(service: RunningService) -> None:
    phone = await paired(service)
    status, shown = await asked(service, "GET", REMOTE, phone)
    assert status == 200
    assert "audio.mic.set" in shown["able"]
    assert "room.message.show" not in shown["able"]
    assert shown["state"]["phones"] == 1
    assert [one["id"] for one in shown["scenes"]][0] == "reunion"
    status, taken = await asked(service, "POST", f"{REMOTE}/commands", phone, MIC)
    assert (status, taken["error"]) == (202, "agent_unreachable")  # no screen is on the wire
    status, order = await asked(service, "GET", f"{REMOTE}/commands/{taken['id']}", phone)
    assert (status, order["state"]) == (200, "failed")
    other = await paired(service)
    assert (await asked(service, "GET", f"{REMOTE}/commands/{taken['id']}", other))[0] == 404
    (line,) = await lines(service, "room.command")
    (first, _) = reversed(await lines(service, "device.paired"))
    assert line["who"] == first["who"]
    assert first["target"] == HERE
    assert first["detail"]["kind"] == "phone"


async def test_a_phone_asks_for_nothing_of_the_machine_nor_of_what_stays(
    service: RunningService,
) -> None:
    phone = await paired(service)
    for refused in ({"command": "system.reboot"}, {"command": "camera.preset.store", "preset": 1}):
        status, said = await asked(service, "POST", f"{REMOTE}/commands", phone, refused)
        assert status == 403, said
    status, said = await asked(
        service, "POST", f"{REMOTE}/commands", phone, {"command": "call.join", "session": "se-none"}
    )
    assert status == 404, said


async def test_a_phones_token_opens_its_room_and_nothing_else(service: RunningService) -> None:
    phone = await paired(service)
    afar = f"/api/v1/rooms/{AFAR}/remote"
    assert (await asked(service, "GET", afar, phone))[0] == 403
    assert (await asked(service, "POST", f"{afar}/commands", phone, MIC))[0] == 403
    assert (await asked(service, "POST", f"/api/v1/rooms/{AFAR}/help", phone))[0] == 403
    day = "from=2026-11-26T00:00:00Z&to=2026-11-27T00:00:00Z"
    for path in (
        *("me", "audit", "alerts", "agents", f"bookings?{day}", f"sessions?{day}"),
        *(f"rooms/{HERE}/{one}" for one in ("state", "devices", "presets", "panel", "phones")),
        f"rooms/{HERE}/settings",
    ):
        status, said = await asked(service, "GET", f"/api/v1/{path}", phone)
        assert status == 401, (path, said)
    status, said = await asked(service, "POST", f"/api/v1/rooms/{HERE}/commands", phone, MIC)
    assert status == 401
    status, said = await asked(service, "GET", f"/api/v1/rooms/availability?{day}", phone)
    assert not any("title" in one for one in said["busy"])
    url = service.url.replace("http", "ws", 1) + "/ws/v1"
    async with service.browser().http.ws_connect(url) as wire:
        await wire.send_json({"type": "hello", "versions": [1], "token": phone, "client": "x"})
        assert (await wire.receive_json())["code"] == "bad-token"


@pytest.mark.parametrize("token", ["", "x", "0" * 43])
async def test_a_made_up_token_opens_nothing(service: RunningService, token: str) -> None:
    assert (await asked(service, "GET", REMOTE, token))[0] == 401
    screen = await screen_of(service)  # nor does that of another device
    assert (await asked(service, "GET", REMOTE, screen))[0] == 401


async def test_a_phone_whose_time_is_over_is_refused_in_words(service: RunningService) -> None:
    phone = await paired(service)
    await over(service)
    for method, path, sent in (
        ("GET", REMOTE, None),
        ("POST", f"{REMOTE}/commands", MIC),
        ("POST", f"/api/v1/rooms/{HERE}/help", None),
    ):
        status, said = await asked(service, method, path, phone, sent)
        assert (status, said["title"][:14]) == (401, "Your time with"), said
    assert (await asked(service, "GET", f"/api/v1/rooms/{AFAR}/remote", phone))[0] == 403


async def test_who_runs_the_room_puts_its_phones_out(service: RunningService) -> None:
    phone, afar = await paired(service), await paired(service, AFAR)
    marc, anne = await service.log_in("marc"), await service.log_in("anne")
    async with marc.delete(PHONES) as answer:
        assert answer.status == 403
    async with anne.get(PHONES) as answer:
        assert len((await answer.json())["phones"]) == 1
    async with anne.delete(PHONES) as answer:
        assert await answer.json() == {"phones": 1}
    status, said = await asked(service, "GET", REMOTE, phone)
    assert (status, said["type"].rpartition("/")[2]) == (401, "phone-put-out")
    assert (await asked(service, "GET", f"/api/v1/rooms/{AFAR}/remote", afar))[0] == 200
    (line,) = await lines(service, "phones.put_out")
    assert (line["target"], line["detail"]) == (HERE, {"phones": 1})


async def test_a_phone_gives_the_room_back(service: RunningService) -> None:
    phone = await paired(service)
    assert (await asked(service, "DELETE", REMOTE, phone))[0] == 204
    assert (await asked(service, "GET", REMOTE, phone))[0] == 401


# --- its time -----------------------------------------------------------------


async def test_a_phone_stays_to_the_end_of_what_goes_on_or_is_about_to(
    service: RunningService,
) -> None:
    anne = await service.log_in("anne")
    before = await asked(service, "GET", REMOTE, await paired(service))
    short = datetime.fromisoformat(before[1]["until"]) - datetime.now(UTC)
    assert timedelta(minutes=29) < short <= cases.IDLE
    assert before[1]["held"] is None
    end = await book(anne, 10, 60)
    _, shown = await asked(service, "GET", REMOTE, await paired(service))
    assert datetime.fromisoformat(shown["until"]) == end
    assert shown["held"]["title"] == "Conseil"


async def test_a_phone_of_an_idle_room_is_out_when_the_next_people_come(
    service: RunningService,
) -> None:
    end = await book(await service.log_in("anne"), 20, 60)
    before = await asked(service, "GET", REMOTE, await paired(service))
    assert before[1]["held"] is None
    assert datetime.fromisoformat(before[1]["until"]) == end - timedelta(minutes=60)
    await service.app[keys.DATABASE].read(
        lambda conn: compare(conn, end - timedelta(minutes=60)),
    )


def compare(conn: Connection, start: datetime) -> None:
    """At every distance from the booking."""
    for minutes, until in (
        (16, start),
        (29, start),
        (30, start),
        (31, start - timedelta(minutes=1)),
        (15, start),
        (14, start + timedelta(minutes=60)),
        (-59, start + timedelta(minutes=60)),
        (-60, start + timedelta(minutes=90)),
    ):
        now = start - timedelta(minutes=minutes)
        assert cases.until(conn, HERE, now) == until, minutes
    assert cases.until(conn, AFAR, start) == start + cases.IDLE


async def test_where_two_bookings_are_near_the_earliest_end_counts(service: RunningService) -> None:
    anne = await service.log_in("anne")
    await book(anne, 65, 120)
    end = await book(anne, 5, 60)
    read = service.app[keys.DATABASE].read
    now = end - timedelta(minutes=10)
    assert await read(lambda conn: cases.until(conn, HERE, now)) == end
    assert await read(lambda conn: cases.until(conn, HERE, end)) == end + timedelta(minutes=120)


def test_a_long_one_that_began_first_does_not_outlast_a_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    day, short = (
        Busy(
            room=HERE, start=now - timedelta(hours=1), end=now + timedelta(hours=hours), title="",
            organiser=PersonId("pe"), booking=BookingId("bo"), session=None, state="confirmed",
        )
        for hours in (8, 1)
    )  # fmt: skip
    monkeypatch.setattr(cases, "busy_between", lambda *_: [day, short])
    assert cases.until(cast(Connection, None), HERE, now) == now + timedelta(hours=1)


async def test_a_phone_never_stays_longer_than_half_a_day(
    service: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(hours=12) == cases.LONGEST
    monkeypatch.setattr(cases, "LONGEST", timedelta(minutes=40))
    end = await book(await service.log_in("anne"), 10, 60)
    _, shown = await asked(service, "GET", REMOTE, await paired(service))
    assert datetime.fromisoformat(shown["until"]) <= end - timedelta(minutes=20)

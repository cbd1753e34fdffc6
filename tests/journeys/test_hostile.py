"""A hostile user at every door of the running service: a clear refusal or silence, never a crash.

One real service for all of it, with two rooms in session the whole time. After each attempt it must
be ready, with a log that holds no traceback; at the end the two rooms must still see each other.
"""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import WSServerHandshakeError, encode_basic_auth

from orchestrator.demo.service import worker_pid
from rooms.ids import RoomId
from tests.fakes.attacked import GOOD, Scene, attacked, event, today
from tests.fakes.hostile import (
    WIRE,
    Stranger,
    check_of,
    datagrams,
    field_of,
    offering,
    rubbish,
    stranger,
)

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(60),
    pytest.mark.asyncio(loop_scope="module"),
]

MINE, OTHER = "marvejols-visio", "st-chely-d-apcher-visio"
NOBODY, GUESSER = "127.0.0.66", "127.0.0.67"
YAML = Path("tests/data/config")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with attacked(tmp_path_factory.mktemp("hostile") / "data") as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def nobody(scene: Scene) -> AsyncIterator[Stranger]:
    async with stranger(scene.stage.service.url, NOBODY) as made:
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def goes_on(scene: Scene) -> AsyncIterator[None]:
    """After each attempt: ready, the same two processes, and no traceback in what they logged."""
    before = scene.stage.service.pid
    yield
    async with stranger(scene.stage.service.url, "127.0.0.1") as client:
        ready = await client.ask("GET", "/readyz")
    assert ready.json == {"ready": True, "store": "ok", "media": "ok"}
    assert "Traceback" not in await scene.log()
    assert scene.stage.service.pid == before
    data = scene.stage.service.data
    assert await asyncio.to_thread(worker_pid, data) == scene.worker


# --- the network description ------------------------------------------------------


async def margeride(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "orchestrator", *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    ("defect", "told"),
    [
        ("quote_never_closed", "ligne "),
        ("unknown_key", "Clés acceptées"),
        ("room_of_an_unknown_centre", "« vilefort »"),
    ],
)
async def test_a_wrong_file_is_refused_by_check_and_starts_nothing(
    tmp_path: Path, defect: str, told: str
) -> None:
    file, data = str(YAML / f"{defect}.yaml"), tmp_path / "data"
    places = ("--data", str(data), "--port", "0", "--media-port", "0")
    checked, served = await asyncio.gather(
        margeride("check", file), margeride("serve", "--config", file, *places)
    )
    for code, said in (checked, served):
        assert code == 1
        assert "Traceback" not in said
        assert said.startswith(f"{file}, ligne ")
        assert told in said
    assert not await asyncio.to_thread(data.exists)


# --- the calendars ----------------------------------------------------------------


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PUT", "DELETE", "GET"])
async def test_no_password_and_a_wrong_one_open_no_calendar(
    scene: Scene, nobody: Stranger, method: str
) -> None:
    login = scene.stage.cast.trainer.login
    another = scene.stage.cast.admin.app_password
    for password in ("", "aaaaa-bbbbb-ccccc", another):
        headers = {"Authorization": encode_basic_auth(login, password)} if password else {}
        path = scene.own("calendar/x.ics")
        answer = await nobody.ask(method, path, headers=headers, data=event())
        assert answer.status == 401
        assert answer.headers["Www-Authenticate"].startswith("Basic ")
    right = await nobody.ask("GET", scene.own("calendar/"), headers=scene.known())
    assert right.status == 200


@pytest.mark.parametrize(
    ("body", "element"),
    [
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR", "valid-calendar-data"),
        ("\x00\x01 not a calendar", "valid-calendar-data"),
        (event("RRULE:FREQ=SECONDLY"), "valid-calendar-data"),
        (event("DESCRIPTION:" + "x" * 10_000_000), "max-resource-size"),
    ],
    ids=["malformed", "rubbish", "every-second", "ten-megabytes"],
)
@pytest.mark.parametrize("calendar", ["calendar", "villefort-visio"])
async def test_a_bad_event_is_refused_with_its_reason_and_not_kept(
    scene: Scene, nobody: Stranger, calendar: str, body: str, element: str
) -> None:
    path, known = scene.own(f"{calendar}/bad.ics"), scene.known()
    answer = await nobody.ask("PUT", path, headers=known, data=BytesIO(body.encode()))
    assert (answer.status, element in answer.text) == (403, True), answer
    assert (await nobody.ask("GET", path, headers=known)).status == 404


DEEP, OPEN = "<a>" * 200_000 + "</a>" * 200_000, "<a>" * 200_000
BILLION = (
    '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d '
    '"&c;&c;&c;&c;&c;&c;&c;&c;">]><propfind xmlns="DAV:"><prop>&d;</prop></propfind>'
)
THIEF = (
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    '<propfind xmlns="DAV:"><prop><displayname>&b;</displayname></prop></propfind>'
)


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PROPPATCH"])
@pytest.mark.parametrize(
    ("body", "status"),
    [(DEEP, 403), (OPEN, 400), (BILLION, 400), (THIEF, 400)],  # 403: too large to be looked at
    ids=["deep", "never-closed", "billion", "thief"],
)
async def test_deep_xml_and_entities_are_a_bad_request_at_once(
    scene: Scene, nobody: Stranger, method: str, body: str, status: int
) -> None:
    async with asyncio.timeout(3):
        answer = await nobody.ask(
            method, scene.own("calendar/"), headers=scene.known(), data=BytesIO(body.encode())
        )
    assert answer.status == status
    assert "haha" not in answer.text


# --- the wire ---------------------------------------------------------------------

HELLO = '{"type":"hello","versions":[1],"token":"%s","client":"x"%s}'


@pytest.mark.parametrize(
    ("frame", "code", "closed"),
    [
        ("{", "bad-message", 1008),
        ("[]", "bad-message", 1008),
        ("NaN", "bad-message", 1008),
        (b"\x00\xff", "bad-message", 1008),
        ('{"type":"no.such"}', "bad-message", 1008),
        ('{"type":"join"}', "hello-first", 1008),
        ('{"type":"hello","versions":[1]}', "bad-message", 1008),
        (HELLO % ("x", ',"more":1'), "bad-message", 1008),
        ('{"type":"heartbeat","x":' + "[" * 100_000, "too-big", 1008),
        ('{"type":"heartbeat","x":' + "[" * 9 + "]" * 9 + "}", "bad-message", 1008),
        ("[" * 60_000, "bad-message", 1008),
        ('"' + "x" * 70_000 + '"', "too-big", 1008),
        ("x" * 1_100_000, None, 1009),
        (HELLO % ("wrong", ""), "bad-token", 4001),
    ],
)
async def test_what_is_not_ours_on_the_wire_is_said_and_ends_it(
    nobody: Stranger, frame: str | bytes, code: str | None, closed: int
) -> None:
    async with nobody.wire() as wire:
        if isinstance(frame, bytes):
            await wire.raw.send_bytes(frame)
        else:
            await wire.raw.send_str(frame)
        assert await wire.end() == (code, closed)


async def test_a_known_screen_is_not_believed_any_rubbish_either(
    scene: Scene, nobody: Stranger
) -> None:
    token = scene.stage.cast.screens[RoomId(MINE)]
    async with nobody.wire() as wire:
        await wire.hello(token)
        await wire.say("room.state", version=1, document={"call": "yes"})
        refused = await wire.hear("error")
        assert (refused["code"], refused["fatal"]) == ("bad-state", False)
        assert await wire.end_of_a_flood() == ("too-fast", 1008)


async def test_a_hundred_that_say_nothing_are_let_go_and_hinder_nobody(
    scene: Scene, nobody: Stranger
) -> None:
    async def silent() -> tuple[str | None, int | None]:
        async with nobody.wire() as wire:
            return await wire.end()

    ends = [asyncio.create_task(silent()) for _ in range(100)]
    async with nobody.wire() as wire:
        await wire.hello(scene.stage.cast.screens[RoomId(MINE)])
    assert set(await asyncio.gather(*ends)) == {("hello-first", 1008)}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://["]
)
@pytest.mark.parametrize("path", [WIRE, "/api/v1/events"])
async def test_a_page_of_another_origin_opens_no_socket(
    scene: Scene, origin: str, path: str
) -> None:
    async with scene.stage.person(scene.stage.cast.admin) as admin:
        http, url = admin._http, scene.stage.service.url
        async with http.ws_connect(url + path) as mine:  # with his cookie, from our own page
            assert not mine.closed
        with pytest.raises(WSServerHandshakeError) as refused:
            await http.ws_connect(url + path, headers={"Origin": origin})
        assert refused.value.status == 403


# --- the links --------------------------------------------------------------------


async def test_a_guessed_link_is_one_uniform_answer_and_soon_none(
    scene: Scene, nobody: Stranger
) -> None:
    async with stranger(scene.stage.service.url, GUESSER) as guesser:
        code = scene.code
        near = code[:-1] + ("x" if code[-1] != "x" else "y")
        guesses = [near, "a", "A" * 22, "0-0", code.swapcase()]
        looked = [await guesser.ask("GET", f"/api/v1/join/{guess}") for guess in guesses]
        entered = [
            await guesser.ask("POST", "/api/v1/join", json={"code": guess, "name": "Eve"})
            for guess in guesses
        ]
        assert {answer.status for answer in looked + entered} == {404}
        assert len({answer.text for answer in looked + entered}) == 1
        assert looked[0].key == "no-link"
        limited = await guesser.ask("GET", f"/api/v1/join/{near}")
        right = await guesser.ask("GET", f"/api/v1/join/{code}")
        for answer in (limited, right):
            assert (answer.status, answer.key) == (429, "too-many-attempts")
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert (await nobody.ask("GET", f"/api/v1/join/{scene.code}")).status == 200


# --- a screen beyond its room -----------------------------------------------------


async def test_a_screen_has_no_power_over_another_room(scene: Scene, nobody: Stranger) -> None:
    screens = scene.stage.cast.screens
    async with nobody.wire() as victim, nobody.wire() as thief:
        await victim.hello(screens[RoomId(OTHER)])
        await thief.hello(screens[RoomId(MINE)])
        call = await victim.hear("command")
        while call["command"] != "call.join":
            call = await victim.hear("command")
        for kind, more in (
            ("command.accepted", {}),
            ("command.done", {}),
            ("command.failed", {"error": "no_media"}),
        ):
            await thief.say(kind, id=call["id"], **more)
            refused = await thief.hear("error")
            assert (refused["code"], refused["about"]) == ("no-command", kind)
        stolen = call["arguments"]
        await thief.say("join", session=stolen["session"], token=stolen["token"])
        assert (await thief.hear("error"))["code"] == "forbidden"
        await thief.say("room.state", version=1, document={}, room=OTHER)
        assert await thief.end() == ("bad-message", 1008)
        async with scene.stage.person(scene.stage.cast.admin) as admin:
            untouched = await admin.call("GET", f"commands/{call['id']}")
            assert untouched["state"] == "accepted"


async def test_a_screens_token_reads_its_own_room_and_nothing_else(
    scene: Scene, nobody: Stranger
) -> None:
    bearer = {"Authorization": f"Bearer {scene.stage.cast.screens[RoomId(MINE)]}"}

    async def status(method: str, path: str, **more: Any) -> int:
        return (await nobody.ask(method, f"/api/v1/{path}", headers=bearer, **more)).status

    assert await status("GET", f"rooms/{MINE}/state") == 200
    assert await status("GET", f"rooms/{OTHER}/state") == 401
    mute = {"command": "audio.mic.set", "on": False}
    for room in (MINE, OTHER):
        assert await status("POST", f"rooms/{room}/commands", json=mute) == 401
    assert await status("POST", "pairings", json={"room": OTHER}) == 401
    assert await status("POST", f"sessions/{scene.session}/end") == 401
    lists = (today(), today("bookings"), f"sessions/{scene.session}", "me", "audit", "events")
    for path in lists:
        assert await status("GET", path) == 401, path


# --- the media port ---------------------------------------------------------------


async def test_rubbish_on_the_media_port_is_met_with_silence(scene: Scene) -> None:
    before, chance = await scene.log(), random.Random(2013)
    with datagrams(scene.stage.service.media_port) as sender:
        for number, datagram in enumerate(rubbish(chance, 4000)):
            sender.send(datagram)
            if number % 50 == 0:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)
        with pytest.raises(BlockingIOError):
            sender.recv(2048)
    assert (await scene.log()) == before
    await scene.see_each_other()


async def test_a_guest_who_passed_the_checks_and_sends_rubbish_hurts_himself_alone(
    scene: Scene, nobody: Stranger
) -> None:
    sent = {"code": scene.code, "name": "Eve"}
    let_in = (await nobody.ask("POST", "/api/v1/join", json=sent)).json
    leg, before, chance = "lg-" + "e" * 20, await scene.log(), random.Random(1947)
    async with nobody.wire() as wire, offering() as (_, sdp):
        await wire.hello(let_in["token"])
        await wire.say("join")
        await wire.say("publish.offer", leg=leg, sdp=sdp, sources={"0": "microphone"})
        answer = (await wire.hear("publish.answer"))["sdp"]
        with datagrams(scene.stage.service.media_port) as sender:
            sender.send(check_of(answer, field_of(sdp, "ice-ufrag")))
            async with asyncio.timeout(3):
                believed = await asyncio.get_running_loop().sock_recv(sender, 2048)
            assert believed[:2] == b"\x01\x01"  # a binding success: from here on he is known
            for number, datagram in enumerate(rubbish(chance, 2000)):
                sender.send(datagram)
                if number % 50 == 0:
                    await asyncio.sleep(0.005)
        await wire.say("leave")
        await wire.hear("left")
    assert (await scene.log()).count("\n") <= before.count("\n") + 3
    await scene.see_each_other()


# --- and after all that -----------------------------------------------------------


async def test_it_serves_as_if_nothing_had_happened(scene: Scene, nobody: Stranger) -> None:
    await scene.see_each_other()
    tomorrow = datetime.now(UTC).replace(hour=9, minute=0, second=0) + timedelta(days=7)
    wish = {
        "title": "Permanence",
        "kind": "meeting",
        "rooms": ["langogne-visio"],
        "from": f"{tomorrow:%Y-%m-%dT%H:%M:%SZ}",
        "to": f"{tomorrow + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
    }
    async with scene.stage.person(scene.stage.cast.admin) as admin:
        made = await admin.call("POST", "bookings", wish)
        assert made["booking"]["state"] == "confirmed"
        session = (await admin.call("GET", f"sessions/{scene.session}"))["session"]
    assert session["state"] == "on_air"
    figures = {one["room"]: one for one in session["media"]["participants"]}
    for room in GOOD:
        assert figures[room]["publish"]["state"] == "connected"
        assert figures[room]["publish"]["kbps"] > 1
    path, known = scene.own("calendar/fine.ics"), scene.known()
    put = await nobody.ask("PUT", path, headers=known, data=event(uid="fine"))
    assert put.status == 201
    lines = (await scene.log()).splitlines()
    assert len(lines) < 60, lines[-10:]

"""The shell, over real sockets: everything that a stranger may try."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.pytest_plugin import AiohttpClient
from aiohttp.test_utils import TestClient, make_mocked_request

from rooms.ids import CommandId, RoomId
from signalling import peer, websocket
from signalling.engines.silent import SilentEngine
from signalling.peer import Closing
from signalling.switchboard import Switchboard
from signalling.websocket import locale_of, routes
from tests.fakes.wire import RecordingHouse, until

OURS = "https://margeride.example"
Socket = aiohttp.ClientWebSocketResponse
Client = TestClient[web.Request, web.Application]


class Shell:
    """The wire of a small service."""

    def __init__(self, client: Client, switchboard: Switchboard, house: RecordingHouse) -> None:
        self.client = client
        self.switchboard = switchboard
        self.house = house

    async def open(self, **headers: str) -> Socket:
        return await self.client.ws_connect("/ws/v1?lang=en", headers=headers)

    async def known(self, token: str) -> Socket:
        socket = await self.open()
        await hello(socket, token)
        assert (await told(socket))["type"] == "welcome"
        return socket


@pytest.fixture
async def shell(aiohttp_client: AiohttpClient) -> AsyncIterator[Shell]:
    house = RecordingHouse()
    switchboard = Switchboard(house, SilentEngine())
    app = web.Application()
    app.add_routes(routes(lambda _: switchboard, lambda _: {OURS}))
    await switchboard.start()
    yield Shell(await aiohttp_client(app), switchboard, house)
    await switchboard.stop()


async def hello(socket: Socket, token: str, **members: Any) -> None:
    said = {"type": "hello", "versions": [1], "token": token, "client": "test", **members}
    await socket.send_str(json.dumps(said))


async def told(socket: Socket) -> dict[str, Any]:
    async with asyncio.timeout(5):
        message: dict[str, Any] = await socket.receive_json()
        return message


async def closed(socket: Socket) -> int | None:
    async with asyncio.timeout(5):
        while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
            pass
    return socket.close_code


async def refused(socket: Socket) -> tuple[str, str, int | None]:
    error = await told(socket)
    assert error["type"] == "error"
    assert error["fatal"]
    return error["code"], error["text"], await closed(socket)


async def test_our_own_page_is_let_in(shell: Shell) -> None:
    socket = await shell.open(Origin=OURS)
    await hello(socket, "room:villefort-visio")
    assert (await told(socket))["type"] == "welcome"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", OURS + ".evil.example"])
async def test_a_page_of_another_origin_is_refused(shell: Shell, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await shell.open(Origin=origin)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "bad-message"),
        ("[" * 50_000, "bad-message"),
        ('{"type": "hello", "versions": "1", "token": 3}', "bad-message"),
        ('{"type": "heartbeat"}', "hello-first"),
        ('{"type": "hello", "versions": [9], "token": "", "client": ""}', "unsupported-version"),
        ('"' + "x" * 70_000 + '"', "too-big"),
    ],
)
async def test_nonsense_is_refused_in_words(
    shell: Shell, text: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await shell.open()
    await socket.send_str(text)
    assert await refused(socket) == (code, f"en:{code}", 1008)
    assert not caplog.records


async def test_a_frame_beyond_all_measure_is_cut_off(shell: Shell) -> None:
    socket = await shell.open()
    await socket.send_str("x" * 1_200_000)
    assert await closed(socket) == 1009


async def test_a_binary_frame_is_refused(shell: Shell) -> None:
    socket = await shell.known("room:villefort-visio")
    await socket.send_bytes(b"\0\1\2")
    assert await refused(socket) == ("bad-message", "en:bad-message", 1008)


async def test_an_unknown_token_closes_with_4001(shell: Shell) -> None:
    socket = await shell.open()
    await hello(socket, "guess")
    assert await refused(socket) == ("bad-token", "en:bad-token", 4001)


async def test_who_talks_too_fast_is_let_go(shell: Shell) -> None:
    socket = await shell.known("room:villefort-visio")
    for _ in range(70):
        await socket.send_str('{"type": "heartbeat"}')
    assert await refused(socket) == ("too-fast", "en:too-fast", 1008)


async def test_the_same_token_again_closes_the_first_with_4002(shell: Shell) -> None:
    first = await shell.known("room:villefort-visio")
    second = await shell.known("room:villefort-visio")
    assert await closed(first) == 4002
    await second.send_str('{"type": "leave"}')
    assert (await told(second))["code"] == "not-joined"


async def test_who_does_not_say_hello_is_not_waited_for(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "HELLO_WITHIN", peer.HELLO_WITHIN / 50)
    socket = await shell.open()
    assert await refused(socket) == ("hello-first", "en:hello-first", 1008)


async def test_a_silent_client_is_given_up(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "HELLO_WITHIN", peer.HELLO_WITHIN / 10)
    monkeypatch.setattr(peer, "HEARTBEAT", peer.HEARTBEAT / 50)
    monkeypatch.setattr(peer, "DEAD_AFTER", peer.DEAD_AFTER / 10)
    socket = await shell.known("room:villefort-visio")
    assert await told(socket) == {"type": "heartbeat"}
    assert await closed(socket) == 4000
    await until(lambda: ("screen_off", "villefort-visio") in shell.house.told)


async def test_a_client_that_vanishes_is_noticed_and_taken_up_again(shell: Shell) -> None:
    socket = await shell.open()
    await hello(socket, "room:villefort-visio")
    welcome = await told(socket)
    assert shell.switchboard.screen_connected(RoomId("villefort-visio"))
    await socket.close()
    await until(lambda: ("screen_off", "villefort-visio") in shell.house.told)
    again = await shell.open()
    await hello(again, "room:villefort-visio", resume=welcome["resume"], last_seq=0)
    assert (await told(again))["resumed"]


async def test_a_draining_service_says_that_it_restarts(shell: Shell) -> None:
    socket = await shell.known("room:villefort-visio")
    shell.switchboard.drain()
    assert await closed(socket) == 1012


async def command(shell: Shell, room: str, text: str) -> None:
    await shell.switchboard.command(RoomId(room), CommandId("cm-1"), "x", {"text": text}, "")


async def test_a_reader_that_stops_reading_delays_nobody_and_is_let_go(shell: Shell) -> None:
    slow = await shell.known("room:slow-visio")
    quick = await shell.known("room:quick-visio")
    slow._response.connection.transport.pause_reading()  # type: ignore[union-attr]
    for _ in range(200):
        await command(shell, "slow-visio", "x" * 60_000)
        await command(shell, "quick-visio", "y")
        assert (await told(quick))["type"] == "command"
        if not shell.switchboard.screen_connected(RoomId("slow-visio")):
            break
    slow._response.connection.transport.resume_reading()  # type: ignore[union-attr]
    assert await closed(slow) in (Closing.TOO_SLOW, 1006)
    await until(lambda: ("screen_off", "slow-visio") in shell.house.told)


async def test_many_come_at_once(shell: Shell) -> None:
    rooms = [f"room-{n}-visio" for n in range(100)]
    sockets = await asyncio.gather(*(shell.known(f"room:{room}") for room in rooms))
    assert all(shell.switchboard.screen_connected(RoomId(room)) for room in rooms)
    await asyncio.gather(*(socket.close() for socket in sockets))


@pytest.mark.parametrize(
    ("url", "accepted", "locale"),
    [
        ("/ws/v1?lang=en", "fr", "en"),
        ("/ws/v1?lang=xx", "de, en-GB;q=0.8, fr", "en"),
        ("/ws/v1", "fr-FR", "fr"),
        ("/ws/v1", "", "fr"),
    ],
)
def test_sentences_are_in_the_language_of_the_page(url: str, accepted: str, locale: str) -> None:
    request = make_mocked_request("GET", url, headers={"Accept-Language": accepted})
    assert locale_of(request) == locale


async def test_a_plain_request_opens_nothing(shell: Shell) -> None:
    assert (await shell.client.get(websocket.PATH)).status == 400

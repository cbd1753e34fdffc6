"""The door of the viewers: files, blocking reloads, bad questions, and who does not read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest

from orchestrator.broadcast.boxes import Tracks
from orchestrator.broadcast.listener import STUCK, Listener, _Crowd
from orchestrator.broadcast.playlist import PARTS
from orchestrator.broadcast.shelf import Shelf
from orchestrator.broadcast.studio import Part
from tests.fakes.wire import until

TRACKS = Tracks(width=640, height=360, sps=b"\x67\x42\xc0\x16", pps=b"\x68", sound=b"\x11\x88")
AT = "2013-09-19T10:00:00.000Z"


def part(number: int, body: bytes = b"part") -> Part:
    """The parts of segments, counted through."""
    index = number % PARTS
    return Part(
        tracks=TRACKS,
        body=body + str(number).encode(),
        opens=None if index else AT,
        closes=index == PARTS - 1,
        key=index == 0,
    )


@dataclass
class Door:
    shelf: Shelf
    listener: Listener
    url: str
    port: int
    http: aiohttp.ClientSession

    async def get(self, name: str, method: str = "GET") -> tuple[int, bytes]:
        async with self.http.request(method, self.url + name) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            return answer.status, await answer.read()


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    shelf = Shelf(life=1, first=5)
    listener = Listener("ruban", shelf, lambda: 900_000)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        async with listener.listening(sock), aiohttp.ClientSession() as http:
            yield Door(shelf, listener, f"http://127.0.0.1:{port}/live/ruban/media/", port, http)


async def test_what_there_is_may_be_had_and_nothing_else(door: Door) -> None:
    for number in range(PARTS + 1):
        door.shelf.put(part(number))
    assert await door.get("5.0.m4s") == (200, b"part0")
    assert await door.get("5.m4s") == (200, b"part0part1part2part3")
    assert (await door.get("init-1.mp4"))[1][4:8] == b"ftyp"
    assert b'CODECS="avc1.42c016,mp4a.40.2"' in (await door.get("index.m3u8"))[1]
    for name in ("4.m4s", "init-2.mp4", "9.9.m4s", "nothing.txt", "%2e%2e"):
        assert (await door.get(name))[0] == 404
    assert (await door.get("../../other/media/5.m4s"))[0] == 404
    assert (await door.get("5.m4s", "POST"))[0] == 405
    assert (await door.get("5.m4s", "OPTIONS"))[0] == 204
    assert await door.get("5.m4s", "HEAD") == (200, b"")


async def test_a_reload_and_the_hinted_part_wait_and_are_answered_together(door: Door) -> None:
    door.shelf.put(part(0))
    asked = "live.m3u8?_HLS_msn=5&_HLS_part=1"
    waiting = [asyncio.create_task(door.get(name)) for name in (asked, "5.1.m4s")]
    await until(lambda: len(door.shelf._waiting) == 2)
    assert not any(task.done() for task in waiting)
    door.shelf.put(part(1))
    (status, playlist), (_, body) = await asyncio.gather(*waiting)
    assert (status, body) == (200, b"part1")
    assert b'HINT:TYPE=PART,URI="5.2.m4s"' in playlist


async def test_the_end_answers_whoever_waits(door: Door) -> None:
    door.shelf.put(part(0))
    waiting = asyncio.create_task(door.get("live.m3u8?_HLS_msn=5&_HLS_part=1"))
    hinted = asyncio.create_task(door.get("5.1.m4s"))
    await until(lambda: len(door.shelf._waiting) == 2)
    door.shelf.end()
    assert b"#EXT-X-ENDLIST" in (await waiting)[1]
    assert (await hinted)[0] == 404
    assert await door.get("5.m4s") == (200, b"part0")


@pytest.mark.parametrize(
    "query", ["_HLS_msn=99", "_HLS_part=1", "_HLS_msn=-1", "_HLS_msn=x", "_HLS_skip=NO"]
)
async def test_a_question_no_player_asks_is_refused_at_once(door: Door, query: str) -> None:
    door.shelf.put(part(0))
    assert (await door.get(f"live.m3u8?{query}"))[0] == 400


async def test_the_caption_of_the_moment_is_told(door: Door) -> None:
    door.shelf.caption = "Bienvenue à Meyrueis"
    assert await door.get("caption.json") == (200, '{"text": "Bienvenue à Meyrueis"}'.encode())


async def test_old_files_are_let_go(door: Door) -> None:
    for number in range(PARTS * 20):
        door.shelf.put(part(number))
    assert (await door.get("5.m4s"))[0] == 404
    assert (await door.get("20.0.m4s"))[0] == 404
    assert (await door.get("24.3.m4s"))[0] == 200


async def test_who_reads_nothing_is_hung_up_on_and_the_others_stay(door: Door) -> None:
    for number in range(PARTS):
        door.shelf.put(part(number, bytes(4_000_000)))
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port, limit=1)
    writer.write(b"GET /live/ruban/media/5.m4s HTTP/1.1\r\nHost: x\r\n\r\n")

    def stuck() -> list[int]:
        lines = [one.transport for one in door.listener.server.connections]
        return [
            line.get_write_buffer_size() for line in lines if isinstance(line, asyncio.Transport)
        ]

    await until(lambda: any(size > 0 for size in stuck()))
    door.listener.reap(0)
    door.listener.reap(STUCK / 2)
    assert any(stuck())
    door.listener.reap(2 * STUCK)
    await until(lambda: not any(stuck()))
    assert (await door.get("5.m4s"))[0] == 200
    writer.close()


def test_a_crowd_that_fills_the_house_waits_outside() -> None:
    full = _Crowd(1, lambda: False)
    assert not full.admits(asyncio.Transport())


async def test_a_request_that_is_too_long_is_refused(door: Door) -> None:
    async with door.http.get(f"{door.url}live.m3u8?x={'y' * 9_000}") as answer:
        assert answer.status == 400

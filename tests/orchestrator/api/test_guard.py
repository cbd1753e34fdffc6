"""Bytes on the port itself: what no HTTP client would send gets an answer, and no traceback."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, urlsplit

import pytest
from aiohttp import encode_basic_auth

from orchestrator.api import endpoint
from orchestrator.dav import door
from tests.fakes.service import RunningService, running_service

NO_TEXT = b"\xff\xfe\xed\xa0\x80"
END = b"Connection: close\r\n\r\n"
LOGIN = b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[RunningService]:
    async with running_service(tmp_path) as running:
        yield running
        async with running.browser().get("/healthz") as answer:
            assert answer.status == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def told(service: RunningService, *parts: bytes) -> bytes:
    """What comes back for bytes sent one after the other."""
    place = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            return await reader.read(4096)
    finally:
        writer.close()
        await writer.wait_closed()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - aiohttp tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: margeride=" + NO_TEXT,
        b"Authorization: Bearer " + NO_TEXT,
        b"X-CSRF-Token: " + NO_TEXT,
        b"Idempotency-Key: " + NO_TEXT,
        b"Origin: " + NO_TEXT,
        b"Accept-Language: " + NO_TEXT,
    ],
)
@pytest.mark.parametrize("path", [b"/api/v1/me", b"/", b"/dav/", b"/ws/v1", b"/readyz"])
async def test_a_header_that_is_no_text_is_a_bad_request(
    service: RunningService, path: bytes, header: bytes
) -> None:
    request = b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n" + END
    answer = await told(service, request)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/bad-header" in answer


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        LOGIN + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nabcde",
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_what_is_no_http_is_refused_and_fills_no_log(
    service: RunningService, rubbish: bytes
) -> None:
    assert b" 400 Bad Request" in (await told(service, rubbish)).splitlines()[0]


async def test_an_odd_expectation_fills_no_log(service: RunningService) -> None:
    request = b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-\xff\r\n" + END
    assert (await told(service, request)).startswith(b"HTTP/1.1 5")


@pytest.mark.parametrize("door", [endpoint, door])
async def test_a_body_that_never_ends_is_not_waited_for(
    service: RunningService, monkeypatch: pytest.MonkeyPatch, door: ModuleType
) -> None:
    monkeypatch.setattr(door, "BODY_WITHIN", 0.2)
    head = LOGIN
    if door is not endpoint:
        known = encode_basic_auth("anne", await service.app_password("anne"))
        head = f"PUT /dav/x HTTP/1.1\r\nHost: x\r\nAuthorization: {known}\r\n".encode()
    head += b"Transfer-Encoding: chunked\r\n" + END
    broken = await told(service, head, b"2\r\n{}\r\n", b"zz\r\n")
    assert broken.startswith(b"HTTP/1.1 408 ")
    silent = await told(service, head, b"2\r\n{}\r\n")
    assert silent.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("head", [LOGIN, b"PUT /dav/x HTTP/1.1\r\nHost: x\r\n"])
async def test_who_leaves_in_the_middle_of_his_body_is_not_an_accident(
    service: RunningService, head: bytes
) -> None:
    place, server = urlsplit(service.url), service.server
    before = server.requests_count
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(head + b"Content-Length: 100\r\n\r\nshort")
    await writer.drain()
    await until(lambda: server.requests_count > before)
    writer.transport.abort()
    await until(lambda: not any(one.transport for one in server.connections))
    if head is LOGIN:  # somebody was reading: he has let go
        await until(lambda: not server.connections)


FAR = [
    ("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00"),
    ("9999-12-31T22:00:00-12:00", "9999-12-31T23:00:00-12:00"),
]


@pytest.mark.parametrize(("start", "end"), FAR)
async def test_the_ends_of_the_calendar_are_a_bad_request(
    service: RunningService, start: str, end: str
) -> None:
    anne = await service.log_in("anne")
    query = f"?from={quote(start)}&to={quote(end)}"
    for path in ("rooms/availability", "bookings", "sessions"):
        async with anne.get(f"/api/v1/{path}{query}") as answer:
            assert answer.status == 400
    wish = {"title": "t", "kind": "meeting", "rooms": ["langogne-visio"], "from": start, "to": end}
    async with anne.post("/api/v1/bookings", wish) as answer:
        assert answer.status == 422


async def test_a_number_beyond_all_numbers_is_a_bad_request(service: RunningService) -> None:
    admin = await service.log_in("admin")
    for path in ("audit?before=", "events?since="):
        async with admin.get(f"/api/v1/{path}{'9' * 30}") as answer:
            assert answer.status == 400

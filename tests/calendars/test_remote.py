"""What another server may answer, and what is made of it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from calendars import remote
from calendars.quirks import GENERIC, SERVERS
from calendars.remote import RemoteCalendar, RemoteError
from tests.fakes.elsewhere import HangsUp, HonestCalendar, calendar_elsewhere

AUTH = {"Authorization": "Basic c2FsbGU6c2VjcmV0"}


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(headers=AUTH) as session:
        yield session


class OddServer:
    """Answers every request with what it is given."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 207, b"", dict[str, str]()
        self.url = ""

    async def answer(self, _: web.Request) -> web.Response:
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def odd() -> AsyncIterator[OddServer]:
    server = OddServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    running = TestServer(app, host="127.0.0.1")
    await running.start_server()
    server.url = str(running.make_url("/dav/"))
    yield server
    await running.close()


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<D:multistatus xmlns:D='DAV:'>&b;</D:multistatus>"
)


@pytest.mark.parametrize("body", [b"", b"<html>", BOMB, b"\xff\xfe", b"<a>" * 50_000])
async def test_what_is_no_xml_is_refused(http: ClientSession, odd: OddServer, body: bytes) -> None:
    odd.body = body
    with pytest.raises(RemoteError, match="remote-broken"):
        await RemoteCalendar(http, odd.url, SERVERS[GENERIC]).look("")


@pytest.mark.parametrize(
    ("status", "key"), [(401, "remote-login"), (302, "remote-refused"), (500, "remote-refused")]
)
async def test_other_answers_are_named_and_redirects_are_not_followed(
    http: ClientSession, odd: OddServer, status: int, key: str
) -> None:
    odd.status, odd.headers = status, {"Location": "http://169.254.169.254/"}
    calendar = RemoteCalendar(http, odd.url, SERVERS["nextcloud"])
    for question in (calendar.look(""), calendar.get("a.ics"), calendar.create("a.ics", b"")):
        with pytest.raises(RemoteError, match=key):
            await question


async def test_an_endless_answer_is_cut_off(
    http: ClientSession, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "MAX_ANSWER", 1000)
    odd.body = b"x" * 5000
    with pytest.raises(RemoteError, match="too large"):
        await RemoteCalendar(http, odd.url, SERVERS[GENERIC]).look("")


async def test_members_of_other_collections_are_not_ours(
    http: ClientSession, odd: OddServer
) -> None:
    stat = (
        "<D:propstat><D:prop><D:getetag>1</D:getetag></D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    )
    hrefs = ("/dav/", "/dav/a%20b.ics", "/other/c.ics", "/dav/deep/d.ics", "http://x/dav/e.ics")
    answers = "".join(f"<D:response><D:href>{href}</D:href>{stat}</D:response>" for href in hrefs)
    odd.body = f"<D:multistatus xmlns:D='DAV:'>{answers}</D:multistatus>".encode()
    found = await RemoteCalendar(http, odd.url, SERVERS[GENERIC]).look("")
    assert sorted(found.etags) == ["a b.ics", "e.ics"]


async def test_a_delta_without_a_token_is_no_delta(http: ClientSession, odd: OddServer) -> None:
    odd.body = b"<D:multistatus xmlns:D='DAV:'></D:multistatus>"
    with pytest.raises(RemoteError, match="no sync token"):
        await RemoteCalendar(http, odd.url, SERVERS["nextcloud"]).look("sync:1")


async def test_nobody_there(http: ClientSession) -> None:
    with pytest.raises(RemoteError, match="remote-away"):
        await RemoteCalendar(http, "http://127.0.0.1:9/", SERVERS[GENERIC]).look("")


@pytest.mark.parametrize("method", ["PROPFIND", "GET", "REPORT"])
async def test_a_question_is_put_again_to_a_server_that_hangs_up(
    http: ClientSession, method: str
) -> None:
    there = HangsUp(method)
    async with calendar_elsewhere(there):
        calendar = RemoteCalendar(http, there.url, SERVERS[GENERIC])
        etag = await calendar.create("a.ics", b"BEGIN:VCALENDAR")
        seen = await calendar.look("", everything=True)
        assert list(await calendar.bodies(list(seen.etags))) == ["a.ics"]
        assert await calendar.get("a.ics") == (etag, b"BEGIN:VCALENDAR")
    assert there.asked > 1


async def test_names_with_odd_characters_come_back_as_they_went(http: ClientSession) -> None:
    async with calendar_elsewhere(HonestCalendar()) as elsewhere:
        calendar = RemoteCalendar(http, elsewhere.url, SERVERS["nextcloud"])
        etag = await calendar.create("é @#?%.ics", b"BEGIN:VCALENDAR")
        assert list(elsewhere.objects) == ["é @#?%.ics"]
        assert await calendar.get("é @#?%.ics") == (etag, b"BEGIN:VCALENDAR")
        await calendar.delete("é @#?%.ics", etag)
        await calendar.delete("é @#?%.ics", etag)  # gone is as good as deleted
        assert await calendar.get("é @#?%.ics") is None

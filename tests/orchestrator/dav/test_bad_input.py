"""What a hostile or broken client sends: a clear refusal, no traceback, and the service goes on."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.dav import XMLNS, OpenHouse, event, open_house


@pytest.fixture
async def house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[OpenHouse]:
    caplog.set_level(logging.DEBUG)
    async with open_house(tmp_path) as opened:
        yield opened
        tom = opened.client("tom")
        assert (await tom.put("calendar/alive.ics", event("alive"))).status == 201
        assert (await tom.propfind("", "D:displayname", depth="1")).status == 207
    assert [record for record in caplog.records if record.exc_info] == []
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"tom").decode(),
        "Basic " + base64.b64encode(b"tom:wrong").decode(),
        "Basic " + base64.b64encode(b"nobody:" + b"a" * 200).decode(),
        "Basic " + "A" * 5000,
        "Bearer abc",
        "Digest username=tom",
    ],
)
async def test_without_a_right_password_one_is_asked_for_it(
    house: OpenHouse, header: str | None
) -> None:
    stranger = house.stranger()
    for method in ("PROPFIND", "GET", "PUT", "OPTIONS", "REPORT"):
        sent = {"Authorization": header} if header else {}
        answer = await stranger.ask(method, "calendar/", headers=sent)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Margeride", charset="UTF-8"'


async def test_anothers_password_is_not_ones_own(house: OpenHouse) -> None:
    stolen = house.client("tom", house.passwords["bea"])
    assert (await stolen.get("calendar/")).status == 401
    forged = await house.stranger().ask("GET", "calendar/", headers={"X-Remote-User": "tom"})
    assert forged.status == 401


@pytest.mark.parametrize(
    ("body", "element"),
    [
        (b"", "valid-calendar-data"),
        (b"hello", "valid-calendar-data"),
        (b"\x00\xff\xfe", "valid-calendar-data"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "valid-calendar-data"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "valid-calendar-data"),
        (event().replace(b"DTSTART:", b"DTSTART;TZID=../../etc/passwd:X"), "valid-calendar-data"),
        (event(more=["RRULE:FREQ=SECONDLY"]), "valid-calendar-data"),
        (event(more=["RRULE:FREQ=MINUTELY;COUNT=1000000000"]), "valid-calendar-data"),
        (event(more=["RRULE:FREQ=DAILY;INTERVAL=0"]), "valid-calendar-data"),
        (event(more=["RRULE:FREQ=DAILY;COUNT=100000"]), "max-instances"),
        (event(more=["DESCRIPTION:" + "x" * 300_000]), "max-resource-size"),
        (event(rooms=[f"unknown-{n}" for n in range(501)]), "max-attendees-per-instance"),
    ],
)
async def test_a_bad_event_is_refused_with_its_reason(
    house: OpenHouse, body: bytes, element: str
) -> None:
    for path in ("calendar/x.ics", "villefort-visio/x.ics"):
        answer = await house.client("tom").put(path, body)
        assert answer.status == 403, answer.text
        assert element in answer.text
        assert (await house.client("tom").get(path)).status == 404


async def test_an_event_does_not_grow_too_big_by_its_answers(house: OpenHouse) -> None:
    rooms = [f"unknown-{number}" for number in range(400)]
    fits = event("fits", rooms=rooms)
    full = event("full", rooms=rooms, more=["DESCRIPTION:" + "x" * (245_000 - len(fits))])
    assert len(full) < 256 * 1024
    tom = house.client("tom")
    assert (await tom.put("calendar/fits.ics", fits)).status == 201
    answer = await tom.put("calendar/full.ics", full)
    assert (answer.status, "max-resource-size" in answer.text) == (403, True)
    assert (await tom.get("calendar/full.ics")).status == 404


async def test_ten_megabytes_are_not_read(house: OpenHouse) -> None:
    tom = house.client("tom")
    big = event(more=["DESCRIPTION:" + "x" * 10_000_000])
    answer = await tom.put("calendar/x.ics", big)
    assert (answer.status, "max-resource-size" in answer.text) == (403, True)

    async def pour() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 50_000

    answer = await tom.ask("PUT", "calendar/x.ics", pour())
    assert answer.status == 403
    report = await tom.ask("REPORT", "calendar/", pour(), {"Content-Type": "text/xml"})
    assert report.status in (403, 413)


async def test_a_compressed_body_is_not_unpacked(house: OpenHouse) -> None:
    answer = await house.client("tom").put(
        "calendar/x.ics", b"\x1f\x8b" + b"\0" * 100, Content_Encoding="gzip"
    )
    assert answer.status == 415


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]>'
    f"<D:propfind {XMLNS}><D:prop><D:displayname>&c;</D:displayname></D:prop></D:propfind>"
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    f"<D:propfind {XMLNS}><D:prop><D:displayname>&b;</D:displayname></D:prop></D:propfind>"
)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<",
        "<a/>",
        "not xml",
        "<D:propfind/>",
        BOMB,
        EXTERNAL,
        "<a>" * 120_000 + "</a>" * 1,
        "<a>" * 100 + "</a>" * 100,
        f"<D:propfind {XMLNS}><D:prop/><D:prop/></D:propfind>",
        f"<D:propfind {XMLNS}>" + "<D:x/>" * 30_000 + "</D:propfind>",
        f"<C:calendar-query {XMLNS}><C:filter><C:what/></C:filter></C:calendar-query>",
        f'<C:calendar-query {XMLNS}><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter '
        'name="VEVENT"><C:time-range/></C:comp-filter></C:comp-filter></C:filter>'
        "</C:calendar-query>",
        f'<C:calendar-query {XMLNS}><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter '
        'name="VEVENT"><C:time-range start="zz" end="yy"/></C:comp-filter></C:comp-filter>'
        "</C:filter></C:calendar-query>",
        f"<C:free-busy-query {XMLNS}/>",
        f'<C:free-busy-query {XMLNS}><C:time-range start="19000101T000000Z"/></C:free-busy-query>',
        f"<D:sync-collection {XMLNS}><D:sync-level>9</D:sync-level></D:sync-collection>",
        f"<D:sync-collection {XMLNS}><D:limit><D:nresults>-1</D:nresults></D:limit>"
        "</D:sync-collection>",
    ],
)
async def test_bad_xml_is_a_bad_request(house: OpenHouse, body: str) -> None:
    tom = house.client("tom")
    for method in ("PROPFIND", "REPORT", "PROPPATCH"):
        answer = await tom.xml(method, "calendar/", body)
        wanted = (400, 403) if method != "PROPFIND" or body else (207,)
        assert answer.status in wanted, (method, answer.status, answer.text)


async def test_two_hundred_thousand_levels_of_xml_cost_nothing(house: OpenHouse) -> None:
    tom = house.client("tom")
    deep = "<a>" * 200_000 + "</a>" * 200_000
    answer = await asyncio.wait_for(tom.xml("PROPFIND", "calendar/", deep), 2)
    assert answer.status in (400, 413, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/dav/principals/tom/calendars/calendar/%2e%2e/%2e%2e/x.ics",
        "/dav/principals/tom/calendars/calendar/a%2Fb.ics",
        "/dav/principals/tom/calendars/calendar/a%00b.ics",
        "/dav/principals/tom/calendars/calendar/" + "a" * 2000,
        "/dav/principals/tom/calendars/calendar/a%0d%0ab.ics",
        "/dav/principals/tom/calendars/calendar/%ff%fe.ics",
        "/dav/principals/tom/calendars/nowhere/a.ics",
        "/dav/principals/tom/calendars/calendar/sub/a.ics",
        "/dav//principals//tom",
        "/dav/../../etc/passwd",
    ],
)
async def test_odd_addresses_lead_nowhere(house: OpenHouse, path: str) -> None:
    tom = house.client("tom")
    for method in ("GET", "PUT", "DELETE", "PROPFIND"):
        body = event() if method == "PUT" else None
        answer = await tom.ask(method, path, body)
        assert answer.status in (200, 207, 400, 403, 404, 409), (method, path, answer.status)
    assert {row["name"] for row in await house.rows("items")} <= {"a.ics", "x.ics"} | {"��.ics"}

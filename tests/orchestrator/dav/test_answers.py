"""Answers written as text say what the protocol layer says of the same events."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest

from tests.fakes.dav import XMLNS, OpenHouse, event, open_house

ODD = "a b:é@&+;,='~.ics"
PLAIN = "<D:getetag/><D:getcontenttype/><D:resourcetype/>"
DATA = "<C:calendar-data/>"
UNKNOWN = "<D:nobody-knows-this/>"  # one property that is not plain, and all take the long way
EVERYTHING = (
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter>'
    "</C:filter>"
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        tom = opened.client("tom")
        for name, title in ((ODD, "Marchés & <foires> ]]>"), ("b.ics", "été"), ("gone.ics", "x")):
            body = event(f"u-{title[:2]}", title=title)
            assert (await tom.put(f"calendar/{quote(name)}", body)).status == 201
        assert (await tom.delete("calendar/gone.ics")).status == 204
        yield opened


def said(text: str) -> dict[str, dict[str, str]]:
    """What is said of each address: its properties that were found, or its status."""
    found = {}
    for response in ET.fromstring(text).iter("{DAV:}response"):
        about = {"status": response.findtext("{DAV:}status") or ""}
        for state in response.iter("{DAV:}propstat"):
            if "200" in (state.findtext("{DAV:}status") or ""):
                about |= {
                    one.tag: ET.canonicalize(ET.tostring(one)) for one in state.iterfind("*/*")
                }
        found[response.findtext("{DAV:}href") or ""] = about
    return found


@pytest.mark.parametrize("data", ["", DATA])
async def test_a_report_and_its_short_form_say_the_same(house: OpenHouse, data: str) -> None:
    tom = house.client("tom")
    first = await tom.propfind("calendar/", "D:sync-token")
    start = next(ET.fromstring(first.text).iter("{DAV:}sync-token")).text or ""
    await tom.put("calendar/c.ics", event("c"))
    await tom.delete("calendar/b.ics")
    for token, count in (("", 2), (start, 2)):
        answers = []
        for more in ("", UNKNOWN):
            answer = await tom.xml(
                "REPORT",
                "calendar/",
                f"<D:sync-collection {XMLNS}><D:sync-token>{token}</D:sync-token>"
                f"<D:sync-level>1</D:sync-level><D:prop>{PLAIN}{data}{more}</D:prop>"
                "</D:sync-collection>",
            )
            assert answer.status == 207
            answers.append(said(answer.text))
        assert answers[0] == answers[1]
        assert len(answers[0]) == count
        assert sum("404" in about["status"] for about in answers[0].values()) == bool(token)


async def test_a_query_and_its_short_form_say_the_same(house: OpenHouse) -> None:
    tom, answers = house.client("tom"), []
    for more in ("", UNKNOWN):
        body = (
            f"<C:calendar-query {XMLNS}><D:prop>{PLAIN}{DATA}{more}</D:prop>{EVERYTHING}"
            "</C:calendar-query>"
        )
        answers.append(said((await tom.xml("REPORT", "calendar/", body, depth="1")).text))
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2
    assert any("Marchés" in str(about) for about in answers[0].values())


async def test_a_listing_and_its_short_form_say_the_same(house: OpenHouse) -> None:
    tom = house.client("tom")
    names = ("D:getetag", "D:getcontenttype", "D:resourcetype")
    short = said((await tom.propfind("calendar/", *names, depth="1")).text)
    long = said((await tom.propfind("calendar/", *names, "D:what-is-it", depth="1")).text)
    assert short.keys() == long.keys()
    assert len(short) == 3
    assert short == long

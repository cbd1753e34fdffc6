"""What calendar clients rely on: discovery, ETags, time ranges, what changed, who may."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.dav import FOUR, XMLNS, OpenHouse, event, open_house, soon, stamp


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


def hrefs(text: str) -> list[str]:
    return re.findall(r"<[^>]*href>([^<]*)</", text)


def token(text: str) -> str:
    found = re.search(r"<[^>]*sync-token>([^<]*)</", text)
    assert found is not None
    return found[1]


async def sync(house: OpenHouse, old: str, more: str = "", path: str = "calendar/") -> str:
    body = (
        f"<D:sync-collection {XMLNS}><D:sync-token>{old}</D:sync-token>"
        f"<D:sync-level>1</D:sync-level>{more}<D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
    answer = await house.client("tom").xml("REPORT", path, body)
    assert answer.status == 207, answer.text
    return answer.text


async def query(house: OpenHouse, path: str, inner: str) -> list[str]:
    body = (
        f"<C:calendar-query {XMLNS}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f'<C:filter><C:comp-filter name="VCALENDAR">{inner}</C:comp-filter></C:filter>'
        "</C:calendar-query>"
    )
    answer = await house.client("tom").xml("REPORT", path, body, depth="1")
    assert answer.status == 207, answer.text
    return hrefs(answer.text)


def on(days: float, hours: int = 24) -> str:
    start = soon(hour=0) + timedelta(days=days - 1)
    return (
        f'<C:comp-filter name="VEVENT"><C:time-range start="{stamp(start)}" '
        f'end="{stamp(start + timedelta(hours=hours))}"/></C:comp-filter>'
    )


async def test_a_client_finds_its_calendars_from_the_name_of_the_host(house: OpenHouse) -> None:
    tom = house.client("tom")
    for name in ("caldav", "carddav"):
        found = await tom.get(f"/.well-known/{name}")
        assert (found.status, found.headers["Location"]) == (301, "/dav/")
    root = await tom.propfind("/dav/", "D:current-user-principal", "D:owner", "D:resourcetype")
    assert "/dav/principals/tom/" in root.text
    principal = await tom.propfind(
        "/dav/principals/tom/",
        "C:calendar-home-set",
        "C:calendar-user-address-set",
        "C:calendar-user-type",
        "D:principal-URL",
    )
    assert "/dav/principals/tom/calendars/" in principal.text
    assert "mailto:tom@visio.lozere.example" in principal.text
    assert "mailto:tom@ailleurs.example" in principal.text
    assert "INDIVIDUAL" in principal.text
    home = await tom.propfind("", "D:displayname", "D:resourcetype", "D:owner", depth="1")
    listed = hrefs(home.text)
    assert "/dav/principals/tom/calendars/calendar/" in listed
    assert "/dav/principals/tom/calendars/villefort-visio/" in listed


async def test_the_dav_header_promises_what_exists(house: OpenHouse) -> None:
    answer = await house.client("tom").ask("OPTIONS", "calendar/")
    assert answer.status == 200
    promised = answer.headers["DAV"].split(", ")
    assert {"calendar-access", "calendar-auto-schedule"} <= set(promised)
    assert {"2", "addressbook", "add-member"}.isdisjoint(promised)
    allowed = answer.headers["Allow"].split(", ")
    assert {"MOVE", "COPY"} <= set(allowed)
    assert {"POST", "LOCK", "MKCALENDAR"}.isdisjoint(allowed)


async def test_conditional_writes_never_overwrite(house: OpenHouse) -> None:
    tom = house.client("tom")
    first = await tom.put("calendar/a.ics", event(), If_None_Match="*")
    assert (first.status, bool(first.headers.get("ETag"))) == (201, True)
    assert (await tom.put("calendar/a.ics", event(), If_None_Match="*")).status == 412
    stale = await tom.put("calendar/a.ics", event(title="B"), If_Match='"other"')
    assert stale.status == 412
    good = await tom.put("calendar/a.ics", event(title="C"), If_Match=first.headers["ETag"])
    assert good.status == 204
    got = await tom.get("calendar/a.ics")
    assert (got.body, got.headers["ETag"]) == (event(title="C"), good.headers["ETag"])
    gone = await tom.ask("DELETE", "calendar/a.ics", headers={"If-Match": first.headers["ETag"]})
    assert gone.status == 412
    assert (await tom.delete("calendar/a.ics")).status == 204
    assert (await tom.get("calendar/a.ics")).status == 404
    assert (await tom.delete("calendar/a.ics")).status == 404


async def test_one_uid_lives_under_one_name(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("same"))
    other = await tom.put("calendar/b.ics", event("same"))
    assert other.status == 403
    assert "no-uid-conflict" in other.text


async def test_a_time_range_finds_series_long_events_and_what_was_refused(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    weekly = event("w", more=["RRULE:FREQ=WEEKLY;COUNT=10"])
    long = event("l", start=soon(1), minutes=60 * 24 * 45)
    await tom.put("calendar/weekly.ics", weekly)
    await tom.put("calendar/long.ics", long)
    assert await query(house, "calendar/", on(8)) == [
        "/dav/principals/tom/calendars/calendar/weekly.ics",
        "/dav/principals/tom/calendars/calendar/long.ics",
    ]
    assert await query(house, "calendar/", on(9)) == [
        "/dav/principals/tom/calendars/calendar/long.ics"
    ]
    await tom.put("villefort-visio/x.ics", event("x"))
    await bea.put("villefort-visio/y.ics", event("y"))
    assert len(await query(house, "villefort-visio/", on(1))) == 2
    assert await query(house, "villefort-visio/", on(4)) == []
    named = '<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match>REFUS'
    named += "</C:text-match></C:prop-filter></C:comp-filter>"
    assert len(await query(house, "villefort-visio/", named)) == 1


async def test_a_series_beyond_the_stored_horizon_is_still_found(house: OpenHouse) -> None:
    await house.client("tom").put("calendar/y.ics", event("y", more=["RRULE:FREQ=YEARLY"]))
    start = soon().replace(year=soon().year + 3)
    window = (
        f'<C:comp-filter name="VEVENT"><C:time-range start="{stamp(start)}" '
        f'end="{stamp(start + timedelta(hours=2))}"/></C:comp-filter>'
    )
    assert len(await query(house, "calendar/", window)) == 1


async def test_multiget_answers_for_each_address(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a:b é.ics", event("a"))
    base = "/dav/principals/tom/calendars/calendar/"
    listed = hrefs((await tom.propfind("calendar/", "D:getetag", depth="1")).text)
    assert base + "a:b%20%C3%A9.ics" in listed
    body = (
        f"<C:calendar-multiget {XMLNS}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f"<D:href>{base}a:b%20%C3%A9.ics</D:href><D:href>{base}none.ics</D:href>"
        "<D:href>/dav/principals/bea/calendars/calendar/z.ics</D:href></C:calendar-multiget>"
    )
    answer = await tom.xml("REPORT", "calendar/", body)
    assert answer.text.count("404 Not Found") == 2
    assert "UID:a" in answer.text


async def test_what_changed_is_told_once(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("a"))
    await tom.put("calendar/b.ics", event("b"))
    first = await sync(house, "")
    assert len(hrefs(first)) == 2
    await tom.put("calendar/c.ics", event("c"))
    await tom.delete("calendar/a.ics")
    await tom.put("calendar/gone.ics", event("g"))
    await tom.delete("calendar/gone.ics")
    delta = await sync(house, token(first))
    assert sorted(href.rpartition("/")[2] for href in hrefs(delta)) == ["a.ics", "c.ics"]
    assert delta.count("404 Not Found") == 1
    assert hrefs(await sync(house, token(delta))) == []


async def test_a_limited_sync_goes_on_where_it_stopped(house: OpenHouse) -> None:
    tom = house.client("tom")
    for number in range(5):
        await tom.put(f"calendar/{number}.ics", event(str(number)))
    limit = "<D:limit><D:nresults>2</D:nresults></D:limit>"
    seen: list[str] = []
    mark = ""
    for _ in range(3):
        text = await sync(house, mark, limit)
        mark = token(text)
        seen += [href for href in hrefs(text) if href.endswith(".ics")]
        assert ("507" in text) == (len(seen) < 5)
    assert sorted(href.rpartition("/")[2] for href in seen) == [f"{n}.ics" for n in range(5)]


@pytest.mark.parametrize("bad", ["rubbish", "urn:x-margeride:sync:other:1:1", "999999"])
async def test_a_foreign_token_is_refused_with_403(house: OpenHouse, bad: str) -> None:
    if bad == "999999":
        bad = token(await sync(house, "")).rpartition(":")[0] + ":999999"
    body = (
        f"<D:sync-collection {XMLNS}><D:sync-token>{bad}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop/></D:sync-collection>"
    )
    answer = await house.client("tom").xml("REPORT", "calendar/", body)
    assert answer.status == 403
    assert "valid-sync-token" in answer.text


async def test_free_busy_joins_what_touches_and_tells_no_title(house: OpenHouse) -> None:
    tom = house.client("tom")
    start = soon()
    await tom.put("calendar/a.ics", event("a", start=start, title="Secret", rooms=FOUR[:1]))
    await tom.put("calendar/b.ics", event("b", start=start + timedelta(hours=1), rooms=FOUR[:1]))
    body = (
        f'<C:free-busy-query {XMLNS}><C:time-range start="{stamp(start - timedelta(hours=1))}" '
        f'end="{stamp(start + timedelta(hours=9))}"/></C:free-busy-query>'
    )
    answer = await tom.xml("REPORT", "meyrueis-visio/", body)
    assert answer.status == 200
    busy = f"FREEBUSY;FBTYPE=BUSY:{stamp(start)}/{stamp(start + timedelta(hours=2))}"
    assert busy in answer.text
    assert "Secret" not in answer.text


async def test_expansion_is_served_within_a_window_and_refused_beyond(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/d.ics", event("d", more=["RRULE:FREQ=DAILY"]))
    start = soon(hour=0)

    async def expand(days: int) -> tuple[int, str]:
        window = f'start="{stamp(start)}" end="{stamp(start + timedelta(days=days))}"'
        body = (
            f"<C:calendar-query {XMLNS}><D:prop><C:calendar-data><C:expand {window}/>"
            '</C:calendar-data></D:prop><C:filter><C:comp-filter name="VCALENDAR">'
            f"{on(1)}</C:comp-filter></C:filter></C:calendar-query>"
        )
        answer = await tom.xml("REPORT", "calendar/", body, depth="1")
        return answer.status, answer.text

    status, text = await expand(3)
    assert (status, text.count("BEGIN:VEVENT")) == (207, 3)
    assert (await expand(4000))[0] == 403


async def test_another_persons_home_does_not_exist(house: OpenHouse) -> None:
    tom = house.client("tom")
    for path in ("", "calendars/", "calendars/calendar/", "calendars/villefort-visio/"):
        for method in ("PROPFIND", "GET", "DELETE", "REPORT", "OPTIONS", "PROPPATCH"):
            answer = await tom.ask(method, f"/dav/principals/bea/{path}")
            assert answer.status in (404, 207), (method, path, answer.status)
            if answer.status == 207:
                assert "404 Not Found" in answer.text
                assert "200 OK" not in answer.text
    for login in ("bea", "nobody"):
        written = await tom.put(f"/dav/principals/{login}/calendars/calendar/a.ics", event())
        assert written.status == 404
    nobody = await tom.get("/dav/principals/nobody/")
    somebody = await tom.get("/dav/principals/bea/")
    assert (nobody.status, len(nobody.body) - 3) == (somebody.status, len(somebody.body))


async def test_privileges_say_what_one_may(house: OpenHouse) -> None:
    async def privileges(login: str, path: str) -> str:
        answer = await house.client(login).propfind(path, "D:current-user-privilege-set", "D:owner")
        return answer.text

    assert "bind" in await privileges("tom", "calendar/")
    assert "bind" in await privileges("bea", "villefort-visio/")
    assert "bind" not in await privileges("bea", "meyrueis-visio/")
    refused = await house.client("bea").put("meyrueis-visio/a.ics", event())
    assert refused.status == 403
    assert "need-privileges" in refused.text
    assert "pas y réserver" in refused.text


async def test_ones_own_calendar_can_be_renamed_and_a_room_cannot(house: OpenHouse) -> None:
    tom = house.client("tom")
    body = (
        f"<D:propertyupdate {XMLNS}><D:set><D:prop><D:displayname>Agenda de Tom</D:displayname>"
        "<A:calendar-color>#aabbcc</A:calendar-color></D:prop></D:set></D:propertyupdate>"
    )
    assert "200 OK" in (await tom.xml("PROPPATCH", "calendar/", body)).text
    shown = await tom.propfind("calendar/", "D:displayname", "A:calendar-color")
    assert "Agenda de Tom" in shown.text
    assert "#aabbcc" in shown.text
    assert "403 Forbidden" in (await tom.xml("PROPPATCH", "villefort-visio/", body)).text


async def test_allprop_and_propname_are_answered_everywhere(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event())
    for path in (
        "/dav/",
        "/dav/principals/",
        "/dav/principals/tom/",
        "",
        "calendar/",
        "villefort-visio/",
    ):
        for what in ("allprop", "propname"):
            body = f"<D:propfind {XMLNS}><D:{what}/></D:propfind>"
            answer = await tom.xml("PROPFIND", path, body, depth="1")
            assert answer.status == 207, (path, what, answer.text)
    assert (await tom.ask("PROPFIND", "calendar/")).status == 403
    assert (await tom.get("calendar/")).status == 200


@pytest.mark.parametrize("method", ["POST", "COPY", "MOVE", "MKCOL", "LOCK"])
async def test_no_write_goes_round_the_judge(house: OpenHouse, method: str) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put("villefort-visio/taken.ics", event("taken"))
    await tom.put("calendar/a.ics", event(minutes=30))
    to = {"Destination": f"{house.url}/dav/principals/tom/calendars/villefort-visio/a.ics"}
    for path in ("calendar/a.ics", "villefort-visio/"):
        answer = await tom.ask(method, path, event(), to)
        judged = method in ("COPY", "MOVE") and path.endswith(".ics")
        assert answer.status in ((201,) if judged else (400, 403, 405)), answer.text
    assert await house.held("villefort-visio") == 1
    if method in ("COPY", "MOVE"):
        assert "REFUS" in (await tom.get("villefort-visio/a.ics")).text

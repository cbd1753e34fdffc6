"""Invitations between people: inboxes, answers, tags, and who is free (RFC 6638)."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.store import closures
from orchestrator.store.closures import ClosureRow
from rooms.ids import CentreId
from tests.fakes.dav import DOMAIN, Client, OpenHouse, event, open_house, soon, stamp


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


def people(*logins: str, organiser: str = "tom") -> list[str]:
    return [
        f"ORGANIZER:mailto:{organiser}@{DOMAIN}",
        *(f"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{one}@{DOMAIN}" for one in logins),
    ]


async def names_in(client: Client, path: str) -> list[str]:
    answer = await client.propfind(path, "D:getetag", depth="1")
    assert answer.status == 207, answer.text
    return [one for one in re.findall(r"href>([^<]*)</", answer.text) if one.endswith(".ics")]


async def the_copy(client: Client) -> tuple[str, str]:
    (path,) = await names_in(client, "calendar/")
    return path, (await client.get(path)).unfolded


async def inbox(client: Client) -> list[str]:
    paths = await names_in(client, f"/dav/principals/{client.login}/inbox/")
    return [(await client.get(path)).unfolded for path in paths]


async def test_an_invited_colleague_finds_the_event_in_calendar_and_inbox(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x", "TRIGGER:-PT5M", "END:VALARM"]
    made = await tom.put("calendar/a.ics", event(more=[*people("tom", "bea"), *alarm]))
    assert (made.status, "ETag" in made.headers) == (201, False)
    _, copy = await the_copy(bea)
    assert "UID:e1\n" in copy
    assert "VALARM" not in copy
    assert "SCHEDULE-STATUS" not in copy
    (message,) = await inbox(bea)
    assert "METHOD:REQUEST" in message
    mine = (await tom.get("calendar/a.ics")).unfolded
    assert re.search(r"SCHEDULE-STATUS=1\.2[^:]*:mailto:bea@", mine)


async def test_the_answer_of_a_colleague_reaches_the_organiser(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event(more=people("tom", "bea")))
    before = (await tom.get("calendar/a.ics")).headers
    path, copy = await the_copy(bea)
    tag = (await bea.get(path)).headers["Schedule-Tag"]
    accepted = copy.replace(
        f"PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bea@{DOMAIN}",
        f"PARTSTAT=ACCEPTED:mailto:bea@{DOMAIN}",
    )
    assert accepted != copy
    assert (await bea.put(path, accepted.replace("\n", "\r\n").encode())).status == 204
    assert (await bea.get(path)).headers["Schedule-Tag"] == tag
    now = await tom.get("calendar/a.ics")
    assert re.search(r"PARTSTAT=ACCEPTED[^:\n]*:mailto:bea@", now.unfolded)
    assert now.headers["ETag"] != before["ETag"]
    assert now.headers["Schedule-Tag"] == before["Schedule-Tag"]
    (message,) = await inbox(tom)
    assert "METHOD:REPLY" in message
    assert "mailto:bea@" in message
    assert "ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:tom@" not in message


async def test_an_answer_the_organiser_did_not_know_of_survives_his_change(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event(more=people("bea")))
    tag = (await tom.get("calendar/a.ics")).headers["Schedule-Tag"]
    path, copy = await the_copy(bea)
    await bea.put(path, copy.replace("NEEDS-ACTION;RSVP=TRUE", "DECLINED").encode())
    renamed = event(title="Autre", more=people("bea"))
    wrong = await tom.put("calendar/a.ics", renamed, If_Schedule_Tag_Match='"other"')
    assert wrong.status == 412
    done = await tom.put("calendar/a.ics", renamed, If_Schedule_Tag_Match=tag)
    assert done.status == 204
    assert "PARTSTAT=DECLINED" in (await tom.get("calendar/a.ics")).text
    moved = event(title="Autre", start=soon(2), more=people("bea"))
    await tom.put("calendar/a.ics", moved)
    assert "PARTSTAT=NEEDS-ACTION" in (await tom.get("calendar/a.ics")).unfolded
    _, copy = await the_copy(bea)
    assert f"DTSTART:{stamp(soon(2))}" in copy


async def test_deleting_calls_off_or_declines(house: OpenHouse) -> None:
    tom, bea, anne = house.client("tom"), house.client("bea"), house.client("anne")
    await tom.put("calendar/a.ics", event(more=people("bea", "anne")))
    path, _ = await the_copy(bea)
    assert (await bea.delete(path)).status == 204
    mine = (await tom.get("calendar/a.ics")).unfolded
    assert re.search(r"PARTSTAT=DECLINED[^:\n]*:mailto:bea@", mine)
    assert (await tom.delete("calendar/a.ics")).status == 204
    _, copy = await the_copy(anne)
    assert "STATUS:CANCELLED" in copy
    assert any("METHOD:CANCEL" in one for one in await inbox(anne))
    assert await names_in(bea, "calendar/") == []


async def test_a_client_may_delete_an_invitation_without_a_word(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event(more=people("bea")))
    path, _ = await the_copy(bea)
    await bea.ask("DELETE", path, headers={"Schedule-Reply": "F"})
    assert "DECLINED" not in (await tom.get("calendar/a.ics")).text


async def test_who_is_taken_off_the_list_is_told(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event(more=people("bea", "anne")))
    await tom.put("calendar/a.ics", event(more=people("anne")))
    _, copy = await the_copy(bea)
    assert "STATUS:CANCELLED" in copy


async def test_an_outsider_is_marked_as_not_reached_and_a_stranger_s_uid_is_safe(
    house: OpenHouse,
) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put("calendar/own.ics", event("same", title="Dentiste"))
    outside = "ATTENDEE:mailto:paul@ailleurs.example"
    await tom.put("calendar/a.ics", event("same", more=[*people("bea"), outside]))
    mine = (await tom.get("calendar/a.ics")).unfolded
    assert re.search(r"SCHEDULE-STATUS=5\.2[^:\n]*:mailto:paul@", mine)
    assert re.search(r"SCHEDULE-STATUS=3\.8[^:\n]*:mailto:bea@", mine)
    assert (await bea.get("calendar/own.ics")).body == event("same", title="Dentiste")


async def test_an_inbox_is_read_and_emptied_only(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event(more=people("bea")))
    where = "/dav/principals/bea/inbox/"
    assert (await bea.put(f"{where}x.ics", event("x"))).status == 403
    (path,) = await names_in(bea, where)
    assert (await bea.delete(path)).status == 204
    assert await names_in(bea, where) == []
    told = await bea.propfind(
        where, "D:resourcetype", "C:schedule-default-calendar-URL", "D:current-user-privilege-set"
    )
    assert "schedule-inbox" in told.text
    assert "/dav/principals/bea/calendars/calendar/" in told.text
    principal = await bea.propfind(
        "/dav/principals/bea/", "C:schedule-inbox-URL", "C:schedule-outbox-URL"
    )
    assert "/dav/principals/bea/inbox/" in principal.text
    assert "/dav/principals/bea/outbox/" in principal.text


def question(*addresses: str, organiser: str = f"mailto:tom@{DOMAIN}") -> bytes:
    start = soon(hour=0)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//FR", "METHOD:REQUEST",
        "BEGIN:VFREEBUSY", "UID:q1", f"DTSTAMP:{stamp(start)}", f"DTSTART:{stamp(start)}",
        f"DTEND:{stamp(start + timedelta(days=1))}", f"ORGANIZER:{organiser}",
        *(f"ATTENDEE:{one}" for one in addresses),
        "END:VFREEBUSY", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


async def test_the_outbox_says_when_people_and_rooms_are_taken(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put("calendar/b.ics", event("b", title="Secret", rooms=["villefort-visio"]))
    day = soon().date()
    shut = ClosureRow(
        id="c1", centre=CentreId("villefort"), kind="closed", first=day, last=day, reason="Foire"
    )
    await house.database.write(lambda conn: closures.add(conn, soon(), shut))
    asked = question(
        f"mailto:bea@{DOMAIN}", f"mailto:salle.villefort-visio@{DOMAIN}", "mailto:x@y.example"
    )
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    answer = await tom.ask("POST", "/dav/principals/tom/outbox/", asked, headers)
    assert answer.status == 200, answer.text
    text = answer.text.replace("&#13;", "").replace("\n ", "")
    taken = f"{stamp(soon())}/{stamp(soon() + timedelta(hours=1))}"
    assert text.count(f"FREEBUSY;FBTYPE=BUSY:{taken}") == 2
    assert "FBTYPE=BUSY-UNAVAILABLE" in text
    assert "3.7;Invalid calendar user" in text
    assert "Secret" not in text


async def test_the_outbox_takes_sound_questions_in_one_s_own_name_only(house: OpenHouse) -> None:
    tom = house.client("tom")
    where, kind = "/dav/principals/tom/outbox/", {"Content-Type": "text/calendar"}
    other = question(f"mailto:bea@{DOMAIN}", organiser=f"mailto:bea@{DOMAIN}")
    assert (await tom.ask("POST", where, other, kind)).status == 403
    assert (await tom.ask("POST", where, b"rubbish", kind)).status == 403
    assert (await tom.ask("POST", where, b"<a/>", {"Content-Type": "text/xml"})).status == 415
    assert (await tom.ask("POST", "calendar/", question("mailto:a@b"), kind)).status == 405
    many = question(*(f"mailto:p{number}@{DOMAIN}" for number in range(101)))
    assert (await tom.ask("POST", where, many, kind)).status == 403


async def test_every_address_of_a_person_or_a_room_is_answered_for_and_no_other(
    house: OpenHouse,
) -> None:
    """RFC 6638 §5: a response for each address, 3.7 for whoever is nobody of the network."""
    tom, bea = house.client("tom"), house.client("bea")
    await bea.put("calendar/b.ics", event("b"))
    known = [
        f"mailto:bea@{DOMAIN}", f"MAILTO:BEA@{DOMAIN.upper()}", "mailto:bea@ailleurs.example",
        "/dav/principals/bea/", f"{house.url}/dav/principals/bea/",
        f"mailto:salle.villefort-visio@{DOMAIN}", "/dav/principals/salle.villefort-visio/",
        f"mailto:tom@{DOMAIN}",
    ]  # fmt: skip
    nobody = [
        "mailto:paul@elsewhere.example", f"mailto:nobody@{DOMAIN}",
        f"mailto:salle.nowhere@{DOMAIN}", "/dav/principals/nobody/", "tel:+33466000000",
    ]  # fmt: skip
    asked = question(*known, *nobody)
    headers = {"Content-Type": "text/calendar; charset=utf-8"}
    answer = await tom.ask("POST", "/dav/principals/tom/outbox/", asked, headers)
    assert answer.status == 200, answer.text
    parts = answer.text.split("response>")
    answered = {
        found[1]: ("2.0;Success" in part, "calendar-data" in part)
        for part in parts
        if (found := re.search(r"href>([^<]*)<", part))
    }
    assert answered == dict.fromkeys(known, (True, True)) | dict.fromkeys(nobody, (False, False))
    assert answer.text.count("3.7;Invalid calendar user") == len(nobody)
    taken = f"{stamp(soon())}/{stamp(soon() + timedelta(hours=1))}"
    assert answer.text.count(taken) == 5  # once for each way to name her
    anothers = question(f"mailto:bea@{DOMAIN}", organiser=f"mailto:bea@{DOMAIN}")
    refused = await tom.ask("POST", "/dav/principals/tom/outbox/", anothers, headers)
    assert refused.status == 403

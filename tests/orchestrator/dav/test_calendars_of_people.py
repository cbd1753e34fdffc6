"""Calendars one makes, events that move and are copied, what is shared, the private drawer."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.store import facts, own_calendars, policies
from rooms.ids import RoomId
from tests.fakes.dav import DOMAIN, XMLNS, Answer, Client, OpenHouse, event, open_house, soon

VILLEFORT = "villefort-visio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


async def transfer(client: Client, method: str, source: str, target: str, **headers: str) -> Answer:
    goal = (
        target if target.startswith("/") else f"/dav/principals/{client.login}/calendars/{target}"
    )
    return await client.ask(method, source, headers={"Destination": client.url + goal, **headers})


def mkcalendar(name: str) -> str:
    return (
        f"<C:mkcalendar {XMLNS}><D:set><D:prop><D:displayname>{name}</D:displayname>"
        "</D:prop></D:set></C:mkcalendar>"
    )


async def test_a_person_makes_names_and_deletes_calendars(house: OpenHouse) -> None:
    tom = house.client("tom")
    assert (await tom.xml("MKCALENDAR", "work/", mkcalendar("Travail"))).status == 201
    assert (await tom.xml("MKCALENDAR", "work/", mkcalendar("Travail"))).status == 403
    assert (await tom.xml("MKCALENDAR", "calendar/x/", mkcalendar("Travail"))).status == 403
    assert (await tom.xml("MKCALENDAR", "a%20b/", mkcalendar("Travail"))).status == 403
    assert (await tom.xml("MKCALENDAR", f"{VILLEFORT}/", mkcalendar("x"))).status == 403
    listed = await tom.propfind("", "D:displayname", depth="1")
    assert "Travail" in listed.text
    await tom.put("work/a.ics", event(rooms=[VILLEFORT]))
    assert await house.held(VILLEFORT) == 1
    assert (await tom.delete("work/")).status == 204
    assert await house.held(VILLEFORT) == 0
    assert (await tom.get("work/a.ics")).status == 404
    assert (await tom.delete("calendar/")).status == 403
    assert (await tom.delete(f"{VILLEFORT}/")).status == 403
    assert (await tom.xml("MKCALENDAR", "work/", mkcalendar("Travail"))).status == 201


async def test_extended_mkcol_makes_a_calendar_and_plain_mkcol_does_not(house: OpenHouse) -> None:
    tom = house.client("tom")
    body = (
        f"<D:mkcol {XMLNS}><D:set><D:prop><D:resourcetype><D:collection/><C:calendar/>"
        "</D:resourcetype><D:displayname>Deux</D:displayname></D:prop></D:set></D:mkcol>"
    )
    assert (await tom.xml("MKCOL", "two/", body)).status == 201
    assert (await tom.ask("MKCOL", "three/")).status == 403


async def test_nobody_makes_calendars_without_end(house: OpenHouse) -> None:
    tom = house.client("tom")
    for number in range(29):
        assert (await tom.ask("MKCALENDAR", f"c{number}/")).status == 201
    assert (await tom.ask("MKCALENDAR", "more/")).status == 403


async def test_a_moved_event_keeps_its_rooms_and_its_link(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.ask("MKCALENDAR", "work/")
    await tom.put("calendar/a.ics", event(rooms=[VILLEFORT]))
    link = re.findall(r"/join/[\w-]+", (await tom.get("calendar/a.ics")).unfolded)[0]
    (booking,) = await house.rows("bookings")
    assert (await transfer(tom, "MOVE", "calendar/a.ics", "work/b.ics")).status == 201
    assert (await tom.get("calendar/a.ics")).status == 404
    moved = (await tom.get("work/b.ics")).unfolded
    assert "PARTSTAT=ACCEPTED" in moved
    assert link in moved
    assert await house.held(VILLEFORT) == 1
    (same,) = await house.rows("bookings", state="confirmed")
    assert same["id"] == booking["id"]
    await tom.delete("work/b.ics")
    assert await house.held(VILLEFORT) == 0


async def test_an_event_moved_into_a_room_is_judged_there(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/free.ics", event("free"))
    assert (await transfer(tom, "MOVE", "calendar/free.ics", f"{VILLEFORT}/x.ics")).status == 201
    assert await house.held(VILLEFORT) == 1
    await bea.put("calendar/late.ics", event("late"))
    assert (await transfer(bea, "COPY", "calendar/late.ics", f"{VILLEFORT}/y.ics")).status == 201
    assert "REFUS" in (await bea.get(f"{VILLEFORT}/y.ics")).text
    assert await house.held(VILLEFORT) == 1
    assert (await bea.get("calendar/late.ics")).status == 200


async def test_an_event_that_invites_a_room_moves_into_its_calendar(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event(rooms=[VILLEFORT, "meyrueis-visio"]))
    assert (await transfer(tom, "MOVE", "calendar/a.ics", f"{VILLEFORT}/x.ics")).status == 201
    assert await house.held(VILLEFORT) == 1
    assert await house.held("meyrueis-visio") == 1
    assert (await transfer(tom, "MOVE", f"{VILLEFORT}/x.ics", "calendar/b.ics")).status == 201
    assert await house.held(VILLEFORT) == 1
    assert (await tom.get(f"{VILLEFORT}/x.ics")).status == 404


async def test_a_copy_asks_for_its_rooms_again(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.ask("MKCALENDAR", "work/")
    await tom.put("calendar/a.ics", event(rooms=[VILLEFORT]))
    assert (await transfer(tom, "COPY", "calendar/a.ics", "calendar/b.ics")).status == 403
    assert (await transfer(tom, "COPY", "calendar/a.ics", "work/b.ics")).status == 201
    assert "PARTSTAT=DECLINED" in (await tom.get("work/b.ics")).unfolded
    assert "PARTSTAT=ACCEPTED" in (await tom.get("calendar/a.ics")).unfolded
    assert await house.held(VILLEFORT) == 1


async def test_what_is_not_one_s_own_does_not_move_out_of_a_room(house: OpenHouse) -> None:
    tom, bea, anne = house.client("tom"), house.client("bea"), house.client("anne")
    await tom.put(f"{VILLEFORT}/t.ics", event("t", more=["CLASS:PRIVATE"]))
    for other in (bea, anne):
        gone = await transfer(other, "MOVE", f"{VILLEFORT}/t.ics", "calendar/t.ics")
        assert gone.status == 403
    await tom.put("calendar/i.ics", event("i", start=soon(2), rooms=[VILLEFORT]))
    (booking,) = await house.rows("bookings", uid="i")
    name = f"{VILLEFORT}/{booking['id']}.ics"
    assert (await transfer(tom, "MOVE", name, "calendar/j.ics")).status == 403
    assert await house.held(VILLEFORT) == 2


async def test_moves_that_make_no_sense_are_refused(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event("a"))
    await tom.put("calendar/b.ics", event("b"))
    cases = [
        ("calendar/none.ics", "calendar/c.ics", 404),
        ("calendar/a.ics", "calendar/a.ics", 403),
        ("calendar/a.ics", "none/c.ics", 409),
        ("calendar/a.ics", "/dav/principals/tom/c.ics", 403),
        ("calendar/", "work/", 403),
    ]
    for source, target, status in cases:
        assert (await transfer(tom, "MOVE", source, target)).status == status, (source, target)
    assert (await tom.ask("MOVE", "calendar/a.ics")).status == 400
    far = {"Destination": "http://elsewhere.example/dav/x.ics"}
    assert (await tom.ask("MOVE", "calendar/a.ics", headers=far)).status == 502
    kept = await transfer(tom, "MOVE", "calendar/a.ics", "calendar/b.ics", Overwrite="F")
    assert kept.status == 412
    over = await transfer(tom, "MOVE", "calendar/a.ics", "calendar/b.ics")
    assert over.status == 204
    assert "UID:a" in (await tom.get("calendar/b.ics")).text


async def test_tasks_live_in_one_s_own_calendar_only(house: OpenHouse) -> None:
    tom = house.client("tom")
    task = event("t").replace(b"VEVENT", b"VTODO").replace(b"DTEND", b"DUE")
    assert (await tom.put("calendar/t.ics", task)).status == 201
    assert (await tom.get("calendar/t.ics")).body == task
    assert (await tom.put(f"{VILLEFORT}/t.ics", task)).status == 403
    wild = task.replace(b"SUMMARY", b"RRULE:FREQ=SECONDLY\r\nSUMMARY")
    assert (await tom.put("calendar/w.ics", wild)).status == 403


async def delegate(house: OpenHouse, owner: str, to: str, rights: str | None) -> None:
    one, other = await house.person(owner), await house.person(to)
    await house.database.write(
        lambda conn: own_calendars.delegate(conn, soon(), one.id, other.id, rights)
    )


async def test_a_shared_calendar_is_seen_in_the_one_home(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    await tom.put("calendar/a.ics", event("a", title="Cours"))
    await tom.put("calendar/p.ics", event("p", title="Médecin", more=["CLASS:PRIVATE"]))
    assert (await bea.get("tom~calendar/a.ics")).status == 404
    await delegate(house, "tom", "bea", "read")
    listed = await bea.propfind("", "D:owner", depth="1")
    assert "/dav/principals/bea/calendars/tom~calendar/" in listed.text
    assert "/dav/principals/tom/" in listed.text
    assert "Cours" in (await bea.get("tom~calendar/a.ics")).text
    assert "Médecin" not in (await bea.get("tom~calendar/p.ics")).text
    assert (await bea.put("tom~calendar/b.ics", event("b"))).status == 403
    told = await bea.propfind("tom~calendar/", "D:current-user-privilege-set")
    assert "write-content" not in told.text
    await delegate(house, "tom", "bea", None)
    assert (await bea.get("tom~calendar/a.ics")).status == 404


async def test_who_may_write_in_a_shared_calendar_writes_in_its_owner_s_name(
    house: OpenHouse,
) -> None:
    bea = house.client("bea")
    await delegate(house, "tom", "bea", "write")
    await house.client("tom").get("calendar/")
    invited = event("b", rooms=["meyrueis-visio"])  # bea may not book there, tom may
    assert (await bea.put("tom~calendar/b.ics", invited)).status == 201
    assert "PARTSTAT=ACCEPTED" in (await house.client("tom").get("calendar/b.ics")).unfolded
    (booking,) = await house.rows("bookings")
    assert booking["organiser_id"] == (await house.person("tom")).id
    assert (await bea.delete("tom~calendar/")).status == 403


async def test_privileges_are_what_one_may_do(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    asked = "D:current-user-privilege-set"
    own = (await tom.propfind("calendar/", asked)).text
    assert all(name in own for name in ("write-properties", "write-content", "bind", "unbind"))
    room = (await tom.propfind(f"{VILLEFORT}/", asked)).text
    assert "write-content" in room
    assert "write-properties" not in room
    far = (await bea.propfind("meyrueis-visio/", asked)).text
    assert "write-content" not in far
    assert "read-free-busy" in far
    assert "bind" in (await bea.propfind("", asked)).text
    assert (
        "schedule-send-freebusy" in (await bea.propfind("/dav/principals/bea/outbox/", asked)).text
    )


async def test_a_room_publishes_its_hours(house: OpenHouse) -> None:
    tom = house.client("tom")
    told = await tom.propfind(f"{VILLEFORT}/", "C:calendar-availability")
    assert "BEGIN:VAVAILABILITY" in told.text
    assert "FREQ=WEEKLY" in told.text
    own = await tom.propfind("calendar/", "C:calendar-availability")
    assert "404" in own.text


async def test_tokens_die_when_a_backup_is_restored(house: OpenHouse) -> None:
    tom = house.client("tom")
    await tom.put("calendar/a.ics", event())
    told = await tom.propfind("calendar/", "D:sync-token")
    token = re.findall(r"sync-token>([^<]*)<", told.text)[0]
    body = (
        f"<D:sync-collection {XMLNS}><D:sync-token>{token}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
    assert (await tom.xml("REPORT", "calendar/", body)).status == 207
    await house.database.write(facts.renew_uuid)
    dead = await tom.xml("REPORT", "calendar/", body)
    assert dead.status == 403
    assert "valid-sync-token" in dead.text


async def test_an_email_address_is_a_person_too(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    people = ["ORGANIZER:mailto:Tom@ailleurs.example", "ATTENDEE:mailto:bea@ailleurs.example"]
    await tom.put("calendar/a.ics", event("a", rooms=[VILLEFORT], more=people))
    listed = await bea.propfind("calendar/", "D:getetag", depth="1")
    (path,) = [one for one in re.findall(r"href>([^<]*)</", listed.text) if one.endswith(".ics")]
    copy = await bea.get(path)
    answered = copy.body.replace(b"bea@ailleurs.example", b"bea@ailleurs.example\r\nX-SEEN:1")
    assert (await bea.put(path, answered)).status == 204
    assert await house.held(VILLEFORT) == 1
    assert len(await house.rows("bookings")) == 1
    assert f"salle.{VILLEFORT}@{DOMAIN}" in copy.unfolded


async def test_the_drawer_is_private_small_and_no_place_for_pages(house: OpenHouse) -> None:
    tom, bea = house.client("tom"), house.client("bea")
    where = "/dav/principals/tom/files/"
    page = {"Content-Type": "text/html"}
    assert (await tom.ask("PUT", f"{where}a.html", b"<script>", page)).status == 201
    got = await tom.get(f"{where}a.html")
    assert got.headers["Content-Disposition"] == "attachment"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (await bea.get(f"{where}a.html")).status == 404
    assert (await bea.get("/dav/principals/bea/files/a.html")).status == 404
    big = b"x" * 256 * 1024
    answers = [(await tom.ask("PUT", f"{where}{number}", big, page)).status for number in range(41)]
    assert answers.count(201) == 39
    assert answers[-1] == 507
    assert (await tom.delete(where)).status == 403


async def test_a_room_may_show_others_only_that_it_is_taken(house: OpenHouse) -> None:
    tom, bea, anne = house.client("tom"), house.client("bea"), house.client("anne")
    anywhere = "meyrueis-visio"
    admin = await house.person("admin")
    await tom.put(f"{anywhere}/a.ics", event("a", title="Licenciements"))
    assert "Licenciements" in (await bea.get(f"{anywhere}/a.ics")).text
    await house.database.write(
        lambda conn: policies.save(
            conn, soon(), house.network, RoomId(anywhere), {"visibility": "busy"}, admin.login, 0
        )
    )
    for other in (bea, anne):
        assert "Licenciements" not in (await other.get(f"{anywhere}/a.ics")).text
    for known in (tom, house.client("admin")):
        assert "Licenciements" in (await known.get(f"{anywhere}/a.ics")).text


async def test_twenty_copies_and_moves_into_one_slot_hold_it_once(house: OpenHouse) -> None:
    clients = [house.client(login) for login in ("tom", "bea") for _ in range(10)]
    for number, client in enumerate(clients):
        made = await client.put(f"calendar/{number}.ics", event(f"e{number}"))
        assert made.status == 201
    answers = await asyncio.gather(
        *(
            transfer(
                client, ("COPY", "MOVE")[number % 2], f"calendar/{number}.ics",
                f"{VILLEFORT}/{number}.ics",
            )
            for number, client in enumerate(clients)
        )
    )  # fmt: skip
    assert {answer.status for answer in answers} == {201}
    assert await house.held(VILLEFORT) == 1
    states = [row["state"] for row in await house.rows("bookings")]
    assert (states.count("confirmed"), states.count("declined")) == (1, 19)

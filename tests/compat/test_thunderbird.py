"""Thunderbird, the real one without its window: what its user sees of rooms and answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need
from tests.fakes.dav import DOMAIN, OpenHouse, event, open_house, soon, stamp
from tests.fakes.thunderbird import Bird, thunderbird

pytestmark = [pytest.mark.compat, pytest.mark.timeout(240)]
TWO = ("villefort-visio", "meyrueis-visio")
REALM = "Margeride"

REMEMBER = """
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init(args[0], null, args[1], args[2], args[3], "", "");
await Services.logins.addLoginAsync(login);
"""
DETECT = """
const found = await CalDavProvider.detectCalendars(args[1], args[2], args[0], false, {});
return found.map((one) => ({ name: one.name, path: one.uri.filePath, readOnly: one.readOnly }));
"""
SUBSCRIBE = """
const made = cal.manager.createCalendar("caldav", Services.io.newURI(args[1]));
made.name = args[0];
made.setProperty("username", args[2]);
made.setProperty("cache.enabled", true);
cal.manager.registerCalendar(made);
await until(() => made.getProperty("capabilities.autoschedule.supported"));
return made.getProperty("organizerId");
"""
INVITE = """
const [name, uid, start, end, people] = args;
const lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", "BEGIN:VEVENT",
  "UID:" + uid, "DTSTAMP:20260101T000000Z", "DTSTART:" + start, "DTEND:" + end,
  "SUMMARY:" + uid, ...people, "END:VEVENT", "END:VCALENDAR", ""];
const calendar = cal.manager.getCalendars().find((one) => one.name === name);
await calendar.addItem(new CalEvent(lines.join("\\r\\n")));
"""
READ = """
const calendar = cal.manager.getCalendars().find((one) => one.name === args[0]);
calendar.refresh();
return until(async () => {
  const item = await calendar.getItem(args[1]);
  const said = item?.getAttendees().map((one) => one.participationStatus) ?? [];
  if (!said.length || said.includes("NEEDS-ACTION")) {
    return null;
  }
  return { said, comment: item.getProperty("COMMENT"), place: item.getProperty("LOCATION"),
    title: item.title };
});
"""


@pytest.fixture(scope="module")
def thunderbird_path() -> str:
    return need("thunderbird")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(tmp_path) as opened:
        yield opened


def invitation() -> list[str]:
    rooms = [
        f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:salle.{room}@{DOMAIN}"
        for room in TWO
    ]
    return [f"ORGANIZER:mailto:tom@{DOMAIN}", *rooms]


async def invited(bird: Bird, uid: str, days: int) -> Any:
    start = soon(days)
    await bird.run(INVITE, "Tom", uid, stamp(start), stamp(start + timedelta(hours=1)),
                   invitation())  # fmt: skip
    return await bird.run(READ, "Tom", uid)


async def test_thunderbird_finds_every_room_invites_two_and_reads_their_answers(
    house: OpenHouse, thunderbird_path: str, tmp_path: Path
) -> None:
    await house.client("bea").put("villefort-visio/b.ics", event("b", start=soon(2)))
    async with thunderbird(thunderbird_path, tmp_path / "tb") as bird:
        await bird.run(REMEMBER, house.url, REALM, "tom", house.passwords["tom"])
        found = await bird.run(DETECT, house.url + "/", "tom", house.passwords["tom"])
        paths = {one["path"] for one in found}
        home = "/dav/principals/tom/calendars/"
        assert {f"{home}calendar/", *(f"{home}{room.id}/" for room in house.network.rooms)} <= paths
        organiser = await bird.run(SUBSCRIBE, "Tom", f"{house.url}{home}calendar/", "tom")
        assert organiser == f"mailto:tom@{DOMAIN}"

        free = await invited(bird, "tb-free", 1)
        assert free["said"] == ["ACCEPTED", "ACCEPTED"]
        assert "https://visio.test/join/" in free["place"]
        assert await house.held("meyrueis-visio") == 1

        busy = await invited(bird, "tb-busy", 2)
        assert busy["said"] == ["DECLINED", "DECLINED"]
        assert "Villefort" in busy["comment"]
        assert "libre" in busy["comment"]
        assert await house.held("meyrueis-visio") == 1

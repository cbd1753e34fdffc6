"""SOGo and DAViCal as the home of a room's calendar: both sides book, fall out, and agree again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, encode_basic_auth

from calendars.quirks import SERVERS
from calendars.remote import Changed, RemoteCalendar, RemoteError
from orchestrator.outside.jobs import Jobs
from orchestrator.settings.outside import Outside, RemoteSettings
from rooms.ids import RoomId
from tests.compat.outside import servers
from tests.compat.outside.servers import LOGIN, PASSWORD, Server
from tests.conftest import REQUIRE_ALL
from tests.fakes.dav import OpenHouse, event, open_house, soon

pytestmark = [pytest.mark.compat, pytest.mark.timeout(120)]
ROOM = "villefort-visio"
NEEDS = {
    "sogo": ("/usr/sbin/sogod", "memcached", "setpriv", "unshare", "psql"),
    "davical": ("php", f"{servers.PHP}/dba/create-database.sh", "unshare", "psql"),
}


@pytest.fixture(scope="module", params=["sogo", "davical"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    lacking = servers.missing(*NEEDS[request.param])
    if lacking and REQUIRE_ALL:
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)
    start = {"sogo": servers.sogo, "davical": servers.davical}[request.param]
    with start() as running:
        yield running


class There:
    """Somebody who uses the other server's own client."""

    def __init__(self, calendar: RemoteCalendar) -> None:
        self.calendar = calendar

    async def put(self, name: str, body: bytes) -> None:
        found = await self.calendar.get(name)
        if found is None:
            await self.calendar.create(name, body)
        else:
            await self.calendar.update(name, body, found[0])

    async def remove(self, name: str) -> None:
        found = await self.calendar.get(name)
        assert found is not None
        await self.calendar.delete(name, found[0])

    async def texts(self) -> dict[str, str]:
        names = list((await self.calendar.look("", everything=True)).etags)
        found = await self.calendar.bodies(names)
        return {
            name: body.decode().replace("\r\n", "\n").replace("\n ", "")
            for name, (_, body) in found.items()
        }

    async def clear(self) -> None:
        for name, etag in (await self.calendar.look("", everything=True)).etags.items():
            await self.calendar.delete(name, etag)


class Journey:
    """A house, the other server, and the job between them."""

    def __init__(self, house: OpenHouse, there: There, server: Server) -> None:
        self.house, self.there, self.server = house, there, server
        self.remote = RemoteSettings(
            room=RoomId(ROOM), url=server.url, server=server.name, login=LOGIN,
            password_env="MARGERIDE_TEST_ROOM",
        )  # fmt: skip
        self.restart()

    def restart(self) -> None:
        """As after a kill: what was in memory is gone."""
        outside = Outside(allow=("127.0.0.1",), remotes=(self.remote,))
        self.jobs = Jobs(self.house.bookings, outside)

    async def look(self) -> None:
        await self.jobs.look(self.remote)

    async def book(self, hour: int, title: str) -> str:
        tom, start = await self.house.person("tom"), soon(2, hour)
        made = await self.house.bookings.create(
            tom, title, "meeting", [ROOM], start, start + timedelta(hours=1), datetime.now(UTC)
        )
        return made.id

    async def cancel(self, booking: str) -> None:
        tom = await self.house.person("tom")
        await self.house.bookings.cancel(tom, booking, datetime.now(UTC))

    async def agreed(self, *titles: str, refused: tuple[str, ...] = ()) -> None:
        """Both sides hold these, once each, and a further look changes nothing."""
        await self.look()
        first = await self.there.texts()
        await self.look()
        texts = await self.there.texts()
        assert texts == first
        rows = await self.house.rows("bookings", state="confirmed")
        assert sorted(row["title"] for row in rows) == sorted(titles)
        assert await self.house.held(ROOM) == len(titles)
        shown = sorted(_title(text) for text in texts.values())
        marked = [f"REFUSÉ (salle occupée) : {title}" for title in refused]
        assert shown == sorted([*titles, *marked])


def _title(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("SUMMARY")]
    return line.partition(":")[2]


@asynccontextmanager
async def _client(server: Server) -> AsyncIterator[RemoteCalendar]:
    auth = encode_basic_auth(LOGIN, PASSWORD, encoding="utf-8")
    async with ClientSession(headers={"Authorization": auth}) as http:
        yield RemoteCalendar(http, server.url, SERVERS[server.name])


@pytest.fixture
async def both(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Journey]:
    monkeypatch.setenv("MARGERIDE_TEST_ROOM", PASSWORD)
    async with open_house(tmp_path) as house, _client(server) as calendar:
        there = There(calendar)
        if server.name == "davical":
            await _make_calendar(server)
        await there.clear()
        journey = Journey(house, there, server)
        await journey.jobs.prepare()
        yield journey


async def _make_calendar(server: Server) -> None:
    auth = encode_basic_auth(LOGIN, PASSWORD, encoding="utf-8")
    async with (
        ClientSession(headers={"Authorization": auth}) as http,
        http.request("MKCALENDAR", server.url) as answer,
    ):
        assert answer.status in (201, 403, 405, 409), await answer.text()


def theirs(hour: int, title: str) -> bytes:
    return event(title.lower(), start=soon(2, hour), title=title)


async def test_booked_moved_and_cancelled_on_either_side(both: Journey) -> None:
    mine = await both.book(8, "Atelier")
    await both.there.put("choir.ics", theirs(10, "Chorale"))
    await both.agreed("Atelier", "Chorale")
    assert f"{mine}.ics" in await both.there.texts()
    assert "/join/" in (await both.there.texts())["choir.ics"]
    await both.there.put("choir.ics", theirs(14, "Chorale"))
    await both.agreed("Atelier", "Chorale")
    held = {row["starts_at"] for row in await both.house.rows("occurrences", room_id=ROOM)}
    assert held == {int(soon(2, hour).timestamp()) for hour in (8, 14)}
    await both.cancel(mine)
    await both.agreed("Chorale")
    await both.there.remove("choir.ics")
    await both.agreed()


async def test_a_conflict_on_either_side_has_one_winner_and_the_loser_is_told_there(
    both: Journey,
) -> None:
    await both.book(8, "Atelier")
    await both.there.put("late.ics", theirs(8, "Trop tard"))
    await both.agreed("Atelier", refused=("Trop tard",))
    await both.there.put("first.ics", theirs(10, "Chorale"))
    await both.look()
    tom = both.house.client("tom")
    await tom.put("calendar/a.ics", event("a", rooms=[ROOM], start=soon(2, 10)))
    assert "PARTSTAT=DECLINED" in (await tom.get("calendar/a.ics")).unfolded
    await both.agreed("Atelier", "Chorale", refused=("Trop tard",))


async def test_an_hour_without_the_server(both: Journey) -> None:
    gone = await both.book(7, "Avant")
    await both.there.put("choir.ics", theirs(16, "Chorale"))
    await both.agreed("Avant", "Chorale")
    # People there book, and at once their server goes away before we have looked.
    await both.there.put("a.ics", theirs(9, "Trop tard"))
    await both.there.put("b.ics", theirs(11, "Stage"))
    await both.there.remove("choir.ics")
    await asyncio.to_thread(both.server.stop)
    for _ in range(3):
        with pytest.raises(RemoteError, match="remote-away"):
            await both.look()
    await both.book(9, "Ici")
    await both.cancel(gone)
    both.restart()
    await asyncio.to_thread(both.server.start)
    await both.agreed("Ici", "Stage", refused=("Trop tard",))


async def test_killed_between_a_write_and_its_answer(
    both: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await both.book(8, "Un"), await both.book(10, "Deux")
    await _killed(both, monkeypatch, "create")  # the first of the two stands there
    both.restart()
    await both.agreed("Un", "Deux")
    await both.cancel(one)
    await _killed(both, monkeypatch, "delete")
    both.restart()
    await both.agreed("Deux")
    await both.there.put("late.ics", theirs(10, "Trop tard"))
    await _killed(both, monkeypatch, "update")  # the mark is there
    both.restart()
    await both.agreed("Deux", refused=("Trop tard",))
    await both.cancel(two)
    await both.there.remove("late.ics")
    await both.agreed()


async def _killed(both: Journey, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Look, and die when this request has been carried out and before its answer is noted."""
    real = getattr(RemoteCalendar, method)

    async def deed(*given: object) -> None:
        await real(*given)
        raise asyncio.CancelledError

    with monkeypatch.context() as patched:
        patched.setattr(RemoteCalendar, method, deed)
        with pytest.raises(asyncio.CancelledError):
            await both.look()


async def test_a_change_between_look_and_write_is_seen(both: Journey) -> None:
    await both.there.put("choir.ics", theirs(10, "Chorale"))
    found = await both.there.calendar.get("choir.ics")
    assert found is not None
    await both.there.put("choir.ics", theirs(12, "Chorale"))
    with pytest.raises(Changed):
        await both.there.calendar.update("choir.ics", theirs(15, "Chorale"), found[0])
    with pytest.raises(Changed):
        await both.there.calendar.delete("choir.ics", found[0])
    with pytest.raises(Changed):
        await both.there.calendar.create("choir.ics", theirs(15, "Chorale"))
    await both.agreed("Chorale")

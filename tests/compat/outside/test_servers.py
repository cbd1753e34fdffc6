"""SOGo and DAViCal as the home of a room's calendar: both sides book, fall out, and agree again."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, encode_basic_auth

from calendars.quirks import SERVERS
from calendars.remote import Changed, RemoteCalendar, RemoteError
from orchestrator.outside.jobs import Jobs
from orchestrator.outside.pace import Pace
from orchestrator.settings.outside import Outside
from tests.compat.outside import servers
from tests.compat.outside.servers import LOGIN, PASSWORD, Server
from tests.conftest import cannot
from tests.fakes.dav import OpenHouse, event, open_house, soon
from tests.fakes.dav_mirror import settings_of
from tests.fakes.dav_proxy import SwallowingProxy, swallowing

pytestmark = [pytest.mark.compat, pytest.mark.timeout(120)]
ROOM = "villefort-visio"
HUNG_UP = 2  # times a real server may hang up on one look
ROOT = Path(__file__).parents[3]
NEEDS = {
    "sogo": ("/usr/sbin/sogod", "memcached", "setpriv", "unshare", "psql"),
    "davical": ("php", f"{servers.PHP}/dba/create-database.sh", "unshare", "psql"),
}


@pytest.fixture(scope="module", params=["sogo", "davical"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    lacking = servers.missing(*NEEDS[request.param])
    if lacking:
        cannot(lacking)
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

    def __init__(
        self, house: OpenHouse, store: Path, there: There, server: Server, proxy: SwallowingProxy
    ) -> None:
        self.house, self.store, self.there, self.server = house, store, there, server
        self.proxy = proxy
        self.remote = settings_of(proxy.url, server.name, LOGIN)
        self.late = timedelta(0)
        self.restart()

    def now(self) -> datetime:
        """By our clock, which the test may put on."""
        return datetime.now(UTC) + self.late

    def restart(self) -> None:
        """As after a kill: what was in memory is gone."""
        outside = Outside(allow=("127.0.0.1",), remotes=(self.remote,))
        self.jobs = Jobs(self.house.bookings, outside, self.now)

    async def look(self) -> None:
        await self.jobs.look(self.remote)

    async def looked(self) -> None:
        """A look that is answered: the job looks again, too, where a real server hung up."""
        for _ in range(HUNG_UP):
            try:
                await self.look()
            except RemoteError as error:
                if error.key != "remote-away":
                    raise
            else:
                return
        await self.look()

    async def book(self, hour: int, title: str) -> str:
        tom, start = await self.house.person("tom"), soon(2, hour)
        made = await self.house.bookings.create(
            tom, title, "meeting", [ROOM], start, start + timedelta(hours=1), self.now()
        )
        return made.id

    async def cancel(self, booking: str) -> None:
        tom = await self.house.person("tom")
        await self.house.bookings.cancel(tom, booking, self.now())

    async def dies_after(self, method: str) -> None:
        """Our own process looks there, and is killed when the other server has carried out its
        first request of that method and before it hears so."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.fakes.dav_mirror", str(self.store), self.remote.url,
            self.server.name, LOGIN, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip

        async def kill() -> None:
            process.kill()
            await process.wait()

        self.proxy.swallow(method, kill)
        said, _ = await process.communicate()
        assert (said, process.returncode) == (b"", -signal.SIGKILL)
        self.restart()

    async def dies_there_after(self, method: str) -> None:
        """The other server is killed when it has carried out that request; nobody hears of it."""

        async def kill() -> None:
            await asyncio.to_thread(self.server.stop)

        self.proxy.swallow(method, kill)
        with pytest.raises(RemoteError, match="remote-away"):
            await self.look()

    async def agreed(self, *titles: str, refused: tuple[str, ...] = ()) -> None:
        """Both sides hold these, once each, and a further look changes nothing."""
        await self.looked()
        first = await self.there.texts()
        await self.looked()
        texts = await self.there.texts()
        assert texts == first
        rows = await self.house.rows("bookings", state="confirmed")
        assert sorted(row["title"] for row in rows) == sorted(titles)
        assert await self.house.held(ROOM) == len(titles)
        shown = sorted(_title(text) for text in texts.values())
        marked = [f"REFUSÉ (salle occupée) : {title}" for title in refused]
        assert shown == sorted([*titles, *marked])
        await self.nothing_is_doubled(texts)

    async def nothing_is_doubled(self, texts: dict[str, str]) -> None:
        """Each UID once there, each once in the room's calendar here, as many on both sides."""
        there = [_line(text, "UID") for text in texts.values()]
        assert len(set(there)) == len(there)
        (shelf,) = await self.house.rows("calendars", owner_kind="room", owner_id=ROOM)
        here = [row["uid"] for row in await self.house.rows("items", calendar_id=shelf["id"])]
        assert len(set(here)) == len(here) == len(there)
        links = await self.house.rows("remote_items")
        assert len({row["name"] for row in links}) == len(links) == len(there)


def _title(text: str) -> str:
    return _line(text, "SUMMARY")


def _line(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
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
    async with (
        open_house(tmp_path) as house,
        _client(server) as calendar,
        swallowing(server.url) as proxy,
    ):
        there = There(calendar)
        if server.name == "davical":
            await _make_calendar(server)
        await there.clear()
        journey = Journey(house, tmp_path / "dav.sqlite3", there, server, proxy)
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
    began, looks, moved = both.now(), 0, ""
    pace = Pace(timedelta(minutes=1))
    while both.now() - began < timedelta(hours=1):
        with pytest.raises(RemoteError, match="remote-away"):
            await both.look()
        looks += 1
        match looks:  # at once, after some minutes, after half an hour, towards the end
            case 1:
                await both.book(9, "Ici")
            case 6:
                await both.cancel(gone)
                moved = await both.book(14, "Atelier")
            case 9:
                await both.cancel(moved)
                await both.book(13, "Midi")
                both.restart()
            case 11:
                await both.book(14, "Soir")
            case _:
                pass
        pace.went_wrong()
        both.late += pace.wait(1)
    assert looks > 11  # ever more slowly, and it was never given up
    await asyncio.to_thread(both.server.start)
    # The server is back, and people there are quicker than our next look.
    await both.there.put("c.ics", theirs(13, "Encore trop tard"))
    await both.there.put("d.ics", theirs(18, "Dîner"))
    await both.agreed(
        "Ici", "Stage", "Midi", "Soir", "Dîner", refused=("Trop tard", "Encore trop tard")
    )


async def test_our_process_is_killed_between_a_write_there_and_its_answer(both: Journey) -> None:
    one, two = await both.book(8, "Un"), await both.book(10, "Deux")
    await both.dies_after("PUT")  # the first of the two stands there
    assert len(await both.there.texts()) == 1
    await both.agreed("Un", "Deux")
    await both.cancel(one)
    await both.dies_after("DELETE")
    assert len(await both.there.texts()) == 1
    await both.agreed("Deux")
    await both.there.put("late.ics", theirs(10, "Trop tard"))
    await both.dies_after("PUT")
    assert "REFUSÉ" in (await both.there.texts())["late.ics"]  # the mark is there
    await both.agreed("Deux", refused=("Trop tard",))
    await both.cancel(two)
    await both.there.remove("late.ics")
    await both.agreed()


async def test_killed_after_a_write_that_was_called_off_before_the_restart(both: Journey) -> None:
    booking = await both.book(8, "Un")
    await both.dies_after("PUT")
    await both.cancel(booking)
    await both.there.put("choir.ics", theirs(8, "Chorale"))  # the hour is free again
    await both.agreed("Chorale")


async def test_killed_again_at_every_write_until_all_is_written(both: Journey) -> None:
    for hour in (8, 10, 12):
        await both.book(hour, f"De {hour} h")
    for written in (1, 2, 3):
        await both.dies_after("PUT")
        assert len(await both.there.texts()) == written
    await both.agreed("De 8 h", "De 10 h", "De 12 h")


async def test_the_other_server_is_killed_between_its_write_and_its_answer(both: Journey) -> None:
    one = await both.book(8, "Un")
    await both.dies_there_after("PUT")
    await both.book(10, "Deux")
    await asyncio.to_thread(both.server.start)
    assert [_title(text) for text in (await both.there.texts()).values()] == ["Un"]
    await both.agreed("Un", "Deux")
    await both.cancel(one)
    await both.dies_there_after("DELETE")
    await both.book(8, "Trois")
    both.restart()
    await asyncio.to_thread(both.server.start)
    assert [_title(text) for text in (await both.there.texts()).values()] == ["Deux"]
    await both.agreed("Deux", "Trois")


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

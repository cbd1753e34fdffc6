"""The booking judge knows what the lines carry, as configured or as tested since."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from calendars.booking import Candidate, Occurrence, Slot
from orchestrator.booking import lines
from orchestrator.settings.model import Network
from orchestrator.store import line_tests
from orchestrator.store.line_tests import Kept
from rooms.ids import CentreId, PersonId, RoomId
from rooms.line import LineTest
from tests.fakes.dav import Client, OpenHouse, event, open_house
from tests.fakes.pace import calls

ROOM, OTHER = "villefort-visio", "meyrueis-visio"


def line(centre: str, **figures: Any) -> Callable[[Network], Network]:
    """The same network, with another line at a centre."""

    def change(network: Network) -> Network:
        return replace(
            network,
            centres=tuple(
                replace(one, line=replace(one.line, **figures)) if one.id == centre else one
                for one in network.centres
            ),
        )

    return change


async def read(client: Client, path: str) -> str:
    return (await client.get(path)).unfolded


async def measured(house: OpenHouse, up_kbps: int) -> None:
    test = LineTest(
        path="udp",
        down_kbps=5000,
        up_kbps=up_kbps,
        rtt_ms=50,
        jitter_ms=3,
        loss=0.0,
        taken_at=datetime.now(UTC) - timedelta(hours=1),
    )
    kept = Kept(id="lt-1", centre=CentreId("villefort"), by="anne", test=test)
    await house.bookings.database.write(lambda conn: line_tests.add(conn, kept))


async def test_a_session_whose_sound_does_not_fit_is_refused_with_the_figures(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, change=line("villefort", up_kbps=40)) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        stored = await read(tom, "calendar/a.ics")
        assert "La ligne de Villefort porte 40 kbit/s en émission" in stored
        assert "il en faut 48." in stored
        assert await house.held(ROOM) == 0


async def test_a_session_whose_pictures_do_not_fit_is_accepted_and_told(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await measured(house, 100)
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        stored = await read(tom, "calendar/a.ics")
        assert "Images réduites à Villefort" in stored
        assert stored.count("PARTSTAT=ACCEPTED") == 2
        assert await house.held(ROOM) == 1


async def test_what_is_held_already_is_kept_when_the_line_gets_worse(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tom = house.client("tom")
        await tom.put("calendar/a.ics", event("a", rooms=[ROOM, OTHER]))
        await measured(house, 10)
        stored = await read(tom, "calendar/a.ics")
        again = stored.replace("Réunion", "Conseil").replace("\n", "\r\n").encode()
        assert (await tom.put("calendar/a.ics", again)).status == 204
        assert await house.held(ROOM) == 1


async def test_the_lines_cost_the_judge_next_to_nothing(tmp_path: Path) -> None:

    start = datetime.now(UTC) + timedelta(days=2)
    dates = [start + timedelta(days=n) for n in range(400)]
    candidate = Candidate(
        uid="",
        rooms=(RoomId(ROOM), RoomId(OTHER)),
        occurrences=tuple(Occurrence(Slot(d, d + timedelta(hours=1)), "x") for d in dates),
        organiser=PersonId("tom"),
        role="trainer",
        title="Série",
    )
    async with open_house(tmp_path) as house:
        network, now = house.bookings.rules.network, datetime.now(UTC)

        def work(conn: Any) -> int:
            lines.admitted(conn, network, candidate, [], [], now)
            return calls(lambda: lines.admitted(conn, network, candidate, [], [], now))

        assert await house.bookings.database.read(work) < 4_000

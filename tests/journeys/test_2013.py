"""The inauguration of 2013 with six real browsers, and the report that is left of it.

Meyrueis receives, Saint-Chély-d'Apcher, Villefort and Marvejols greet, somebody speaks from afar,
and one looks at the public page; Villefort's projector, camera, sound and computer are simulators
that speak their own protocols, driven by the agent of the room. It is rehearsed, the doors open,
every cue of the template goes at its word, one site is lost before the end; then each field of the
report is held against what happened here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.demo.client import Person
from orchestrator.demo.stage import FOUR
from tests.conftest import need
from tests.fakes.browsers import ChromiumPage, chromium
from tests.journeys.test_inauguration import house, join_by_link, pair_screen
from tests.journeys.test_room_day import equipped, until

pytestmark = [pytest.mark.journey, pytest.mark.browser, pytest.mark.timeout(420)]

HOST, *GREETING = FOUR
LOST, RIBBON = "marvejols-visio", "simultaneous_action"
TITLE = "Inauguration des télécentres"
WITHIN = 90.0
Json = dict[str, Any]


class Ceremony:
    """Directed by REST, as the desk does it."""

    def __init__(self, admin: Person, session: str) -> None:
        self.admin, self.session = admin, session
        self.went: dict[str, datetime] = {}

    async def call(self, method: str, path: str, sent: Any = None) -> Any:
        return await self.admin.call(method, f"sessions/{self.session}/{path}", sent)

    async def rundown(self) -> Json:
        return dict(await self.call("GET", "rundown"))

    async def staged(self, what: Callable[[Json], bool]) -> Json:
        """The stage, once it is so; the desk stays open meanwhile."""
        return await self._once(self._here, what)

    async def _here(self) -> Json:
        return dict((await self.call("POST", "stage", {"act": "here"}))["stage"])

    async def _once(self, look: Callable[[], Any], what: Callable[[Json], bool]) -> Json:
        deadline = time.monotonic() + WITHIN
        while not what(seen := await look()):
            assert time.monotonic() < deadline, [
                (one["id"], one["state"]) for one in seen.get("sources", ())
            ]
            await asyncio.sleep(0.25)
        return dict(seen)

    async def goes(self, title: str) -> None:
        """Armed once every site has it, then GO; until it has taken effect."""

        def of(seen: Json) -> Json:
            return next(one for one in seen["cues"] if one["title"] == title)

        await self._once(self.rundown, lambda seen: of(seen)["state"] == "ready")
        cue = of(await self.rundown())["id"]
        await self.call("POST", f"rundown/cues/{cue}", {"act": "arm"})
        await self._here()
        await self.call("POST", f"rundown/cues/{cue}", {"act": "go", "lead": 1})
        seen = await self._once(self.rundown, lambda seen: of(seen)["state"] == "live")
        began = datetime.fromisoformat(of(seen)["started_at"])
        self.went[title] = began
        await asyncio.sleep(max(0.0, (began - datetime.now(UTC)).total_seconds()))


def ready(stage: Json, *rooms: str) -> bool:
    states = {one["id"]: one["state"] for one in stage["sources"]}
    return all(states.get(room) in ("ready", "on_air") for room in rooms)


async def planned(admin: Person) -> tuple[str, str]:
    """Booked from the template in one go; its session, and the speaker's own link."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=40)
    made = await admin.call(
        "POST",
        "ceremonies",
        {
            "title": TITLE,
            **{"host": HOST, "remotes": GREETING, "rehearsal": None},
            **{"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()},
            "people": [{"name": "Mme Pic", "part": "speaker"}],
        },
    )
    ceremony = made["ceremony"]
    return str(ceremony["session"]), str(ceremony["people"][0]["link"])


async def rehearsed(made: Ceremony, awake: Callable[[], Awaitable[None]]) -> None:
    """Once, its first cue, in rooms whose devices are awake."""
    await made.call("POST", "rehearse")
    await made.call("PUT", "stage")
    await made.staged(lambda seen: ready(seen, HOST))
    await awake()
    first = (await made.rundown())["cues"][0]["title"]
    await made.goes(first)
    made.went.clear()
    await made.call("POST", "end")
    assert {one["started_at"] for one in (await made.rundown())["cues"]} == {None}


async def the_day(made: Ceremony, speaker: str, lost: ChromiumPage) -> None:
    """Every cue of the template; whoever speaks from afar comes on air, and a site is lost."""
    titles = [one["title"] for one in (await made.rundown())["cues"]]
    *before, questions, closing, slate = titles
    for title in (*before, questions):
        await made.goes(title)
    source = await made.staged(lambda seen: any(_speaks(one, speaker) for one in seen["sources"]))
    name = next(one["id"] for one in source["sources"] if _speaks(one, speaker))
    scene = {"act": "prepare", "layout": "two", "sources": [HOST, name]}
    await made.call("POST", "stage", scene)
    await made.call("POST", "stage", {"act": "take"})
    await lost.page.close()
    await made.staged(lambda seen: not ready(seen, LOST))
    for title in (closing, slate):
        await made.goes(title)


def _speaks(source: Json, name: str) -> bool:
    return bool(source["name"] == name and source["state"] == "ready")


async def test_the_inauguration_of_2013_is_held_and_its_report_says_what_happened(
    tmp_path: Path, chromium_path: str
) -> None:
    need("pulseaudio")
    async with (
        house(tmp_path) as stage,
        chromium() as browser,
        stage.person(stage.cast.admin) as admin,
        equipped(stage, tmp_path) as (devices, agent),
    ):
        session, link = await planned(admin)
        made = Ceremony(admin, session)
        public = (await made.call("PUT", "public", {"code": "lozere2013"}))["public"]
        screens = {room: await pair_screen(browser, stage, admin, room) for room in FOUR}
        await rehearsed(made, lambda: until(lambda: devices.ready, agent))
        await until(lambda: devices.asleep, agent)
        await made.call("POST", "open")
        await made.call("PUT", "stage")
        await made.call("POST", "start")
        await join_by_link(browser, link, "Mme Pic")
        watcher = await browser.new_page(f"{stage.service.url}/live/{public['code']}")
        await made.staged(lambda seen: ready(seen, *FOUR))
        await until(lambda: devices.ready, agent)
        await made.call("POST", "public", {"act": "start"})
        await the_day(made, "Mme Pic", screens[LOST])
        assert TITLE in await watcher.page.locator("body").inner_text()
        await made.call("POST", "public", {"act": "stop"})
        await made.call("POST", "end")
        await until(lambda: devices.asleep, agent)
        at_last = await made.rundown()
        told = await made.call("GET", "evidence")
        assert_hours(told, at_last)
        assert_cues(told, at_last, made)
        assert_places(told)
        assert_incidents(told)


def assert_hours(told: Json, rundown: Json) -> None:
    assert (told["title"], told["final"], told["zone"]) == (TITLE, True, "Europe/Paris")
    assert len(told["hours"]["rehearsals"]) == 1
    moments = [told["hours"][name] for name in ("doors", "on_air", "ended")]
    assert moments == sorted(moments)
    assert told["hours"]["late"] < 0, "it began before its hour"
    assert [span["until"] is not None for span in told["public"]] == [True]
    assert told["recorded"] == []


def assert_cues(told: Json, rundown: Json, made: Ceremony) -> None:
    """Every cue went in its order, at the instant the desk was told, and everywhere at once."""
    assert [one["title"] for one in told["cues"]] == [one["title"] for one in rundown["cues"]]
    for one, known in zip(told["cues"], rundown["cues"], strict=True):
        assert (one["state"], one["started"]) == (known["state"], known["started_at"])
        assert datetime.fromisoformat(one["started"]) == made.went[one["title"]]
    # The countdown was rehearsed, too, and is shown anew on the day.
    everywhere = [one for one in told["cues"] if one["kind"] in ("countdown", RIBBON)]
    assert all(one["shown"]["endpoints"] >= len(FOUR) for one in everywhere), everywhere
    cuts = [one for one in told["deeds"] if one["action"] == "stage.cue"]
    places = [place for one in cuts for place in one["about"]]
    assert {"Meyrueis", "Saint-Chély-d'Apcher", "Villefort", "Marvejols"} <= set(places)
    assert {one["by"] for one in cuts} == {"director"}
    assert "Mme Pic" not in str(told["deeds"])


def assert_places(told: Json) -> None:
    assert told["people"]["connections"]["room"] == len(FOUR)
    assert told["people"]["connections"]["guest"] == 1
    sites = {one["room"]: one for one in told["sites"]}
    assert set(sites) == set(FOUR)
    assert sites[HOST]["role"] == "host"
    assert all(one["came"] is not None for one in sites.values())
    assert "heads" in told["not_measured"]


def assert_incidents(told: Json) -> None:
    """The one site that was lost is told as lost, until the end."""
    [lost] = [
        one for one in told["incidents"] if one["kind"] == "site" and one["place"] == "Marvejols"
    ]
    assert lost["until"] == told["hours"]["ended"]
    assert [one["lost"] for one in told["sites"] if one["room"] == LOST] == [1]
    assert not [one for one in told["incidents"] if one["kind"] in ("media", "service")]

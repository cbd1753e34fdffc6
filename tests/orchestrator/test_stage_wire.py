"""What every screen is told of a ceremony: names, the floor, what is on and what comes."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from orchestrator import stage as place
from orchestrator import staging as ceremony
from orchestrator.cases.stage_wire import on_the_wire, running
from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.floor import Mode
from orchestrator.rundown import Rundown
from orchestrator.stage_news import tell_screens
from orchestrator.stage_table import Layout
from orchestrator.staging import Act, Staging, Word
from orchestrator.store.participants import Participant
from orchestrator.tasks import kept_running
from rooms.ids import ParticipantId, RoomId, SessionId
from tests.fakes.rooms import MEYRUEIS, NINE, VILLEFORT, furnished

SESSION = SessionId("se-1")
NAMES: dict[str, str] = {MEYRUEIS: "Meyrueis", VILLEFORT: "Villefort"}
PEOPLE: dict[str, Participant] = {
    room: Participant(
        id=ParticipantId(f"pa-{name}"),
        session=SESSION,
        name=name,
        kind="room",
        state="joined",
        room=RoomId(room),
    )
    for room, name in NAMES.items()
}


def staged() -> Staging:
    """Meyrueis on air, Villefort ready in the preview with a hand up."""
    staging = ceremony.begin("pe-tom", NAMES)
    stage = staging.stage
    for room in NAMES:
        stage = place.passed(place.came(stage, room, NINE), room)
    stage = place.take(place.prepare(stage, Layout.ONE, (MEYRUEIS,)), "pe-tom")
    staging = replace(staging, stage=place.prepare(stage, Layout.ONE, (VILLEFORT,)))
    for act in (
        Act(word=Word.MODE, mode=Mode.DIRECTOR),
        Act(word=Word.GRANT, source=MEYRUEIS),
        Act(word=Word.RAISE, source=VILLEFORT, name="Mme Rey"),
    ):
        staging = ceremony.done(staging, act, "pe-tom", NINE)
    return staging


def cue(number: int, **facts: object) -> Cue:
    plan = Plan(
        kind=Kind.SPEECH, title=f"Top {number}", duration=60, on_air=(VILLEFORT,), slate="…"
    )
    return replace(Cue(id=CueId(f"cu-{number}"), plan=plan), **facts)  # type: ignore[arg-type]


def test_a_spot_has_its_name_and_its_rung_and_the_floor_its_seats() -> None:
    told = on_the_wire(staged(), PEOPLE, lambda source: NAMES.get(source, ""))
    who = {"source": MEYRUEIS, "name": "Meyrueis", "participant": "pa-Meyrueis", "room": MEYRUEIS}
    assert told["spots"] == [{**who, "slate": False, "rung": "live", "signal": "nothing"}]
    assert (told["layout"], told["heard"], told["mode"]) == ("one", ["pa-Meyrueis"], "director")
    assert told["holders"] == [{"participant": "pa-Meyrueis", "name": "", "place": "Meyrueis"}]
    seat = {"participant": "pa-Villefort", "name": "Mme Rey", "place": "Villefort"}
    assert told["queue"] == [seat]


def test_next_is_the_preview_until_a_go_says_when() -> None:
    quiet = running(Rundown(sites=()), staged(), PEOPLE, NINE, NINE)
    nothing: dict[str, object] = {"sites": {}, "cue": None, "then": None, "slate": ""}
    assert quiet == {"next": {"participants": ["pa-Villefort"], "at": None}, **nothing}
    at = NINE + timedelta(seconds=5)
    cues = cue(1, state=State.LIVE, started_at=at), cue(2)
    told = running(Rundown(sites=(), cues=cues), staged(), PEOPLE, NINE, NINE)
    when = "2026-11-26T09:00:05.000Z"
    assert told["next"] == {"participants": ["pa-Villefort"], "at": when}
    assert (told["cue"]["title"], told["cue"]["at"], told["cue"]["duration"]) == ("Top 1", when, 60)
    assert (told["then"]["title"], told["slate"]) == ("Top 2", "…")
    sites = running(Rundown(sites=(MEYRUEIS, VILLEFORT), cues=cues), staged(), PEOPLE, NINE, NINE)
    assert sites["sites"][MEYRUEIS] is None
    mine = sites["sites"][VILLEFORT]
    assert (mine["title"], mine["kind"], mine["ready"]) == ("Top 2", "speech", False)
    later = running(Rundown(sites=(), cues=cues), staged(), PEOPLE, NINE, at)
    assert later["next"]["at"] is None


async def test_screens_are_told_when_the_run_of_show_changes(tmp_path: Path) -> None:
    async with furnished(tmp_path) as scene:
        means, changed = scene.house.means, scene.wire.changed
        async with kept_running("screens", lambda: tell_screens(means)):
            await asyncio.sleep(0)
            means.bus.publish("session.changed", session="se-2")
            means.bus.publish("session.rundown.changed", session=SESSION, version=2)
            async with asyncio.timeout(10):
                while not changed:  # noqa: ASYNC110 (a list has no event)
                    await asyncio.sleep(0.01)
        assert changed == [SESSION]

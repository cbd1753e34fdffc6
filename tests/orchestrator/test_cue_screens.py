"""What each kind of cue has on screens, and what has to be brought for it first."""

from dataclasses import replace

import pytest

from orchestrator.cue import Cue, CueId, Kind, Plan, State
from orchestrator.cue_screens import COUNT_IN, MESSAGE_LASTS, loaded, on_screen, waits_for_contents
from orchestrator.rundown import Rundown
from rooms.ids import RoomId
from signalling.messages_cues import CueKind

PICTURE, CLIP, SHEET = "a" * 64, "b" * 64, "c" * 64
TYPES = {PICTURE: "image/png", CLIP: "video/mp4"}
ROOM = RoomId("meyrueis-visio")
NOTHING: tuple[str | None, str, float | None, float] = (None, "", None, 0.0)
SHOWN: list[tuple[Plan, tuple[str | None, str, float | None, float]]] = [
    (Plan(kind=Kind.SPEECH, title="x", text="à dire"), NOTHING),
    (Plan(kind=Kind.SPEECH, title="x", contents=PICTURE), ("picture", PICTURE, None, 0.0)),
    (Plan(kind=Kind.CLIP, title="x", contents=CLIP, duration=9), ("clip", CLIP, 9.0, 0.0)),
    (Plan(kind=Kind.CLIP, title="x", contents=CLIP), ("clip", CLIP, None, 0.0)),
    (Plan(kind=Kind.CLIP, title="x", contents=SHEET), NOTHING),
    (Plan(kind=Kind.COUNTDOWN, title="x", duration=60), ("countdown", "", 60.0, 0.0)),
    (Plan(kind=Kind.COUNTDOWN, title="x"), NOTHING),
    (Plan(kind=Kind.SIMULTANEOUS_ACTION, title="x"), ("message", "", None, COUNT_IN)),
    (
        Plan(kind=Kind.SIMULTANEOUS_ACTION, title="x", text="Coupez"),
        ("message", "", None, COUNT_IN),
    ),
    (
        Plan(kind=Kind.SIMULTANEOUS_ACTION, title="x", contents=PICTURE),
        ("picture", PICTURE, None, COUNT_IN),
    ),
    (Plan(kind=Kind.SLATE, title="x", text="À tout de suite"), ("message", "", None, 0.0)),
    (Plan(kind=Kind.SILENCE, title="x", text="Recueillement"), ("message", "", None, 0.0)),
    (Plan(kind=Kind.SILENCE, title="x"), NOTHING),
    (Plan(kind=Kind.MESSAGE_TO_SITE, title="x", text="y"), ("message", "", MESSAGE_LASTS, 0.0)),
    (Plan(kind=Kind.MESSAGE_TO_SITE, title="x", text="y", duration=5), ("message", "", 5.0, 0.0)),
    (Plan(kind=Kind.RECORD_ON, title="x", text="y", contents=PICTURE), NOTHING),
]


def cue(plan: Plan, state: State = State.DRAFT) -> Cue:
    return Cue(id=CueId(f"cu-{plan.kind.value}"), plan=plan, state=state)


@pytest.mark.parametrize(("plan", "found"), SHOWN, ids=range(len(SHOWN)))
def test_what_is_written_is_on_screens_without_being_loaded_by_hand(
    plan: Plan, found: tuple[str | None, str, float | None, float]
) -> None:
    made = on_screen(cue(plan), TYPES)
    shows = NOTHING
    if made is not None:
        shows = (made.kind.value, "".join(made.contents), made.seconds, made.lead)
    assert shows == found


def test_a_message_is_for_its_sites_alone_and_a_picture_for_everybody() -> None:
    words = Plan(kind=Kind.MESSAGE_TO_SITE, title="x", text="y", sites=(ROOM,))
    made = on_screen(cue(words), TYPES)
    assert made is not None
    assert made.kind is CueKind.MESSAGE
    assert made.is_for(ROOM)
    assert not made.is_for(RoomId("villefort-visio"))
    assert not made.is_for(None)
    shown = on_screen(cue(Plan(kind=Kind.CLIP, title="x", contents=CLIP, sites=(ROOM,))), TYPES)
    assert shown is not None
    assert shown.is_for(None)


def test_nobody_is_ready_for_contents_that_nobody_has_brought() -> None:
    clip = Plan(kind=Kind.CLIP, title="x", contents=SHEET)
    assert waits_for_contents(clip, TYPES)
    assert not waits_for_contents(clip, {SHEET: "video/webm"})
    assert not waits_for_contents(replace(clip, contents=""), TYPES)
    assert not waits_for_contents(replace(clip, kind=Kind.RECORD_OFF), TYPES)
    assert not waits_for_contents(replace(clip, kind=Kind.COUNTDOWN), TYPES)


def test_what_waits_or_is_live_is_loaded_and_nothing_else() -> None:
    plan = Plan(kind=Kind.SLATE, title="x", text="y")
    for state in State:
        found = loaded(Rundown(sites=(ROOM,), cues=(cue(plan, state),)), TYPES)
        waits = state in (State.DRAFT, State.READY, State.STANDBY, State.LIVE)
        assert list(found) == (["cu-slate"] if waits else [])
    assert loaded(Rundown(sites=(), cues=(cue(Plan(kind=Kind.FREE, title="x")),)), TYPES) == {}

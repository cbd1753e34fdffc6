"""A ceremony as it is planned: what can be, what the run of show begins with, the rehearsal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calendars.booking import Slot
from orchestrator.ceremony import (
    MOST_PEOPLE,
    MOST_SITES,
    Invited,
    Part,
    SiteRole,
    Wish,
    checked,
    day_before,
    keeps_its_slot,
    starting,
)
from orchestrator.cue import Kind
from orchestrator.stage_table import Layout
from rooms.errors import Invalid
from rooms.ids import RoomId

NOW = datetime(2013, 9, 1, 9, tzinfo=UTC)
START = datetime(2013, 9, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C = (RoomId(name) for name in "abc")


def wish(*remotes: RoomId) -> Wish:
    sites = [(A, SiteRole.HOST), *((room, SiteRole.REMOTE) for room in remotes)]
    return Wish(title="Inauguration", sites=tuple(sites), slot=Slot(START, START + HOUR))


def say(key: str, facts: Mapping[str, object]) -> str:
    return " ".join([key.removeprefix("ceremony-cue-"), *map(str, facts.values())])


def test_the_template_welcomes_greets_cuts_the_ribbon_asks_and_closes() -> None:
    people = (Invited(name="M. Rey", part=Part.SPEAKER, room=B),)
    one = replace(wish(B), people=people, sites=(*wish(B).sites, (C, SiteRole.VIEWER)))
    cues = starting(one, {A: "Meyrueis", B: "Villefort", C: "Langogne"}, say)
    assert [cue.title for cue in cues] == [
        "countdown", "welcome Meyrueis", "greeting Villefort", "ribbon", "questions",
        "close Meyrueis", "end",
    ]  # fmt: skip
    assert [cue.number for cue in cues] == list("1234567")
    assert (cues[1].on_air, cues[1].substitute, cues[2].people) == ((A,), B, "M. Rey")
    assert (cues[3].layout, cues[3].on_air) == (Layout.TWO, (A, B))  # who watches is not shown
    assert (cues[6].kind, cues[6].layout, cues[6].text) == (Kind.SLATE, Layout.SLATE, "thanks")


def test_a_ceremony_of_one_site_has_nobody_who_could_take_over() -> None:
    cues = starting(wish(), {A: "Meyrueis"}, say)
    assert [cue.substitute for cue in cues] == [None] * 6
    assert cues[2].layout is Layout.ONE


@pytest.mark.parametrize(("remotes", "layout", "seen"), [(3, Layout.FOUR, 4), (11, None, 9)])
def test_no_more_are_shown_than_the_layout_has_places(
    remotes: int, layout: Layout | None, seen: int
) -> None:
    rooms = [RoomId(f"r{number}") for number in range(remotes)]
    cues = starting(wish(*rooms), {room: room for room in (A, *rooms)}, say)
    ribbon = next(cue for cue in cues if cue.kind is Kind.SIMULTANEOUS_ACTION)
    assert ribbon.layout is (layout or Layout.SPEAKER_AND_SITES)
    assert len(ribbon.on_air) == seen


MANY = tuple((RoomId(f"r{number}"), SiteRole.VIEWER) for number in range(MOST_SITES))
NAMED = tuple(Invited(name="X", part=Part.PUBLIC) for _ in range(MOST_PEOPLE + 1))


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (replace(wish(), sites=()), "ceremony-one-host"),
        (replace(wish(), sites=((A, SiteRole.HOST), (B, SiteRole.HOST))), "ceremony-one-host"),
        (wish(B, B), "bad-rooms"),
        (replace(wish(), sites=((A, SiteRole.HOST), *MANY)), "bad-rooms"),
        (replace(wish(), slot=Slot(START, START)), "ceremony-hour"),
        (replace(wish(), slot=Slot(NOW, START)), "ceremony-hour"),
        (replace(wish(), doors=5 * HOUR), "ceremony-doors"),
        (replace(wish(), rehearsal=Slot(START - HOUR, START)), "ceremony-rehearsal-hour"),
        (replace(wish(), rehearsal=Slot(START, START - HOUR)), "ceremony-rehearsal-hour"),
        (replace(wish(), rehearsal=Slot(NOW - HOUR, NOW)), "ceremony-rehearsal-hour"),
        (replace(wish(), people=NAMED), "ceremony-many-people"),
        (
            replace(wish(), people=(Invited(name="X", part=Part.PRESS, room=B),)),
            "ceremony-person-elsewhere",
        ),
    ],
)
def test_what_cannot_be_is_refused(wrong: Wish, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(wrong, NOW)
    assert refused.value.key == key


def test_what_can_be_stays_as_it_is() -> None:
    people = (Invited(name="X", part=Part.PRESS), Invited(name="Y", part=Part.SPEAKER, room=B))
    rehearsal = Slot(START - 24 * HOUR, START - 23 * HOUR)
    good = replace(wish(B), rehearsal=rehearsal, people=people)
    assert checked(good, NOW) is good


def test_the_rehearsal_keeps_its_slot_until_the_doors_open() -> None:
    slot, doors = Slot(START - 2 * HOUR, START - HOUR), timedelta(minutes=30)
    assert keeps_its_slot(slot, START, doors)
    assert keeps_its_slot(slot, START - doors, doors)
    assert not keeps_its_slot(slot, START - HOUR, doors)


def test_the_day_before_is_on_the_clock_of_the_place_not_24_hours_earlier() -> None:
    begins = datetime(2013, 10, 27, 9, tzinfo=UTC)  # ten o'clock, of the longest day
    before = day_before(Slot(begins, begins + HOUR), ZoneInfo("Europe/Paris"))
    assert before.start == datetime(2013, 10, 26, 8, tzinfo=UTC)
    assert before.duration == HOUR

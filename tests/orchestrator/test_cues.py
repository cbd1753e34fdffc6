"""What a cue holds, who keeps it, and how far ahead it is fired."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cues import (
    LEAST_AHEAD,
    MOST_AHEAD,
    NOTHING,
    Cue,
    Reports,
    Standing,
    check,
    fired,
    loaded,
    unused,
)
from rooms.errors import Invalid
from rooms.ids import ParticipantId, RoomId
from signalling.messages_cues import CueFired, CueKind, CueReady, CueRefused, WhyNot

NOON = datetime(2013, 9, 19, 12, 0, tzinfo=UTC)
ANNE, MARC = ParticipantId("pa-anne"), ParticipantId("pa-marc")
PNG, MP4 = "a" * 64, "b" * 64
TYPES = {PNG: "image/png", MP4: "video/mp4"}
RIBBON = Cue(id="cu-ruban", kind=CueKind.PICTURE, title="Le ruban", contents=(PNG,), version=3)
WORDS = Cue(id="cu-mot", kind=CueKind.MESSAGE, title="Bonjour", text="À tous")


def ready(version: int = 3, rtt: float = 40, error: float = 5, *hashes: str) -> CueReady:
    return CueReady(
        cue="cu-ruban", version=version, sha256=hashes or (PNG,), rtt_ms=rtt, error_ms=error
    )


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": "ruban"}, "bad-cue-name"),
        ({"contents": ("c" * 64,)}, "no-content"),
        ({"contents": ()}, "cue-contents"),
        ({"kind": CueKind.COUNTDOWN, "seconds": 3.0}, "cue-contents"),
        ({"contents": (MP4,)}, "cue-content-type"),
        ({"kind": CueKind.MESSAGE, "contents": (), "text": " "}, "cue-text"),
        ({"kind": CueKind.COUNTDOWN, "contents": ()}, "cue-seconds"),
    ],
)
def test_what_no_endpoint_could_show_is_refused(change: dict[str, Any], key: str) -> None:
    with pytest.raises(Invalid, match=key):
        check(replace(RIBBON, **change), TYPES)


def test_what_can_be_shown_is_taken() -> None:
    assert check(RIBBON, TYPES) == RIBBON
    assert check(WORDS, TYPES) == WORDS


def test_a_changed_cue_is_another_version_and_is_fired_no_more() -> None:
    before = replace(RIBBON, execute_at=NOON)
    assert loaded(RIBBON, None) == RIBBON
    assert loaded(replace(RIBBON, version=1), before) == before
    after = loaded(replace(RIBBON, title="Le ruban bleu", version=1), before)
    assert (after.version, after.execute_at) == (4, None)


def test_an_acknowledgement_counts_by_its_version_and_its_hashes() -> None:
    reports = Reports()
    assert not reports.hear(RIBBON, ANNE, ready(version=2))
    assert reports.kept(RIBBON, ANNE) == NOTHING
    assert reports.hear(RIBBON, ANNE, ready())
    assert reports.ready(RIBBON, [ANNE])
    assert not reports.ready(RIBBON, [ANNE, MARC])
    assert not reports.ready(replace(RIBBON, version=4), [ANNE])
    reports.hear(RIBBON, MARC, ready(3, 40, 5, MP4))
    assert reports.kept(RIBBON, MARC).why == "hash"


def test_who_could_not_is_told_with_the_reason_and_who_left_is_not_waited_for() -> None:
    reports = Reports()
    reports.hear(RIBBON, ANNE, ready())
    reports.hear(RIBBON, MARC, CueRefused(cue="cu-ruban", version=3, why=WhyNot.FETCH))
    assert reports.kept(RIBBON, MARC).why == "fetch"
    reports.gone(MARC)
    assert reports.kept(RIBBON, MARC) == NOTHING
    reports.forget("cu-ruban")
    assert reports.kept(RIBBON, ANNE) == NOTHING


def test_who_has_shown_it_says_when() -> None:
    reports = Reports()
    reports.hear(RIBBON, ANNE, ready())
    reports.hear(RIBBON, ANNE, CueFired(cue="cu-ruban", version=3, at="2013-09-19T12:00:00.010Z"))
    kept = reports.kept(RIBBON, ANNE)
    assert kept.standing is Standing.FIRED
    assert kept.fired_at == NOON + timedelta(milliseconds=10)
    assert reports.ready(RIBBON, [ANNE])
    reports.hear(RIBBON, ANNE, ready(3, 30, 1))  # he merely knows the clock better
    assert reports.kept(RIBBON, ANNE).standing is Standing.FIRED


def test_fired_again_it_is_to_be_shown_again() -> None:
    reports = Reports()
    reports.hear(RIBBON, MARC, ready())
    reports.hear(RIBBON, ANNE, ready())
    reports.hear(RIBBON, ANNE, CueFired(cue="cu-ruban", version=3, at="2013-09-19T12:00:00Z"))
    reports.again(RIBBON)
    assert reports.kept(RIBBON, ANNE) == reports.kept(RIBBON, MARC)


def test_a_cue_is_fired_where_the_slowest_line_still_brings_it_in_time() -> None:
    reports = Reports()
    assert fired(RIBBON, None, NOON, reports).execute_at == NOON + LEAST_AHEAD
    reports.hear(RIBBON, ANNE, ready(3, 900, 100))
    earliest = NOON + timedelta(milliseconds=1900)
    assert fired(RIBBON, None, NOON, reports).execute_at == earliest
    assert fired(RIBBON, NOON, NOON, reports).execute_at == earliest
    later = NOON + timedelta(minutes=1)
    assert fired(RIBBON, later, NOON, reports).execute_at == later
    with pytest.raises(Invalid, match="cue-too-far"):
        fired(RIBBON, NOON + timedelta(days=2), NOON, reports)


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)), max_size=6))
def test_however_bad_the_lines_it_is_neither_at_once_nor_never(
    said: list[tuple[float, float]],
) -> None:
    reports = Reports()
    for number, (rtt, error) in enumerate(said):
        reports.hear(RIBBON, ParticipantId(f"pa-{number}"), ready(3, rtt, error))
    assert LEAST_AHEAD <= reports.earliest(RIBBON, NOON) - NOON <= MOST_AHEAD


def test_contents_that_another_cue_shows_are_kept() -> None:
    other = replace(RIBBON, id="cu-autre")
    assert unused(RIBBON, [RIBBON]) == (PNG,)
    assert unused(RIBBON, [RIBBON, other]) == ()


def test_a_message_to_a_room_is_for_its_screen_alone() -> None:
    rooms = replace(WORDS, rooms=(RoomId("meyrueis-visio"),))
    assert [one.is_for(None) for one in (WORDS, rooms)] == [True, False]
    assert rooms.is_for(RoomId("meyrueis-visio"))

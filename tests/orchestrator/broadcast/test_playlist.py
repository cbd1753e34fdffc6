"""The playlist: what a player may know, what it may wait for, and that numbers only rise."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.broadcast import playlist
from orchestrator.broadcast.playlist import KEPT, PARTS, Asked, Unready, Window

AT = "2013-09-19T10:00:00.000Z"


def window(whole: int, parts: int = 0, life: int = 1, first: int = 7) -> Window:
    made = Window(life, first)
    for _ in range(whole):
        made.begin(AT)
        for part in range(PARTS):
            made.add(0.5, part == 0)
        made.close()
    if parts:
        made.begin(AT)
        for part in range(parts):
            made.add(0.5, part == 0)
    return made


def lines(made: Window, start: str, skip: bool = False) -> list[str]:
    return [line for line in made.text(skip).splitlines() if line.startswith(start)]


def test_before_the_first_part_only_the_next_one_is_hinted() -> None:
    made = window(0)
    assert lines(made, "#EXT-X-PART:") == []
    assert lines(made, "#EXT-X-PRELOAD-HINT") == [
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="7.0.m4s"',
    ]
    assert not made.has(Asked(7))


def test_parts_are_listed_as_they_come_and_the_next_one_is_hinted() -> None:
    made = window(1, parts=2)
    assert [line.partition("URI=")[2] for line in lines(made, "#EXT-X-PART:")] == [
        '"7.0.m4s",INDEPENDENT=YES',
        '"7.1.m4s"',
        '"7.2.m4s"',
        '"7.3.m4s"',
        '"8.0.m4s",INDEPENDENT=YES',
        '"8.1.m4s"',
    ]
    assert lines(made, "#EXTINF") == ["#EXTINF:2.000,"]
    assert lines(made, "#EXT-X-PRELOAD-HINT")[0].endswith('"8.2.m4s"')
    assert lines(window(1), "#EXT-X-PRELOAD-HINT")[0].endswith('"8.0.m4s"')


def test_a_reload_is_answered_once_the_part_is_there_and_not_before() -> None:
    made = window(1, parts=2)
    assert made.has(Asked())
    assert made.has(Asked(7, 3))
    assert made.has(Asked(8, 1))
    assert not made.has(Asked(8, 2))
    assert not made.has(Asked(8))
    assert not made.has(Asked(9, 0))
    assert window(2).has(Asked(8))
    with pytest.raises(Unready):
        made.has(Asked(99, 0))


def test_what_is_old_is_let_go_and_the_first_number_says_so() -> None:
    made = window(KEPT)
    made.begin(AT)
    made.add(0.5, True)
    assert made.close() == [7]
    assert lines(made, "#EXT-X-MEDIA-SEQUENCE") == ["#EXT-X-MEDIA-SEQUENCE:8"]


def test_a_skip_leaves_out_what_is_older_than_it_says() -> None:
    made = window(KEPT)
    assert lines(made, "#EXT-X-SKIP", skip=True) == ["#EXT-X-SKIP:SKIPPED-SEGMENTS=9"]
    assert lines(made, "#EXT-X-MAP", skip=True) == []
    assert len(lines(made, "#EXTINF", skip=True)) == KEPT - 9
    assert lines(window(2), "#EXT-X-SKIP", skip=True) == []
    assert lines(window(0), "#EXT-X-SKIP", skip=True) == []


def test_the_end_is_told_and_answers_whoever_waits() -> None:
    made = window(1, parts=1)
    made.ended = True
    assert made.text().endswith("#EXT-X-ENDLIST\n")
    assert made.has(Asked(9, 3))


def test_another_life_is_a_discontinuity_with_its_own_initialisation() -> None:
    made = window(1, life=2)
    assert lines(made, "#EXT-X-DISCONTINUITY-SEQUENCE") == ["#EXT-X-DISCONTINUITY-SEQUENCE:2"]
    assert lines(made, "#EXT-X-MAP") == ['#EXT-X-MAP:URI="init-2.mp4"']


@given(st.floats(0, 1e6), st.integers(0, 500), st.floats(0, 60))
def test_no_number_of_a_new_life_was_there_in_the_one_before(
    began: float, segments: int, away: float
) -> None:
    """A life makes one segment in two seconds, and began at a multiple of them or later."""
    first = playlist.first_number(began) + 1
    last = first + segments - 1
    again = began + playlist.SEGMENT * (segments + 1) + away
    assert playlist.first_number(again) + 1 > last


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, Asked()),
        ({"_HLS_msn": "8"}, Asked(8)),
        ({"_HLS_msn": "8", "_HLS_part": "1", "_HLS_skip": "YES"}, Asked(8, 1, True)),
        ({"_HLS_skip": "v2"}, Asked(skip=True)),
    ],
)
def test_what_a_player_may_ask(query: dict[str, str], found: Asked) -> None:
    assert playlist.asked(query) == found


@pytest.mark.parametrize(
    "query",
    [
        {"_HLS_part": "1"},
        {"_HLS_msn": "-1"},
        {"_HLS_msn": "8", "_HLS_part": "٣x"},
        {"_HLS_msn": "9" * 13},
        {"_HLS_skip": "NO"},
    ],
)
def test_what_is_no_question_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Unready):
        playlist.asked(query)


def test_names_of_files() -> None:
    assert playlist.part_of("12.3.m4s") == Asked(12, 3)
    assert playlist.part_of("12.m4s") is None
    assert (playlist.segment_name(12), playlist.initial_name(2)) == ("12.m4s", "init-2.mp4")
    said = playlist.main(900_000, "avc1.42c016,mp4a.40.2", (640, 360))
    assert re.search(r"BANDWIDTH=900000,CODECS=.*RESOLUTION=640x360\nlive.m3u8\n$", said)

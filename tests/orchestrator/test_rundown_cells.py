"""The cells of a rundown's sheet, each as it is written and as it is read."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cue import Kind
from orchestrator.rundown_cells import (
    KINDS,
    LAYOUTS,
    Places,
    Unread,
    hour_of,
    hour_text,
    room_of,
    room_text,
    rooms_of,
    rooms_text,
    span_of,
    span_text,
    text_of,
    word_of,
)
from orchestrator.stage_table import Layout
from rooms.ids import RoomId

PARIS = ZoneInfo("Europe/Paris")
TEN = datetime(2013, 9, 19, 8, 0, tzinfo=UTC)  # ten o'clock in Meyrueis
MEYRUEIS, CHELY = RoomId("meyrueis-visio"), RoomId("saint-chely-visio")
SITES = {MEYRUEIS: "Meyrueis", CHELY: "Saint-Chély-d'Apcher"}


def places(starts_at: datetime = TEN, **sites: str) -> Places:
    named = {RoomId(room): name for room, name in sites.items()} or SITES
    return Places(sites=named, starts_at=starts_at, zone=PARIS)


def expected(call: Any, *arguments: Any) -> str:
    with pytest.raises(Unread) as unread:
        call(*arguments)
    return unread.value.expected


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("", 0),
        (" ", 0),
        ("0:05:00", 300),
        ("00:05:00", 300),
        ("5:00", 300),
        ("90:00", 5400),
        ("1:00:30", 3630),
        ("5 min", 300),
        ("5mn", 300),
        ("30 s", 30),
        ("2 H", 7200),
    ],
)
def test_a_duration_is_read_as_people_write_it(cell: str, seconds: int) -> None:
    assert span_of(cell) == seconds


@pytest.mark.parametrize("cell", ["5", "1:60:00", "1:75", "25 h", "-5:00", "x", "9" * 99 + " s"])
def test_a_duration_that_may_mean_anything_is_refused(cell: str) -> None:
    assert "h:mm:ss" in expected(span_of, cell)


@given(st.integers(0, 24 * 3600))
def test_a_duration_is_written_as_it_is_read(seconds: int) -> None:
    assert span_of(span_text(seconds)) == seconds


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("10:05", 5),
        ("10h05", 5),
        ("10:05:30", 5.5),
        ("9:50", -10),
        ("4:00", -360),
        ("3:59", 18 * 60 - 1),
        ("0:30", 14 * 60 + 30),
        ("2013-09-20 10:00", 24 * 60),
    ],
)
def test_an_hour_is_that_of_the_place_near_the_session(cell: str, minutes: float) -> None:
    assert hour_of(cell, places()) == TEN + timedelta(minutes=minutes)


@pytest.mark.parametrize("cell", ["24:00", "10:60", "midi", "10", "2013-02-30 10:00"])
def test_an_hour_there_is_not_is_refused(cell: str) -> None:
    assert "hh:mm" in expected(hour_of, cell, places())


def test_an_hour_before_all_time_is_refused() -> None:
    assert "hh:mm" in expected(hour_of, "0001-01-01 0:00", places())


def test_an_hour_that_the_clocks_leave_out_is_refused() -> None:
    spring = datetime(2014, 3, 30, 0, 0, tzinfo=UTC)
    assert "hh:mm" in expected(hour_of, "2:30", places(spring))
    assert hour_of("3:30", places(spring)) == spring + timedelta(minutes=90)
    assert hour_of(" ", places()) is None


@given(st.integers(-2 * 86400, 2 * 86400))
def test_an_hour_is_written_as_it_is_read(seconds: int) -> None:
    at = TEN + timedelta(seconds=seconds)
    assert hour_of(hour_text(at, places()), places()) == at


def test_an_hour_is_written_with_its_date_only_where_it_must_be() -> None:
    assert hour_text(TEN, places()) == "10:00:00"
    assert hour_text(TEN - timedelta(days=1), places()) == "2013-09-18 10:00:00"
    assert hour_text(None, places()) == ""


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_word(kind: Kind) -> None:
    assert word_of(KINDS[kind], KINDS) is kind
    assert word_of(kind.value.upper(), KINDS) is kind


def test_words_are_read_without_accents_and_an_unknown_one_is_told_the_others() -> None:
    assert word_of("COMPTE A REBOURS", KINDS) is Kind.COUNTDOWN
    assert word_of("ecran d’attente", LAYOUTS) is Layout.SLATE
    assert LAYOUTS.keys() == set(Layout)
    assert expected(word_of, "Danse", LAYOUTS).startswith("Écran d'attente|Un|Deux")


def test_text_is_one_clean_line_of_a_length() -> None:
    assert text_of(" M. le\npréfet \u202e", 20) == "M. le préfet"
    assert expected(text_of, "x" * 21, 20) == "0..20"


@pytest.mark.parametrize("cell", ["Meyrueis", "MEYRUEIS", "meyrueis-visio"])
def test_a_site_is_read_by_its_name_or_its_id(cell: str) -> None:
    assert room_of(cell, places()) == MEYRUEIS


def test_several_sites_stand_beside_each_other() -> None:
    text = rooms_text([CHELY, MEYRUEIS], places())
    assert text == "Saint-Chély-d'Apcher | Meyrueis"
    assert rooms_of(text, places()) == (CHELY, MEYRUEIS)
    assert rooms_of("meyrueis, Saint Chély d’Apcher;Meyrueis", places()) == (MEYRUEIS, CHELY)
    assert rooms_of(" ", places()) == ()


def test_an_unknown_site_is_told_the_others() -> None:
    assert expected(rooms_of, "Murat", places()) == "Meyrueis|Saint-Chély-d'Apcher"


@pytest.mark.parametrize("name", ["Salle", "Salle, haut", "–"])
def test_a_name_that_says_too_little_is_written_as_the_id(name: str) -> None:
    here = places(a1=name, b2="Salle")
    assert room_text(RoomId("a1"), here) == "a1"
    assert room_of("a1", here) == "a1"
    assert room_text(RoomId("gone"), here) == "gone"
    if name == "Salle":
        assert expected(room_of, "Salle", here) == "a1|b2"

"""The sheet of a rundown: there and back, as every spreadsheet saves it, and never a formula."""

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cue import MOST_CUES, Cue, CueId, Kind, Plan
from orchestrator.rundown import Entry
from orchestrator.rundown_cells import Places
from orchestrator.rundown_csv import (
    COLUMNS,
    LARGEST,
    MOST_FAULTS,
    MOST_ROWS,
    BadSheet,
    guarded,
    read,
    unguarded,
    written,
)
from orchestrator.stage_table import Layout
from rooms.errors import Invalid
from rooms.fields import clean_text
from rooms.ids import RoomId

TEN = datetime(2013, 9, 19, 8, 0, tzinfo=UTC)
MEYRUEIS, VILLEFORT = RoomId("meyrueis-visio"), RoomId("villefort-visio")
PLACES = Places(
    sites={MEYRUEIS: "Meyrueis", VILLEFORT: "Villefort"},
    starts_at=TEN,
    zone=ZoneInfo("Europe/Paris"),
)
HEADING = "Heure;Durée;Type;Titre;À l'antenne"
LINE = "10:00;0:05:00;Discours;Accueil;Meyrueis"
WELCOME = Plan(kind=Kind.SPEECH, title="Accueil", planned_at=TEN, duration=300, on_air=(MEYRUEIS,))

line = st.text(max_size=30).map(clean_text)
some = st.lists(st.sampled_from([MEYRUEIS, VILLEFORT]), unique=True).map(tuple)
plans = st.builds(
    Plan,
    kind=st.sampled_from(Kind),
    title=line.filter(bool),
    number=st.text(max_size=6).map(clean_text).filter(lambda text: len(text) <= 12),
    planned_at=st.none() | st.integers(-86400, 86400).map(lambda much: TEN + timedelta(0, much)),
    duration=st.integers(0, 86400),
    on_air=some,
    sites=some,
    layout=st.none() | st.sampled_from(Layout),
    contents=st.sampled_from(["", "0123456789abcdef" * 4]),
    text=line,
    people=line,
    notes=line,
    substitute=st.none() | st.sampled_from([MEYRUEIS, VILLEFORT]),
    slate=line,
)


def sheet(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def refusal(body: bytes) -> Invalid:
    with pytest.raises(Invalid) as refused:
        read(body, PLACES)
    return refused.value


@given(st.lists(plans, max_size=4))
def test_what_was_written_is_read(found: list[Plan]) -> None:
    cues = [Cue(id=CueId(f"cu-{number}"), plan=plan) for number, plan in enumerate(found)]
    assert read(written(cues, PLACES), PLACES) == [Entry(id=c.id, plan=c.plan) for c in cues]


@given(st.lists(plans, max_size=3))
def test_no_cell_that_leaves_is_a_formula(found: list[Plan]) -> None:
    cues = [Cue(id=CueId("cu-1"), plan=plan) for plan in found]
    text = written(cues, PLACES).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in row)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+33 4 66", "'+33 4 66"),
        ("-1", "'-1"),
        ("@A1", "'@A1"),
        ("'=1", "''=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'ouvre", "'ouvre"),
        ("1=1", "1=1"),
        ("", ""),
    ],
)
def test_a_formula_gets_an_apostrophe_and_loses_it_again(cell: str, safe: str) -> None:
    assert guarded(cell) == safe
    assert unguarded(safe) == cell


def test_the_headings_are_french_and_a_spreadsheet_knows_the_letters() -> None:
    body = written([], PLACES)
    assert body.startswith(b"\xef\xbb\xbf")
    assert body.decode("utf-8-sig") == ";".join(c.heading for c in COLUMNS) + "\r\n"
    assert [column.heading for column in COLUMNS[:6]] == [
        "N°",
        "Heure",
        "Durée",
        "Type",
        "Titre",
        "À l'antenne",
    ]


@pytest.mark.parametrize(
    "body",
    [
        sheet(HEADING, LINE),
        b"\xef\xbb\xbf" + sheet(HEADING, LINE),
        "\n".join([HEADING, LINE]).encode("cp1252"),
        sheet(HEADING, LINE).replace(b";", b","),
        sheet(HEADING, LINE).replace(b";", b"\t"),
        sheet(HEADING.upper().replace("À", "A"), LINE),
        sheet("planned_at;duration;kind;title;on_air", LINE),
        sheet(HEADING + ";", LINE + ";", ";;;;;", ""),
        sheet(HEADING, ";;;;", LINE),
    ],
)
def test_it_is_read_as_every_spreadsheet_saves_it(body: bytes) -> None:
    assert read(body, PLACES) == [Entry(plan=WELCOME)]


def test_a_title_alone_is_a_cue() -> None:
    assert read(sheet("Titre", "Musique"), PLACES) == [
        Entry(plan=Plan(kind=Kind.FREE, title="Musique"))
    ]
    assert read(sheet("Titre;Type;Plan;Suppléant", "Musique;;;"), PLACES)[0].plan.layout is None
    assert read(sheet("No;Titre;Repère", "1;Musique;cu-1"), PLACES)[0].id == "cu-1"


def test_what_is_not_understood_is_named_by_row_and_heading() -> None:
    refused = refusal(
        sheet(
            HEADING,
            LINE,
            "",
            '10:00;0:05:00;Discours;"Accueil',
            'de tous";Murat',
            "25:00;5;Danse;;Meyrueis",
        )
    )
    assert isinstance(refused, BadSheet)
    assert refused.fields == {
        "row": 4,
        "column": "À l'antenne",
        "expected": "Meyrueis|Villefort",
    }
    assert [fault["pointer"] for fault in refused.faults] == [
        "/4/À l'antenne",
        "/5/Heure",
        "/5/Durée",
        "/5/Type",
        "/5/Titre",
    ]
    assert refused.faults[-1]["detail"] == "1..120"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("Heure;Titre\n10:00", "Titre"),
        ("Titre\nAccueil;Meyrueis", "2"),
        ("Titre;Contenu\nAccueil;chat.png", "Contenu"),
        ("Titre;Repère\nAccueil;a b", "Repère"),
        ("Titre;Notes\nAccueil;" + "x" * 1001, "Notes"),
        ("Titre;Suppléant\nAccueil;Murat", "Suppléant"),
    ],
)
def test_every_column_has_its_limits(cells: str, column: str) -> None:
    refused = refusal(cells.encode())
    assert (refused.key, refused.fields["row"], refused.fields["column"]) == (
        "csv-bad-cell",
        2,
        column,
    )


def test_some_of_many_faults_are_told() -> None:
    refused = refusal(sheet("Titre;Durée", *["x;y"] * 50))
    assert isinstance(refused, BadSheet)
    assert len(refused.faults) == MOST_FAULTS


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "csv-no-heading"),
        (b"Heure;Notes\n10:00;x", "csv-no-heading"),
        (b"Titre;Titre\nx;y", "csv-column-twice"),
        (b"Titre;Humeur\nx;y", "csv-unknown-column"),
        (b'Titre\n"x"y', "csv-broken"),
        (b'Titre\n"x', "csv-broken"),
        (b"Titre\n\x81", "csv-encoding"),
        (b"Titre\n" + b"x" * LARGEST, "csv-too-large"),
        (b"Titre" + b"\n" * (MOST_ROWS + 2), "csv-too-many-rows"),
        (b"Titre" + b"\nx" * (MOST_CUES + 1), "too-many-cues"),
    ],
)
def test_what_is_no_sheet_is_refused(body: bytes, key: str) -> None:
    assert refusal(body).key == key


@given(st.binary(max_size=300))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for start in (b"", b"Titre;Heure;Type\n"):
        with suppress(Invalid):
            entries = read(start + body, PLACES)
            assert len(entries) <= MOST_CUES
            assert all(entry.plan.title for entry in entries)

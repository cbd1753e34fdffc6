"""A rundown as a CSV sheet, with French headings, there and back.

Written as UTF-8 with a mark and semicolons, which is what a French spreadsheet opens by itself;
read as UTF-8 with or without the mark, or as Windows-1252, with semicolons, commas or tabs. No cell
that leaves is a formula: one that would be gets an apostrophe, which is taken off when it is read.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.cue import (
    LONGEST_NOTES,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_CUES,
    Cue,
    CueId,
    Kind,
    Plan,
)
from orchestrator.rundown import Entry
from orchestrator.rundown_cells import (
    KINDS,
    LAYOUTS,
    Places,
    Unread,
    folded,
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
from rooms.errors import Invalid
from rooms.ids import is_slug

LARGEST = 256 * 1024
MOST_ROWS = 2 * MOST_CUES
"""Blank ones among them."""
MOST_FAULTS = 20
DELIMITERS = ";,\t"
MARK = b"\xef\xbb\xbf"
FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
SHA256 = re.compile(r"[0-9a-f]{64}")


class BadSheet(Invalid):
    """Cells that are not understood: the first one in words, all of them as `faults`."""

    def __init__(self, faults: Sequence["Fault"]) -> None:
        first = faults[0]
        super().__init__(
            "csv-bad-cell", row=first.row, column=first.column, expected=first.expected
        )
        self.faults = [
            {"pointer": f"/{fault.row}/{fault.column}", "detail": fault.expected}
            for fault in faults[:MOST_FAULTS]
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A cell, by the row and the heading that the spreadsheet shows."""

    row: int
    column: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A heading, and how its cells are read and written."""

    name: str
    heading: str
    read: Callable[[str, Places], Any]
    write: Callable[[Any, Places], str]


def _as_text(longest: int) -> Callable[[str, Places], str]:
    return lambda cell, places: text_of(cell, longest)


def _same(value: str, places: Places) -> str:
    return value


def _title(cell: str, places: Places) -> str:
    title = text_of(cell, LONGEST_TITLE)
    if not title:
        raise Unread(f"1..{LONGEST_TITLE}")
    return title


def _id(cell: str, places: Places) -> CueId | None:
    if cell.strip() and not is_slug(cell.strip()):
        raise Unread("a-z 0-9 -")
    return CueId(cell.strip()) if cell.strip() else None


def _contents(cell: str, places: Places) -> str:
    if cell.strip() and not SHA256.fullmatch(cell.strip()):
        raise Unread("SHA-256")
    return cell.strip()


COLUMNS = (
    Column(name="number", heading="N°", read=_as_text(LONGEST_NUMBER), write=_same),
    Column(name="planned_at", heading="Heure", read=hour_of, write=hour_text),
    Column(
        name="duration",
        heading="Durée",
        read=lambda cell, places: span_of(cell),
        write=lambda seconds, places: span_text(seconds),
    ),
    Column(
        name="kind",
        heading="Type",
        read=lambda cell, places: word_of(cell, KINDS) if cell.strip() else Kind.FREE,
        write=lambda kind, places: KINDS[kind],
    ),
    Column(name="title", heading="Titre", read=_title, write=_same),
    Column(name="on_air", heading="À l'antenne", read=rooms_of, write=rooms_text),
    Column(name="sites", heading="Sites concernés", read=rooms_of, write=rooms_text),
    Column(
        name="layout",
        heading="Plan",
        read=lambda cell, places: word_of(cell, LAYOUTS) if cell.strip() else None,
        write=lambda layout, places: LAYOUTS[layout] if layout else "",
    ),
    Column(name="people", heading="Intervenants", read=_as_text(LONGEST_TEXT), write=_same),
    Column(name="text", heading="Texte", read=_as_text(LONGEST_TEXT), write=_same),
    Column(
        name="substitute",
        heading="Suppléant",
        read=lambda cell, places: room_of(cell, places) if cell.strip() else None,
        write=lambda room, places: room_text(room, places) if room else "",
    ),
    Column(name="slate", heading="Écran d'attente", read=_as_text(LONGEST_TEXT), write=_same),
    Column(name="notes", heading="Notes", read=_as_text(LONGEST_NOTES), write=_same),
    Column(name="contents", heading="Contenu", read=_contents, write=_same),
    Column(name="id", heading="Repère", read=_id, write=_same),
)
BY_HEADING: Mapping[str, Column] = {
    **{folded(column.heading): column for column in COLUMNS},
    **{folded(column.name): column for column in COLUMNS},
    **dict.fromkeys(("no", "numero"), COLUMNS[0]),
}


def written(cues: Iterable[Cue], places: Places) -> bytes:
    """The sheet."""
    out = io.StringIO()
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    sheet.writerow([column.heading for column in COLUMNS])
    for cue in cues:
        sheet.writerow([guarded(_cell(cue, column, places)) for column in COLUMNS])
    return MARK + out.getvalue().encode()


def _cell(cue: Cue, column: Column, places: Places) -> str:
    value = cue.id if column.name == "id" else getattr(cue.plan, column.name)
    return column.write(value, places)


def guarded(cell: str) -> str:
    """The cell as no spreadsheet reckons with it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The cell as it was."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def read(sheet: bytes, places: Places) -> list[Entry]:
    """The lines of a sheet; `Invalid` says in which row and column something is wrong."""
    if len(sheet) > LARGEST:
        raise Invalid("csv-too-large", limit=LARGEST)
    rows = _rows(_decoded(sheet))
    columns = _columns(rows[0] if rows else [])
    faults: list[Fault] = []
    entries = [
        entry
        for number, row in enumerate(rows[1:], 2)
        if any(cell.strip() for cell in row)
        and (entry := _entry(number, row, columns, places, faults))
    ]
    if faults:
        raise BadSheet(faults)
    if len(entries) > MOST_CUES:
        raise Invalid("too-many-cues", most=MOST_CUES)
    return entries


def _decoded(sheet: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return sheet.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("csv-encoding")


def _rows(text: str) -> list[list[str]]:
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    sheet = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    try:
        for row in sheet:
            if len(rows) > MOST_ROWS:
                raise Invalid("csv-too-many-rows", most=MOST_ROWS)
            rows.append(row)
    except csv.Error:
        raise Invalid("csv-broken", row=len(rows) + 1) from None
    return rows


def _columns(heading: Sequence[str]) -> list[Column | None]:
    """What each column is; one without a heading is left out."""
    columns = [_column(cell) if cell.strip() else None for cell in heading]
    for column in filter(None, columns):
        if columns.count(column) > 1:
            raise Invalid("csv-column-twice", column=column.heading)
    if all(column is None or column.name != "title" for column in columns):
        raise Invalid("csv-no-heading", columns=[column.heading for column in COLUMNS])
    return columns


def _column(cell: str) -> Column:
    column = BY_HEADING.get(folded(cell))
    if column is None:
        known = [column.heading for column in COLUMNS]
        raise Invalid("csv-unknown-column", column=text_of(cell[:60], 60), columns=known)
    return column


def _entry(
    number: int,
    row: Sequence[str],
    columns: Sequence[Column | None],
    places: Places,
    faults: list[Fault],
) -> Entry | None:
    """The entry of a row, or none and what is wrong with it."""
    found: dict[str, Any] = {"kind": Kind.FREE}
    before = len(faults)
    if any(cell.strip() for cell in row[len(columns) :]):
        faults.append(Fault(row=number, column=str(len(columns) + 1), expected="—"))
    for column, cell in zip(columns, row, strict=False):
        if column is None:
            continue
        try:
            found[column.name] = column.read(unguarded(cell), places)
        except Unread as unread:
            faults.append(Fault(row=number, column=column.heading, expected=unread.expected))
    if "title" not in found and before == len(faults):  # the row is shorter than the heading
        faults.append(Fault(row=number, column="Titre", expected=f"1..{LONGEST_TITLE}"))
    if before != len(faults):
        return None
    return Entry(id=found.pop("id", None), plan=Plan(**found))

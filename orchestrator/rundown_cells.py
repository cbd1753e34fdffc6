"""The cells of a rundown's sheet: what a press officer writes in them, and what it means.

Words are French, as the sheet is; the program's own words are understood as well. A cell that is
not understood is `Unread`, with what is accepted, which is the same in every language.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from orchestrator.cue import LONGEST_DURATION, Kind
from orchestrator.stage_table import Layout
from rooms.fields import clean_text
from rooms.ids import RoomId

Word = TypeVar("Word", bound=StrEnum)
KINDS: Mapping[Kind, str] = {
    Kind.SPEECH: "Discours",
    Kind.SWITCH: "Bascule",
    Kind.CLIP: "Clip",
    Kind.COUNTDOWN: "Compte à rebours",
    Kind.SIMULTANEOUS_ACTION: "Action simultanée",
    Kind.Q_AND_A: "Questions",
    Kind.SLATE: "Écran d'attente",
    Kind.SILENCE: "Silence",
    Kind.RECORD_ON: "Enregistrement",
    Kind.RECORD_OFF: "Fin d'enregistrement",
    Kind.BROADCAST_ON: "Page publique",
    Kind.BROADCAST_OFF: "Fin de page publique",
    Kind.MESSAGE_TO_SITE: "Message",
    Kind.FREE: "Libre",
}
LAYOUTS: Mapping[Layout, str] = {
    Layout.SLATE: "Écran d'attente",
    Layout.ONE: "Un",
    Layout.TWO: "Deux",
    Layout.FOUR: "Quatre",
    Layout.SPEAKER_AND_SITES: "Orateur et sites",
    Layout.SLIDES_AND_SPEAKER: "Diapositives et orateur",
}
HOUR = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d{1,2})[:hH](\d\d)(?::(\d\d))?")
SPAN = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d\d)")
UNITS = re.compile(r"(\d{1,5}) ?(s|min|mn|h)")
SECONDS = {"s": 1, "min": 60, "mn": 60, "h": 3600}
BEFORE, DAY = timedelta(hours=6), timedelta(days=1)
"""An hour without a date is at most so long before the session, and within a day from then."""
_BETWEEN = re.compile(r"[|,;/]")


class Unread(Exception):
    """A cell that is not understood; `expected` is what would be."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the sheet is about: the sites by name, the hour of the session, and whose hour it is."""

    sites: Mapping[RoomId, str]
    starts_at: datetime
    zone: ZoneInfo


def folded(text: str) -> str:
    """Letters and figures alone, without accents: how names are compared."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def text_of(cell: str, longest: int) -> str:
    """Text for people, one line."""
    cleaned = clean_text(cell)
    if len(cleaned) > longest:
        raise Unread(f"0..{longest}")
    return cleaned


def word_of(cell: str, words: Mapping[Word, str]) -> Word:
    """One of some words, as people say it or as the program does."""
    for word, said in words.items():
        if folded(cell) in (folded(said), folded(word)):
            return word
    raise Unread("|".join(words.values()))


def span_of(cell: str) -> int:
    """A duration in seconds: `h:mm:ss`, `mm:ss`, `5 min`; none is 0."""
    if not cell.strip():
        return 0
    seconds = _span(cell.strip().casefold())
    if seconds is None or seconds > LONGEST_DURATION:
        raise Unread("h:mm:ss|5 min|30 s")
    return seconds


def _span(cell: str) -> int | None:
    if found := SPAN.fullmatch(cell):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        crooked = seconds > 59 or (found[1] is not None and minutes > 59)
        return None if crooked else hours * 3600 + minutes * 60 + seconds
    if found := UNITS.fullmatch(cell):
        return int(found[1]) * SECONDS[found[2]]
    return None


def span_text(seconds: int) -> str:
    """`h:mm:ss`, which no spreadsheet takes for an hour and minutes."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def hour_of(cell: str, places: Places) -> datetime | None:
    """An hour of the place where the session is held: `10:30`, `10h30`, `2013-09-19 10:30:00`."""
    if not cell.strip():
        return None
    found = HOUR.fullmatch(" ".join(cell.split()))
    try:
        if found is None:
            raise ValueError
        clock = time(int(found[2]), int(found[3]), int(found[4] or 0))
        if found[1]:
            return _instant(date.fromisoformat(found[1]), clock, places.zone)
        return _nearest(clock, places)
    except (ValueError, OverflowError):
        raise Unread("hh:mm|hh:mm:ss") from None


def _nearest(clock: time, places: Places) -> datetime:
    first = places.starts_at - BEFORE
    day = first.astimezone(places.zone).date()
    found = _instant(day, clock, places.zone)
    return found if found >= first else _instant(day + DAY, clock, places.zone)


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """ValueError for an hour that the clocks leave out."""
    civil = datetime.combine(day, clock)
    found = civil.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != civil:
        raise ValueError
    return found


def hour_text(at: datetime | None, places: Places) -> str:
    """The hour alone where it is told from others, else with its date."""
    if at is None:
        return ""
    civil = at.astimezone(places.zone)
    alone = f"{civil:%H:%M:%S}"
    return alone if hour_of(alone, places) == at else f"{civil:%Y-%m-%d %H:%M:%S}"


def room_of(cell: str, places: Places) -> RoomId:
    """A site, by its name or its id."""
    wanted = folded(cell)
    found = [room for room, name in places.sites.items() if wanted in (folded(name), folded(room))]
    if len(found) != 1:
        raise Unread("|".join(room_text(room, places) for room in places.sites))
    return found[0]


def rooms_of(cell: str, places: Places) -> tuple[RoomId, ...]:
    """Several sites, each once."""
    parts = [part for part in _BETWEEN.split(cell) if part.strip()]
    return tuple(dict.fromkeys(room_of(part, places) for part in parts))


def room_text(room: RoomId, places: Places) -> str:
    """The name of a site, or its id where the name says less."""
    name = places.sites.get(room, room)
    alike = [one for one in places.sites.values() if folded(one) == folded(name)]
    return room if len(alike) > 1 or _BETWEEN.search(name) or not folded(name) else name


def rooms_text(rooms: Iterable[RoomId], places: Places) -> str:
    """Several of them."""
    return " | ".join(room_text(room, places) for room in rooms)

"""What the judge found, as sentences for people: times on the wall of the centre, in words.

The words themselves are in the catalogue (`orchestrator/lang/calendar.*.json`); this module
chooses the keys and prepares the facts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from calendars.booking import Slot
from calendars.conflicts import Reason, Verdict

Words = Callable[[str, str, Mapping[str, object]], str]
"""(key, locale, facts) -> sentence."""

MOST = 5
"""How many reasons one answer tells; the rest, from two on, is a number."""
MOST_DATES = 30
"""How many dates one answer lists."""


def sentence(reason: Reason, locale: str, words: Words) -> str:
    """Why not, in one sentence."""
    key, facts = phrase(reason, locale, words)
    return words(key, locale, facts)


def answer_text(verdict: Verdict, locale: str, words: Words, elsewhere: Sequence[str] = ()) -> str:
    """Every reason once, a few at most, then the slot that would do, and the rooms."""
    told = list(dict.fromkeys(sentence(reason, locale, words) for reason in verdict.reasons))
    texts = told if len(told) <= MOST + 1 else told[:MOST]
    if len(texts) < len(told):
        texts.append(words("calendar-more-reasons", locale, {"number": len(told) - MOST}))
    if verdict.alternative is not None and verdict.reasons:
        texts.append(
            alternative_text(verdict.alternative, _zone(verdict.reasons[0]), locale, words)
        )
    if elsewhere:
        texts.append(words("calendar-elsewhere", locale, {"rooms": ", ".join(elsewhere)}))
    return " ".join(texts)


def alternative_text(slot: Slot, zone: ZoneInfo, locale: str, words: Words) -> str:
    """The slot that would do, in a sentence."""
    when = slot_text(slot, zone, locale, words)
    return words("calendar-alternative", locale, {"when": when})


def skipped_text(verdict: Verdict, locale: str, words: Words) -> str:
    """The dates a series was booked without, and why; nothing when it has them all."""
    if not verdict.skipped:
        return ""
    zone = _zone(verdict.reasons[0])
    dates = [slot_text(slot, zone, locale, words) for slot in verdict.skipped[:MOST_DATES]]
    facts = {"dates": ", ".join(dates), "number": len(verdict.skipped)}
    more = len(verdict.skipped) > MOST_DATES
    told = words("calendar-skipped-more" if more else "calendar-skipped", locale, facts)
    return f"{told} {answer_text(verdict, locale, words)}"


def motive(verdict: Verdict, locale: str, words: Words) -> str:
    """The first reason in two or three words, for a title: `salle occupée`."""
    return words(f"calendar-motive-{verdict.reasons[0].key}", locale, {})


def phrase(reason: Reason, locale: str, words: Words) -> tuple[str, dict[str, object]]:
    """The key of the sentence and its facts, times and dates already written out."""
    zone = _zone(reason)
    facts: dict[str, object] = dict(reason.facts)
    if reason.slot is not None:
        facts["when"] = slot_text(reason.slot, zone, locale, words)
        facts["day"] = date_text(reason.slot.start.astimezone(zone).date(), locale, words)
    if reason.key == "room-taken":
        held = _stretch(f"{facts['from']}/{facts['until']}")
        facts["when"] = slot_text(held, zone, locale, words)
        return ("room-taken-by" if facts["title"] else "room-taken"), facts
    if reason.key == "room-buffer":
        held = _stretch(f"{facts['from']}/{facts['until']}")
        facts["when"] = slot_text(held, zone, locale, words)
    if reason.key == "centre-closed":
        return _hours(reason, facts, locale, words)
    if reason.key == "centre-closure":
        return _closure(facts, locale, words)
    return reason.key, facts


def slot_text(slot: Slot, zone: ZoneInfo, locale: str, words: Words) -> str:
    """`le 30/12 de 9 h à 10 h`, or with both days when it ends on another."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    facts = {
        "day": date_text(start.date(), locale, words),
        "last_day": date_text(end.date(), locale, words),
        "start": clock_text(start, locale, words),
        "end": clock_text(end, locale, words),
    }
    one_day = start.date() == end.date()
    return words("calendar-when" if one_day else "calendar-when-days", locale, facts)


def hours_text(slot: Slot, zone: ZoneInfo, locale: str, words: Words) -> str:
    """`de 8 h 30 à 12 h`."""
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    facts = {"start": clock_text(start, locale, words), "end": clock_text(end, locale, words)}
    return words("calendar-hours", locale, facts)


def clock_text(local: datetime, locale: str, words: Words) -> str:
    """`9 h`, `9 h 05`."""
    key = "calendar-clock" if local.minute else "calendar-clock-hour"
    return words(key, locale, {"hour": local.hour, "minute": f"{local.minute:02}"})


def date_text(day: date, locale: str, words: Words) -> str:
    """`30/12`."""
    return words("calendar-date", locale, {"day": f"{day.day:02}", "month": f"{day.month:02}"})


def _hours(
    reason: Reason, facts: dict[str, object], locale: str, words: Words
) -> tuple[str, dict[str, object]]:
    hours = reason.facts["hours"]
    if not isinstance(hours, list) or not hours:
        return "centre-closed-all-day", facts
    texts = [hours_text(_stretch(text), _zone(reason), locale, words) for text in hours]
    facts["hours"] = words("calendar-and", locale, {}).join(texts)
    return "centre-closed", facts


def _closure(facts: dict[str, object], locale: str, words: Words) -> tuple[str, dict[str, object]]:
    first, last = (date.fromisoformat(str(facts[name])) for name in ("first", "last"))
    facts["first"], facts["last"] = (date_text(day, locale, words) for day in (first, last))
    return ("centre-closure-day" if first == last else "centre-closure"), facts


def _stretch(text: str) -> Slot:
    start, _, end = text.partition("/")
    return Slot(datetime.fromisoformat(start), datetime.fromisoformat(end))


def _zone(reason: Reason) -> ZoneInfo:
    """The zone of the room's centre; UTC for a room nobody knows, whose times nobody tells."""
    return ZoneInfo(str(reason.facts.get("zone", "UTC")))

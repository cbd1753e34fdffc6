"""What went wrong in a ceremony and what was done about it, read from the lines on record.

An incident of a source begins with its loss, or with the slate in its place, and ends when neither
is so any more; what the ladder and the director did meanwhile are its measures, in order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator.evidence_facts import Entry, Outage
from orchestrator.stage_signal import Signal
from rooms.ids import RoomId

HERE = frozenset({"checked_in", "tested", "ready", "live", "degraded", "recovering"})
_ORDER = {each.value: place for place, each in enumerate(Signal)}
_ON_THE_LADDER = ("stage.slate", "stage.proposed", "stage.live")
_BY_HAND = ("stage.substitute", "stage.hold", "stage.resume", "stage.release", "stage.restore")
CUTS = frozenset({"stage.take", "stage.cue"})
"""By hand, and by a GO: from now on these `sources` are on air."""
_WHOLE = Signal.FULL.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was done or seen: `slate` `proposed` `on_air_again` `substitute` `hold` `resume`
    `release` `restore` `taken_off` `back` `left` `taken_over`; `to` is who came in the place."""

    at: datetime
    by: str
    what: str
    to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`kind`: `site` (lost), `air` (the slate without a loss), `signal` (less came than the whole
    picture; `worst` is how little), `media` (the worker), `service`, `desk` (its director).
    `slate` is for how many seconds the air showed the slate in this place."""

    kind: str
    at: datetime
    until: datetime | None
    seconds: int | None
    place: str = ""
    worst: str = ""
    slate: int = 0
    measures: tuple[Measure, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Open:
    """What goes on at one source."""

    since: datetime
    kind: str
    lost: bool = False
    slate_since: datetime | None = None
    slate: int = 0
    worst: str = ""
    measures: list[Measure] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """As far as the lines are read."""

    names: Mapping[RoomId, str]
    found: list[Incident] = field(default_factory=list)
    sources: dict[str, _Open] = field(default_factory=dict)
    signals: dict[str, _Open] = field(default_factory=dict)
    media: datetime | None = None


def incidents(
    entries: Iterable[Entry],
    outages: Iterable[Outage],
    names: Mapping[RoomId, str],
    ended: datetime | None,
) -> tuple[Incident, ...]:
    """Those of these lines, in order; what goes on still ends with the session, if that did."""
    reading = _Reading(names=names)
    for one in entries:
        _read(reading, one)
    _close_all(reading, ended)
    found = reading.found + [
        _incident(_Open(since=one.since, kind="service"), one.until, "") for one in outages
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.kind, one.place)))


def _read(reading: _Reading, one: Entry) -> None:
    if one.action.startswith("site."):
        _site(reading, one)
    elif one.action in _ON_THE_LADDER:
        _ladder(reading, one, one.action.removeprefix("stage."))
    elif one.action in _BY_HAND:
        _by_hand(reading, one, one.action.removeprefix("stage."))
    elif one.action in CUTS:
        _taken(reading, one)
    elif one.action == "stage.signal":
        _signal(reading, one)
    elif one.action in ("media.lost", "media.back"):
        _media(reading, one)
    elif one.action == "stage.desk" and one.detail.get("because") == "lost":
        measure = Measure(at=one.at, by=one.by, what="taken_over", to=str(one.detail.get("now")))
        went = _Open(since=one.at, kind="desk", measures=[measure])
        reading.found.append(_incident(went, one.at, ""))
    elif one.action == "session.end":
        _close_all(reading, one.at)


def _site(reading: _Reading, one: Entry) -> None:
    room, state = str(one.detail.get("room")), one.action.removeprefix("site.")
    if state == "dropped":
        _begun(reading, room, one.at, "site").lost = True
    elif state in HERE or state == "left":
        known = reading.sources.get(room)
        if known is not None and known.lost:
            known.lost = False
            what = "left" if state == "left" else "back"
            known.measures.append(Measure(at=one.at, by="site", what=what))
        _settle(reading, room, one.at)


def _ladder(reading: _Reading, one: Entry, what: str) -> None:
    source, shows = str(one.detail.get("source")), one.detail.get("shows")
    if what == "slate":
        known = _begun(reading, source, one.at, "air")
        known.slate_since = known.slate_since or one.at
    known_now = reading.sources.get(source)
    if known_now is None:
        return
    other = shows not in (None, source)
    to = _name(reading, shows) if other else ""
    if what == "live":
        _slate_ends(known_now, one.at)
        what = "substitute" if other else "on_air_again"
    known_now.measures.append(Measure(at=one.at, by=one.by, what=what, to=to))
    _settle(reading, source, one.at)


def _by_hand(reading: _Reading, one: Entry, what: str) -> None:
    source = str(one.detail.get("source"))
    known = reading.sources.get(source)
    if known is None:
        return
    if what != "hold":
        _slate_ends(known, one.at)
    to = _name(reading, one.detail.get("substitute"))
    known.measures.append(Measure(at=one.at, by=one.by, what=what, to=to))
    _settle(reading, source, one.at)


def _taken(reading: _Reading, one: Entry) -> None:
    """A cut: whose place it took has the slate no more."""
    stays = set(one.detail.get("sources", ()))
    for source, known in list(reading.sources.items()):
        if known.slate_since is not None and source not in stays:
            _slate_ends(known, one.at)
            known.measures.append(Measure(at=one.at, by=one.by, what="taken_off"))
            _settle(reading, source, one.at)
    for source in set(reading.signals) - stays:
        reading.found.append(_told(reading, reading.signals.pop(source), one.at, source))


def _signal(reading: _Reading, one: Entry) -> None:
    source, signal = str(one.detail.get("source")), str(one.detail.get("signal"))
    known = reading.signals.get(source)
    if signal == _WHOLE:
        if known is not None:
            reading.found.append(_told(reading, reading.signals.pop(source), one.at, source))
        return
    if known is None:
        known = reading.signals[source] = _Open(since=one.at, kind="signal", worst=signal)
    known.worst = max(known.worst, signal, key=lambda each: _ORDER.get(each, 0))


def _media(reading: _Reading, one: Entry) -> None:
    if one.action == "media.lost":
        reading.media = reading.media or one.at
    elif reading.media is not None:
        lost, reading.media = reading.media, None
        reading.found.append(_incident(_Open(since=lost, kind="media"), one.at, ""))


def _begun(reading: _Reading, source: str, at: datetime, kind: str) -> _Open:
    known = reading.sources.setdefault(source, _Open(since=at, kind=kind))
    if kind == "site":
        known.kind = kind
    return known


def _slate_ends(known: _Open, at: datetime) -> None:
    if known.slate_since is not None:
        known.slate += round((at - known.slate_since).total_seconds())
        known.slate_since = None


def _settle(reading: _Reading, source: str, at: datetime) -> None:
    """Over, when neither lost nor slated any more."""
    known = reading.sources.get(source)
    if known is not None and not known.lost and known.slate_since is None:
        reading.found.append(_told(reading, reading.sources.pop(source), at, source))


def _close_all(reading: _Reading, at: datetime | None) -> None:
    for kept in (reading.sources, reading.signals):
        for source in list(kept):
            known = kept.pop(source)
            if at is not None:
                _slate_ends(known, at)
            reading.found.append(_told(reading, known, at, source))
    if reading.media is not None:
        reading.found.append(_incident(_Open(since=reading.media, kind="media"), at, ""))
        reading.media = None


def _told(reading: _Reading, known: _Open, until: datetime | None, source: str) -> Incident:
    return _incident(known, until, _name(reading, source))


def _incident(known: _Open, until: datetime | None, place: str) -> Incident:
    return Incident(
        kind=known.kind,
        at=known.since,
        until=until,
        seconds=None if until is None else round((until - known.since).total_seconds()),
        place=place,
        worst=known.worst,
        slate=known.slate,
        measures=tuple(known.measures),
    )


def _name(reading: _Reading, source: Any) -> str:
    """A site by its name; a person who sends is not named."""
    return "" if source is None else reading.names.get(RoomId(str(source)), "")

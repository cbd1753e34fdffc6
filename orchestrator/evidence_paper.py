"""The report of a ceremony in words, for people: what the page shows and the PDF prints.

Made from its JSON, so that a report that was kept reads as on the day it was made.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendars.wording import Words
from orchestrator.papers.blocks import Block, Heading, Paper, Table, Text

Json = Mapping[str, Any]
NONE = "–"


class Writer:
    """One report in one language; hours are those of its zone."""

    def __init__(self, report: Json, locale: str, words: Words) -> None:
        self.report = report
        self.locale = locale
        self._words = words
        self._zone = ZoneInfo(report["zone"])

    def say(self, key: str, **facts: object) -> str:
        """A sentence of the catalogue."""
        return self._words(f"evidence-{key}", self.locale, facts)

    def clock(self, instant: str | None) -> str:
        """To the second, on the wall."""
        return NONE if instant is None else f"{self._wall(instant):%H:%M:%S}"

    def day(self, instant: str) -> str:
        """The civil day."""
        wall = self._wall(instant)
        weekday, month = self.say(f"weekday-{wall.weekday()}"), self.say(f"month-{wall.month}")
        return self.say("day", weekday=weekday, day=wall.day, month=month, year=wall.year)

    def seconds(self, much: int | None) -> str:
        """A length."""
        if much is None:
            return NONE
        sign, whole = "−" if much < 0 else "", abs(much)
        minutes, rest = divmod(whole, 60)
        if not minutes:
            return f"{sign}{rest} s"
        if minutes < 60:
            return f"{sign}{minutes} min {rest:02} s"
        return f"{sign}{minutes // 60} h {minutes % 60:02} min"

    def more(self, much: int | None) -> str:
        """By how much it was later or longer, with its sign."""
        told = self.seconds(much)
        return f"+{told}" if much is not None and much > 0 else told

    def share(self, part: float | None) -> str:
        """In hundredths."""
        if part is None:
            return NONE
        number = f"{100 * part:.1f}".replace(".", "," if self.locale == "fr" else ".")
        return f"{number} %" if self.locale == "fr" else f"{number}%"

    def place(self, name: str) -> str:
        """A site by its name; whoever is not one."""
        return name or self.say("a-person")

    def _wall(self, instant: str) -> datetime:
        return datetime.fromisoformat(instant).astimezone(self._zone)


def paper(report: Json, locale: str, words: Words) -> Paper:
    """The whole."""
    writer = Writer(report, locale, words)
    made = {"day": writer.day(report["made_at"]), "hour": writer.clock(report["made_at"])}
    return Paper(
        title=writer.say("title", title=report["title"]),
        language=locale,
        blocks=tuple(_blocks(writer)),
        foot=writer.say("foot", **made),
    )


def _blocks(writer: Writer) -> Iterator[Block]:
    report = writer.report
    hours = report["hours"]
    yield Heading(level=1, text=report["title"])
    facts = {"day": writer.day(hours["planned_start"]), "zone": report["zone"]}
    yield Text(text=writer.say("intro", **facts))
    if not report["final"]:
        yield Text(text=writer.say("not-final"))
    yield from _hours(writer, hours)
    yield from _people(writer, report["people"])
    yield from _sites(writer, report["sites"])
    yield from _cues(writer, report["cues"])
    yield from _incidents(writer, report["incidents"])
    yield from _outward(writer)
    yield from _deeds(writer, report["deeds"])
    yield Heading(level=2, text=writer.say("not-measured"))
    for key in report["not_measured"]:
        yield Text(text=writer.say(f"not-{key}"))


def _table(
    writer: Writer, heads: Sequence[str], rows: Sequence[Sequence[str]], **more: Any
) -> Table:
    said = [writer.say(f"head-{head}") for head in heads]
    return Table(heads=said, rows=rows, **more)


def _hours(writer: Writer, hours: Json) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("hours"))
    rows = [
        (writer.say("doors"), NONE, writer.clock(hours["doors"]), NONE),
        (
            writer.say("on-air"),
            writer.clock(hours["planned_start"]),
            writer.clock(hours["on_air"]),
            writer.more(hours["late"]),
        ),
        (
            writer.say("end"),
            writer.clock(hours["planned_end"]),
            writer.clock(hours["ended"]),
            writer.more(hours["longer"]),
        ),
    ]
    yield _table(writer, ("what", "planned", "actual", "gap"), rows, shares=(3, 2, 2, 2))
    if hours["paused"]:
        yield Text(text=writer.say("paused", length=writer.seconds(hours["paused"])))
    for span in hours["rehearsals"]:
        day, begin = writer.day(span["from"]), writer.clock(span["from"])
        facts = {"day": day, "from": begin, "until": writer.clock(span["until"])}
        yield Text(text=writer.say("rehearsal", **facts))


def _people(writer: Writer, people: Json) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("people"))
    rows = [
        (writer.say(f"kind-{kind}"), str(count)) for kind, count in people["connections"].items()
    ]
    most = people["most_at_once"]
    if most is not None:
        at = writer.clock(most["at"])
        rows.append((writer.say("most-at-once", at=at), str(most["count"])))
    if people["visitors_at_once"] is not None:
        rows.append((writer.say("visitors"), str(people["visitors_at_once"])))
    if people["announced"] is not None:
        rows.append((writer.say("announced"), str(people["announced"])))
    if not rows:
        yield Text(text=writer.say("nobody"))
        return
    yield _table(writer, ("counted", "count"), rows, shares=(5, 1), right=frozenset({1}))


def _sites(writer: Writer, sites: Sequence[Json]) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("sites"))
    rows = [
        (
            site["name"],
            writer.say(f"role-{site['role']}"),
            writer.clock(site["came"]),
            str(site["lost"]),
            writer.seconds(site["away"]),
            _line(writer, site["line"]),
        )
        for site in sites
    ]
    heads = ("site", "role", "came", "lost", "away", "line")
    yield _table(writer, heads, rows, shares=(3, 2, 2, 1.4, 2, 4), right=frozenset({3}))
    measured = [(site["name"], site["quality"]) for site in sites if site["quality"] is not None]
    if measured:
        yield Heading(level=2, text=writer.say("quality"))
        yield _quality(writer, measured)


def _line(writer: Writer, line: Json | None) -> str:
    if line is None:
        return NONE
    facts = {name: line[name] for name in ("down_kbps", "up_kbps", "rtt_ms")}
    technology = writer.say(f"line-{line['technology']}")
    key = "line-measured" if line["measured"] else "line-described"
    return writer.say(key, technology=technology, **facts)


def _quality(writer: Writer, sites: Sequence[tuple[str, Json]]) -> Table:
    rows = []
    for name, one in sites:
        rtt = NONE if one["rtt_ms"] is None else f"{one['rtt_ms']} ms"
        row = (
            *(name, str(one["samples"]), writer.share(one["loss"])),
            *(writer.share(one["loss_worst"]), rtt, str(one["frozen"])),
            *(writer.share(one["concealed"]), str(one["lowered"])),
        )
        rows.append(row)
    heads = ("site", "samples", "loss", "worst", "delay", "frozen", "concealed", "lowered")
    right = frozenset(range(1, len(heads)))
    return _table(writer, heads, rows, shares=(3, 1.6, 1.5, 1.5, 1.6, 1.6, 1.9, 1.8), right=right)


def _cues(writer: Writer, cues: Sequence[Json]) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("cues"))
    if not cues:
        yield Text(text=writer.say("no-cues"))
        return
    rows = [_cue(writer, cue, place) for place, cue in enumerate(cues, 1)]
    heads = ("number", "cue", "state", "planned", "actual", "late", "length", "over")
    yield _table(
        writer, heads, rows, shares=(1, 5, 1.7, 1.8, 1.8, 2, 2, 2), right=frozenset({5, 6, 7})
    )
    for cue in cues:
        yield from _more_of_cue(writer, cue)


def _cue(writer: Writer, cue: Json, place: int) -> tuple[str, ...]:
    title = cue["title"] if not cue["people"] else f"{cue['title']} ({cue['people']})"
    return (
        cue["number"] or str(place),
        title,
        writer.say(f"state-{cue['state']}"),
        writer.clock(cue["planned_start"]),
        writer.clock(cue["started"]),
        writer.more(cue["late"]),
        writer.seconds(cue["seconds"]),
        writer.more(cue["over"]),
    )


def _more_of_cue(writer: Writer, cue: Json) -> Iterator[Block]:
    if cue["shown"] is not None:
        yield Text(text=writer.say("shown", title=cue["title"], **cue["shown"]))
    if cue["without"]:
        facts = {"title": cue["title"], "names": ", ".join(cue["without"])}
        yield Text(text=writer.say("without", **facts))


def _incidents(writer: Writer, incidents: Sequence[Json]) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("incidents"))
    if not incidents:
        yield Text(text=writer.say("no-incidents"))
        return
    rows = [_incident(writer, one) for one in incidents]
    yield _table(
        writer, ("at", "incident", "lasted", "slate", "done"), rows, shares=(2, 4, 2, 2, 6)
    )


def _incident(writer: Writer, one: Json) -> tuple[str, ...]:
    facts = {"place": writer.place(one["place"])}
    if one["worst"]:
        facts["worst"] = writer.say(f"signal-{one['worst']}")
    measures = (_measure(writer, each) for each in one["measures"])
    return (
        writer.clock(one["at"]),
        writer.say(f"incident-{one['kind']}", **facts),
        writer.seconds(one["seconds"]),
        writer.seconds(one["slate"]) if one["slate"] else NONE,
        ", ".join(measures) or NONE,
    )


def _measure(writer: Writer, one: Json) -> str:
    to = writer.place(one["to"])
    if one["what"] == "taken_over":
        to = writer.say(f"desk-{one['to']}")
    facts = {"at": writer.clock(one["at"]), "by": writer.say(f"by-{one['by']}"), "to": to}
    return writer.say(f"measure-{one['what']}", **facts)


def _outward(writer: Writer) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("outward"))
    for name in ("recorded", "public"):
        spans = writer.report[name]
        if not spans:
            yield Text(text=writer.say(f"{name}-never"))
        for span in spans:
            facts = {"from": writer.clock(span["from"]), "until": writer.clock(span["until"])}
            yield Text(text=writer.say(name, **facts))


def _deeds(writer: Writer, deeds: Sequence[Json]) -> Iterator[Block]:
    yield Heading(level=2, text=writer.say("deeds"))
    if not deeds:
        yield Text(text=writer.say("no-deeds"))
        return
    rows = [
        (
            writer.clock(one["at"]),
            writer.say(f"deed-{one['action']}"),
            ", ".join(_about(writer, one)) or NONE,
            writer.say(f"by-{one['by']}"),
        )
        for one in deeds
    ]
    yield _table(writer, ("at", "deed", "about", "by"), rows, shares=(2, 5, 6, 2.6))


def _about(writer: Writer, deed: Json) -> Iterator[str]:
    layouts = ("slate", "one", "two", "four", "speaker_and_sites", "slides_and_speaker")
    for each in deed["about"]:
        of_layout = deed["action"] in ("stage.take", "stage.cue") and each in layouts
        yield writer.say(f"layout-{each}") if of_layout else writer.place(each)

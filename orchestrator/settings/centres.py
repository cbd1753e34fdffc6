"""The keys of a network description, from the file's root down to a centre's hours.

docs: config/margeride.yaml has a comment for each of them.
"""

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestrator.settings import forms as forms
from orchestrator.settings.alerts import read_targets
from orchestrator.settings.mail import read_mail
from orchestrator.settings.model import Network, Service, Settings
from orchestrator.settings.nodes import Mapping, parse, read_text
from orchestrator.settings.outside import read_outside
from orchestrator.settings.problems import Problem, Refusal, SettingsError
from orchestrator.settings.read import Table
from orchestrator.settings.rooms import read_desks, read_policies, read_rooms
from orchestrator.settings.turn import read_turn
from rooms.centre import MIDNIGHT, Centre, Closure, Level, Line, OpeningHours
from rooms.ids import CentreId

ROOT = ("network", "service", "mail", "centres", "rooms", "desks", "outside", "turn", "alerts")
NETWORK = ("name", "zone", "mail_domain", "languages")
SERVICE = (
    "public_url",
    "join_before_minutes",
    "ceremony_starts",
    "behind_proxy",
    "connections_per_address",
)
CEREMONY_STARTS = ("by_hour", "by_hand")
CENTRE = (
    *("id", "name", "level", "premises", "address", "zone", "opening_hours", "closures", "line"),
    *("languages", "visio_at_comptoir", "phone"),
)
HOURS = ("days", "from", "to")
CLOSURE = ("from", "to", "reason")
LINE = ("technology", "down_kbps", "up_kbps", "rtt_ms")
LANGUAGES = ("fr", "en")
LEVELS = tuple(level.value for level in Level)
TECHNOLOGIES = ("adsl", "vdsl", "satellite", "fibre", "4g", "wifi")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
JOURS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
WEEKDAY = {word: index for words in (DAYS, JOURS) for index, word in enumerate(words)}
MOST_CENTRES = 500
MOST_HOURS = 50
MOST_CLOSURES = 400
FASTEST = 100_000_000
UTC = ZoneInfo("UTC")


def read_settings(path: Path) -> Settings:
    """Read and check the whole file; every problem found is in the SettingsError."""
    problems: list[Problem] = []
    try:
        settings = _settings(parse(read_text(path)), problems)
    except Refusal as refusal:
        raise SettingsError(str(path), [refusal.problem]) from None
    if problems:
        raise SettingsError(str(path), sorted(problems, key=lambda problem: problem.line))
    return settings


def _settings(root: Mapping, problems: list[Problem]) -> Settings:
    file = Table(root, "", ROOT, problems)
    network = _network(file.table("network", NETWORK))
    tables = file.tables("centres", CENTRE, MOST_CENTRES)
    bare = [_centre(table, network) for table in tables]
    known = _unique(tables, bare)
    rooms = read_rooms(file, known, _visio_allowed(tables, bare))
    centres = tuple(
        replace(centre, rooms=tuple(room for room in rooms if room.centre == centre.id))
        for centre in bare
    )
    desks = read_desks(file, known)
    return Settings(
        network=replace(network, centres=centres, desks=desks, policies=read_policies(file)),
        service=_service(file.table("service", SERVICE, required=False), network),
        outside=read_outside(file),
        mail=read_mail(file),
        turn=read_turn(file),
        targets=read_targets(file, known, network.languages),
    )


def _network(table: Table) -> Network:
    return Network(
        name=table.text("name"),
        zone=table.parsed("zone", forms.zone, "settings-bad-zone", UTC),
        mail_domain=table.parsed("mail_domain", forms.domain, "settings-bad-domain", ""),
        languages=table.choices("languages", LANGUAGES, LANGUAGES),
        centres=(),
    )


def _service(table: Table, network: Network) -> Service:
    url = table.parsed("public_url", forms.public_url, "settings-bad-url", "", required=False)
    return Service(
        public_url=url,
        languages=network.languages,
        join_before_minutes=table.whole("join_before_minutes", 0, 24 * 60, 15),
        ceremony_starts=table.choice("ceremony_starts", CEREMONY_STARTS, "by_hour"),
        behind_proxy=table.flag("behind_proxy", default=False),
        connections_per_address=table.whole("connections_per_address", 10, 100_000, 200),
    )


def _centre(table: Table, network: Network) -> Centre:
    zone = table.parsed("zone", forms.zone, "settings-bad-zone", network.zone, required=False)
    return Centre(
        id=CentreId(table.parsed("id", forms.slug, "settings-bad-id", "")),
        name=table.text("name"),
        level=Level(_known(table.choice("level", LEVELS), LEVELS)),
        premises=table.text("premises"),
        address=table.text("address"),
        zone=zone,
        opening_hours=_opening_hours(table),
        closures=_closures(table),
        line=_line(table.table("line", LINE)),
        languages=table.choices("languages", LANGUAGES, network.languages),
        rooms=(),
        phone=table.parsed("phone", forms.phone, "settings-bad-phone", "", required=False),
    )


def _visio_allowed(tables: list[Table], centres: list[Centre]) -> set[str]:
    """Where a visio room may stand: at a telecentre, or at a comptoir that says so."""
    return {
        centre.id
        for table, centre in zip(tables, centres, strict=True)
        if table.flag("visio_at_comptoir", default=False) or centre.level is Level.TELECENTRE
    }


def _line(table: Table) -> Line:
    return Line(
        technology=table.choice("technology", TECHNOLOGIES),
        down_kbps=table.whole("down_kbps", 1, FASTEST),
        up_kbps=table.whole("up_kbps", 1, FASTEST),
        rtt_ms=table.whole("rtt_ms", 0, 10_000),
    )


def _opening_hours(centre: Table) -> tuple[OpeningHours, ...]:
    taken: dict[int, list[tuple[int, int]]] = {}
    tables = centre.tables("opening_hours", HOURS, MOST_HOURS)
    return tuple(_hours(table, taken) for table in tables)


def _hours(table: Table, taken: dict[int, list[tuple[int, int]]]) -> OpeningHours:
    before = len(table.problems)
    words = table.choices("days", DAYS + JOURS)
    days = tuple(sorted({WEEKDAY[word] for word in words if word in WEEKDAY}))
    opens = table.parsed("from", forms.opening, "settings-bad-opening", MIDNIGHT)
    closes = table.parsed("to", forms.closing, "settings-bad-closing", MIDNIGHT)
    if len(table.problems) == before:  # placeholders are not worth comparing
        _check_stretch(table, days, (_minutes(opens), _minutes(closes) or 24 * 60), taken)
    return OpeningHours(days=days, opens=opens, closes=closes)


def _check_stretch(
    table: Table,
    days: tuple[int, ...],
    stretch: tuple[int, int],
    taken: dict[int, list[tuple[int, int]]],
) -> None:
    start, end = stretch
    if end <= start:
        table.wrong("settings-hours-backwards", "to")
    shared = [day for day in days if _overlaps(stretch, taken.get(day, []))]
    if shared:
        table.wrong("settings-hours-overlap", "from", days=[DAYS[day] for day in shared])
    for day in days:
        taken.setdefault(day, []).append(stretch)


def _overlaps(stretch: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(stretch[0] < end and start < stretch[1] for start, end in others)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _closures(centre: Table) -> tuple[Closure, ...]:
    tables = centre.tables("closures", CLOSURE, MOST_CLOSURES, required=False)
    return tuple(_closure(table) for table in tables)


def _closure(table: Table) -> Closure:
    first = table.parsed("from", forms.day, "settings-bad-day", date.min)
    last = table.parsed("to", forms.day, "settings-bad-day", first, required=False)
    if last < first:
        table.wrong("settings-closure-backwards", "to")
    return Closure(first=first, last=last, reason=table.text("reason", ""))


def _unique(tables: list[Table], centres: list[Centre]) -> list[str]:
    ids: list[str] = []
    for table, centre in zip(tables, centres, strict=True):
        if centre.id and centre.id in ids:
            table.wrong("settings-duplicate-id", "id", found=centre.id)
        ids.append(centre.id)
    return ids


def _known(word: str, accepted: tuple[str, ...]) -> str:
    return word if word in accepted else accepted[0]

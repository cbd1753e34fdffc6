# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""A calendar and its objects as DAV resources, over the port. No state of their own."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from xandikos import caldav, webdav
from xandikos.icalendar import CalendarFilter, ICalendarFile

from calendars.ical import MAX_ATTENDEES
from calendars.server.limits import MAX_OBJECT, check_name
from calendars.server.port import CalendarInfo, CalendarPort, Item, Stored
from calendars.server.resources import Branch, Resource
from rooms.errors import Forbidden, NotFound

MAX_INSTANCES = 730
FEW = 50
EARLIEST, LATEST = "19700101T000000Z", "20991231T235959Z"
TOKEN = "urn:x-margeride:sync"
READ = (
    "{DAV:}read",
    "{DAV:}read-current-user-privilege-set",
    f"{{{caldav.NAMESPACE}}}read-free-busy",
)
WRITE = ("{DAV:}write-content", "{DAV:}bind", "{DAV:}unbind")
PROPERTIES = "{DAV:}write-properties"


def quoted(etag: str) -> str:
    """A strong ETag."""
    return f'"{etag}"'


class CalendarObject(Resource):
    """One stored event."""

    content_type = "text/calendar"

    def __init__(self, collection: "CalendarCollection", item: Item) -> None:
        self.collection = collection
        self.item = item

    def get_displayname(self) -> str:
        """Events have none here."""
        raise KeyError

    def get_content_type(self) -> str:
        """iCalendar."""
        return self.content_type

    async def get_etag(self) -> str:
        """Changes with every write."""
        return quoted(self.item.etag)

    async def get_schedule_tag(self) -> str:
        """Stays when only the answers of invited people come in (RFC 6638 §3.2.10)."""
        if self.item.schedule_tag is None:
            raise KeyError
        return quoted(self.item.schedule_tag)

    async def get_body(self) -> list[bytes]:
        """What the visitor may read of it."""
        return [self.item.body]

    async def get_file(self) -> ICalendarFile:
        """Parsed, for filters and partial retrieval."""
        return ICalendarFile([self.item.body], self.content_type)

    def get_owner(self) -> str | None:
        """As its calendar."""
        return self.collection.get_owner()

    def privileges(self) -> tuple[str, ...]:
        """As its calendar."""
        return self.collection.privileges()


class CalendarCollection(Branch, caldav.Calendar):
    """A calendar of the visitor's, or somebody else's or a room's seen from his home."""

    resource_types: ClassVar[list[str]] = caldav.Calendar.resource_types  # type: ignore[misc]

    def __init__(self, port: CalendarPort, path: str, info: CalendarInfo) -> None:
        super().__init__(port, path, info.displayname)
        self.info = info

    # what is in it

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """Every object; `./` keeps a colon in a name from looking like a scheme."""
        for item in self.port.items(self.info):
            yield f"./{item.name}", CalendarObject(self, item)

    def find(self, name: str) -> CalendarObject | None:
        """One object."""
        item = self.port.item(self.info, name)
        return CalendarObject(self, item) if item else None

    def found(self, names: Sequence[str]) -> dict[str, CalendarObject]:
        """Some objects; all are read at once when they are many."""
        if len(names) > FEW:
            wanted = set(names)
            items = [item for item in self.port.items(self.info) if item.name in wanted]
        else:
            items = [item for name in names if (item := self.port.item(self.info, name))]
        return {item.name: CalendarObject(self, item) for item in items}

    def get_member(self, name: str) -> CalendarObject:
        """One object, or KeyError."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found

    def calendar_query(self, create_filter_fn: Any) -> Iterator[tuple[str, CalendarObject]]:
        """What a filter lets through. A plain time range is answered by the stored instances."""
        wanted: CalendarFilter = create_filter_fn(CalendarFilter)
        certain, doubtful = self._candidates(wanted)
        for item in certain:
            yield f"./{item.name}", CalendarObject(self, item)
        for item in doubtful:
            if wanted.check(item.name, ICalendarFile([item.body], "text/calendar")):
                yield f"./{item.name}", CalendarObject(self, item)

    def _candidates(self, wanted: CalendarFilter) -> tuple[Iterable[Item], Iterable[Item]]:
        window = _event_window(wanted)
        if window is None:
            return (), self.port.items(self.info)
        start, end, plain = window
        certain, doubtful = self.port.between(self.info, start, end)
        return (certain, doubtful) if plain else ((), [*certain, *doubtful])

    # what is done to it

    def store(self, name: str, etag: str | None) -> Stored:
        """Hand the request's object to the house."""
        self.check_write()
        check_name(name)
        return self.port.put(self.info, name, etag)

    def delete_member(self, name: str, *_: object, **__: object) -> None:
        """Forget one object."""
        self.check_write()
        if self.port.item(self.info, name) is None:
            raise NotFound("no-item")
        self.port.delete(self.info, name)

    def check_write(self) -> None:
        """Refuse who may only read."""
        if not self.info.may_write:
            raise Forbidden("read-only")

    # how it is described

    def get_ctag(self) -> str:
        """Its revision in this store."""
        return f"{self.port.store_id}-{self.info.rev}"

    def get_sync_token(self) -> str:
        """Store, calendar and revision: none of the three may be another's."""
        return self.token(self.info.rev)

    def token(self, rev: int) -> str:
        """The token of one revision."""
        return f"{TOKEN}:{self.port.store_id}:{self.info.id}:{rev}"

    def revision(self, token: str | None) -> int | None:
        """The revision of a token we gave for this calendar; 0 for no token, None if not ours."""
        if not token:
            return 0
        head, _, rev = token.strip().rpartition(":")
        known = head == f"{TOKEN}:{self.port.store_id}:{self.info.id}"
        if not known or not rev.isascii() or not rev.isdigit() or len(rev) > 15:
            return None
        return int(rev) if int(rev) <= self.info.rev else None

    def get_owner(self) -> str | None:
        """The person; a room belongs to nobody."""
        return None if self.info.is_room else f"/principals/{self.info.owner}/"

    def privileges(self) -> tuple[str, ...]:
        """Read; write where the room, or the person it belongs to, lets him."""
        if self.info.own:
            return (*READ, "{DAV:}write", *WRITE, PROPERTIES)
        return (*READ, *WRITE) if self.info.may_write else READ

    def get_calendar_availability(self) -> str:
        """The hours of a room."""
        text = self.port.availability(self.info)
        if text is None:
            raise KeyError
        return text.decode()

    def set_calendar_availability(self, _text: str | None) -> None:
        """Hours are the centre's."""
        raise webdav.ProtectedPropertyError

    def get_calendar_color(self) -> str:
        """Its colour, if it has one."""
        if not self.info.color:
            raise KeyError
        return self.info.color

    def set_displayname(self, displayname: str | None) -> None:
        """Rename one's own."""
        self._check_own()
        self.port.describe(self.info, displayname=(displayname or "")[:200])

    def set_calendar_color(self, color: str | None) -> None:
        """Colour one's own."""
        self._check_own()
        self.port.describe(self.info, color=(color or "")[:9])

    def _check_own(self) -> None:
        if not self.info.own:
            raise webdav.ProtectedPropertyError

    def get_calendar_description(self) -> str:
        """None given."""
        raise KeyError

    def get_calendar_timezone(self) -> str:
        """None stored: floating times are read in the centre's zone."""
        raise KeyError

    def get_supported_calendar_components(self) -> list[str]:
        """Events; tasks and notes too in calendars of people."""
        return ["VEVENT"] if self.info.is_room else ["VEVENT", "VTODO", "VJOURNAL"]

    def get_supported_calendar_data_types(self) -> list[tuple[str, str]]:
        """iCalendar 2.0."""
        return [("text/calendar", "2.0")]

    def get_min_date_time(self) -> str:
        """Earlier is refused."""
        return EARLIEST

    def get_max_date_time(self) -> str:
        """Later is refused."""
        return LATEST

    def get_max_instances(self) -> int:
        """Longer series are refused."""
        return MAX_INSTANCES

    def get_max_attendees_per_instance(self) -> int:
        """An event with more is refused."""
        return MAX_ATTENDEES

    def get_max_resource_size(self) -> int:
        """Larger objects are refused."""
        return MAX_OBJECT


def _event_window(wanted: CalendarFilter) -> tuple[datetime, datetime, bool] | None:
    """The time range a filter puts on its events, and whether it asks for nothing else."""
    if len(wanted.children) != 1 or len(wanted.children[0].children) != 1:
        return None
    outer, inner = wanted.children[0], wanted.children[0].children[0]
    window = getattr(inner, "time_range", None)
    if outer.time_range or outer.is_not_defined or inner.name != "VEVENT" or not window:
        return None
    start, end = (_aware(moment) for moment in (window.start, window.end))
    return start, end, not inner.children and not inner.is_not_defined


def _aware(moment: Any) -> datetime:
    if not isinstance(moment, datetime):
        raise webdav.BadRequestError("a time-range has date-times in UTC")
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

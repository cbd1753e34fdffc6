# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""Scheduling inbox and outbox (RFC 6638): what others sent, and free-busy by POST."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from xml.etree import ElementTree as ET

from xandikos import caldav, scheduling, webdav

from calendars.content import MAX_BYTES
from calendars.server import freebusy
from calendars.server.collection import READ, CalendarCollection
from calendars.server.port import CalendarPort
from calendars.server.resources import Branch
from rooms.errors import Forbidden

CAL = f"{{{caldav.NAMESPACE}}}"
INBOX, OUTBOX = "inbox", "outbox"
LONGEST_WINDOW = timedelta(days=400)


class Inbox(CalendarCollection):
    """Messages that were applied to the calendar already; a client reads and deletes them."""

    resource_types: ClassVar[list[str]] = scheduling.ScheduleInbox.resource_types  # type: ignore[misc]

    @classmethod
    def of(cls, port: CalendarPort) -> "Inbox":
        """At its address."""
        return cls(port, f"/principals/{port.visitor.login}/{INBOX}", port.inbox())

    def store(self, name: str, etag: str | None) -> Any:
        """Only the service delivers."""
        raise Forbidden("read-only")

    def privileges(self) -> tuple[str, ...]:
        """Read and empty it; people of the network deliver."""
        return (*READ, "{DAV:}unbind", f"{CAL}schedule-deliver")

    def get_calendar_user_type(self) -> str:
        """A person's."""
        return "INDIVIDUAL"

    def get_schedule_default_calendar_url(self) -> str:
        """Where invitations are put."""
        return "../calendars/calendar/"

    def get_calendar_availability(self) -> str:
        """People publish none."""
        raise KeyError


class Outbox(Branch):
    """Where a client asks when people and rooms are free. Nothing stays in it."""

    resource_types: ClassVar[list[str]] = scheduling.ScheduleOutbox.resource_types  # type: ignore[misc]

    @classmethod
    def of(cls, port: CalendarPort) -> "Outbox":
        """At its address."""
        return cls(port, f"/principals/{port.visitor.login}/{OUTBOX}", "Outbox")

    def privileges(self) -> tuple[str, ...]:
        """To ask, and to invite."""
        return (
            "{DAV:}read",
            "{DAV:}read-current-user-privilege-set",
            f"{CAL}schedule-send",
            f"{CAL}schedule-send-freebusy",
            f"{CAL}schedule-send-invite",
            f"{CAL}schedule-send-reply",
        )

    def get_supported_calendar_components(self) -> list[str]:
        """Questions."""
        return ["VFREEBUSY"]

    def get_supported_calendar_data_types(self) -> list[tuple[str, str]]:
        """iCalendar 2.0."""
        return [("text/calendar", "2.0")]

    def get_max_resource_size(self) -> int:
        """Larger questions are refused."""
        return MAX_BYTES

    def _unset(self, *_: object) -> Any:
        raise KeyError

    get_min_date_time = get_max_date_time = get_max_instances = _unset
    get_max_attendees_per_instance = _unset
    get_calendar_availability = get_schedule_default_calendar_url = _unset

    def answer(self, body: bytes, now: datetime) -> webdav.Response:
        """One response for each person or room asked about."""
        asked = freebusy.read_request(body)
        if asked.organiser.lower() not in (a.lower() for a in self.port.addresses()):
            raise webdav.ForbiddenPrecondition(
                f"{CAL}organizer-allowed", "the organiser of a question is who asks it"
            )
        if asked.end - asked.start > LONGEST_WINDOW:
            raise webdav.ForbiddenPrecondition(f"{CAL}max-instances", "the window is too long")
        root = ET.Element(f"{CAL}schedule-response")
        for attendee in asked.attendees:
            busy = self.port.free_busy(attendee, asked.start, asked.end)
            root.append(_response(asked, attendee, busy, now))
        return webdav.Response(
            status="200 OK",
            body=[ET.tostring(root, encoding="utf-8", xml_declaration=True)],
            headers=[("Content-Type", "application/xml; charset=utf-8")],
        )


def _response(
    asked: freebusy.Asked, attendee: str, busy: Sequence[Any] | None, now: datetime
) -> ET.Element:
    el = ET.Element(f"{CAL}response")
    recipient = ET.SubElement(el, f"{CAL}recipient")
    ET.SubElement(recipient, "{DAV:}href").text = attendee
    known = busy is not None
    status = "2.0;Success" if known else "3.7;Invalid calendar user"
    ET.SubElement(el, f"{CAL}request-status").text = status
    if known:
        stretches = [(one.start, one.end, one.kind) for one in busy or ()]
        text = freebusy.reply(asked, attendee, stretches, now)
        ET.SubElement(el, f"{CAL}calendar-data").text = text
    return el


class PostMethod(webdav.Method):
    """POST, to the outbox only."""

    name = "POST"

    async def allow(self, request: Any, environ: Any, app: Any) -> bool:
        """Announced where it works."""
        return isinstance(app.backend.get_resource(request.match_info["path_info"]), Outbox)

    async def handle(self, request: Any, environ: Any, app: Any) -> webdav.Response:
        """A free-busy question."""
        found = app.backend.get_resource(request.match_info["path_info"])
        if found is None:
            return webdav.Response(status=404, reason="Not Found")
        if not isinstance(found, Outbox):
            return webdav.Response(status=405, reason="Method Not Allowed")
        if not request.content_type.lower().startswith("text/calendar"):
            raise webdav.UnsupportedMediaType(request.content_type)
        return found.answer(request.body, datetime.now(UTC))


class DefaultCalendarProperty(webdav.Property):
    """schedule-default-calendar-URL (RFC 6638 §9.2)."""

    name = f"{CAL}schedule-default-calendar-URL"
    resource_type = caldav.SCHEDULE_INBOX_RESOURCE_TYPE
    in_allprops = False
    live = True

    async def get_value(self, href: str, resource: Inbox, el: ET.Element, environ: Any) -> None:
        """Where invitations are put."""
        base = webdav.ensure_trailing_slash(href)
        el.append(webdav.create_href(resource.get_schedule_default_calendar_url(), base))

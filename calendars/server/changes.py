# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""COPY and MOVE of events, through the same judge as PUT; calendars of one's own made."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from xandikos import caldav, webdav

from calendars.server.backend import Home
from calendars.server.collection import CalendarCollection, CalendarObject, quoted
from calendars.server.limits import check_name
from calendars.server.port import Stored
from calendars.server.request import PREFIX
from rooms.errors import Forbidden, Stale

CAL = f"{{{caldav.NAMESPACE}}}"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
OCCUPIED = "{DAV:}resource-must-be-null"


def _plain(status: int, reason: str) -> webdav.Response:
    return webdav.Response(status=status, reason=reason)


class CopyMethod(webdav.Method):
    """A second event, judged for what it is: its rooms are asked for again."""

    name = "COPY"
    keeps = True

    async def handle(self, request: Any, environ: Any, app: Any) -> webdav.Response:
        """RFC 4918 §9.8 and §9.9, for one event."""
        found = app.backend.get_resource(request.match_info["path_info"])
        if found is None:
            return _plain(404, "Not Found")
        if not isinstance(found, CalendarObject):
            raise Forbidden("only-events-move")
        where = urlsplit(request.headers.get("Destination", ""))
        if not where.path:
            return _plain(400, "Bad Request")
        if where.netloc not in ("", request.headers.get("Host", "")):
            return _plain(502, "Bad Gateway")
        container, _, name = unquote(where.path).removeprefix(PREFIX).rpartition("/")
        target = app.backend.get_resource(container)
        if not isinstance(target, CalendarCollection):
            return _plain(409, "Conflict") if target is None else _plain(403, "Forbidden")
        return self._moved(request, found, target, name)

    def _moved(
        self, request: Any, found: CalendarObject, target: CalendarCollection, name: str
    ) -> webdav.Response:
        source = found.collection
        if target.info.id == source.info.id and name == found.item.name:
            raise Forbidden("onto-itself")
        check_name(name)
        target.check_write()
        if not self.keeps:
            source.check_write()
        check_schedule_tag(request, found)
        there = target.find(name)
        if there is not None:
            if request.headers.get("Overwrite", "T").strip().upper() == "F":
                raise Stale("destination-exists")
            target.delete_member(name)
        stored = source.port.transfer(
            source.info, found.item.name, target.info, name, keep=self.keeps
        )
        headers = stored_headers(stored)
        status, reason = (204, "No Content") if there else (201, "Created")
        return webdav.Response(status=status, reason=reason, headers=headers)


class MoveMethod(CopyMethod):
    """The same event elsewhere: its booking, its sessions and its link go with it."""

    name = "MOVE"
    keeps = False


def stored_headers(stored: Stored) -> list[tuple[str, str]]:
    """RFC 4791 §5.3.4: no ETag makes the client fetch what was really stored."""
    headers = [] if stored.rewritten else [("ETag", quoted(stored.etag))]
    tag = stored.schedule_tag
    return [*headers, *([("Schedule-Tag", quoted(tag))] if tag else [])]


def check_schedule_tag(request: Any, found: CalendarObject | None) -> None:
    """`If-Schedule-Tag-Match` (RFC 6638 §3.2.10)."""
    wanted = request.headers.get("If-Schedule-Tag-Match")
    if wanted is None:
        return
    tag = found.item.schedule_tag if found else None
    if not webdav.etag_matches(wanted, quoted(tag) if tag else None):
        raise Stale("schedule-tag")


class MkcalendarMethod(webdav.Method):
    """One more calendar of one's own."""

    name = "MKCALENDAR"

    async def allow(self, request: Any, environ: Any, app: Any) -> bool:
        """Announced in the home."""
        found = app.backend.get_resource(request.match_info["path_info"])
        return isinstance(found, Home)

    async def handle(self, request: Any, environ: Any, app: Any) -> webdav.Response:
        """RFC 4791 §5.3.1; of the properties, the name and the colour."""
        path = request.match_info["path_info"].rstrip("/")
        if app.backend.get_resource(path) is not None:
            raise webdav.ForbiddenPrecondition(OCCUPIED, "There is something at this address.")
        container, _, name = path.rpartition("/")
        home = app.backend.get_resource(container)
        if not isinstance(home, Home):
            return _plain(409, "Conflict") if home is None else _plain(403, "Forbidden")
        if not NAME.fullmatch(name):
            raise webdav.ForbiddenPrecondition(OCCUPIED, "Not a name for a calendar.")
        asked = self.asked(request.body)
        home.port.make_calendar(name, _text(asked, "{DAV:}displayname"), _color(asked))
        return _plain(201, "Created")

    def asked(self, body: bytes) -> ET.Element:
        """The properties wanted."""
        return ET.fromstring(body) if body else ET.Element("none")


class MkcolMethod(MkcalendarMethod):
    """Extended MKCOL (RFC 5689) of a calendar; other folders are for the drawer."""

    name = "MKCOL"

    def asked(self, body: bytes) -> ET.Element:
        """As MKCALENDAR; it must say that it is a calendar."""
        asked = super().asked(body)
        if next(asked.iter(f"{CAL}calendar"), None) is None:
            raise webdav.ForbiddenPrecondition(
                f"{CAL}calendar-collection-location-ok", "Only calendars here; folders in files/."
            )
        return asked


def _text(asked: ET.Element, tag: str) -> str:
    found = next(asked.iter(tag), None)
    return " ".join((found.text or "").split())[:200] if found is not None else ""


def _color(asked: ET.Element) -> str:
    return _text(asked, "{http://apple.com/ns/ical/}calendar-color")[:9]

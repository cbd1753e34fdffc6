# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""The HTTP methods of this server. Those that write are ours: the stock ones pass by the judge.

LOCK does not exist here.
"""

from typing import Any
from xml.etree import ElementTree as ET

from xandikos import webdav

from calendars.server.answers import asks_for_data, element, multistatus, plain
from calendars.server.changes import (
    CopyMethod,
    MkcalendarMethod,
    MkcolMethod,
    MoveMethod,
    check_schedule_tag,
    stored_headers,
)
from calendars.server.collection import CalendarCollection, quoted
from calendars.server.scheduling import PostMethod
from rooms.errors import Stale


class PutMethod(webdav.PutMethod):
    """Judge and store. Without ETag in the answer when the stored bytes are not the sent ones."""

    name = "PUT"

    async def handle(self, request: Any, environ: Any, app: Any) -> webdav.Response:
        """RFC 4791 §5.3.4: no ETag makes the client fetch what was really stored."""
        container, name = webdav.split_path_preserving_encoding(request, environ)
        calendar = app.backend.get_resource(container)
        if not isinstance(calendar, CalendarCollection):
            missing = calendar is None
            status, reason = (404, "Not Found") if missing else (403, "Forbidden")
            return webdav.Response(status=status, reason=reason)
        found = calendar.find(name)
        current = found.item.etag if found else None
        _check_conditions(request, current)
        check_schedule_tag(request, found)
        stored = calendar.store(name, current)
        headers = stored_headers(stored)
        status, reason = (204, "No Content") if found else (201, "Created")
        return webdav.Response(status=status, reason=reason, headers=headers)


def _check_conditions(request: Any, etag: str | None) -> None:
    current = quoted(etag) if etag else None
    match, none_match = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is not None and not webdav.etag_matches(match, current):
        raise Stale("etag")
    if none_match and current and webdav.etag_matches(none_match, current):
        raise Stale("etag")


class PropfindMethod(webdav.PropfindMethod):
    """PROPFIND, one level at most; a calendar's events are listed without being read."""

    name = "PROPFIND"

    async def handle(self, request: Any, environ: Any, app: Any) -> Any:
        """`Depth: infinity` would list everything there is."""
        depth = request.headers.get("Depth", "infinity").strip().lower()
        if depth != "0":
            found = app.backend.get_resource(request.match_info["path_info"])
            if depth == "1" and isinstance(found, CalendarCollection):
                return await self._listed(found, request, environ, app)
            if (
                depth != "1"
                and found is not None
                and webdav.COLLECTION_RESOURCE_TYPE in found.resource_types
            ):
                raise webdav.ForbiddenPrecondition("{DAV:}propfind-finite-depth", "Depth is 0 or 1")
        return await super().handle(request, environ, app)

    async def _listed(
        self, calendar: CalendarCollection, request: Any, environ: Any, app: Any
    ) -> Any:
        """A calendar and its events, when only plain properties of them are asked for."""
        asked = ET.fromstring(request.body).find("{DAV:}prop") if request.body else None
        href = webdav.ensure_trailing_slash(request.path)
        told = None if asks_for_data(asked) else plain(href, asked)
        if told is None or asked is None:
            return await super().handle(request, environ, app)
        states = webdav.get_properties(href, calendar, app.properties, environ, asked)
        itself = webdav.Status(href, "200 OK", propstat=[state async for state in states])
        events = calendar.port.changes(calendar.info, 0, -1)
        return multistatus(
            [element(itself), *(told.response(one.name, one.etag or "") for one in events)]
        )


def methods() -> list[webdav.Method]:
    """Every method."""
    return [
        webdav.OptionsMethod(),
        webdav.GetMethod(),
        webdav.HeadMethod(),
        webdav.DeleteMethod(),
        webdav.ReportMethod(),
        webdav.ProppatchMethod(),
        PropfindMethod(),
        PutMethod(),
        MkcalendarMethod(),
        MkcolMethod(),
        CopyMethod(),
        MoveMethod(),
        PostMethod(),
    ]


def dav_error(status: str, element: str, text: str) -> webdav.Response:
    """A refusal with a DAV error body."""
    error = ET.Element("{DAV:}error")
    ET.SubElement(error, element)
    ET.SubElement(error, "{DAV:}responsedescription").text = text
    body = ET.tostring(error, encoding="utf-8", xml_declaration=True)
    return webdav.Response(
        status=status, body=[body], headers=[("Content-Type", 'application/xml; charset="utf-8"')]
    )

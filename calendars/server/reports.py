# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""The REPORTs: time ranges, many objects at once, what changed, when it is taken.

None of them expands a recurrence over more than the stored horizon.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from xandikos import caldav, davcommon, webdav

from calendars.server.answers import (
    CAL,
    asks_for_data,
    cut_short,
    element,
    gone,
    multistatus,
    plain,
    sync_token,
)
from calendars.server.collection import CalendarCollection, CalendarObject
from calendars.server.port import Change
from calendars.server.resources import instant

LONGEST_EXPANSION = timedelta(days=800)
MAX_HREFS = 5_000


class CalendarDataProperty(caldav.CalendarDataProperty):
    """The body of an object; expansions are held to a window."""

    async def get_value_ext(
        self, base_href: str, resource: Any, el: ET.Element, environ: Any, requested: ET.Element
    ) -> None:
        """The bytes as stored, or the parts asked for."""
        for part in requested:
            if part.get("start") is not None or part.get("end") is not None:
                window(part, LONGEST_EXPANSION)
        await super().get_value_ext(base_href, resource, el, environ, requested)


def window(el: ET.Element, longest: timedelta | None = None) -> tuple[datetime, datetime]:
    """The interval of an element, or a 400; a 403 if it is longer than we look."""
    try:
        start, end = caldav._parse_time_range(el)
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    except (AssertionError, AttributeError, ValueError, TypeError, OverflowError) as error:
        raise webdav.BadRequestError("bad time-range") from error
    if longest and end - start > longest:
        raise webdav.ForbiddenPrecondition(f"{CAL}max-instances", "the window is too long")
    return start, end


class MultiGet(caldav.CalendarMultiGetReporter):
    """calendar-multiget, with a bounded list."""

    data_property = CalendarDataProperty()

    async def report(self, environ: Any, body: Any, *rest: Any) -> Any:
        """Each object asked for by its address."""
        if len(body) > MAX_HREFS:
            raise webdav.ForbiddenPrecondition(
                "{DAV:}number-of-matches-within-limits", "too many hrefs"
            )
        return await super().report(environ, body, *rest)


class CalendarQuery(webdav.Reporter):
    """calendar-query. The client's own VTIMEZONE is not read: the calendar's zone is used."""

    name = f"{CAL}calendar-query"
    resource_type = caldav.CALENDAR_RESOURCE_TYPE

    async def report(
        self,
        environ: Any,
        body: ET.Element,
        resources_by_hrefs: Any,
        properties: Any,
        href: str,
        resource: CalendarCollection,
        depth: str,
        strict: bool,
    ) -> webdav.Response:
        """Every object the filter lets through."""
        wanted = body.find(f"{CAL}filter")

        def build(cls: Any) -> Any:
            return caldav.parse_filter(wanted, cls(resource.info.zone))

        found = resource.calendar_query(build)
        asked = Asked(href, body, properties, environ)
        return multistatus([await asked.about(one) for _, one in found])


class SyncCollection(webdav.Reporter):
    """sync-collection (RFC 6578): a limit gives a partial token, a foreign token gives 403."""

    name = "{DAV:}sync-collection"
    resource_type = caldav.CALENDAR_RESOURCE_TYPE

    async def report(
        self,
        environ: Any,
        body: ET.Element,
        resources_by_hrefs: Any,
        properties: Any,
        href: str,
        resource: CalendarCollection,
        depth: str,
        strict: bool,
    ) -> webdav.Response:
        """The last change of each object since the token, oldest first."""
        if (body.findtext("{DAV:}sync-level") or "1").strip() not in ("1", "infinite"):
            raise webdav.BadRequestError("sync-level is 1 or infinite")
        since = resource.revision(body.findtext("{DAV:}sync-token"))
        if since is None:
            raise webdav.ForbiddenPrecondition("{DAV:}valid-sync-token", "not a token of ours")
        limit = _limit(body)
        changes = resource.port.changes(resource.info, since, limit + 1 if limit else -1)
        partial = limit is not None and len(changes) > limit
        kept = changes[:limit] if partial else changes
        asked = Asked(href, body, properties, environ)
        parts = await asked.about_changes(kept, resource)
        if partial:
            parts.append(cut_short(asked.base))
        token = resource.token(kept[-1].rev if partial else resource.info.rev)
        return multistatus([*parts, sync_token(token)])


def _limit(body: ET.Element) -> int | None:
    text = body.findtext("{DAV:}limit/{DAV:}nresults")
    if text is None:
        return None
    if not text.strip().isdigit() or not 0 < int(text) < 1_000_000:
        raise webdav.BadRequestError("nresults is a positive number")
    return int(text)


class Asked:
    """What a report wants to know of events."""

    def __init__(self, href: str, body: ET.Element, properties: Any, environ: Any) -> None:
        """`properties` are those of the server; without a list of its own, ETags are wanted."""
        self.base = webdav.ensure_trailing_slash(href)
        self._requested = body.find("{DAV:}prop")
        if self._requested is None:
            self._requested = ET.Element("{DAV:}prop")
            ET.SubElement(self._requested, "{DAV:}getetag")
        self._plain = plain(href, self._requested)
        self._rest = (properties, environ, self._requested)

    async def about(self, found: CalendarObject) -> bytes:
        """The answer for one of them."""
        name, item = found.item.name, found.item
        if self._plain is not None:
            return self._plain.response(name, item.etag, item.body)
        address = self.base + name
        states = davcommon.get_properties_with_data(
            MultiGet.data_property, address, found, *self._rest
        )
        propstat = [state async for state in states]
        return element(webdav.Status(address, "200 OK", propstat=propstat))

    async def about_changes(
        self, changes: Sequence[Change], resource: CalendarCollection
    ) -> list[bytes]:
        """The answer for each; of most it is enough to know what changed."""
        if self._plain is not None and not asks_for_data(self._requested):
            return [
                self._plain.response(one.name, one.etag) if one.etag else gone(self.base + one.name)
                for one in changes
            ]
        known = resource.found([change.name for change in changes if change.etag])
        return [
            await self.about(known[one.name]) if one.name in known else gone(self.base + one.name)
            for one in changes
        ]


class FreeBusy(webdav.Reporter):
    """free-busy-query, from the stored instances: no titles, no expansion."""

    name = f"{CAL}free-busy-query"
    resource_type = caldav.CALENDAR_RESOURCE_TYPE

    async def report(
        self,
        environ: Any,
        body: ET.Element,
        resources_by_hrefs: Any,
        properties: Any,
        href: str,
        resource: CalendarCollection,
        depth: str,
        strict: bool,
    ) -> webdav.Response:
        """One VFREEBUSY."""
        asked = body.find(f"{CAL}time-range")
        if asked is None:
            raise webdav.BadRequestError("free-busy-query has a time-range")
        start, end = window(asked, LONGEST_EXPANSION)
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Margeride//CalDAV//FR",
            "BEGIN:VFREEBUSY",
            f"DTSTAMP:{instant(datetime.now(UTC))}",
            f"DTSTART:{instant(start)}",
            f"DTEND:{instant(end)}",
            *(
                f"FREEBUSY;FBTYPE=BUSY:{instant(first)}/{instant(last)}"
                for first, last in resource.port.busy(resource.info, start, end)
            ),
            "END:VFREEBUSY",
            "END:VCALENDAR",
            "",
        ]
        text = "\r\n".join(lines).encode()
        return webdav.Response(
            status="200 OK",
            body=[text],
            headers=[("Content-Type", "text/calendar; charset=utf-8")],
        )


def reporters() -> list[webdav.Reporter]:
    """Every report, in the order announced."""
    return [
        MultiGet(),
        CalendarQuery(),
        SyncCollection(),
        FreeBusy(),
        webdav.ExpandPropertyReporter(),
    ]

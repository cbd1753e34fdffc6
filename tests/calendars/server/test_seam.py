"""What we rely on in Xandikos: these fail first when it changes."""

import inspect

from xandikos import caldav, davcommon, webdav
from xandikos.icalendar import CalendarFilter, ICalendarFile

from calendars.server.mount import DavServer, refusal
from rooms.errors import Conflict, Forbidden, Invalid, NotFound, Stale


def test_the_methods_we_take_are_there_and_the_others_are_not_ours() -> None:
    assert sorted(DavServer().methods) == [
        "COPY", "DELETE", "GET", "HEAD", "MKCALENDAR", "MKCOL", "MOVE", "OPTIONS", "POST",
        "PROPFIND", "PROPPATCH", "PUT", "REPORT",
    ]  # fmt: skip


def test_no_property_of_ours_is_shadowed_by_the_stock_one() -> None:
    properties = DavServer().properties
    for name in ("owner", "current-user-privilege-set"):
        assert type(properties[f"{{DAV:}}{name}"]).__module__ == "calendars.server.access"


def test_the_signatures_we_override_have_not_changed() -> None:
    report = list(inspect.signature(caldav.CalendarQueryReporter.report).parameters)
    assert report == ["self", "environ", "args", "kwargs"]  # wrapped by multistatus
    stock = list(inspect.signature(webdav.Reporter.report).parameters)
    assert stock == [
        "self", "environ", "request_body", "resources_by_hrefs", "properties", "href", "resource",
        "depth", "strict",
    ]  # fmt: skip
    assert callable(davcommon.get_properties_with_data)
    assert callable(webdav.split_path_preserving_encoding)
    assert {"check", "filter_subcomponent"} <= set(dir(CalendarFilter))
    assert {"calendar", "get_expanded_calendar"} <= set(dir(ICalendarFile))


def test_a_busy_room_is_never_409_nor_412() -> None:
    busy = refusal(Conflict("room-busy"), "occupée")
    assert busy.status == 403
    assert b"urn:x-margeride" in b"".join(busy.body)


def test_each_refusal_has_its_status() -> None:
    cases = [
        (NotFound("no-item"), 404),
        (Forbidden("read-only"), 403),
        (Invalid("bad-recurrence"), 403),
        (Invalid("xml-doctype"), 400),
        (Stale("etag"), 412),
    ]
    for error, status in cases:
        assert refusal(error, "x").status == status

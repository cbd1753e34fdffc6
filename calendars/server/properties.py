# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""The DAV properties this server knows, no more: what is not listed is answered 404."""

from typing import Any

from xandikos import caldav, scheduling, sync, webdav

from calendars.server.access import CurrentUserPrivilegeSetProperty, OwnerProperty
from calendars.server.scheduling import DefaultCalendarProperty


def _own_principal(environ: Any) -> str:
    return f"/principals/{environ['REMOTE_USER']}/"


def _principals() -> list[str]:
    return ["/principals/"]


def known(reporters: dict[str, Any]) -> list[webdav.Property]:
    """Every property, ours in the place of Xandikos' where his is not true here."""
    return [
        webdav.ResourceTypeProperty(),
        webdav.CurrentUserPrincipalProperty(_own_principal),
        webdav.PrincipalURLProperty(),
        webdav.PrincipalCollectionSetProperty(_principals),
        webdav.DisplayNameProperty(),
        webdav.GetETagProperty(),
        webdav.GetContentTypeProperty(),
        webdav.GetContentLengthProperty(),
        webdav.SupportedReportSetProperty(reporters),
        webdav.AppleGetCTagProperty(),
        webdav.DAVGetCTagProperty(),
        SyncTokenProperty(),
        CurrentUserPrivilegeSetProperty(),
        OwnerProperty(),
        caldav.CalendarHomeSetProperty(),
        caldav.CalendarColorProperty(),
        caldav.SupportedCalendarComponentSetProperty(),
        caldav.SupportedCalendarDataProperty(),
        caldav.MinDateTimeProperty(),
        caldav.MaxDateTimeProperty(),
        caldav.MaxInstancesProperty(),
        caldav.MaxAttendeesPerInstanceProperty(),
        caldav.MaxResourceSizeProperty(),
        scheduling.CalendarUserAddressSetProperty(),
        scheduling.CalendarUserTypeProperty(),
        scheduling.ScheduleInboxURLProperty(),
        scheduling.ScheduleOutboxURLProperty(),
        scheduling.ScheduleTagProperty(),
        caldav.CalendarAvailabilityProperty(),
        DefaultCalendarProperty(),
    ]


class SyncTokenProperty(sync.SyncTokenProperty):
    """On calendars only: the folders above have no changes to report."""

    resource_type = caldav.CALENDAR_RESOURCE_TYPE

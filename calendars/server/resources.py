# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""What stands at the addresses above the calendars: root, principals, one home for each person.

    /dav/                                    root
    /dav/principals/<login>/                 the person
    /dav/principals/<login>/calendars/       his home
    /dav/principals/<login>/calendars/<c>/   one of his calendars, a room's, a shared one
    /dav/principals/<login>/inbox/, outbox/  scheduling (RFC 6638)
    /dav/principals/<login>/files/           his drawer

Everybody sees his own branch only; another's does not exist for him.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from xandikos import caldav, webdav

from calendars.server.port import CalendarPort


class Resource(webdav.Resource):
    """A resource without the properties nobody set: Xandikos is told so by KeyError."""

    def _absent(self, *_: object) -> Any:
        raise KeyError

    get_comment = get_creationdate = get_last_modified = get_content_language = _absent
    get_quota_used_bytes = get_quota_available_bytes = get_is_executable = _absent
    get_resource_id = get_content_type = get_owner = _absent

    def privileges(self) -> tuple[str, ...]:
        """RFC 3744 privileges the visitor has here."""
        return ("{DAV:}read", "{DAV:}read-current-user-privilege-set")


class Folder(Resource, webdav.Collection):
    """A collection that only the service changes."""

    def __init__(self, port: CalendarPort, path: str, displayname: str) -> None:
        self.port = port
        self.path = path
        self.displayname = displayname

    def _absent(self, *_: object) -> Any:
        raise KeyError

    get_headervalue = get_refreshrate = get_sync_token = _absent

    def get_displayname(self) -> str:
        """The name shown."""
        return self.displayname

    def get_ctag(self) -> str:
        """Changes when what is listed changes."""
        return str(sum(calendar.rev for calendar in self.port.calendars()))

    async def get_etag(self) -> str:
        """As the ctag, and the address."""
        text = f"{self.path} {self.get_ctag()}"
        return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'

    def get_owner(self) -> str | None:
        """The person whose branch this is; the root has none."""
        return None

    def members(self) -> Iterator[tuple[str, webdav.Resource]]:
        """What is below."""
        return iter(())

    def subcollections(self) -> Iterator[tuple[str, webdav.Resource]]:
        """The collections among them."""
        return iter(())

    async def get_body(self) -> list[bytes]:
        """A line for the person who opened the address in a browser."""
        return [f"{self.displayname}\nCalDAV, RFC 4791: docs/calendars.md\n".encode()]

    async def get_content_length(self) -> int:
        """Length of that line."""
        return sum(map(len, await self.get_body()))

    def get_content_type(self) -> str:
        """Of that line."""
        return "text/plain; charset=utf-8"

    async def render(self, _url: str, _types: object, _languages: object) -> Any:
        """That line, whatever was asked for."""
        body = await self.get_body()
        return body, sum(map(len, body)), await self.get_etag(), self.get_content_type(), None

    async def create_member(self, *_: object, **__: object) -> Any:
        """Nobody adds anything here."""
        raise webdav.ForbiddenError

    def delete_member(self, *_: object, **__: object) -> None:
        """Nobody takes anything away."""
        raise webdav.ForbiddenError


class Branch(Folder):
    """A folder that belongs to the visitor."""

    def get_owner(self) -> str:
        """The visitor."""
        return f"/principals/{self.port.visitor.login}/"


class Principal(Branch, webdav.Principal):
    """The visitor himself (RFC 3744), with his calendar home and addresses (RFC 4791, 6638)."""

    resource_types: ClassVar[list[str]] = [  # type: ignore[misc]
        webdav.COLLECTION_RESOURCE_TYPE,
        webdav.PRINCIPAL_RESOURCE_TYPE,
    ]

    def get_principal_url(self) -> str:
        """Here."""
        return "."

    def get_calendar_home_set(self) -> list[str]:
        """One home: vdirsyncer reads only the first."""
        return ["calendars"]

    def get_schedule_inbox_url(self) -> str:
        """What others sent him."""
        return "inbox/"

    def get_schedule_outbox_url(self) -> str:
        """Where he asks who is free."""
        return "outbox/"

    def get_calendar_user_address_set(self) -> list[str]:
        """His addresses."""
        return list(self.port.addresses())

    def get_calendar_user_type(self) -> str:
        """A person."""
        return "INDIVIDUAL"

    def get_group_membership(self) -> list[str]:
        """No groups."""
        return []

    def set_calendar_user_address_set(self, _addresses: list[str]) -> None:
        """Addresses are the administrator's."""
        raise webdav.ProtectedPropertyError

    def set_calendar_user_type(self, _cutype: str | None) -> None:
        """People stay people."""
        raise webdav.ProtectedPropertyError


CALENDAR = caldav.CALENDAR_RESOURCE_TYPE


def instant(moment: datetime) -> str:
    """An instant as iCalendar writes it in UTC."""
    return moment.strftime("%Y%m%dT%H%M%SZ")

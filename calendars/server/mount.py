# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""Xandikos' protocol layer over a port: one request in, one whole answer out, no loop, no state.

The caller is on a store thread, in a transaction; the port is that transaction.
"""

import copy
import logging
from typing import Any

from xandikos import caldav, webdav

from calendars.server import limits
from calendars.server.backend import Backend
from calendars.server.drawer import Drawer
from calendars.server.methods import dav_error, methods
from calendars.server.port import CalendarPort
from calendars.server.properties import known
from calendars.server.reports import reporters
from calendars.server.request import PREFIX, DavAnswer, DavRequest, run
from rooms.errors import Forbidden, Invalid, MargerideError

logger = logging.getLogger(__name__)
logging.getLogger("xandikos").setLevel(logging.ERROR)  # it warns of each unknown property

CAL = f"{{{caldav.NAMESPACE}}}"
FEATURES = [
    "1",
    "3",
    "access-control",
    "calendar-access",
    "calendar-auto-schedule",
    "calendar-availability",
    "extended-mkcol",
    "sync-collection",
]
BAD_XML = frozenset({"xml-too-deep", "xml-too-large", "xml-doctype", "xml-malformed", "bad-path"})
ELEMENTS = {  # refusal -> the precondition RFC 4791 names for it
    "too-many-instances": f"{CAL}max-instances",
    "too-many-attendees": f"{CAL}max-attendees-per-instance",
    "calendar-too-large": f"{CAL}max-resource-size",
    "body-too-large": f"{CAL}max-resource-size",
    "date-out-of-range": f"{CAL}max-date-time",
    "not-an-event": f"{CAL}supported-calendar-component",
    "uid-conflict": f"{CAL}no-uid-conflict",
    "bad-object-name": "{DAV:}resource-must-be-null",
    "room-busy": "{urn:x-margeride}room-busy",
}
CLUMSY = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)


class DavServer(webdav.WebDAVApp):
    """The protocol layer with our methods, reports and properties."""

    def __init__(self) -> None:
        super().__init__(None)
        self.methods.clear()
        self.register_methods(methods())
        self.register_reporters(reporters())
        self.register_properties(known(dict(self.reporters)))

    def _get_dav_features(self, resource: Any) -> list[str]:
        return FEATURES

    def answer(self, port: CalendarPort, request: DavRequest) -> DavAnswer:
        """Answer one request for one visitor."""
        bound = copy.copy(self)
        bound.backend = Backend(port)
        environ = {"SCRIPT_NAME": PREFIX, "REMOTE_USER": port.visitor.login}
        try:
            limits.check_path(request.raw_path)
            drawer = Drawer(port.files, port.visitor.login)
            in_drawer = drawer.owns(request.path)
            if request.body and limits.is_xml(request.method, drawer=in_drawer):
                limits.check_xml(request.body)
            if in_drawer:
                return whole(drawer.answer(request))
            response = run(bound._dispatch(request, environ))
        except MargerideError as error:
            response = refusal(error, port.sentence(error))
        return whole(response)

    async def _dispatch(self, request: DavRequest, environ: dict[str, str]) -> webdav.Response:
        method = self.methods.get(request.method)
        if method is None:
            allowed = await self._get_allowed_methods(request, environ)
            return webdav.Response(
                status=405, reason="Method Not Allowed", headers={"Allow": ", ".join(allowed)}
            )
        try:
            return await method.handle(request, environ, self)
        except webdav.PreconditionFailure as error:
            return dav_error(error.statuscode, error.precondition, error.description)
        except webdav.BadRequestError as error:
            return _plain("400 Bad Request", error.message)
        except webdav.NotAcceptableError as error:
            return _plain("406 Not Acceptable", str(error))
        except webdav.UnsupportedMediaType as error:
            return _plain("415 Unsupported Media Type", str(error))
        except webdav.ForbiddenError as error:
            return _plain("403 Forbidden", error.message)
        except CLUMSY as error:
            if request.method not in limits.XML_METHODS:
                raise
            logger.warning("a %s was not understood: %r", request.method, error)
            return _plain("400 Bad Request", "not understood")


def refusal(error: MargerideError, text: str) -> webdav.Response:
    """A refusal of ours as DAV says it. Never 409 or 412 for a busy room: clients loop on them."""
    if error.key in BAD_XML:
        return _plain("400 Bad Request", text)
    if error.key in ELEMENTS:
        return dav_error("403 Forbidden", ELEMENTS[error.key], text)
    if isinstance(error, Forbidden):
        return dav_error("403 Forbidden", "{DAV:}need-privileges", text)
    if isinstance(error, Invalid):
        return dav_error("403 Forbidden", f"{CAL}valid-calendar-data", text)
    return webdav.Response(status=error.status, reason=error.key, body=[text.encode()])


def _plain(status: str, text: str) -> webdav.Response:
    return webdav.Response(
        status=status, body=[text.encode()], headers=[("Content-Type", "text/plain; charset=utf-8")]
    )


def whole(response: webdav.Response) -> DavAnswer:
    """Everything in hand before the transaction ends."""
    body = response.body
    chunks = [body] if isinstance(body, bytes) else list(body)
    return DavAnswer(
        status=response.status,
        reason=response.reason,
        headers=tuple((name, str(value)) for name, value in response.headers if value is not None),
        body=b"".join(chunks),
    )

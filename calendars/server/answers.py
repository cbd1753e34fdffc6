# mypy: disable-error-code="override,no-untyped-call,untyped-decorator,no-any-return"
# (Xandikos does not always return what its annotations say)
"""Multistatus answers, written as text wherever text will do.

Xandikos makes an element for every property of every object; that is a second and a half for ten
thousand ETags. When a client asks for nothing but the few properties every event has, its answer
is put together from strings; anything else still goes through the protocol layer.
"""

from collections.abc import Callable, Iterable
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from xandikos import caldav, webdav

CAL = f"{{{caldav.NAMESPACE}}}"
HEAD = (
    "<?xml version='1.0' encoding='utf-8'?>\n"
    f'<D:multistatus xmlns:D="DAV:" xmlns:C="{caldav.NAMESPACE}">'
).encode()
TAIL = b"</D:multistatus>"
DATA = f"{CAL}calendar-data"
SAFE = "/:@"  # as Xandikos writes hrefs

Write = Callable[[str, bytes], str]
PLAIN: dict[str, Write] = {  # property -> what an event of this ETag and body says
    "{DAV:}getetag": lambda etag, _: f'<D:getetag>"{etag}"</D:getetag>',
    "{DAV:}getcontenttype": lambda *_: "<D:getcontenttype>text/calendar</D:getcontenttype>",
    "{DAV:}resourcetype": lambda *_: "<D:resourcetype/>",
    DATA: lambda _, body: f"<C:calendar-data>{escape(body.decode())}</C:calendar-data>",
}


class Plain:
    """The answer about one event after another."""

    def __init__(self, base: str, requested: Iterable[ET.Element]) -> None:
        """`base` is the address of their calendar, `requested` are properties of `PLAIN`."""
        self._base = quote(webdav.ensure_trailing_slash(base), safe=SAFE)
        self._writers = [PLAIN[one.tag] for one in requested]

    def response(self, name: str, etag: str, body: bytes = b"") -> bytes:
        """What is said of an event."""
        said = "".join([write(etag, body) for write in self._writers])
        return (
            f"<D:response><D:href>{self._base}{quote(name, safe=SAFE)}</D:href><D:propstat>"
            f"<D:prop>{said}</D:prop><D:status>HTTP/1.1 200 OK</D:status>"
            "</D:propstat></D:response>"
        ).encode()


def plain(base: str, requested: ET.Element | None) -> Plain | None:
    """How to answer for these properties, if all of them are plain."""
    wanted = list(requested) if requested is not None else []
    if not wanted or any(one.tag not in PLAIN or len(one) for one in wanted):
        return None
    return Plain(base, wanted)


def asks_for_data(requested: ET.Element | None) -> bool:
    """Whether the events themselves are wanted, not only what is said of them."""
    return requested is not None and requested.find(DATA) is not None


def element(status: webdav.Status) -> bytes:
    """One response as Xandikos makes it."""
    return ET.tostring(status.aselement(), encoding="unicode").encode()


def gone(address: str) -> bytes:
    """That there is nothing there any more."""
    return _short(address, "404 Not Found")


def cut_short(address: str) -> bytes:
    """That a calendar has more to tell than was asked for (RFC 6578 §3.6)."""
    why = "<D:error><D:number-of-matches-within-limits/></D:error>"
    return _short(address, "507 Insufficient Storage", why)


def _short(address: str, status: str, more: str = "") -> bytes:
    return (
        f"<D:response><D:href>{quote(address, safe=SAFE)}</D:href>"
        f"<D:status>HTTP/1.1 {status}</D:status>{more}</D:response>"
    ).encode()


def sync_token(token: str) -> bytes:
    """Where the next question may go on from."""
    return f"<D:sync-token>{escape(token)}</D:sync-token>".encode()


def multistatus(parts: Iterable[bytes]) -> webdav.Response:
    """All of them, as one answer."""
    return webdav.Response(
        status="207 Multi-Status",
        body=[HEAD, *parts, TAIL],
        headers=[("Content-Type", 'text/xml; charset="utf-8"')],
    )

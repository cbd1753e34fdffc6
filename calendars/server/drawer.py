"""The visitor's private drawer at `…/files/`: plain files in folders, RFC 4918 class 1.

Nothing here is a calendar, nothing is judged, nobody else sees it. It is small on purpose:
`files.MAX_FILES` entries, `files.MAX_TOTAL` bytes.
"""

from collections.abc import Callable
from email.utils import format_datetime
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET

from xandikos import webdav

from calendars.server.drawer_properties import found_of, multistatus, patch
from calendars.server.files import MAX_FILES, MAX_TOTAL, File, FilesPort
from calendars.server.limits import check_name
from calendars.server.request import PREFIX, DavRequest

_matches: Callable[[str, str | None], bool] = webdav.etag_matches
Handler = Callable[["Drawer", DavRequest, str], webdav.Response]


def plain(status: str, *headers: tuple[str, str], body: bytes = b"") -> webdav.Response:
    """An answer without ceremony."""
    return webdav.Response(status=status, headers=list(headers), body=[body])


class Drawer:
    """The files of one visitor, by method and path."""

    def __init__(self, port: FilesPort, login: str) -> None:
        self.port = port
        self.root = f"{PREFIX}/principals/{login}/files"

    def owns(self, path: str) -> bool:
        """Whether a decoded path, with the prefix, is in the drawer."""
        return path == self.root or path.startswith(self.root + "/")

    def answer(self, request: DavRequest) -> webdav.Response:
        """Answer one request."""
        handler = METHODS.get(request.method)
        if handler is None:
            return plain("405 Method Not Allowed", ("Allow", ", ".join(METHODS)))
        return handler(self, request, self.relative(request.path))

    def relative(self, path: str) -> str:
        """The path below the drawer."""
        return path.removeprefix(self.root).strip("/")

    def href(self, found: File) -> str:
        """Where it is."""
        ending = "/" if found.folder and found.path else ""
        return quote(f"{self.root}/{found.path}{ending}")

    def has_parent(self, path: str) -> bool:
        """Whether the folder above is there."""
        above = self.port.file(path.rpartition("/")[0])
        return above is not None and above.folder

    def full(self, more: int, size: int) -> bool:
        """Whether so many entries and bytes do not fit any more."""
        count, weight = self.port.weight()
        return count + more > MAX_FILES or weight + size > MAX_TOTAL


def _options(_drawer: Drawer, _request: DavRequest, _path: str) -> webdav.Response:
    return plain("200 OK", ("DAV", "1, 3"), ("Allow", ", ".join(METHODS)))


def _get(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    found = drawer.port.file(path)
    if found is None:
        return plain("404 Not Found")
    headers = (
        ("ETag", f'"{found.etag}"'),
        ("Content-Type", "application/octet-stream" if found.folder else found.content_type),
        ("Content-Disposition", "attachment"),  # a page put here must not run as ours
        ("Last-Modified", format_datetime(found.modified, usegmt=True)),
    )
    body = b"" if request.method == "HEAD" or found.folder else found.body
    return plain("200 OK", *headers, body=body)


def _put(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    found = drawer.port.file(path)
    if found is not None and found.folder:
        return plain("405 Method Not Allowed")
    if not drawer.has_parent(path):
        return plain("409 Conflict")
    etag = f'"{found.etag}"' if found else None
    match, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
    if match is not None and not _matches(match, etag):
        return plain("412 Precondition Failed")
    if none and etag and _matches(none, etag):
        return plain("412 Precondition Failed")
    if drawer.full(0 if found else 1, len(request.body)):
        return plain("507 Insufficient Storage")
    check_name(path.rpartition("/")[2])
    kept = drawer.port.keep(path, body=request.body, content_type=request.content_type[:200])
    return plain("204 No Content" if found else "201 Created", ("ETag", f'"{kept.etag}"'))


def _delete(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    found = drawer.port.file(path)
    if found is None:
        return plain("404 Not Found")
    if not path:
        return plain("403 Forbidden")
    match = request.headers.get("If-Match")
    if match is not None and not _matches(match, f'"{found.etag}"'):
        return plain("412 Precondition Failed")
    drawer.port.forget(path)
    return plain("204 No Content")


def _mkcol(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    if request.body:
        return plain("415 Unsupported Media Type")
    if drawer.port.file(path) is not None:
        return plain("405 Method Not Allowed")
    if not drawer.has_parent(path):
        return plain("409 Conflict")
    if drawer.full(1, 0):
        return plain("507 Insufficient Storage")
    check_name(path.rpartition("/")[2])
    drawer.port.keep(path, folder=True)
    return plain("201 Created")


def _transfer(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    """COPY and MOVE, with all that is below."""
    found = drawer.port.file(path)
    if found is None:
        return plain("404 Not Found")
    target = destination(request)
    if target is None or not drawer.owns(target):
        return plain("502 Bad Gateway" if target is None else "403 Forbidden")
    goal = drawer.relative(target)
    if not path or not goal or goal == path or f"{goal}/".startswith(f"{path}/"):
        return plain("403 Forbidden")
    if f"{path}/".startswith(f"{goal}/"):
        return plain("403 Forbidden")
    if not drawer.has_parent(goal):
        return plain("409 Conflict")
    there = drawer.port.file(goal)
    if there is not None and request.headers.get("Overwrite", "T").strip().upper() == "F":
        return plain("412 Precondition Failed")
    check_name(goal.rpartition("/")[2])
    shallow = request.method == "COPY" and request.headers.get("Depth", "").strip() == "0"
    copied = [found, *(() if shallow else drawer.port.within(path))]
    size = sum(len(one.body) for one in copied)
    if request.method == "COPY" and drawer.full(len(copied), size):
        return plain("507 Insufficient Storage")
    if there is not None:
        drawer.port.forget(goal)
    for one in copied:
        drawer.port.keep(
            goal + one.path[len(path) :], folder=one.folder, body=one.body,
            content_type=one.content_type, properties=dict(one.properties),
        )  # fmt: skip
    if request.method == "MOVE":
        drawer.port.forget(path)
    return plain("204 No Content" if there else "201 Created")


def destination(request: DavRequest) -> str | None:
    """The decoded path of the Destination header, if it is on this server."""
    where = urlsplit(request.headers.get("Destination", ""))
    if not where.path or where.netloc not in ("", request.headers.get("Host", "")):
        return None
    return unquote(where.path)


def _propfind(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    found = drawer.port.file(path)
    if found is None:
        return plain("404 Not Found")
    depth = request.headers.get("Depth", "infinity").strip().lower()
    if depth not in ("0", "1") and found.folder:
        return plain("403 Forbidden")
    asked = ET.fromstring(request.body) if request.body else None
    if asked is not None and asked.tag != "{DAV:}propfind":
        return plain("400 Bad Request")
    listed = [found]
    if depth == "1" and found.folder:
        start = len(found.path) + 1 if found.path else 0
        listed += [one for one in drawer.port.within(path) if "/" not in one.path[start:]]
    return multistatus([found_of(drawer.href(one), one, asked) for one in listed])


def _proppatch(drawer: Drawer, request: DavRequest, path: str) -> webdav.Response:
    found = drawer.port.file(path)
    if found is None:
        return plain("404 Not Found")
    asked = ET.fromstring(request.body) if request.body else ET.Element("none")
    if asked.tag != "{DAV:}propertyupdate":
        return plain("400 Bad Request")
    properties, told = patch(found, asked, drawer.href(found))
    if properties is not None and path:
        drawer.port.keep(
            path, folder=found.folder, body=found.body, content_type=found.content_type,
            properties=properties,
        )  # fmt: skip
    return multistatus([told])


METHODS: dict[str, Handler] = {
    "OPTIONS": _options,
    "GET": _get,
    "HEAD": _get,
    "PUT": _put,
    "DELETE": _delete,
    "MKCOL": _mkcol,
    "COPY": _transfer,
    "MOVE": _transfer,
    "PROPFIND": _propfind,
    "PROPPATCH": _proppatch,
}

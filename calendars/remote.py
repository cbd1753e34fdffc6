"""A client of one calendar on another CalDAV server: what changed there, and writes with ETags.

Speaks HTTP through a session that the caller has opened, for it is the caller who knows which
addresses may be reached; follows no redirect; reads no answer beyond its limits.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
)
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]
from yarl import URL

from calendars.quirks import Quirks
from rooms.errors import MargerideError

D, CAL, CS = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" ' \
         'xmlns:S="http://calendarserver.org/ns/"'  # fmt: skip
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_ICS = {"Content-Type": "text/calendar; charset=utf-8"}
MAX_ANSWER = 32_000_000
MAX_OBJECT = 1_000_000
MAX_OBJECTS = 50_000
AT_ONCE = 50
_QUESTIONS = ("GET", "PROPFIND", "REPORT")
PATIENCE = ClientTimeout(total=60, sock_connect=10, sock_read=30)


class RemoteError(MargerideError):
    """The server does not do what it was asked. `key` says what: `remote-away` (it does not
    answer), `remote-login`, `remote-refused` (status), `remote-broken` (its answer)."""

    status = 503


class Changed(Exception):
    """It is not what we thought it was: 412, or seen by looking first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a look found. Without `complete`, what is not named is as it was."""

    etags: dict[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    complete: bool = False
    forgot: bool = False  # the token was refused: absences mean nothing
    token: str = ""


class RemoteCalendar:
    """One calendar collection. Hrefs are paths below it, unquoted (`bk-….ics`)."""

    def __init__(self, http: ClientSession, url: str, quirks: Quirks) -> None:
        self._http = http
        self._url = url.rstrip("/") + "/"
        self._root = urlsplit(self._url).path
        self._quirks = quirks

    # what stands there

    async def look(self, token: str, *, everything: bool = False) -> Changes:
        """What changed since `token`, which is that of an earlier look, or everything."""
        kind, _, value = token.partition(":")
        if self._quirks.sync and not everything and kind == "sync" and value:
            return await self._delta(value)
        marks = await self._marks()
        ctag = marks.get("ctag", "")
        if self._quirks.ctag and not everything and ctag and token == f"ctag:{ctag}":
            return Changes(token=token)
        etags = await self._listing()
        # The mark was taken before the list: what changes in between is seen twice, not never.
        sync = marks.get("sync", "") if self._quirks.sync else ""
        kept = f"sync:{sync}" if sync else f"ctag:{ctag}"
        return Changes(etags=etags, complete=True, token=kept)

    async def bodies(self, hrefs: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """(ETag, object) of those that still stand there."""
        found: dict[str, tuple[str, bytes]] = {}
        for start in range(0, len(hrefs), AT_ONCE):
            some = hrefs[start : start + AT_ONCE]
            places = "".join(f"<D:href>{escape(self._path(href))}</D:href>" for href in some)
            body = (
                f"<C:calendar-multiget {_NAMES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
                f"{places}</C:calendar-multiget>"
            )
            root = await self._xml("REPORT", body, {"Depth": "1"})
            for href, answer in self._answers(root):
                data, etag = _prop(answer, f"{CAL}calendar-data"), _prop(answer, f"{D}getetag")
                if data and etag and href in some:
                    found[href] = (etag, data.encode())
        return found

    async def get(self, href: str) -> tuple[str, bytes] | None:
        """(ETag, object), or None where there is none."""
        async with self._ask("GET", self._address(href)) as answer:
            if answer.status in (404, 410):
                return None
            _expect(answer, 200)
            return answer.headers.get("ETag", ""), await _read(answer, MAX_OBJECT)

    # writes

    async def create(self, href: str, body: bytes) -> str:
        """Write where nothing is; its ETag, empty when the server does not say."""
        if not self._quirks.keeps_if_none_match and await self.get(href) is not None:
            raise Changed(href)
        return await self._put(href, body, {"If-None-Match": "*"})

    async def update(self, href: str, body: bytes, etag: str) -> str:
        """Write over what has this ETag."""
        if not self._quirks.keeps_if_match:
            await self._check(href, etag)
        return await self._put(href, body, {"If-Match": etag})

    async def delete(self, href: str, etag: str) -> None:
        """Delete what has this ETag; nothing to do where nothing is."""
        if not self._quirks.keeps_delete_match:
            await self._check(href, etag)
        async with self._ask("DELETE", self._address(href), {"If-Match": etag}) as answer:
            if answer.status == 412:
                raise Changed(href)
            if answer.status not in (404, 410):
                _expect(answer, 200, 202, 204)

    # below

    async def _put(self, href: str, body: bytes, condition: Mapping[str, str]) -> str:
        headers = {**_ICS, **condition}
        async with self._ask("PUT", self._address(href), headers, body) as answer:
            if answer.status == 412:
                raise Changed(href)
            _expect(answer, 200, 201, 204)
            return answer.headers.get("ETag", "")

    async def _check(self, href: str, etag: str) -> None:
        found = await self.get(href)
        if found is not None and found[0] != etag:
            raise Changed(href)

    async def _delta(self, token: str) -> Changes:
        body = (
            f"<D:sync-collection {_NAMES}><D:sync-token>{escape(token)}</D:sync-token>"
            "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
        )
        try:
            root = await self._xml("REPORT", body, {}, self._quirks.bad_token)
        except _BadToken:
            whole = await self.look("", everything=True)
            return Changes(etags=whole.etags, complete=True, forgot=True, token=whole.token)
        etags, gone = {}, set()
        for href, answer in self._answers(root):
            etag = _prop(answer, f"{D}getetag")
            if etag:
                etags[href] = etag
            elif " 404 " in f"{answer.findtext(f'{D}status') or ''} ":
                gone.add(href)
        new = (root.findtext(f"{D}sync-token") or "").strip()
        if not new:
            raise RemoteError("remote-broken", detail="no sync token")
        return Changes(etags=etags, gone=frozenset(gone), token=f"sync:{new}")

    async def _marks(self) -> dict[str, str]:
        body = f"<D:propfind {_NAMES}><D:prop><S:getctag/><D:sync-token/></D:prop></D:propfind>"
        root = await self._xml("PROPFIND", body, {"Depth": "0"})
        names = (("ctag", f"{CS}getctag"), ("sync", f"{D}sync-token"))
        return {
            name: text
            for answer in root.iter(f"{D}response")
            for name, tag in names
            if (text := _prop(answer, tag))
        }

    async def _listing(self) -> dict[str, str]:
        body = f"<D:propfind {_NAMES}><D:prop><D:getetag/></D:prop></D:propfind>"
        root = await self._xml("PROPFIND", body, {"Depth": "1"})
        etags = {href: _prop(answer, f"{D}getetag") for href, answer in self._answers(root)}
        return {href: etag for href, etag in etags.items() if etag}

    def _answers(self, root: Element) -> list[tuple[str, Element]]:
        """The answers about members of the collection, by href."""
        found = []
        for answer in root.iter(f"{D}response"):
            path = unquote(urlsplit((answer.findtext(f"{D}href") or "").strip()).path)
            href = path.removeprefix(unquote(self._root))
            if path.startswith(unquote(self._root)) and href and "/" not in href:
                found.append((href, answer))
        if len(found) > MAX_OBJECTS:
            raise RemoteError("remote-broken", detail="too many objects")
        return found

    async def _xml(
        self,
        method: str,
        body: str,
        headers: Mapping[str, str],
        bad_token: Sequence[int] = (),
    ) -> Element:
        text = f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode()
        async with self._ask(method, self._url, {**_XML, **headers}, text) as answer:
            if answer.status in bad_token:
                raise _BadToken
            _expect(answer, 207)
            raw = await _read(answer, MAX_ANSWER)
        try:
            root: Element = fromstring(raw, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError) as error:
            raise RemoteError("remote-broken", detail="not XML") from error
        return root

    @asynccontextmanager
    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> AsyncIterator[ClientResponse]:
        sent = dict(headers or {})
        if not self._quirks.keeps_connection:
            sent["Connection"] = "close"
        try:
            async with await self._answered(method, url, sent, body) as answer:
                yield answer
        except (ClientError, TimeoutError, OSError) as error:
            raise RemoteError("remote-away", detail=type(error).__name__) from error

    async def _answered(
        self, method: str, url: Any, headers: Mapping[str, str], body: Any
    ) -> ClientResponse:
        """The answer. A question is put again once if the line drops; a write never is."""
        for attempt in (1, 2):
            try:
                return await self._http.request(
                    method, url, headers=headers, data=body, allow_redirects=False,
                    timeout=PATIENCE,
                )  # fmt: skip
            except ClientConnectorError:
                raise
            except (ClientOSError, ServerDisconnectedError):
                if attempt == 2 or method not in _QUESTIONS:
                    raise
        raise AssertionError  # the loop returns or raises

    def _path(self, href: str) -> str:
        return self._root + quote(href, safe="@:!$&'()*+,;=-._~")

    def _address(self, href: str) -> Any:
        parts = urlsplit(self._url)
        return URL(f"{parts.scheme}://{parts.netloc}{self._path(href)}", encoded=True)


class _BadToken(Exception):
    pass


def _prop(answer: Element, tag: str) -> str:
    """A property that was found, or nothing."""
    for stat in answer.findall(f"{D}propstat"):
        if " 200 " in f"{stat.findtext(f'{D}status') or ''} ":
            return (stat.findtext(f"{D}prop/{tag}") or "").strip()
    return ""


def _expect(answer: ClientResponse, *statuses: int) -> None:
    if answer.status in statuses:
        return
    if answer.status == 401:
        raise RemoteError("remote-login")
    raise RemoteError("remote-refused", status=answer.status)


async def _read(answer: ClientResponse, most: int) -> bytes:
    chunks, size = [], 0
    async for chunk in answer.content.iter_chunked(65536):
        size += len(chunk)
        if size > most:
            raise RemoteError("remote-broken", detail="too large")
        chunks.append(chunk)
    return b"".join(chunks)

"""Who calls: a person by his browser's cookie, a screen by its device token."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from aiohttp import web
from sqlalchemy import Connection

from orchestrator.auth import web_sessions
from orchestrator.auth.people import Person
from orchestrator.auth.tokens import LONGEST
from orchestrator.gate import known, owner_of
from orchestrator.keys import DATABASE, PUBLIC_URL, SETTINGS
from orchestrator.store import devices
from orchestrator.store.devices import Device
from rooms.errors import Forbidden, Unauthenticated

LONGEST_ADDRESS = 45
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """At most one of `person` and `device`; `bearer` is the token as sent, whoever's it is."""

    person: Person | None = None
    csrf: str = ""
    cookie: str = ""
    device: Device | None = None
    bearer: str = ""


def cookie_name(public_url: str) -> str:
    """`__Host-` binds the cookie to this host and to https; it cannot be used over http."""
    return "__Host-margeride" if public_url.startswith("https:") else "margeride"


def address_of(request: web.Request) -> str:
    """The caller's network address, for rate limits only: an IPv6 caller owns his whole /64.

    Behind a proxy it is the last one of X-Forwarded-For: the proxy wrote that, the others are
    whatever the caller pleased to send.
    """
    remote = request.remote or ""
    if request.app[SETTINGS].service.behind_proxy:
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        remote = forwarded.rpartition(",")[2].strip()[:LONGEST_ADDRESS] or remote
    return owner_of(remote)


def check_origin(request: web.Request) -> None:
    """A browser says where a page comes from; only our own pages may write or open a socket."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    here = urlsplit(request.app[PUBLIC_URL])
    try:
        there = urlsplit(origin)
    except ValueError:
        raise Forbidden("foreign-origin") from None
    ours = origin == f"{here.scheme}://{here.netloc}"
    if not ours and (there.scheme not in ("http", "https") or there.netloc != request.host):
        raise Forbidden("foreign-origin")


async def caller_of(request: web.Request, *, csrf: bool = True) -> Caller:
    """Who sent the request. Unauthenticated for a bearer token or Forbidden for a write that
    is not proved to be the person's own; nobody at all when there is no proof."""
    if request.method not in SAFE:
        check_origin(request)
    bearer = _bearer(request)
    cookie = request.cookies.get(cookie_name(request.app[PUBLIC_URL]), "")[:LONGEST]
    if bearer:
        device = await request.app[DATABASE].read(lambda conn: devices.by_token(conn, bearer))
        if device is not None:
            known(request)
        return Caller(device=device, bearer=bearer)
    if not cookie:
        return Caller()
    return await _by_cookie(request, cookie, csrf)


async def _by_cookie(request: web.Request, cookie: str, csrf: bool) -> Caller:
    now = datetime.now(UTC)

    def find(conn: Connection) -> web_sessions.WebSession | None:
        return web_sessions.find(conn, cookie, now)

    session = await request.app[DATABASE].read(find)
    if session is None:
        return Caller()
    if csrf and request.method not in SAFE:
        sent = request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
            raise Forbidden("bad-csrf-token")
    known(request)
    return Caller(person=session.person, csrf=session.csrf, cookie=cookie)


def _bearer(request: web.Request) -> str:
    header = request.headers.get("Authorization", "")
    if not header:
        return ""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token.strip()) <= LONGEST:
        raise Unauthenticated("bad-authorization")
    return token.strip()

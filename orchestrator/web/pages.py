"""The pages: the server sends a shell with language, title and landmarks; the script fills it.

The shell alone tells people without scripts what to do. Everything a page may load or talk to is
named in its Content-Security-Policy; the only inline script is the import map, allowed by its hash.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from string import Template

from aiohttp import web

from orchestrator.web.assets import ASSETS, BASE, ROOT, serve

LANGUAGES = ("fr", "en")
LANGUAGE_COOKIE = "margeride-lang"
CATALOGUES: dict[str, dict[str, str]] = {
    language: json.loads(ASSETS[f"lang/{language}.json"].body) for language in LANGUAGES
}
TEMPLATES = {
    path.name: Template(path.read_text("utf-8"))
    for path in (ROOT.parent / "templates").glob("*.html")
}
IMPORT_MAP = json.dumps(
    {
        "imports": {
            "preact": f"{BASE}/vendor/preact.js",
            "preact/hooks": f"{BASE}/vendor/preact-hooks.js",
            "htm": f"{BASE}/vendor/htm.js",
            "@preact/signals": f"{BASE}/vendor/signals.js",
        }
    }
)
IMPORT_MAP_HASH = base64.b64encode(hashlib.sha256(IMPORT_MAP.encode()).digest()).decode()
HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
SEGMENT = r"[a-z0-9][a-z0-9-]{0,62}"
CODE = r"[A-Za-z0-9_-]{1,128}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path, the module that fills it, and the template of its shell."""

    path: str
    name: str
    template: str = "page.html"


PAGES = (
    Page("/", "planning"),
    Page("/centres", "network"),
    Page(f"/centres/{{centre:{SEGMENT}}}", "centre"),
    Page("/calendars", "calendars"),
    Page("/desks", "desks"),
    Page(f"/desks/{{desk:{SEGMENT}}}", "desk", "kiosk.html"),
    Page(f"/live/{{code:{CODE}}}", "live"),
    Page(f"/lines/{{centre:{SEGMENT}}}", "line"),
    Page("/login", "login"),
    Page(f"/join/{{code:{CODE}}}", "join"),
    Page("/sessions/new", "ceremony-new"),
    Page(f"/sessions/{{session:{SEGMENT}}}/ceremony", "ceremony"),
    Page(f"/sessions/{{session:{SEGMENT}}}/stage", "stage"),
    Page(f"/sessions/{{session:{SEGMENT}}}/rundown/print", "rundown-print"),
    Page(f"/sessions/{{session:{SEGMENT}}}/evidence", "evidence"),
    Page(f"/rooms/{{room:{SEGMENT}}}/screen", "kiosk", "kiosk.html"),
    Page(f"/rooms/{{room:{SEGMENT}}}/remote", "remote"),
    Page(f"/rooms/{{room:{SEGMENT}}}/scenes", "scenes"),
    Page(f"/rooms/{{room:{SEGMENT}}}/test", "site-test"),
    Page(f"/rooms/{{room:{SEGMENT}}}/panel", "panel", "kiosk.html"),
)


def language_of(request: web.Request) -> str:
    """The language of a page: the address says, else the cookie, else the browser, else French."""
    for wish in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if wish in LANGUAGES:
            return wish
    return accepted_language(request.headers.get("Accept-Language", ""))


def accepted_language(header: str) -> str:
    """The first of our languages by the weights of an Accept-Language header."""
    wishes = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, parameters = part.strip().partition(";")
        weight = re.fullmatch(r"\s*q=(\d(?:\.\d{1,3})?)\s*", parameters)
        wishes.append((-float(weight[1]) if weight else -1.0, place, tag[:2].lower()))
    return next((tag for weight, _, tag in sorted(wishes) if weight and tag in LANGUAGES), "fr")


def policy(host: str, media: str = "") -> str:
    """The Content-Security-Policy of every page; `media` is whence else a stream may come."""
    wire = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{IMPORT_MAP_HASH}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            f"media-src 'self' blob: mediastream:{media}",
            "font-src 'self'",
            f"connect-src 'self'{wire}{media}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
            "trusted-types margeride",
        )
    )


def headers(host: str, media: str = "") -> dict[str, str]:
    """What every page tells the browser besides its text."""
    return {
        "Content-Security-Policy": policy(host, media),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), "
        "geolocation=(), payment=(), usb=()",
        # The address of a join page is a secret: it must not travel to another site.
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def shell(page: Page, language: str) -> str:
    """The HTML of a page before its script runs."""
    words = CATALOGUES[language]
    facts = {
        "lang": language,
        "base": BASE,
        "page": page.name,
        "importmap": IMPORT_MAP,
        "title": words[f"title.{page.name}"],
        "brand": words["brand"],
        "skip": words["nav.skip"],
        "noscript": words["noscript"],
        "loading": words["loading"],
    }
    raw = {"importmap", "base"}
    return TEMPLATES[page.template].substitute(
        {name: text if name in raw else html.escape(text) for name, text in facts.items()}
    )


def _streams(page: Page, request: web.Request) -> str:
    """The other ports of this machine, for the page that shows a stream without encryption."""
    found = HOST.fullmatch(request.host)
    if page.name != "live" or found is None or request.secure:
        return ""
    return f" http://{request.host.removesuffix(found[1] or found[2] or '')}:*"


def _handler(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(request: web.Request) -> web.Response:
        language = language_of(request)
        response = web.Response(
            text=shell(page, language),
            content_type="text/html",
            headers=headers(request.host, _streams(page, request)),
        )
        response.headers["Content-Language"] = language
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="Lax", path="/"
            )
        return response

    return show


def setup(app: web.Application) -> None:
    """Add the pages and the static files."""
    for page in PAGES:
        app.router.add_get(page.path, _handler(page), name=f"page-{page.name}")
    app.router.add_get("/static/{path:.+}", serve, name="static")

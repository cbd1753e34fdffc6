"""A refusal as a page, for a person whose browser asked for one: his language, no script."""

import html

from aiohttp import web

from orchestrator.web.assets import BASE
from orchestrator.web.pages import CATALOGUES, TEMPLATES, headers, language_of
from orchestrator.words import words

MACHINES = ("/api/", "/dav", "/ws/", "/static/", "/.well-known/", "/healthz", "/readyz", "/metrics")
KINDS = {403: "page-forbidden", 404: "page-missing"}


def wants_page(request: web.Request) -> bool:
    """Whether a browser asked, for something to read."""
    asks = request.method in ("GET", "HEAD") and not request.path.startswith(MACHINES)
    return asks and "text/html" in request.headers.get("Accept", "")


def page(request: web.Request, status: int, text: str = "") -> web.Response:
    """The page of a refusal; `text` says more than the kind of it does."""
    language = language_of(request)
    kind = KINDS.get(status, "page-trouble")
    facts = {
        "lang": language,
        "base": BASE,
        "brand": CATALOGUES[language]["brand"],
        "skip": CATALOGUES[language]["nav.skip"],
        "title": words(kind, language, {}),
        "text": text or words(f"{kind}-text", language, {}),
        "home": words("page-home", language, {}),
    }
    shown = TEMPLATES["error.html"].substitute(
        {name: html.escape(fact) for name, fact in facts.items()}
    )
    told = headers(request.host) | {"Content-Language": language}
    return web.Response(status=status, text=shown, content_type="text/html", headers=told)

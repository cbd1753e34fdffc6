"""What stands around every request: the last door for errors, and the headers everybody gets."""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from orchestrator.api import problems
from orchestrator.api.endpoint import PREFIX
from orchestrator.web import errors as pages
from orchestrator.web.pages import language_of
from orchestrator.words import words
from rooms.errors import MargerideError

log = logging.getLogger(__name__)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever escapes a handler into an answer; no traceback ever reaches a client."""
    locale = problems.locale_of(request)
    try:
        check_headers(request)
        return await handler(request)
    except web.HTTPException as error:
        if error.status >= 400 and pages.wants_page(request):
            return pages.page(request, error.status)
        if error.status < 400 or not request.path.startswith("/api/"):
            raise
        return problems.of_http(error, locale)
    except MargerideError as error:
        if pages.wants_page(request):
            text = words(error.key, language_of(request), error.fields)
            return pages.page(request, error.status, text)
        return problems.of_error(error, locale)
    except web.RequestPayloadError:
        return problems.of_error(problems.BadRequest("body-is-broken"), locale)
    except Exception as error:  # the last door: anything else is a fault of ours
        if request.transport is None and isinstance(error, ConnectionError):
            log.debug("a client went before its request was whole")
            return web.Response(status=400)  # for nobody
        if pages.wants_page(request):
            facts = {"incident": problems.note_accident(error)}
            return pages.page(request, 500, words("internal", language_of(request), facts))
        return problems.of_accident(error, locale)


def check_headers(request: web.Request) -> None:
    """Refuse bytes that are no text, before anything looks a name or a token up by them."""
    for value in request.headers.values():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise problems.BadRequest("bad-header") from None


def is_ours(record: logging.LogRecord) -> bool:
    """Whether what the HTTP server complains of is a fault of ours.

    It tells every request that is no HTTP at length; anybody could fill the disk with that.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | UnicodeEncodeError)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer; a page that says more keeps its own."""
    response.headers["Server"] = "Margeride"  # and not which libraries in which versions
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith(PREFIX):
        response.headers.setdefault("Content-Security-Policy", API_POLICY)


def setup(app: web.Application) -> None:
    """Stand around the whole application."""
    app.middlewares.insert(0, guard)
    app.on_response_prepare.append(add_headers)
    logging.getLogger("aiohttp.server").addFilter(is_ours)

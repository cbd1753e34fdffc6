"""What stands around every request: the last door for errors, and the headers everybody gets."""

from aiohttp import web
from aiohttp.typedefs import Handler

from orchestrator.api import problems
from orchestrator.api.endpoint import PREFIX
from rooms.errors import MargerideError

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
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or not request.path.startswith("/api/"):
            raise
        return problems.of_http(error, locale)
    except MargerideError as error:
        return problems.of_error(error, locale)
    except Exception as error:  # the last door: anything else is a fault of ours
        if request.transport is None:
            raise  # nobody is there to answer
        return problems.of_accident(error, locale)


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

"""Errors as RFC 9457 problem documents: the key for programs, the sentence for people."""

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from orchestrator.words import LOCALES, negotiate, words
from rooms.control import COMMANDS
from rooms.errors import MargerideError, TooMany, Unauthenticated
from rooms.ids import new_id

log = logging.getLogger(__name__)
TYPE = "https://margeride.invalid/problems/"
MEDIA_TYPE = "application/problem+json"
OURS = frozenset({"type", "title", "status", "errors"})


class BadRequest(MargerideError):
    """The request itself is wrong, whatever it asks for."""

    status = 400


class BadQuery(BadRequest):
    """Some query parameters are not what they should be; `faults` says which and why."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("bad-query")
        self.faults = faults


class BadBody(MargerideError):
    """JSON, but not the document asked for; `faults` are {pointer, detail}."""

    status = 422

    def __init__(self, faults: list[dict[str, str]]) -> None:
        super().__init__("bad-body")
        self.faults = faults


class TooLarge(MargerideError):
    """More bytes than this door takes."""

    status = 413


class TooSlow(MargerideError):
    """A body that does not come to its end in a reasonable time."""

    status = 408


class WrongMediaType(MargerideError):
    """JSON is spoken here, uncompressed."""

    status = 415


class MustMatch(MargerideError):
    """A document is only replaced by who has read it: `If-Match` is missing."""

    status = 428


def locale_of(request: web.Request) -> str:
    """The language to answer a request in."""
    return negotiate(request.headers.get("Accept-Language", ""), LOCALES)


def problem(
    status: int,
    key: str,
    locale: str,
    facts: Mapping[str, Any],
    faults: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """The answer for an error."""
    document: dict[str, Any] = {
        "type": TYPE + key,
        "title": words(key, locale, facts),
        "status": status,
        **{name: value for name, value in facts.items() if name not in OURS},
    }
    if faults:
        document["errors"] = list(faults)
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode(),
        content_type=MEDIA_TYPE,
        headers={"Content-Language": locale, "Cache-Control": "no-store", **(headers or {})},
    )


def of_error(error: MargerideError, locale: str) -> web.Response:
    """One of our refusals."""
    headers = {}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.fields.get("retry_after", 60))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    faults = getattr(error, "faults", ())
    return problem(error.status, error.key, locale, error.fields, faults, headers)


def of_http(error: web.HTTPException, locale: str) -> web.Response:
    """One of aiohttp's: no such path, no such method, body too large."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return problem(error.status, f"http-{error.status}", locale, {}, (), headers)


def note_accident(error: Exception) -> str:
    """Log a fault of ours once; its id is all the client learns."""
    incident = new_id("er")
    log.error("unexpected error %s", incident, exc_info=error)
    return incident


def of_accident(error: Exception, locale: str) -> web.Response:
    """A fault of ours."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, "internal", locale, {"incident": note_accident(error)})


def faults_of(error: ValidationError) -> list[dict[str, str]]:
    """What pydantic refused, as JSON pointers; never the value itself."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {"pointer": "".join(f"/{_escape(part)}" for part in _where(fault)), "detail": fault["msg"]}
        for fault in details[:20]
    ]


def _where(fault: Mapping[str, Any]) -> tuple[object, ...]:
    """The place within the document: the name of a command is a choice, not a member."""
    loc: tuple[object, ...] = fault["loc"]
    return loc[1:] if loc and loc[0] in COMMANDS else loc


def _escape(part: object) -> str:
    return str(part)[:100].replace("~", "~0").replace("/", "~1")

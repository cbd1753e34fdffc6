"""The forms of single values: a zone, a time on the clock, a day, a domain, an address.

Each takes the text as it was written and raises ValueError when it is something else.
"""

import re
from datetime import date, time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from rooms.ids import is_slug

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
_PHONE = re.compile(r"\+?[0-9][0-9 .()-]{2,28}[0-9]")
END_OF_DAY = "24:00"


def slug(text: str) -> str:
    """An id of ours."""
    if not is_slug(text):
        raise ValueError(text)
    return text


def zone(text: str) -> ZoneInfo:
    """A zone of the time-zone database."""
    if not _ZONE.fullmatch(text):
        raise ValueError(text)
    try:
        return ZoneInfo(text)
    except (KeyError, OSError) as error:  # unknown, or a folder of the database
        raise ValueError(text) from error


def phone(text: str) -> str:
    """A telephone number as people write it."""
    if not _PHONE.fullmatch(text):
        raise ValueError(text)
    return text


def opening(text: str) -> time:
    """The time at which something opens: 00:00 to 23:59."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return time(int(match[1]), int(match[2]))


def closing(text: str) -> time:
    """The time at which something closes; 24:00, the end of the day, is kept as 00:00."""
    if text == END_OF_DAY:
        return time(0)
    closes = opening(text)
    if closes == time(0):
        raise ValueError(text)
    return closes


def day(text: str) -> date:
    """A day as 2026-12-24."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def domain(text: str) -> str:
    """A domain of at least two labels."""
    lowered = text.lower()
    if len(lowered) > 253 or not _DOMAIN.fullmatch(lowered):
        raise ValueError(text)
    return lowered


def public_url(text: str) -> str:
    """The root of a web address, without a path: https://visio.example.org."""
    parts = urlsplit(text)
    rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(rest):
        raise ValueError(text)
    if parts.port == 0 or not re.fullmatch(r"[a-z0-9.:-]+", parts.hostname):
        raise ValueError(text)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def web_address(text: str) -> str:
    """A whole address, without a password in it."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(text)
    if parts.username or parts.password or parts.fragment or parts.port == 0:
        raise ValueError(text)
    if not text.isascii() or any(c <= " " for c in text):
        raise ValueError(text)
    return text

"""Instants in the store are whole seconds since 1970; outside they are aware UTC datetimes."""

from datetime import UTC, datetime
from typing import overload


@overload
def seconds(instant: datetime) -> int: ...
@overload
def seconds(instant: datetime | None) -> int | None: ...
def seconds(instant: datetime | None) -> int | None:
    """As stored."""
    return None if instant is None else int(instant.timestamp())


@overload
def instant(stored: int) -> datetime: ...
@overload
def instant(stored: int | None) -> datetime | None: ...
def instant(stored: int | None) -> datetime | None:
    """As everybody else speaks of it."""
    return None if stored is None else datetime.fromtimestamp(stored, UTC)


def iso(moment: datetime) -> str:
    """As the API and the wire write it: `2013-09-19T09:00:00Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

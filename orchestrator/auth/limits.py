"""How often something may be tried, kept in the store so that a restart forgives nothing.

An attempt at what can be guessed (a password, eight digits) is counted before its outcome is known,
so that a hundred at once are not a hundred free tries; one that turns out right is taken back
(`forgive`). Nobody guesses a link of 128 bits: there only the wrong ones count (`check`, then
`count`), so that a whole room of people behind one address may come in at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from orchestrator.store import attempts
from rooms.errors import TooMany

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` attempts of a scope within `within`."""

    scope: str
    times: int
    within: timedelta


def login_limits(login: str, address: str) -> tuple[Limit, ...]:
    """Ten a minute from an address; in a quarter of an hour five for a login from there, and a
    hundred for it from anywhere: who guesses at home shuts nobody else out."""
    return (
        Limit(f"login@{address}", 10, MINUTE),
        # No address has a space in it: a login cannot be made to look like another's scope.
        Limit(f"login@{address} {login}", 5, QUARTER),
        Limit(f"login:{login}", 100, QUARTER),
    )


def admission_limits(address: str) -> tuple[Limit, ...]:
    """Sixty places taken by link in ten minutes from an address: a roomful, some of them twice."""
    return (Limit(f"enter@{address}", 60, timedelta(minutes=10)),)


def lobby_limits(address: str) -> tuple[Limit, ...]:
    """As many pages opened before one comes in: who has used them up comes in as before."""
    return (Limit(f"lobby@{address}", 60, timedelta(minutes=10)),)


def link_limits(address: str) -> tuple[Limit, ...]:
    """Ten wrong join links a minute from an address."""
    return (Limit(f"link@{address}", 10, MINUTE),)


def pairing_limits(address: str) -> tuple[Limit, ...]:
    """Ten wrong pairing codes a minute from an address."""
    return (Limit(f"pair@{address}", 10, MINUTE),)


def phone_code_limits(room: str) -> tuple[Limit, ...]:
    """Forty codes for phones in ten minutes from a room's screen: one a minute, and one for each
    that came."""
    return (Limit(f"phone-code:{room}", 40, timedelta(minutes=10)),)


def help_limits(room: str) -> tuple[Limit, ...]:
    """Six calls for help in a quarter of an hour from a room."""
    return (Limit(f"help:{room}", 6, QUARTER),)


def appointment_limits(desk: str) -> tuple[Limit, ...]:
    """Six appointments in a quarter of an hour from a desk's screen, given back or not."""
    return (Limit(f"appointment:{desk}", 6, QUARTER),)


def agent_limits(address: str) -> tuple[Limit, ...]:
    """Ten wrong tokens of agents a minute from an address."""
    return (Limit(f"agent@{address}", 10, MINUTE),)


def count(conn: Connection, now: datetime, limits: Sequence[Limit]) -> list[int]:
    """Count one attempt against every limit; TooMany (and nothing counted) when one is reached."""
    check(conn, now, limits)
    return [attempts.add(conn, limit.scope, now) for limit in limits]


def check(conn: Connection, now: datetime, limits: Sequence[Limit]) -> None:
    """TooMany when a limit is reached; counts nothing."""
    for limit in limits:
        tried, first = attempts.times(conn, limit.scope, now - limit.within)
        if tried >= limit.times and first is not None:
            opens = first + int(limit.within.total_seconds())
            raise TooMany("too-many-attempts", retry_after=max(1, opens - int(now.timestamp())))


def forgive(conn: Connection, counted: Sequence[int]) -> None:
    """The attempt was right: it does not count."""
    attempts.forget(conn, counted)

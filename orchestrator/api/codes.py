"""A code that somebody typed: tried once, counted against its address, a wrong one on record."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection

from orchestrator.api.callers import address_of
from orchestrator.api.endpoint import Call
from orchestrator.auth import limits
from orchestrator.auth.pairing import Wrong
from orchestrator.store import audit

Made = TypeVar("Made")
Trial = Callable[[Connection, str], Made | Wrong]
"""Tries the code that came from this address, in a transaction."""


async def tried(
    call: Call, trial: Trial[Made], action: str, target: str, detail: dict[str, Any] | None = None
) -> Made | Wrong:
    """What it made, or Wrong; then `action` is on record, for `target`.

    Raises:
        TooMany: the address has guessed enough for now. It is told so without keeping the writer
            from those who have not.
    """
    address = address_of(call.request)
    rules = limits.pairing_limits(address)
    await call.database.read(lambda conn: limits.check(conn, call.now, rules))

    def once(conn: Connection) -> Made | Wrong:
        counted = limits.count(conn, call.now, rules)
        made = trial(conn, address)
        if isinstance(made, Wrong):
            said = {**(detail or {}), "address": address}
            audit.refused(conn, call.now, "nobody", action, target, said)
        else:
            limits.forgive(conn, counted)
        return made

    return await call.database.write(once)

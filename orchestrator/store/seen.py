"""What one transaction has read or written of a calendar object, so that it reads it once.

Kept beside the connection until the transaction ends (`store.database`). Whoever writes objects
otherwise than by `calendar_items.save`, `tag` and `remove` calls `forget`, and so does
`database.savepoint` when it undoes something.
"""

from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

Row = TypeVar("Row")
Key = tuple[int, str]  # calendar and name


@dataclass(slots=True)
class Seen(Generic[Row]):
    """Objects by calendar and name: None is one that is not there."""

    rows: dict[Key, Row | None] = field(default_factory=dict)
    fresh: dict[Key, bool] = field(default_factory=dict)
    """Inserted, without any instance yet; True where it was stored as one that has some."""


_SEEN: "WeakKeyDictionary[Connection, Seen[object]]" = WeakKeyDictionary()


def seen_by(conn: Connection) -> Seen[object]:
    """What the transaction of this connection knows."""
    found = _SEEN.get(conn)
    if found is None:
        found = _SEEN[conn] = Seen()
    return found


def forget(conn: Connection) -> None:
    """Read everything anew: something was undone, or written otherwise."""
    _SEEN.pop(conn, None)

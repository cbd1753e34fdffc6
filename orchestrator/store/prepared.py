"""Statements that every request runs: put in words once, and handed to the driver as they are.

SQLAlchemy spends several times as long on a statement as SQLite does, even on one it has compiled
before. What is read or written with every request is therefore a `Prepared`: SQLAlchemy makes its
SQL, its parameters and its columns from the tables, and the rest happens on the connection of the
transaction that is under way. Anything else stays with `Connection.execute`.
"""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.sql import ClauseElement
from sqlalchemy.types import TypeEngine

Processor = Callable[[Any], Any]


class Prepared:
    """One statement; `given` are the columns an insert or an update is given, none for a query."""

    def __init__(self, statement: ClauseElement, *given: str) -> None:
        self._statement = statement
        self._given = list(given) or None
        self._made: _Made | None = None

    def run(self, conn: Connection, **values: Any) -> list[Any]:
        """Its rows, with the names of their columns; none for what is no query."""
        made = self._made
        if made is None:  # twice, should two threads meet here: the same comes of it
            made = self._made = _Made(self._statement, self._given, conn.dialect)
        return made.run(conn.connection.driver_connection, values)

    def one(self, conn: Connection, **values: Any) -> Any:
        """Its first row, or None."""
        return next(iter(self.run(conn, **values)), None)


class _Made:
    """The words of a statement, and what becomes of each value on the way in and out."""

    def __init__(self, statement: ClauseElement, given: list[str] | None, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=given)
        self._sql = str(compiled)
        self._usual: dict[str, Any] = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._takes = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._row = _named([str(column.key) for column in columns])
        self._gives = [
            (number, processor)
            for number, column in enumerate(columns)
            if (processor := _result_of(column.type, dialect)) is not None
        ]

    def run(self, driver: Any, values: dict[str, Any]) -> list[Any]:
        """What the driver answers."""
        known = self._usual | values
        sent = [
            known[name] if processor is None else processor(known[name])
            for name, processor in self._takes
        ]
        return [self._read(row) for row in driver.execute(self._sql, sent)]

    def _read(self, row: tuple[Any, ...]) -> Any:
        if not self._gives:
            return self._row._make(row)
        cells = list(row)
        for number, processor in self._gives:
            cells[number] = processor(cells[number])
        return self._row._make(cells)


def _named(columns: list[str]) -> Any:
    return namedtuple("Row", columns)  # noqa: PYI024


def _result_of(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)

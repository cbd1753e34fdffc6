"""A condition on a list of any length."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, bindparam, func, select


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether a column is one of the list given as the parameter `name`.

    The list goes as one JSON value: an expanding parameter makes SQLAlchemy write the statement
    again at each call, which takes longer than to run it.
    """
    listed = func.json_each(bindparam(name, type_=JSON)).table_valued("value")
    return column.in_(select(listed.c.value))

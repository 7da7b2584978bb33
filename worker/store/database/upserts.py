"""Statements that write a row whether or not it is there already, in the words of both databases."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def upsert(connection: AsyncConnection, table: Table, changing: tuple[str, ...]) -> Insert:
    """Return the statement that inserts a row, or changes the one with its primary key.

    Args:
        connection: Where it is for.
        table: The table.
        changing: The columns that are changed if the row is there; none leaves it as it is.
    """
    return _upsert(connection.dialect.name, table, changing)


@cache
def _upsert(dialect: str, table: Table, changing: tuple[str, ...]) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    if not changing:
        return statement.on_conflict_do_nothing(index_elements=keys)
    new = {name: statement.excluded[name] for name in changing}
    return statement.on_conflict_do_update(index_elements=keys, set_=new)

"""The database's clock, which ownership goes by: those of the workers may be wrong."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Double, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LIFETIME = 5.0
"""Seconds that a worker counts as alive after its last heartbeat."""

FUTURE = 60.0
"""Seconds. Nothing is planned that far ahead: a later time was written before the clock was set back."""


EXPRESSIONS = {
    # `now()` is when the transaction began, which may have waited for a lock since.
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS double precision)",
    # `unixepoch` with parts of a second needs SQLite 3.42.
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
"""What each database calls it."""


class DatabaseTime(FunctionElement[float]):
    """Seconds since the epoch, at the moment when the database looks at it."""

    type = Double()
    inherit_cache = True


@compiles(DatabaseTime, "postgresql")
def _in_postgres(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    return EXPRESSIONS["postgresql"]


@compiles(DatabaseTime, "sqlite")
def _in_sqlite(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    return EXPRESSIONS["sqlite"]


def is_past(time: ColumnElement[float]) -> ColumnElement[bool]:
    """Whether a time has come, or can't be right."""
    now = DatabaseTime()
    return or_(time <= now, time > now + FUTURE)

"""Where a worker that is measured keeps its conversations: nowhere, or in a fresh store."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from benchmarks.processes import ChildFailedError
from benchmarks.writing import Written
from tests.postgres import PostgresServer

Store = Literal["none", "sqlite", "postgresql"]

STORES: tuple[Store, ...] = ("none", "sqlite", "postgresql")

_POSTGRES_COUNT = """
    SELECT coalesce(sum(n_tup_ins - n_tup_del), 0),
           coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0),
           (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())
    FROM pg_stat_user_tables
"""


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store that a worker can use."""

    url: str
    """Its CHAT_MEMORY."""

    count: Callable[[], Written | None]
    """Says what was written into it so far; None where there is nothing to write into."""


@contextmanager
def fresh_store(store: Store) -> Iterator[OpenStore]:
    """Have a store that is empty, for as long as the context lasts.

    Raises:
        ChildFailedError: There is no PostgreSQL on this machine.
    """
    if store == "none":
        yield OpenStore("", lambda: None)
    elif store == "sqlite":
        with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
            file = Path(folder, "memory.db")
            yield OpenStore(f"sqlite:///{file}", lambda: _count_in_sqlite(file))
    else:
        with _postgres() as server, server.database() as url:
            name = url.rpartition("/")[2]
            yield OpenStore(url, lambda: count_in_postgres(server, name))


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    with contextlib.ExitStack() as started:
        try:
            server = started.enter_context(PostgresServer.start())
        except (pytest.skip.Exception, pytest.fail.Exception) as absent:
            raise ChildFailedError(str(absent)) from absent
        yield server


def _count_in_sqlite(file: Path) -> Written:
    """Count what stands in it: SQLite keeps no count of what was changed."""
    if not file.exists():
        return Written(0)
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        counts = [
            # The names are those of the store's own tables.
            connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for (name,) in tables
        ]
    return Written(sum(counts))


def count_in_postgres(server: PostgresServer, database: str) -> Written:
    """Count what stands in a database, and what its server counts, about a second later."""
    rows, changes, transactions = server.execute(_POSTGRES_COUNT, database).split("|")
    return Written(int(rows), int(changes), int(transactions))

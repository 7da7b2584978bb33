"""What is written into a store in a second, and the stores that are measured with."""

from __future__ import annotations

import contextlib
import sqlite3

from benchmarks.stores import count_in_postgres, fresh_store
from benchmarks.table import writing
from benchmarks.workloads import HUNDRED, HUNDRED_ROOMS
from benchmarks.writing import Writing, Written, combine_writing, writing_between
from tests.postgres import PostgresServer
from tests.unit.benchmarks.samples import FIGURES, empty_results, performance
from tests.waiting import eventually


def test_what_is_written_is_told_for_a_second() -> None:
    told = writing_between(Written(10, 30, 4), Written(60, 130, 24), seconds=10)
    assert told == Writing(rows=5, changes=10, transactions=2)


def test_what_a_store_does_not_count_is_unknown() -> None:
    told = writing_between(Written(10), Written(60), seconds=10)
    assert (told.changes, told.transactions) == (None, None)
    assert combine_writing([told, told]) == told


def test_several_runs_come_to_their_median() -> None:
    runs = [Writing(rows, rows * 2, 1) for rows in (3, 50, 4)]
    assert combine_writing(runs) == Writing(4, 8, 1)


def test_the_table_has_those_who_have_a_store() -> None:
    results = empty_results()
    for subject, written in (("shared", None), ("sqlite", Writing(4, None, None))):
        run = performance({HUNDRED: FIGURES})
        run.writing = {HUNDRED.name: written} if written else {}
        results.add(HUNDRED_ROOMS, subject, run)
    [row] = writing(results).rows
    assert row[0].endswith("this worker, memory in SQLite")
    assert row[1:] == ("4.0", "unknown", "unknown")


def test_nothing_is_written_where_nothing_is_kept() -> None:
    with fresh_store("none") as store:
        assert (store.url, store.count()) == ("", None)


def test_rows_in_sqlite_are_counted_while_it_is_written() -> None:
    with fresh_store("sqlite") as store:
        assert store.count() == Written(0)
        file = store.url.removeprefix("sqlite:///")
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute('CREATE TABLE "turn" (id)')
            connection.executemany('INSERT INTO "turn" VALUES (?)', [(1,), (2,)])
            connection.commit()
            assert store.count() == Written(2)


async def test_rows_and_changes_in_postgresql_are_counted(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        name = url.rpartition("/")[2]
        postgres_server.execute("CREATE TABLE turn (id int)", name)
        before = count_in_postgres(postgres_server, name)
        postgres_server.execute("INSERT INTO turn VALUES (1), (2), (3)", name)
        postgres_server.execute("UPDATE turn SET id = 4 WHERE id > 1", name)
        postgres_server.execute("DELETE FROM turn WHERE id = 1", name)
        # The server counts when a connection has ended.
        await eventually(lambda: count_in_postgres(postgres_server, name).changes == 6)
        after = count_in_postgres(postgres_server, name)
    told = writing_between(before, after, seconds=2)
    assert (told.rows, told.changes) == (1, 3)
    assert told.transactions is not None
    assert told.transactions >= 1.5
